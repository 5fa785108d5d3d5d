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
  if (text.length <= max && plain.test(text)) return text;
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

/** `2026-11-24 14:03:22` in local time: the same length everywhere, and sortable by eye. */
export function localTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeOfDay(date)}`;
}

/** `14:03:22` in local time. */
export function timeOfDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `0.8 s`, `12 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
