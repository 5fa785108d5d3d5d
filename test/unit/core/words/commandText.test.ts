import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { isPrintable } from '../../../../src/core/base/text.ts';
import type { Grant } from '../../../../src/core/kms/model.ts';
import {
  type CommandTarget,
  createGrantCommand,
  grantAsTerraform,
  quoteForShell,
  quoteForTerraform,
  revokeGrantCommand,
  type Shell,
} from '../../../../src/core/words/commandText.ts';
import { isUserError } from '../../../../src/core/words/userError.ts';
import { notOnWindows } from '../../../systems.ts';
import { grant, keyArnOf, profileRef, seeded } from '../fakes.ts';
import { powerShellCall, powerShells } from '../powershell.ts';

const arn = keyArnOf('k1');
const dev: CommandTarget = { shell: 'posix', ref: profileRef };
const skip = notOnWindows('has no POSIX shell');

const openBrace = '{';
const hostile: readonly string[] = [
  '',
  ' ',
  'plain',
  "it's",
  "'",
  "'; rm -rf / #",
  '"double"',
  '$(id)',
  '`id`',
  '$HOME',
  `$${openBrace}HOME}`,
  `$$${openBrace}HOME}`,
  `%${openBrace} for x in y }`,
  `%%${openBrace}x}`,
  `$%${openBrace}x}`,
  '$$',
  '\\',
  "\\'",
  'trailing \\',
  'two\nlines',
  '\n',
  'tab\t, return\r',
  '!!',
  '~',
  '~root',
  '=ls',
  '*',
  '-n',
  '--help',
  'a;b|c&d<e>f(g)h',
  '#comment',
  '{a,b}',
  'file:///etc/passwd',
  'ключ 鍵 🔑',
  'a\u202eb\u200bc\u2028d',
  '\u0001\u001b[31m',
];

/** Texts made of the characters that quoting has to do with. */
function randomTexts(count: number): readonly string[] {
  const random = seeded(7);
  const alphabet = ['$', '{', '}', '%', '"', "'", '\\', '`', '\n', ' ', 'a', '!', '(', ')', '-', '🔑', '\t', '~'];
  const pick = () => alphabet[Math.floor(random() * alphabet.length)] ?? '';
  return Array.from({ length: count }, () => Array.from({ length: 1 + Math.floor(random() * 12) }, pick).join(''));
}

