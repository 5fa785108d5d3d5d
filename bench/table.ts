import { isWithinBudget, type Measurement, rounded } from './measurement.ts';

const indent = '  ';
const widths = { what: 51, measured: 10, budget: 10, verdict: 4 };
const gap = '  ';
const noteAt = indent.length + widths.what + widths.measured + widths.budget + widths.verdict + 4 * gap.length;
const lineWidth = 120;

/** One group of rows below its heading, at most 120 columns wide. */
export function printGroup(heading: string, measurements: readonly Measurement[]): void {
  console.log(`\n${heading}`);
  for (const measurement of measurements) {
    const { what, measured, unit, budget, atLeast, note = '' } = measurement;
    const isPromised = budget !== undefined || atLeast !== undefined;
    const [whatLine = '', ...moreWhat] = wrapped(what, widths.what);
    const [noteLine = '', ...moreNote] = wrapped(note, lineWidth - noteAt);
    const cells = [
      whatLine.padEnd(widths.what),
      withUnit(measured, unit).padStart(widths.measured),
      (budget !== undefined
        ? `≤ ${withUnit(budget, unit)}`
        : atLeast !== undefined
          ? `≥ ${withUnit(atLeast, unit)}`
          : ''
      ).padEnd(widths.budget),
      (isPromised ? (isWithinBudget(measurement) ? 'ok' : 'OVER') : '').padEnd(widths.verdict),
      noteLine,
    ];
    console.log(`${indent}${cells.join(gap)}`.trimEnd());
    for (let line = 0; line < Math.max(moreWhat.length, moreNote.length); line++) {
      const left = `${indent}${indent}${moreWhat[line] ?? ''}`;
      console.log(`${left.padEnd(noteAt)}${moreNote[line] ?? ''}`.trimEnd());
    }
  }
}

function withUnit(value: number, unit: string): string {
  return `${rounded(value)} ${unit}`.trimEnd();
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
