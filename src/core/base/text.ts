/**
 * Text from AWS and from files is data. It passes through these functions before a user sees it.
 */

/**
 * Characters that are invisible or change how text around them is shown: controls, format characters (bidirectional,
 * zero-width, tags), line and paragraph separators. The emoji variation selector after an emoji is allowed.
 */
export const unprintable =
  /(?<!\p{Extended_Pictographic})\uFE0F|(?!\uFE0F)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The fast path: in printable ASCII, a character is a code unit. */
const printableAscii = /^[ -~]*$/;

/**
 * One line that is safe to show: unprintable characters as `\u{hex}`, lone surrogates replaced, at most `max`
 * characters.
 */
export function printable(text: string, max = 256): string {
  if (text.length <= max && printableAscii.test(text)) {
    return text;
  }
  const start = text.slice(0, 2 * max + 2).toWellFormed();
  const shown = [...start.replace(unprintable, (character) => `\\u{${hex(character)}}`)];
  // Drop an escape that the cut left incomplete.
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

/** Whether the text can be shown as it is: {@link printable} would change nothing but its length. */
export function isPrintable(text: string): boolean {
  return text.isWellFormed() && text.search(unprintable) < 0;
}

/** JSON of the value with all unprintable characters escaped, safe to show in an editor or a terminal. */
export function printableJson(value: unknown, indent?: number): string {
  const escaped = (characters: string) =>
    // A line break can only come from the indentation: inside strings it is escaped already.
    characters === '\n' ? characters : characters.split('').map(jsonEscape).join('');
  return JSON.stringify(value, undefined, indent).replace(unprintable, escaped);
}

/** One UTF-16 code unit as a JSON escape: `\u0041`. */
export function jsonEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Markdown that renders as exactly this printable text: all ASCII punctuation is escaped (CommonMark §2.4). */
export function escapeMarkdown(text: string): string {
  // Leading spaces could start a code block, and spaces at either end prevent emphasis around the text.
  return text.replace(/[!-/:-@[-`{-~]/g, '\\$&').replace(/^ +| +$/g, (spaces) => '&#32;'.repeat(spaces.length));
}

/** Breaks up `[text](command:…)`, which VS Code turns into links in notifications and input prompts. */
export function escapeLinks(text: string): string {
  return text.replaceAll('](', ']\u200b(');
}

/** Breaks up `$(name)`, which VS Code turns into icons in quick picks and the status bar. */
export function escapeIcons(text: string): string {
  return text.replaceAll('$(', '$\u200b(');
}

/** Characters of double width (Unicode's East Asian Width, and emoji). */
const doubleWidth =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}|[\u{20000}-\u{3fffd}]/gu;

/** The minimum number of lines that word-wrapped text takes at a width of `columns` characters. */
export function renderedLineCount(text: string, columns: number): number {
  return text.split('\n').reduce((lines, line) => lines + wrappedLineCount(line, columns), 0);
}

function wrappedLineCount(line: string, columns: number): number {
  let lines = 1;
  let used = 0;
  for (const word of line.split(' ')) {
    const width = [...word].length + (word.match(doubleWidth)?.length ?? 0);
    if (used > 0 && used + 1 + width > columns) {
      lines += 1;
      used = 0;
    }
    // A word longer than a line is broken.
    lines += Math.max(0, Math.ceil(width / columns) - 1);
    used += width > columns ? width % columns : width + (used > 0 ? 1 : 0);
  }
  return lines;
}

/** `2026-11-24 14:03:22` in local time, in every language. */
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

/** To the unit that matters: `45 s`, `12 min`, `2 h`, `30 d`. */
export function roughDuration(ms: number): string {
  const units = [
    ['d', 24 * 60 * 60_000],
    ['h', 60 * 60_000],
    ['min', 60_000],
  ] as const;
  const [unit, size] = units.find(([, length]) => ms >= 2 * length) ?? ['s', 1000];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

/** `1,234`, in every language. */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/** Compares by code unit: independent of the locale, and fast for a hundred thousand keys. */
export function compareCodeUnits(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
