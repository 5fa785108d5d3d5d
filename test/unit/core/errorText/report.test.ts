import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type ErrorText, readErrorText } from '../../../../src/core/errorText/errorText.ts';
import { type Gap, grantsFor, unresolvedFor } from '../../../../src/core/errorText/grantFit.ts';
import type { KeyFacts, Lead } from '../../../../src/core/errorText/keyFacts.ts';
import { reportOf } from '../../../../src/core/errorText/report.ts';
import type { Report } from '../../../../src/core/errorText/reportModel.ts';
import { KmsError } from '../../../../src/core/kms/errors.ts';
import type { Grant, KeyMetadata } from '../../../../src/core/kms/model.ts';
import { parsePrincipal } from '../../../../src/core/kms/principal.ts';
import { pageMarkdown } from '../../../../src/core/words/page.ts';
import { hostileText, property } from '../../hostile.ts';
import { noConstraints } from '../fakes.ts';
import { account, corpus, keyArn, keyId, role } from './corpus.ts';

const roleArn = `arn:aws:iam::${account}:role/orders-app`;

function grant(grantId: string, granteeArn: string, operations: readonly string[], constraints = {}): Grant {
  return {
    grantId,
    keyArn,
    name: grantId,
    creationDate: undefined,
    granteePrincipal: { kind: 'principal', value: granteeArn },
    retiringPrincipal: undefined,
    issuingAccount: undefined,
    operations,
    constraints: { ...noConstraints, ...constraints },
  };
}

const request = (principal: string, context?: Readonly<Record<string, string>>) => ({
  principal: parsePrincipal({ kind: 'principal', value: principal }),
  operation: 'Decrypt',
  context,
});

function gapsOf(
  principal: string,
  held: Grant,
  context?: Readonly<Record<string, string>>,
): readonly Gap[] | undefined {
  return grantsFor(request(principal, context), [held])[0]?.gaps;
}

// Grants

test("a grant lacks what the call has and it hasn't: operation, context, session", () => {
  const otherSession = `arn:aws:sts::${account}:assumed-role/orders-app/other`;
  const context = { encryptionContextSubset: { tenant: 'a1' } };
  const exact = { encryptionContextEquals: { tenant: 'a1' } };
  const cases: readonly (readonly [Grant, Readonly<Record<string, string>> | undefined, readonly Gap[] | undefined])[] =
    [
      [grant('g', role, ['Decrypt']), undefined, []],
      [grant('g', roleArn, ['Decrypt']), undefined, []],
      [grant('g', roleArn, ['Encrypt']), undefined, [{ kind: 'operation' }]],
      [grant('g', otherSession, ['Decrypt']), undefined, [{ kind: 'otherSession' }]],
      [grant('g', `arn:aws:iam::${account}:root`, ['Decrypt']), undefined, [{ kind: 'account' }]],
      [grant('g', `arn:aws:iam::${account}:role/another`, ['Decrypt']), undefined, undefined],
      [grant('g', `arn:aws:iam::444455556666:role/orders-app`, ['Decrypt']), undefined, undefined],
      [grant('g', 'dynamodb.eu-west-1.amazonaws.com', ['Decrypt']), undefined, undefined],
      [grant('g', roleArn, ['Decrypt'], context), { tenant: 'a1', more: 'x' }, []],
      [grant('g', roleArn, ['Decrypt'], exact), { tenant: 'a1' }, []],
      [grant('g', roleArn, ['Decrypt'], exact), { tenant: 'a1', more: 'x' }, [{ kind: 'contextExtra', key: 'more' }]],
      [
        grant('g', roleArn, ['Decrypt'], context),
        { Tenant: 'a1' },
        [{ kind: 'contextPair', key: 'tenant', value: 'a1', given: undefined }],
      ],
      [
        grant('g', roleArn, ['Encrypt'], context),
        { tenant: 'b2' },
        [{ kind: 'operation' }, { kind: 'contextPair', key: 'tenant', value: 'a1', given: 'b2' }],
      ],
      [grant('g', roleArn, ['Decrypt'], context), undefined, [{ kind: 'contextUnknown', pairs: { tenant: 'a1' } }]],
    ];
  for (const [held, given, gaps] of cases) {
    assert.deepEqual(gapsOf(role, held, given), gaps, JSON.stringify([held.granteePrincipal, held.constraints, given]));
  }
});