/** The arguments that a real shell makes of `words`. */
function shellArguments(words: string): readonly string[] {
  const script = `set -- ${words}\nfor word in "$@"; do printf '%s\\0' "$word"; done`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

/** What the command `aws` is called with. */
function argumentsOf(command: string): readonly string[] {
  const [program, ...rest] = shellArguments(command);
  assert.equal(program, 'aws');
  return rest;
}

const option = (all: readonly string[], name: string) => all[all.indexOf(name) + 1];

// The shell

test('whatever a text holds, a shell takes it as one word that is just this text', { skip }, () => {
  const texts = [...hostile, ...randomTexts(500)];
  assert.deepEqual(shellArguments(texts.map(quoteForShell).join(' ')), texts);
});

test('texts that need no quotes have none', () => {
  for (const text of ['Decrypt', arn, 'eu-west-1', 'user@host.example:1,2']) {
    assert.equal(quoteForShell(text), text);
  }
});

test('a grant is a command that makes one like it', () => {
  const subject = grant('g1', {
    name: 'nightly-export',
    operations: ['Decrypt', 'GenerateDataKey'],
    retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Retirer' },
    constraints: {
      encryptionContextEquals: undefined,
      encryptionContextSubset: { tenant: 'a', stage: 'prod' },
      sourceArn: undefined,
    },
  });
  assert.equal(
    createGrantCommand(dev, subject),
    [
      'aws kms create-grant',
      '--region eu-west-1',
      '--profile dev',
      `--key-id ${arn}`,
      '--grantee-principal arn:aws:iam::111122223333:role/app/Reader',
      '--retiring-principal arn:aws:iam::111122223333:role/Retirer',
      '--operations Decrypt GenerateDataKey',
      `--constraints '{"EncryptionContextSubset":{"stage":"prod","tenant":"a"}}'`,
      '--name nightly-export',
    ].join(' \\\n  '),
  );
});

test('a revoke is a command that names key and grant', () => {
  assert.equal(
    revokeGrantCommand(dev, grant('g1')),
    `aws kms revoke-grant \\\n  --region eu-west-1 \\\n  --profile dev \\\n  --key-id ${arn} \\\n  --grant-id g1`,
  );
});

test('a command has what the grant has, and nothing else', () => {
  const target: CommandTarget = { shell: 'posix', ref: { kind: 'environment', region: 'eu-west-1' } };
  assert.doesNotMatch(createGrantCommand(target, grant()), /--(profile|name|constraints|retiring|endpoint)/);
});

test('the Region is that of the key, and a custom endpoint is named', () => {
  const endpoint = { kind: 'custom', url: 'http://127.0.0.1:4599' } as const;
  const target: CommandTarget = { shell: 'posix', ref: profileRef, endpoint };
  const text = revokeGrantCommand(target, grant('g1', { keyArn: arn.replace('eu-west-1', 'us-east-2') }));
  assert.match(text, /--region us-east-2 /);
  assert.match(text, /--endpoint-url http:\/\/127\.0\.0\.1:4599 /);
});

test('service principals have options of their own, and a source ARN is a constraint', { skip }, () => {
  const subject = grant('g1', {
    granteePrincipal: { kind: 'servicePrincipal', value: 's3.amazonaws.com' },
    retiringPrincipal: { kind: 'servicePrincipal', value: 'rds.amazonaws.com' },
    constraints: {
      encryptionContextEquals: { a: 'b' },
      encryptionContextSubset: undefined,
      sourceArn: 'arn:aws:s3:::bucket',
    },
  });
  const words = argumentsOf(createGrantCommand(dev, subject));
  assert.equal(option(words, '--grantee-service-principal'), 's3.amazonaws.com');
  assert.equal(option(words, '--retiring-service-principal'), 'rds.amazonaws.com');
  assert.deepEqual(JSON.parse(option(words, '--constraints') ?? ''), {
    EncryptionContextEquals: { a: 'b' },
    SourceArn: 'arn:aws:s3:::bucket',
  });
});

/** Values that the AWS CLI itself would not take as they are: it gets them as JSON. */
const needsJson = (text: string) => text === '' || /^(-|file:)/.test(text) || !isPrintable(text);

/** What the command asks of KMS, read as the shell and the AWS CLI read it. */
function requestOf(command: string): Readonly<Record<string, unknown>> {
  const words = argumentsOf(command);
  if (words.includes('--cli-input-json')) {
    return JSON.parse(option(words, '--cli-input-json') ?? '');
  }
  return {
    KeyId: option(words, '--key-id'),
    GranteePrincipal: option(words, '--grantee-principal'),
    Operations: ['Decrypt'],
    Constraints: JSON.parse(option(words, '--constraints') ?? ''),
    Name: option(words, '--name'),
  };
}

test('whatever the values of a grant hold, the command asks for just them', { skip }, () => {
  for (const text of [...hostile, ...randomTexts(40)]) {
    const subject = grant('g1', {
      name: text,
      granteePrincipal: { kind: 'principal', value: `x${text}` },
      constraints: {
        encryptionContextEquals: { [`k${text}`]: text },
        encryptionContextSubset: undefined,
        sourceArn: undefined,
      },
    });
    const command = createGrantCommand(dev, subject);
    assert.deepEqual(requestOf(command), {
      KeyId: arn,
      GranteePrincipal: `x${text}`,
      Operations: ['Decrypt'],
      Constraints: { EncryptionContextEquals: { [`k${text}`]: text } },
      Name: text,
    });
    assert.equal(command.includes('--cli-input-json'), needsJson(text), JSON.stringify(text));
  }
});

test('a grant that KMS never named is in no command that revokes', () => {
  assert.throws(() => revokeGrantCommand(dev, grant('')), isUserError);
});

for (const value of ['file:///etc/passwd', 'fileb://x', 'https://example.com/', '-x', 'a\0b', '\ud800']) {
  test(`${JSON.stringify(value)} never stands as an argument of its own, for the CLI would not take it as text`, () => {
    const command = createGrantCommand(dev, grant('g1', { name: value }));
    assert.doesNotMatch(command, /--name|\0/);
    assert.ok(command.includes('--cli-input-json'));
    assert.ok(command.includes(JSON.stringify(value).slice(1, -1)));
    assert.ok(revokeGrantCommand(dev, grant(value)).includes('--cli-input-json'));
  });
}

const ofProfile = (shell: Shell, profile: string): CommandTarget => ({
  shell,
  ref: { kind: 'profile', profile, region: 'eu-west-1' },
});

test('a profile is data too, also one that looks like an option', { skip }, () => {
  for (const profile of hostile.filter((text) => text !== '' && isPrintable(text))) {
    const words = argumentsOf(revokeGrantCommand(ofProfile('posix', profile), grant()));
    if (profile.startsWith('-')) {
      assert.ok(words.includes(`--profile=${profile}`));
    } else {
      assert.equal(option(words, '--profile'), profile);
    }
  }
});

test('a profile that a shell or a terminal would not take as it is, is in no command', () => {
  for (const profile of hostile.filter((text) => text !== '' && !isPrintable(text))) {
    assert.throws(() => revokeGrantCommand(ofProfile('posix', profile), grant()), isUserError);
  }
  for (const profile of [
    'a"b',
    'a\\',
    'a&calc',
    '%PATH%',
    'a^b',
    'a|b',
    '$x',
    'a`b',
    'a\nb',
    'a;b',
    "it's",
    'it’s',
    '‘x',
  ]) {
    assert.throws(() => revokeGrantCommand(ofProfile('powershell', profile), grant()), isUserError, profile);
  }
});

// PowerShell

test('for PowerShell, plain values stand as they are, on lines that a backtick joins', () => {
  const subject = grant('0123', { name: 'nightly/export', operations: ['Decrypt', 'GenerateDataKey'] });
  assert.equal(
    createGrantCommand(ofProfile('powershell', 'dev admin'), subject),
    [
      'aws kms create-grant',
      '--region eu-west-1',
      "--profile 'dev admin'",
      `--key-id ${arn}`,
      '--grantee-principal arn:aws:iam::111122223333:role/app/Reader',
      '--operations Decrypt GenerateDataKey',
      '--name nightly/export',
    ].join(' `\n  '),
  );
  assert.equal(
    revokeGrantCommand(ofProfile('powershell', '-x'), subject),
    `aws kms revoke-grant \`\n  --region eu-west-1 \`\n  '--profile=-x' \`\n  --key-id ${arn} \`\n  --grant-id '0123'`,
  );
});

test('for PowerShell, what is not plain is JSON that neither it nor cmd.exe reads a meaning into', () => {
  const subject = grant('g1', {
    name: `it's "50 %" & ‘more’ \\ ключ`,
    constraints: {
      encryptionContextEquals: { tenant: '$(calc)' },
      encryptionContextSubset: undefined,
      sourceArn: undefined,
    },
  });
  const command = createGrantCommand(ofProfile('powershell', 'dev'), subject);
  const json = [
    `{\\"KeyId\\":\\"${arn}\\",`,
    '\\"GranteePrincipal\\":\\"arn:aws:iam::111122223333:role/app/Reader\\",\\"Operations\\":[\\"Decrypt\\"],',
    '\\"Constraints\\":{\\"EncryptionContextEquals\\":{\\"tenant\\":\\"\\u0024\\u0028calc\\u0029\\"}},',
    '\\"Name\\":\\"it\\u0027s \\u002250 \\u0025\\u0022 \\u0026 \\u2018more\\u2019 \\u005c \\u043a\\u043b\\u044e\\u0447\\"}',
  ].join('');
  assert.equal(
    command,
    `aws kms create-grant \`\n  --region eu-west-1 \`\n  --profile dev \`\n  --% --cli-input-json "${json}"`,
  );
  for (const version of powerShells) {
    const words = powerShellCall(version, command);
    assert.equal(JSON.parse(option(words, '--cli-input-json') ?? '').Name, subject.name);
  }
});

for (const version of powerShells) {
  test(`whatever the values of a grant hold, PowerShell (${version}) asks for just them`, () => {
    for (const text of [...hostile, ...randomTexts(500), 'it’s ‘so’ ‚x‛', '“x”', '\\"', 'a\\\\"b\\', '%PATH%', '1kb']) {
      const command = createGrantCommand(ofProfile('powershell', 'dev'), grant('g1', { name: text }));
      const words = powerShellCall(version, command);
      const name = words.includes('--cli-input-json')
        ? JSON.parse(option(words, '--cli-input-json') ?? '').Name
        : option(words, '--name');
      assert.equal(name, text);
    }
  });
}

// Terraform

const alone = { imports: false } as const;
const imported = { imports: true } as const;

/** Reads a quoted template of HCL, by its specification; fails where it holds an interpolation or a directive. */
function readHcl(quoted: string): string {
  assert.match(quoted, /^".*"$/);
  const body = quoted.slice(1, -1);
  let text = '';
  for (let index = 0; index < body.length; ) {
    const rest = body.slice(index);
    const unicode = /^\\u([0-9a-f]{4})|^\\U([0-9a-f]{8})/i.exec(rest);
    const escaped = /^\\(["\\nrt])/.exec(rest);
    const doubled = /^(\$\$|%%)\{/.exec(rest);
    if (unicode) {
      text += String.fromCodePoint(Number.parseInt(unicode[1] ?? unicode[2] ?? '', 16));
      index += unicode[0].length;
    } else if (escaped) {
      text += { n: '\n', r: '\r', t: '\t' }[escaped[1] ?? ''] ?? escaped[1];
      index += 2;
    } else if (doubled) {
      text += `${rest[0]}{`;
      index += 3;
    } else {
      assert.doesNotMatch(rest, /^(\\|"|\$\{|%\{|[\n\r])/, quoted);
      text += rest[0];
      index += 1;
    }
  }
  return text;
}

test('whatever a text holds, Terraform reads a string that is just this text, and no template', () => {
  for (const text of [...hostile, ...randomTexts(2000)]) {
    assert.equal(readHcl(quoteForTerraform(text)), text);
  }
});

test('a template sign is doubled, and written as a number where the same sign stands before it', () => {
  assert.equal(quoteForTerraform(`$${openBrace}x}`), `"$$${openBrace}x}"`);
  assert.equal(quoteForTerraform(`%${openBrace}x}`), `"%%${openBrace}x}"`);
  assert.equal(quoteForTerraform(`$$${openBrace}x}`), `"$\\u0024${openBrace}x}"`);
  assert.equal(quoteForTerraform('$x {'), '"$x {"');
});

test('half a surrogate pair becomes the replacement character, which is what KMS would have got', () => {
  assert.equal(quoteForTerraform('a\ud800'), '"a\ufffd"');
});

test('a grant is a resource that makes one like it, laid out as terraform fmt does', () => {
  const subject = grant('g1', {
    name: 'nightly-export',
    operations: ['GenerateDataKey', 'Decrypt'],
    retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Retirer' },
    constraints: {
      encryptionContextEquals: { tenant: 'a', s: 'prod' },
      encryptionContextSubset: undefined,
      sourceArn: undefined,
    },
  });
  assert.equal(
    grantAsTerraform(subject, alone),
    `resource "aws_kms_grant" "nightly-export" {
  name               = "nightly-export"
  key_id             = "${arn}"
  grantee_principal  = "arn:aws:iam::111122223333:role/app/Reader"
  retiring_principal = "arn:aws:iam::111122223333:role/Retirer"
  operations         = ["Decrypt", "GenerateDataKey"]

  constraints {
    encryption_context_equals = {
      "s"      = "prod"
      "tenant" = "a"
    }
  }
}
`,
  );
});

test('a grant with the least there is has no empty arguments', () => {
  assert.equal(
    grantAsTerraform(grant('0123456789abcdef'), alone),
    `resource "aws_kms_grant" "grant_01234567" {
  key_id            = "${arn}"
  grantee_principal = "arn:aws:iam::111122223333:role/app/Reader"
  operations        = ["Decrypt"]
}
`,
  );
});

test('with its import, Terraform takes over the grant itself: the ID has the key in the form of the resource', () => {
  const text = grantAsTerraform(grant('0123456789abcdef', { name: 'nightly export' }), imported);
  // The name has a space, which the provider refuses.
  assert.doesNotMatch(text, /import|lifecycle/);
  const id = '0123456789abcdef';
  assert.equal(
    grantAsTerraform(grant(id, { name: 'nightly/export' }), imported).replace(/^ *#.*\n/gm, ''),
    `resource "aws_kms_grant" "nightly_export" {
  name              = "nightly/export"
  key_id            = "${arn}"
  grantee_principal = "arn:aws:iam::111122223333:role/app/Reader"
  operations        = ["Decrypt"]

  lifecycle {
    ignore_changes = [retire_on_delete]
  }
}

import {
  to = aws_kms_grant.nightly_export
  id = "${arn}:${id}"
}
`,
  );
});

test('the ID of an import is a string of Terraform, whatever a server calls the grant', () => {
  for (const grantId of hostile) {
    const [, id = ''] = /^ {2}id = (".*")$/m.exec(grantAsTerraform(grant(grantId), imported)) ?? [];
    assert.equal(readHcl(id), `${arn}:${grantId}`);
  }
});

test('what aws_kms_grant has no argument for is said in a comment of one line', () => {
  const subject: Grant = grant('g1', {
    granteePrincipal: { kind: 'servicePrincipal', value: 's3.amazonaws.com\n}' },
    retiringPrincipal: { kind: 'servicePrincipal', value: 'rds.amazonaws.com' },
    constraints: {
      encryptionContextEquals: undefined,
      encryptionContextSubset: undefined,
      sourceArn: 'arn:aws:s3:::b',
    },
  });
  const text = grantAsTerraform(subject, alone);
  assert.deepEqual(
    text
      .split('\n')
      .slice(0, 4)
      .map((line) => line.replace(/^# .*: /, '# ')),
    [
      '# GranteeServicePrincipal s3.amazonaws.com\\u{a}}',
      '# RetiringServicePrincipal rds.amazonaws.com',
      '# SourceArn arn:aws:s3:::b',
      'resource "aws_kms_grant" "grant_g1" {',
    ],
  );
  assert.doesNotMatch(text, /principal +=|constraints \{/);
});

/** The comments, which come first. */
const commentsOf = (fields: Partial<Grant>) =>
  grantAsTerraform(grant('g1', fields), alone)
    .split('\n')
    .filter((line) => line.startsWith('#'));
const ofPrincipal = (value: string) => ({ kind: 'principal', value }) as const;

const refusals: readonly (readonly [what: string, fields: Partial<Grant>, comment: RegExp])[] = [
  ['no grantee', { granteePrincipal: undefined }, /needs a grantee_principal/],
  [
    'a grantee that is a unique ID',
    { granteePrincipal: ofPrincipal('AROAEXAMPLEID1234567') },
    /^# grantee_principal takes only an ARN, or the name of a service: AROAEXAMPLEID1234567$/,
  ],
  ['AWS Internal', { granteePrincipal: ofPrincipal('AWS Internal') }, /: AWS Internal$/],
  [
    'an old principal of EC2',
    { granteePrincipal: ofPrincipal('111122223333:aws:ec2-infrastructure:i-1') },
    /^# grantee_principal takes only/,
  ],
  [
    'a service of a partition that it does not know',
    { retiringPrincipal: ofPrincipal('rds.amazonaws.eu') },
    /^# retiring_principal takes only an ARN, or the name of a service: rds\.amazonaws\.eu$/,
  ],
  [
    'both constraints',
    {
      constraints: {
        encryptionContextEquals: { a: '1' },
        encryptionContextSubset: { a: '1' },
        sourceArn: undefined,
      },
    },
    /but not both\.$/,
  ],
  ['a name with a space', { name: 'a b' }, /doesn't accept this name\. A name can have only letters,/],
  ['a name that is too long', { name: 'a'.repeat(257) }, /doesn't accept this name\. A name has at most 256/],
  [
    'operations that it may not know',
    { operations: ['Decapsulate', 'Decrypt', 'Shred\n}'] },
    /^# The provider may not support these operations, or only in a later version: Decapsulate, Shred\\u\{a\}\}$/,
  ],
];

for (const [what, fields, comment] of refusals) {
  test(`a comment says that Terraform's provider refuses ${what}`, () => {
    const comments = commentsOf(fields);
    assert.equal(comments.length, 1);
    assert.match(comments[0] ?? '', comment);
  });
}

test('what the provider of Terraform takes has no comment', () => {
  for (const value of [
    'arn:aws-us-gov:iam::111122223333:role/app/Reader',
    'arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-1',
    'dynamodb.us-west-2.amazonaws.com',
    'rds.amazonaws.com.cn',
  ]) {
    assert.deepEqual(commentsOf({ granteePrincipal: ofPrincipal(value), retiringPrincipal: ofPrincipal(value) }), []);
  }
});

test('the label of a resource is a name of Terraform, whatever the grant is called', () => {
  for (const name of [...hostile, '9lives', '-x', 'ключ']) {
    assert.match(grantAsTerraform(grant('g1', { name }), alone), /^resource "aws_kms_grant" "[A-Za-z_][\w-]*" \{$/m);
  }
});
