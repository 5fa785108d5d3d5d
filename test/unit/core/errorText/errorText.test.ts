import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readErrorText } from '../../../../src/core/errorText/errorText.ts';
import { longestErrorText } from '../../../../src/core/errorText/flatten.ts';
import { messages, patterns } from '../../../../src/core/errorText/patterns.ts';
import { hostileText, property } from '../../hostile.ts';
import { corpus, keyArn, others, role } from './corpus.ts';

const fields = [
  'kind',
  'code',
  'action',
  'principal',
  'key',
  'region',
  'account',
  'reason',
  'encryptionContext',
  'requestId',
] as const;

for (const { name, text, found } of corpus) {
  test(`${name}: every field is found, and nothing else`, () => {
    const read = readErrorText(text);
    assert.deepEqual(
      Object.fromEntries(fields.map((field) => [field, read?.[field]])),
      Object.fromEntries(fields.map((field) => [field, found[field]])),
    );
  });
}

test('the corpus has the forms of sixty texts or more, each by a name of its own', () => {
  assert.ok(corpus.length >= 60, `${corpus.length}`);
  assert.equal(new Set(corpus.map(({ name }) => name)).size, corpus.length);
});

for (const text of others) {
  test(`no error of KMS is seen in ${JSON.stringify(text.slice(0, 80))}`, () => {
    assert.equal(readErrorText(text), undefined);
  });
}

const example = `AccessDeniedException: User: ${role} is not authorized to perform: kms:Decrypt on resource: ${keyArn} because no identity-based policy allows the kms:Decrypt action`;

test('whatever the text is, it is read without a failure', () => {
  property([hostileText, hostileText], (before, after) => {
    readErrorText(before);
    readErrorText(`${before} ${example} ${after}`);
    readErrorText(JSON.stringify({ errorCode: before, errorMessage: after, eventSource: 'kms.amazonaws.com' }));
  });
});

test('of a text that is cut off anywhere, what is read is in the text', () => {
  property([fc.constantFrom(...corpus), fc.nat()], ({ text }, cut) => {
    const read = readErrorText(text.slice(0, cut % (text.length + 1)));
    const flat = text.replace(/[\s│|]/g, '');
    for (const value of [read?.code, read?.principal, read?.requestId, read?.region, read?.account]) {
      assert.ok(value === undefined || flat.includes(value.replace(/\s/g, '')), value);
    }
  });
});

test("AWS's own words end where the JSON or XML around them goes on", () => {
  const denied = `User: ${role} is not authorized to perform: kms:Decrypt on resource: ${keyArn}`;
  for (const text of [
    JSON.stringify({ Message: denied, Code: 'AccessDenied' }),
    `<Message>${denied}</Message><RequestId>ABCDEF0123456789</RequestId>`,
  ]) {
    assert.match(readErrorText(text)?.quote ?? '', /:key\/[\da-f-]{36}"?$/);
  }
});

test("AWS's own words begin behind the name of the error, and without what stands before them in JSON", () => {
  const disabled = `${keyArn} is disabled`;
  for (const [text, quote] of [
    ['An error occurred (ValidationException) when calling the Encrypt operation: too long', 'too long'],
    [
      'An error occurred (KMSInternalException) when calling the Decrypt operation (reached max retries: 4): null',
      'null',
    ],
    [
      'An error occurred (InvalidCiphertextException) when calling the Decrypt operation: ',
      'InvalidCiphertextException',
    ],
    [`{"__type":"com.amazonaws.kms#DisabledException","message":"${disabled}."}`, disabled],
    [`<Code>KMS.DisabledException</Code><Message>${disabled}.</Message>`, disabled],
    [`NotFoundException (Key '${keyArn}' does not exist)`, `Key '${keyArn}' does not exist`],
    [
      'arn:aws:kms:eu-west-1:<account>:key/1234abcd is disabled',
      'arn:aws:kms:eu-west-1:<account>:key/1234abcd is disabled',
    ],
  ] as const) {
    assert.equal(readErrorText(text)?.quote, quote);
  }
});

/** Lines of logs that say nothing of KMS. */
const noise = fc
  .array(
    fc.constantFrom(
      '2026-11-20T10:00:00.000Z INFO  started',
      '\u001b[32mok\u001b[0m 12 passed',
      'at Object.<anonymous> (/app/index.js:10:3)',
      '{"level":"info","msg":"ready"}',
      '---',
      '│ plan: 3 to add',
      '\\"quoted\\" \\n',
      'arn:aws:lambda:eu-west-1:111122223333:function:orders',
    ),
    { maxLength: 12 },
  )
  .map((lines) => lines.join('\n'));

test('an error in the noise of a log is read as without it', () => {
  property([fc.constantFrom(...corpus), noise, noise], ({ name, text }, before, after) => {
    // JSON that something stands around is no JSON, and is read as text.
    if (name.includes('CloudTrail') || name === 'LookupEvents') {
      return;
    }
    const { quote: _, ...alone } = readErrorText(text) ?? {};
    const { quote: __, ...among } = readErrorText(`${before}\n${text}\n${after}`) ?? {};
    assert.deepEqual(among, alone);
  });
});

test('only the beginning of a longer text is read', () => {
  assert.notEqual(readErrorText(`${' '.repeat(longestErrorText - example.length)}${example}`), undefined);
  assert.equal(readErrorText(`${'x'.repeat(longestErrorText)}${example}`), undefined);
});

test('every pattern takes a bounded number of steps for each character: no repetition in it is without an end', () => {
  const all = [...Object.values(patterns).flat(), ...messages.map(([, pattern]) => pattern)];
  assert.ok(all.length > 25);
  for (const { source } of all) {
    const withoutClasses = source.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
    assert.ok(!/[*+]|\{\d+,\}/.test(withoutClasses), source);
  }
});
