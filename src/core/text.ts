/**
 * Text from AWS and from files is data. What a person reads of it goes through here first.
 */

/** Controls, format characters (bidirectional, zero-width, tags), line and paragraph separators. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What most of it is: printable ASCII, in which a character is a code unit. */
const plain = /^[ -~]*$/;

/** One line, safe to show: unprintable characters as `\u{hex}`, lone surrogates replaced, cut after `max` characters. */
export function printable(text: string, max = 256): string {
  if (text.length <= max && plain.test(text)) return text;
  const characters = [...text.slice(0, 2 * max + 2).toWellFormed()];
  const kept = characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : characters.join('');
  return kept.replace(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Printable text as Markdown that shows just this text: every ASCII punctuation character is escaped (CommonMark §2.4). */
export function asMarkdown(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, '\\$&');
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
