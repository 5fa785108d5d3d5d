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

/** Nobody reads a narrower terminal. In characters. */
const narrowest = 40;

/**
 * A line was not broken because it was full if it is shorter than the next one, or longer than lines that are full: two of
 * the same length.
 */
function joinLines(lines: readonly string[]): string {
  const lengthOf = (index: number) => lines[index]?.length ?? 0;
  const isWhole = (index: number) => {
    const [length, next] = [lengthOf(index), lengthOf(index + 1)];
    return length < next || (length > next && next >= narrowest && next === lengthOf(index + 2));
  };
  return lines.map((line, index) => (isWhole(index) ? `${line} ` : line)).join('');
}

function oneLine(text: string): string {
  return text
    .replace(patterns.escape, (_, unit?: string, blank?: string) => {
      if (unit !== undefined) {
        return String.fromCharCode(Number.parseInt(unit, 16));
      }
      return blank === undefined ? '' : ' ';
    })
    .replace(patterns.terminalCommand, '')
    .replace(/\s+/g, ' ')
    .trim();
}
