import fc from 'fast-check';

/** Of each property in `npm test`; `KMS_GRANTS_FUZZ_RUNS` asks for more. Seeded, so that a failure is there again. */
const runs = Number(process.env['KMS_GRANTS_FUZZ_RUNS']) || undefined;

export function property<T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  holds: (...values: T) => void,
  numRuns = 300,
): void {
  fc.assert(fc.property(...arbitraries, holds), { seed: 20261124, numRuns: runs ?? numRuns });
}

export async function asyncProperty<T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  holds: (...values: T) => Promise<void>,
  numRuns = 100,
): Promise<void> {
  await fc.assert(fc.asyncProperty(...arbitraries, holds), { seed: 20261124, numRuns: runs ?? numRuns });
}

const open = '{';

/** What some sink takes for more than text. */
export const hostileParts: readonly string[] = [
  // Markdown, HTML, links of VS Code
  '**bold** _x_ `code`',
  '[link](command:workbench.action.quit)',
  '[link](https://example.invalid "title")',
  '](command:workbench.action.quit)',
  '![](https://example.invalid/x.png)',
  '<img src=x onerror=alert(1)>',
  '<b>',
  '</a>',
  '&lt;',
  '&#91;',
  '\n```\n',
  '\n# heading',
  '\n\n---\n',
  '    indented',
  '| cell |',
  'www.example.invalid',
  '$(zap)',
  '$(loading~spin)',
  // Terminals
  '\u001b[31m',
  '\u001b]8;;https://example.invalid\u0007',
  '\u009b2J',
  '\u001b[201~',
  '\u0003',
  '\u0000',
  '\u0007',
  '\b',
  '\r',
  '\n',
  '\t',
  // What is not seen, or seen elsewhere
  '\u202e',
  '\u2066',
  '\u2069',
  '\u061c',
  '\u200b',
  '\u200d',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\u3164',
  '\u{e0041}',
  '\ufe0f',
  '⚠️',
  '\ud83d',
  '\udd11',
  // Shells
  "'",
  '"',
  '`id`',
  '$(id)',
  '$HOME',
  '; rm -rf /',
  '--help',
  '-',
  '~',
  '!!',
  '\\',
  '*',
  'file:///etc/passwd',
  // Spreadsheets
  '=1+1',
  '+1',
  '-1',
  '@SUM(1)',
  '＝1',
  ',',
  ';=1+1',
  // Terraform, and VS Code's variables
  `$${open}path.module}`,
  `%${open}if true}`,
  `$$${open}x}`,
  `%%${open}`,
  '$',
  '%',
  open,
  '}',
  // JavaScript
  '__proto__',
  'constructor',
  // Ordinary text
  ' ',
  'alias/app',
  'arn:aws:iam::111122223333:role/app/Reader',
  'AROAEXAMPLEID1234567',
  'ключ 鍵 🔑',
];

const part = fc.oneof(
  { arbitrary: fc.constantFrom(...hostileParts), weight: 6 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 8 }), weight: 2 },
  { arbitrary: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), weight: 1 },
);

/** Text as no honest person would name a thing; now and then of 64 KB. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')), weight: 300 },
  { arbitrary: part.map((text) => text.repeat(Math.ceil(65_536 / (text.length || 1))).slice(0, 65_536)), weight: 1 },
);

/** First and last of the characters that nobody sees, or that act on what is around them; not taken from the product. */
const hidden: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe0fff],
];

export function holdsHidden(text: string): boolean {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0).some((code) =>
    hidden.some(([first, last]) => first <= code && code <= last),
  );
}
