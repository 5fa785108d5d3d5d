import type { Account } from '../src/emulator/account.ts';

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

/** Each long enough to do harm, and short enough to read. */
export const hostileNames: readonly string[] = [
  '[Quit](command:workbench.action.quit) **bold** `code` <img src=x onerror=alert(1)> $(zap)',
  '\u202eredro\u202c \u2066iso\u2069 zero\u200bwidth \u001b[31mred \u001b]8;;https://example.invalid\u0007 \u0000',
  'first line\n```\n# heading\r\n\tsecond $(loading~spin)',
  `=1+1;=2 '"\`id\`$(id)\\ -- ${open}\u007d $${open}path.module} %${open}if true}`,
  'half \ud83d of a pair, __proto__, constructor',
  `long ${'[x](command:workbench.action.quit)<b>\u202e'.repeat(2000)}`,
];

/** Gives keys and grants of an account such texts wherever KMS keeps text; returns the names of the keys. */
export function makeHostile(account: Account): readonly string[] {
  const keys = [...account.keys.values()].filter(({ manager }) => manager === 'CUSTOMER');
  return hostileNames.flatMap((text, index) => {
    const key = keys[index];
    if (key === undefined) {
      return [];
    }
    for (const alias of [...account.aliases.values()].filter(({ targetKeyId }) => targetKeyId === key.id)) {
      account.aliases.delete(alias.name);
    }
    const at = Date.UTC(2026, 0, 1);
    account.aliases.set(`alias/${text}`, { name: `alias/${text}`, targetKeyId: key.id, createdAt: at, updatedAt: at });
    account.keys.set(key.id, {
      ...key,
      description: text,
      tags: [{ key: text, value: text }],
      policy: JSON.stringify({ Statement: [{ Sid: text }] }),
    });
    const grant = { keyId: key.id, createdAt: at, issuingAccount: text, operations: ['Decrypt', text] };
    account.addGrant({
      ...grant,
      id: `a${index}`.padEnd(64, '0'),
      name: text,
      granteePrincipal: `arn:aws:iam::${account.id}:role/${text}`,
      retiringPrincipal: text,
      constraints: { encryptionContextEquals: { [text]: text, __proto_: text }, sourceArn: text },
    });
    account.addGrant({
      ...grant,
      id: `b${index}`.padEnd(64, '0'),
      granteePrincipal: text,
      retiringServicePrincipal: text,
      constraints: { encryptionContextSubset: { [text]: text, 'aws:ebs:id': text } },
    });
    return [text];
  });
}
