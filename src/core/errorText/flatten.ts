import { patterns } from './patterns.ts';

/** More of a text is not read. */
export const longestErrorText = 65_536;

/**
 * The text as one line. A line break is a space in `words`; in `joined` it is nothing where a terminal may have broken a
 * word.
 */
export function flatten(text: string): { readonly words: string; readonly joined: string } {
  const plain = text.slice(0, longestErrorText).replace(patterns.terminalCommand, '').replace(patterns.lineMark, '');
  return { words: oneLine(plain), joined: oneLine(joinLines(plain.split(/\r?\n/))) };
}

/** A line that is shorter than the next one was not broken because it was full. */
function joinLines(lines: readonly string[]): string {
  return lines.map((line, index) => (line.length < (lines[index + 1]?.length ?? 0) ? `${line} ` : line)).join('');
}

function oneLine(text: string): string {
  return text
    .replace(patterns.escape, (escaped, unit?: string) => {
      if (unit !== undefined) {
        return String.fromCharCode(Number.parseInt(unit, 16));
      }
      return /[nrt]$/.test(escaped) ? ' ' : '';
    })
    .replace(patterns.terminalCommand, '')
    .replace(/\s+/g, ' ')
    .trim();
}