test('a grant of one session does not serve the role as a whole', () => {
  assert.deepEqual(gapsOf(roleArn, grant('g', role, ['Decrypt'])), [{ kind: 'otherSession' }]);
});

test('the grants that lack least come first', () => {
  const held = [grant('b', roleArn, ['Encrypt']), grant('a', roleArn, ['Decrypt'])];
  assert.deepEqual(
    grantsFor(request(role), held).map((fit) => fit.grant.grantId),
    ['a', 'b'],
  );
});

test('grants whose holder is only an ID are counted for a role, and for the operation', () => {
  const held = [grant('a', 'AROAEXAMPLEEXAMPLE123', ['Decrypt']), grant('b', 'AROAEXAMPLEEXAMPLE123', ['Encrypt'])];
  assert.deepEqual(
    unresolvedFor(request(role), held).map(({ grantId }) => grantId),
    ['a'],
  );
  assert.deepEqual(unresolvedFor(request(`arn:aws:iam::${account}:user/ana`), held), []);
});

// Reports

const denied = readErrorText(corpus.find(({ name }) => name === 'Go v2')?.text ?? '') ?? assert.fail();

const metadata: KeyMetadata = {
  keyId,
  arn: keyArn,
  account,
  description: '',
  state: 'Enabled',
  manager: 'CUSTOMER',
  origin: undefined,
  usage: 'ENCRYPT_DECRYPT',
  spec: 'SYMMETRIC_DEFAULT',
  multiRegion: false,
  creationDate: undefined,
  deletionDate: undefined,
  otherFields: {},
};
const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'root',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

function found(facts: Partial<KeyFacts> = {}): Lead {
  return {
    kind: 'found',
    facts: {
      key: { keyId, arn: keyArn, aliases: ['alias/orders'] },
      connection: 'dev',
      metadata: { kind: 'known', value: metadata },
      grants: { kind: 'known', value: { grants: [], isComplete: true } },
      policy: { kind: 'known', value: policy },
      otherKeys: [],
      ...facts,
    },
  };
}

const noConnection: Lead = { kind: 'noConnection', through: [], notOpen: [] };

function textOf({ title, sections }: Report): string {
  return [
    title,
    ...sections.flatMap((one) => [
      one.title,
      one.text ?? '',
      ...one.lines.flatMap(({ text, more = [] }) => [text, ...more]),
    ]),
  ].join('\n');
}

test('a report says what happened, what stands in the way and what to do, in this order', () => {
  const report = reportOf(denied, found());
  assert.deepEqual(
    report.sections.map(({ title }) => title),
    ['What Happened', 'Possible Causes', 'What to Do'],
  );
  const text = textOf(report);
  assert.match(text, /AWS denied kms:Decrypt on arn:aws:kms:[^ ]+: no IAM policy of the principal allows it/);
  assert.match(text, /Not in the text: Encryption context\./);
  assert.match(text, /Key state now: Enabled\./);
  assert.match(text, /this principal holds none of those that were read/);
  assert.match(text, /Key policy: Leaves Decrypt to IAM policies of the account\.\n"root"/);
  assert.match(text, /Not visible from here: IAM policies/);
});

test('a denied call without its permission leads to a grant for the role of the session', () => {
  assert.deepEqual(reportOf(denied, found()).proposal, {
    keyArn,
    grantee: roleArn,
    operations: ['Decrypt'],
    context: {},
  });
});

test('to a person of IAM Identity Center, whose role has a path that no text has, a grant is proposed by the session', () => {
  const person = `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/ana@example.com`;
  assert.equal(reportOf({ ...denied, principal: person }, found()).proposal?.grantee, person);
});

