/**
 * Text from AWS and from files is data. What a person reads of it goes through here first.
 */

/**
 * Controls, format characters (bidirectional, zero-width, tags), line and paragraph separators, and whatever else is drawn
 * as nothing; but for the mark that gives an emoji its colours.
 */
export const unprintable =
  /(?<!\p{Extended_Pictographic})\uFE0F|(?!\uFE0F)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** What most of it is: printable ASCII, in which a character is a code unit. */
const plain = /^[ -~]*$/;

/** One line, safe to show: unprintable characters as `\u{hex}`, lone surrogates replaced, cut to `max` characters. */
export function printable(text: string, max = 256): string {
  if (text.length <= max && plain.test(text)) {
    return text;
  }
  const start = text.slice(0, 2 * max + 2).toWellFormed();
  const shown = [...start.replace(unprintable, (character) => `\\u{${hex(character)}}`)];
  // Half of a `\u{hex}` at the end says nothing.
  return shown.length > max
    ? `${shown
        .slice(0, max - 1)
        .join('')
        .replace(/\\u?$|\\u\{[\da-f]*$/, '')}…`
    : shown.join('');
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}

/** Nothing of the text is hidden, or would be changed, when it is shown. */
export function isPrintable(text: string): boolean {
  return text.isWellFormed() && text.search(unprintable) < 0;
}

/** JSON that means the same, in which nothing unprintable stands as itself: not in an editor, and not in a terminal. */
export function printableJson(value: unknown, indent?: number): string {
  const escaped = (characters: string) =>
    // Outside of strings there are line breaks, and nothing else of the kind.
    characters === '\n' ? characters : characters.split('').map(jsonEscape).join('');
  return JSON.stringify(value, undefined, indent).replace(unprintable, escaped);
}

/** A code unit as JSON can write it in a string. */
export function jsonEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Printable text as Markdown that shows just this text: every ASCII punctuation character is escaped (CommonMark §2.4). */
export function asMarkdown(text: string): string {
  // Spaces at the beginning could begin a block of code, and at either end keep emphasis from being seen as such.
  return text.replace(/[!-/:-@[-`{-~]/g, '\\$&').replace(/^ +| +$/g, (spaces) => '&#32;'.repeat(spaces.length));
}

/** The same text where VS Code would take `[text](command:…)` for a link: in notifications and the prompts of inputs. */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', ']\u200b(');
}

/** The same text where VS Code would take `$(name)` for an icon: in quick picks and the status bar. */
export function withoutIcons(text: string): string {
  return text.replaceAll('$(', '$\u200b(');
}

/** Characters that are drawn as wide as two (Unicode's East Asian Width, and emoji). */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}|[\u{20000}-\u{3fffd}]/gu;

/** In how many lines a text is drawn at least, where a line has room for `columns` characters and words are kept whole. */
export function drawnLines(text: string, columns: number): number {
  return text.split('\n').reduce((lines, line) => lines + linesOf(line, columns), 0);
}

function linesOf(line: string, columns: number): number {
  let lines = 1;
  let used = 0;
  for (const word of line.split(' ')) {
    const width = [...word].length + (word.match(wide)?.length ?? 0);
    if (used > 0 && used + 1 + width > columns) {
      lines += 1;
      used = 0;
    }
    // A word that is longer than a line is cut.
    lines += Math.max(0, Math.ceil(width / columns) - 1);
    used += width > columns ? width % columns : width + (used > 0 ? 1 : 0);
  }
  return lines;
}

/** `2026-11-24 14:03:22` in local time: the same length everywhere, and sortable by eye. */
export function localTime(date: Date): string {
  return `${localDay(date)} ${timeOfDay(date)}`;
}

/** `2026-11-24` in local time. */
export function localDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `14:03:22` in local time. */
export function timeOfDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `0.8 s`, `12 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1) {
    return `${Math.round(seconds * 10) / 10} s`;
  }
  const whole = Math.round(seconds);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
