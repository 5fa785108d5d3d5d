import { stringify } from 'csv-stringify/sync';
import { escapeMarkdown, printable } from '../base/text.ts';

type Cells = readonly (string | undefined)[];

/** The start of a cell, also of one that would be such where a comma is the decimal point; and the sign of a formula. */
const cellStarts = /(^[;\t\r\n]?|[;\t\r\n])([^\S\t\r\n]*)([=+\-@＝＋－＠])?/g;

function escapeFormulas(value: string): string {
  const text = value.replace(cellStarts, (all: string, start: string, space: string, sign: string | undefined) =>
    sign === undefined ? all : `${start}'${space}${sign}`,
  );
  return /^[\t\r\n]/.test(text) ? `'${text}` : text;
}

/**
 * RFC 4180, with a header. A value that a spreadsheet could take for a formula gets a leading `'`. It begins with a byte order
 * mark, without which Excel doesn't read UTF-8.
 */
export function csvTable(names: readonly string[], rows: readonly Cells[]): string {
  return stringify([names, ...rows.map((cells) => cells.map((cell) => escapeFormulas(cell ?? '')))], {
    bom: true,
    record_delimiter: 'windows',
    // The library quotes only the line break that it ends lines with.
    quoted_match: /[\r\n]/,
  });
}

/** A table in which no text becomes markup. */
export function markdownTable(names: readonly string[], rows: readonly Cells[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const texts = rows.map((cells) => line(cells.map((cell) => escapeMarkdown(printable(cell ?? '', 2048)))));
  return line(names) + line(names.map(() => '---')) + texts.join('');
}