test('the proposed grant has the encryption context of the call, where KMS takes it', () => {
  const context = { 'aws:s3:arn': 'arn:aws:s3:::orders' };
  assert.deepEqual(reportOf({ ...denied, encryptionContext: context }, found()).proposal?.context, context);
  const long = { tenant: 'x'.repeat(400) };
  assert.deepEqual(reportOf({ ...denied, encryptionContext: long }, found()).proposal?.context, {});
});

test('no grant is proposed where none would help, or none can be made', () => {
  const nothing: readonly (readonly [string, ErrorText, Lead])[] = [
    ['an explicit deny', { ...denied, reason: { kind: 'denied', policy: 'resource', policyArn: undefined } }, found()],
    ['a policy of the organization', { ...denied, reason: { kind: 'notAllowed', policy: 'serviceControl' } }, found()],
    ['another kind of error', { ...denied, kind: 'keyDisabled', reason: undefined }, found()],
    ['no principal', { ...denied, principal: undefined }, found()],
    ['a masked principal', { ...denied, principal: 'arn:aws:sts::xxxxxxxxxxxx:assumed-role/a/b' }, found()],
    [
      'the root user, whose ARN is that of the whole account',
      { ...denied, principal: `arn:aws:iam::${account}:root` },
      found(),
    ],
    ['an operation that no grant allows', { ...denied, action: 'kms:PutKeyPolicy' }, found()],
    ['an operation that a grant allows for itself alone', { ...denied, action: 'kms:RetireGrant' }, found()],
    [
      "AWS's own session",
      { ...denied, principal: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-1` },
      found(),
    ],
    [
      'a key that takes none',
      denied,
      found({ metadata: { kind: 'known', value: { ...metadata, state: 'PendingDeletion' } } }),
    ],
    ['a key of AWS', denied, found({ metadata: { kind: 'known', value: { ...metadata, manager: 'AWS' } } })],
    ['an alias alone', { ...denied, key: { kind: 'alias', alias: 'alias/orders' } }, noConnection],
  ];
  for (const [name, error, lead] of nothing) {
    assert.equal(reportOf(error, lead).proposal, undefined, name);
  }
});

test('a grant is advised only for what a grant can allow', () => {
  const reasons: readonly ErrorText['reason'][] = [
    { kind: 'notAllowed', policy: 'identity' },
    { kind: 'notAllowed', policy: 'resource' },
    { kind: 'notShared' },
    { kind: 'notGiven' },
  ];
  for (const reason of reasons) {
    const advised = (action: string | undefined) =>
      textOf(reportOf({ ...denied, action, reason }, noConnection)).split('What to Do')[1] ?? '';
    assert.match(advised('kms:Decrypt'), /A grant could allow it/);
    assert.match(advised('kms:CreateGrant'), /A grant on the key can allow it/);
    for (const action of ['kms:PutKeyPolicy', 'kms:RetireGrant', undefined]) {
      assert.doesNotMatch(advised(action), /A grant (could|on the key can)/);
    }
  }
  const retire = textOf(reportOf({ ...denied, action: 'kms:RetireGrant' }, noConnection));
  assert.match(retire, /A key policy can't allow it/);
});

test('a key policy without a statement is not said to allow anything, also through grants', () => {
  const policy = { kind: 'known', value: JSON.stringify({ Version: '2012-10-17', Statement: [] }) } as const;
  const said = (action: string) => textOf(reportOf({ ...denied, action }, found({ policy })));
  assert.match(said('kms:Decrypt'), /Key policy: Doesn't allow Decrypt\./);
  assert.match(said('kms:PutKeyPolicy'), /Key policy: Doesn't allow PutKeyPolicy\./);
  assert.match(said('kms:RetireGrant'), /Key policy: Doesn't allow RetireGrant\./);
});

test('the root user is not called the whole account', () => {
  const text = textOf(reportOf({ ...denied, principal: `arn:aws:iam::${account}:root` }, noConnection));
  assert.match(text, /:root \(root user\)/);
});

test('a report without a connection says so, and what it can from the text', () => {
  const text = textOf(reportOf(denied, noConnection));
  assert.match(text, /No open connection leads to 111122223333, eu-west-1/);
  assert.match(text, /run AWS KMS: Add Connection for its account\./);
  assert.doesNotMatch(text, /Key state now/);
  const through = textOf(reportOf(denied, { ...noConnection, through: ['prod'] }));
  assert.match(through, /a connection to its account: prod\./);
  const notOpen = textOf(reportOf(denied, { ...noConnection, notOpen: ['dev'] }));
  assert.match(notOpen, /sign in where needed: dev\./);
});

test('what could not be read is named, and why', () => {
  const error = new KmsError({
    kind: 'accessDenied',
    operation: 'GetKeyPolicy',
    awsName: 'AccessDeniedException',
    message: '',
  });
  const failed = { kind: 'failed', error } as const;
  const text = textOf(reportOf(denied, found({ policy: failed, grants: failed, metadata: failed })));
  assert.match(text, /Key policy couldn't be read: /);
  assert.match(text, /Grants couldn't be read: /);
  assert.match(text, /Key state couldn't be read: /);
  const partial = { kind: 'known', value: { grants: [], isComplete: false } } as const;
  assert.match(textOf(reportOf(denied, found({ grants: partial }))), /Not all grants on the key were read\./);
});

test('each grant of the principal is listed with what it lacks', () => {
  const grants = [
    grant('fits', roleArn, ['Decrypt']),
    grant('other', roleArn, ['Encrypt']),
    grant('bound', roleArn, ['Decrypt'], { encryptionContextEquals: { tenant: 'a1' } }),
    grant('lost', 'AROAEXAMPLEEXAMPLE123', ['Decrypt']),
  ];
  const text = textOf(reportOf(denied, found({ grants: { kind: 'known', value: { grants, isComplete: true } } })));
  assert.match(text, /Grants of this principal on the key: 3\./);
  assert.match(text, /fits: would allow it\. It may be too new/);
  assert.match(text, /other: allows other operations only: Encrypt/);
  assert.match(text, /bound: needs tenant = a1 in the encryption context, which isn't in the text/);
  assert.match(text, /Grants for Decrypt whose grantee is an ID that KMS can't resolve: 1\./);
});

test('every text of the corpus has a report with a sentence and something to do, with a connection and without', () => {
  for (const { name, text } of corpus) {
    const error = readErrorText(text) ?? assert.fail(name);
    for (const lead of [
      found(),
      noConnection,
      { kind: 'noKey' },
      { kind: 'notListed', connection: 'dev', error: undefined },
      { kind: 'ambiguous', connections: ['dev', 'prod'] },
    ] as const) {
      const { sections } = reportOf(error, lead);
      const [happened, , todo] = sections;
      assert.match(happened?.text ?? '', /^\S.*\.$/, name);
      assert.ok((todo?.lines.length ?? 0) > 0, name);
    }
  }
});

// Markdown

test('whatever a text holds, the Markdown of its report has no other markup than its headings and lists', () => {
  property([hostileText, hostileText, hostileText], (first, second, third) => {
    const error: ErrorText = {
      ...denied,
      code: first,
      principal: second,
      quote: third,
      encryptionContext: { [first]: second },
      key: { kind: 'alias', alias: third },
    };
    const lead = found({
      key: { keyId, arn: keyArn, aliases: [first] },
      connection: second,
      grants: {
        kind: 'known',
        value: { grants: [{ ...grant(third, roleArn, [first]), name: second }], isComplete: true },
      },
      policy: { kind: 'known', value: third },
    });
    for (const line of pageMarkdown(reportOf(error, lead)).split('\n')) {
      const escaped = line
        .replace(/^(?:#{1,2}| {0,2}-) /, '')
        .replaceAll('&#32;', ' ')
        .replace(/\\[!-/:-@[-`{-~]/g, '');
      assert.doesNotMatch(escaped, /[!-/:-@[-`{-~]/, line);
    }
  });
});

test('a report is as long as a person reads, whatever the text', () => {
  property([fc.constantFrom(...corpus), hostileText], ({ name, text }, noise) => {
    const error = readErrorText(`${text} ${noise}`) ?? assert.fail(name);
    assert.ok(pageMarkdown(reportOf(error, found())).length < 60_000);
  });
});
