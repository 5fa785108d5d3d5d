import assert from 'node:assert/strict';
import test from 'node:test';
import { abortError } from '../../../src/core/clock.ts';
import {
  explain,
  type HelpfulAction,
  isAbort,
  isKind,
  isKmsError,
  isOutcomeUnknown,
  isSignInProblem,
  isUserError,
  KmsError,
  type KmsErrorKind,
  parseAccessDenied,
  UserError,
} from '../../../src/core/errors.ts';
import { errorKinds, keyArnOf, kmsError } from './fakes.ts';

const arn = keyArnOf('k1');
const denied = `User: arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:RevokeGrant on resource: ${arn} because no resource-based policy allows the kms:RevokeGrant action.`;

interface Row {
  readonly title: string;
  readonly sentence: string;
  readonly retryHelps: boolean;
  readonly actions: readonly HelpfulAction[];
  /** After it, a change that was asked for may or may not have been made. */
  readonly outcomeUnknown?: true;
  /** Only signing in anew mends it. */
  readonly signIn?: true;
}

/** The requirement, row by row. The compiler holds it complete. */
const table: Readonly<Record<KmsErrorKind, Row>> = {
  grantNotFound: {
    title: 'Grant not found',
    sentence: `KMS no longer has this grant on ${arn}.`,
    retryHelps: false,
    actions: ['retry', 'showLog'],
  },
  keyNotFound: {
    title: 'Key not found',
    sentence: `KMS has no key ${arn} in this Region and account.`,
    retryHelps: false,
    actions: ['retry', 'selectRegion', 'showLog'],
  },
  wrongRegion: {
    title: 'Wrong Region',
    sentence: `The key ${arn} belongs to another Region than the one that was asked.`,
    retryHelps: false,
    actions: ['selectRegion', 'showLog'],
  },
  invalidGrantId: {
    title: 'Unknown grant ID',
    sentence: `KMS does not know this grant ID on ${arn}.`,
    retryHelps: false,
    actions: ['retry', 'showLog'],
  },
  invalidArn: {
    title: 'ARN not accepted',
    sentence: `KMS does not accept the ARN ${arn}.`,
    retryHelps: false,
    actions: ['retry', 'showLog'],
  },
  invalidMarker: {
    title: 'List changed',
    sentence: 'KMS could not continue the list from where it stopped.',
    retryHelps: true,
    actions: ['retry', 'showLog'],
  },
  invalidState: {
    title: 'Key state',
    sentence: `The state of ${arn} does not allow RevokeGrant.`,
    retryHelps: false,
    actions: ['retry', 'showLog'],
  },
  dependencyTimeout: {
    title: 'KMS timed out',
    sentence: 'KMS timed out while it waited for another part of AWS.',
    retryHelps: true,
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  internal: {
    title: 'KMS internal error',
    sentence: 'KMS had an internal error.',
    retryHelps: true,
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  dryRun: {
    title: 'Dry run',
    sentence: 'KMS checked RevokeGrant and changed nothing.',
    retryHelps: false,
    actions: ['showLog'],
  },
  accessDenied: {
    title: 'Access denied',
    sentence: `arn:aws:iam::111122223333:user/ana lacks the permission kms:RevokeGrant on ${arn}.`,
    retryHelps: false,
    actions: ['retry', 'selectProfile', 'showLog'],
  },
  throttled: {
    title: 'Too many requests',
    sentence: 'KMS is receiving more RevokeGrant requests than the account may send.',
    retryHelps: true,
    actions: ['retry', 'showLog'],
  },
  limitExceeded: {
    title: 'Quota used up',
    sentence: `A KMS quota of the account or of ${arn} is used up.`,
    retryHelps: false,
    actions: ['showLog'],
  },
  validation: {
    title: 'Not accepted',
    sentence: 'KMS did not accept the parameters of RevokeGrant.',
    retryHelps: false,
    actions: ['showLog', 'retry'],
  },
  expiredToken: {
    title: 'Credentials expired',
    sentence: 'The credentials of profile dev have expired.',
    retryHelps: true,
    actions: ['signIn', 'retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  unrecognizedClient: {
    title: 'Unknown access key',
    sentence: 'AWS does not know the access key of profile dev.',
    retryHelps: false,
    actions: ['selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  invalidSignature: {
    title: 'Signature refused',
    sentence: 'AWS refused the signature made with the credentials of profile dev.',
    retryHelps: false,
    actions: ['selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  credentialsMissing: {
    title: 'No credentials',
    sentence: 'Profile dev gave no credentials.',
    retryHelps: false,
    actions: ['selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  ssoExpired: {
    title: 'Sign-in needed',
    sentence: 'The sign-in session of profile dev is missing or has expired.',
    retryHelps: true,
    actions: ['signIn', 'retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  signInNeeded: {
    title: 'Sign in…',
    sentence: `Profile dev waits for you. ${denied}`,
    retryHelps: false,
    actions: ['signIn', 'selectProfile', 'showLog'],
    signIn: true,
  },
  profileMissing: {
    title: 'No such profile',
    sentence: 'There is no profile dev in the AWS config and credentials files.',
    retryHelps: false,
    actions: ['selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  filesUnreadable: {
    title: 'File not readable',
    sentence: `An AWS config or credentials file can't be read: ${denied}`,
    retryHelps: false,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  regionInvalid: {
    title: 'Not a Region',
    sentence: 'The Region of profile dev is not the name of an AWS Region: Ireland.',
    retryHelps: false,
    actions: ['selectRegion', 'selectProfile', 'showLog'],
  },
  regionMissing: {
    title: 'No Region',
    sentence: 'No AWS Region is set for profile dev.',
    retryHelps: false,
    actions: ['selectRegion', 'selectProfile', 'showLog'],
  },
  invalidEndpoint: {
    title: 'Endpoint not usable',
    sentence: `The endpoint that is configured for profile dev cannot be used: ${denied}`,
    retryHelps: false,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  mfaRefused: {
    title: 'MFA code refused',
    sentence: 'AWS did not accept the MFA code for profile dev.',
    retryHelps: true,
    actions: ['signIn', 'selectProfile', 'showLog'],
    signIn: true,
  },
  processFailed: {
    title: 'Credential process failed',
    sentence: `The credential_process of profile dev failed: ${denied}`,
    retryHelps: true,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  untrustedWorkspace: {
    title: 'Workspace not trusted',
    sentence:
      'Profile dev signs in with a program (credential_process), which is not started in an untrusted workspace.',
    retryHelps: false,
    actions: ['selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  accountChanged: {
    title: 'Another account',
    sentence: `Profile dev has other credentials now. ${denied}`,
    retryHelps: false,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  principalChanged: {
    title: 'Another principal',
    sentence: `Profile dev no longer signs in as the principal in the question. ${denied}`,
    retryHelps: true,
    actions: ['retry', 'selectProfile', 'showLog'],
  },
  timeout: {
    title: 'No answer',
    sentence: 'AWS did not answer RevokeGrant in time.',
    retryHelps: true,
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  network: {
    title: 'Not reachable',
    sentence: 'AWS could not be reached for RevokeGrant.',
    retryHelps: true,
    actions: ['retry', 'selectRegion', 'showLog'],
    outcomeUnknown: true,
  },
  notJson: {
    title: 'Unexpected answer',
    sentence: 'The answer to RevokeGrant was not one that KMS gives.',
    retryHelps: true,
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  notConfirmed: {
    title: 'Open connections…',
    sentence: `The settings of this dev container ask to open: ${denied}.`,
    retryHelps: false,
    actions: ['openConnections', 'selectProfile', 'showLog'],
  },
  tooLarge: {
    title: 'Answer too large',
    sentence: `The answer to RevokeGrant was larger than any that AWS gives. ${denied}`,
    retryHelps: true,
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  endlessList: {
    title: 'List without an end',
    sentence: `A list that AWS gives does not end. ${denied}`,
    retryHelps: true,
    actions: ['retry', 'showLog'],
  },
  unknown: {
    title: 'Failed',
    sentence: `RevokeGrant failed: SomeException: ${denied}`,
    retryHelps: true,
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
};

function details(kind: KmsErrorKind) {
  return {
    kind,
    operation: 'RevokeGrant',
    awsName: 'SomeException',
    message: denied,
    keyArn: arn,
    profile: 'dev',
    region: 'Ireland',
  };
}

for (const kind of errorKinds) {
  const { outcomeUnknown, signIn, ...expected } = table[kind];
  test(`${kind}: ${expected.title}`, () => {
    const { advice, ...explanation } = explain(details(kind));
    assert.deepEqual(explanation, expected);
    assert.match(advice, /^[A-Z].{20,}\.$/);
    assert.equal(isOutcomeUnknown(kmsError(kind)), outcomeUnknown === true);
    assert.equal(isSignInProblem(kmsError(kind)), signIn === true);
  });
}

test('every explanation is in whole sentences, offers the log, and first of all a retry or a sign-in where that helps', () => {
  for (const kind of errorKinds) {
    for (const known of [details(kind), { ...details(kind), keyArn: undefined, profile: undefined, message: 'No.' }]) {
      const { title, sentence, advice, retryHelps, actions } = explain(known);
      const text = `${kind}: ${title} | ${sentence} | ${advice}`;
      assert.match(title, /^[A-Z][\w-]*( [\w-]+){0,3}…?$/, text);
      assert.match(sentence, /\.$/, text);
      assert.doesNotMatch(text, /\{\d\}|undefined/);
      assert.ok(actions.includes('showLog'), text);
      assert.ok(!retryHelps || actions[0] === 'retry' || actions[0] === 'signIn', text);
      assert.equal(new Set(actions).size, actions.length, text);
    }
  }
});

test('what only another profile or Region can mend offers to select one', () => {
  for (const kind of errorKinds.filter((kind) => table[kind].signIn)) {
    assert.ok(explain(details(kind)).actions.includes('selectProfile'), kind);
  }
  for (const kind of ['wrongRegion', 'regionMissing', 'regionInvalid'] as const) {
    assert.equal(explain(details(kind)).actions[0], 'selectRegion', kind);
  }
});

test('signing in is offered, before all else, for what waits for the user and for credentials that can be renewed', () => {
  const offered = errorKinds.filter((kind) => explain(details(kind)).actions.includes('signIn'));
  assert.deepEqual(offered, ['expiredToken', 'ssoExpired', 'signInNeeded', 'mfaRefused']);
  for (const kind of offered) assert.equal(explain(details(kind)).actions[0], 'signIn', kind);
});

test('the files that a profile was looked for in, and the one that is not readable, are named', () => {
  const files = ['/home/ana/.aws/config', '/home/ana/.aws/credentials'];
  assert.equal(
    explain({ ...details('profileMissing'), files }).sentence,
    'There is no profile dev in /home/ana/.aws/config, /home/ana/.aws/credentials.',
  );
  assert.equal(
    explain({ ...details('filesUnreadable'), files: ['/home/ana/.aws/config'], message: 'It is a folder.' }).sentence,
    "/home/ana/.aws/config can't be read: It is a folder.",
  );
});

test('without a key or a profile the sentence says so in words', () => {
  const { sentence } = explain({ ...details('invalidState'), keyArn: undefined });
  assert.equal(sentence, 'The state of the key does not allow RevokeGrant.');
  assert.match(explain({ ...details('expiredToken'), profile: undefined }).sentence, /profile \(environment\)/);
});

test('a denial that AWS explains in another form names the operation and the key', () => {
  const { sentence } = explain({ ...details('accessDenied'), message: 'Access to KMS is not allowed' });
  assert.equal(sentence, `AWS denied RevokeGrant on ${arn}.`);
});

test('a denial without a resource is on the key that was asked for, or on everything', () => {
  const message =
    'User: arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:ListKeys because no identity-based policy allows the kms:ListKeys action';
  assert.match(explain({ ...details('accessDenied'), message }).sentence, new RegExp(`kms:ListKeys on ${arn}\\.$`));
  assert.match(explain({ ...details('accessDenied'), message, keyArn: undefined }).sentence, /kms:ListKeys on \*\.$/);
});

const session = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana@example.com';
const denials: readonly [string, { principal: string; action: string; resource: string | undefined } | undefined][] = [
  [denied, { principal: 'arn:aws:iam::111122223333:user/ana', action: 'kms:RevokeGrant', resource: arn }],
  [
    `User: ${session} is not authorized to perform: kms:ListGrants on resource: ${arn} because no identity-based policy allows the kms:ListGrants action`,
    { principal: session, action: 'kms:ListGrants', resource: arn },
  ],
  [
    `User: ${session} is not authorized to perform: kms:ListKeys because no identity-based policy allows the kms:ListKeys action`,
    { principal: session, action: 'kms:ListKeys', resource: undefined },
  ],
  [
    `User: ${session} is not authorized to perform: kms:ListAliases on resource: * with an explicit deny in a service control policy`,
    { principal: session, action: 'kms:ListAliases', resource: '*' },
  ],
  [
    `User: ${session} is not authorized to perform: kms:DescribeKey on resource: ${arn}`,
    { principal: session, action: 'kms:DescribeKey', resource: arn },
  ],
  [
    `User: arn:aws-cn:iam::111122223333:root is not authorized to perform: sts:AssumeRole on resource: arn:aws-cn:iam::111122223333:role/Admin`,
    {
      principal: 'arn:aws-cn:iam::111122223333:root',
      action: 'sts:AssumeRole',
      resource: 'arn:aws-cn:iam::111122223333:role/Admin',
    },
  ],
  ['The ciphertext refers to a key that does not exist, or that you are not allowed to access.', undefined],
  ['User: ', undefined],
  ['', undefined],
];

for (const [message, expected] of denials) {
  test(`AWS says "${message.slice(0, 150)}"`, () => {
    assert.deepEqual(parseAccessDenied(message), expected && { ...expected });
  });
}

test('a check of the account that fails before a change leaves no doubt about the change', () => {
  for (const kind of errorKinds) {
    assert.equal(isOutcomeUnknown(kmsError(kind, { operation: 'GetCallerIdentity' })), false, kind);
  }
});

test('a KmsError is known by its name and details, also when it comes from another bundle', () => {
  const error = kmsError('network');
  assert.ok(isKmsError(error) && error instanceof Error);
  const foreign = Object.assign(new Error('No'), { name: 'KmsError', details: error.details });
  assert.ok(isKmsError(foreign) && isKind(foreign, 'timeout', 'network'));
  for (const other of [new Error('No'), { name: 'KmsError', details: {} }, 'KmsError', undefined, null]) {
    assert.equal(isKmsError(other), false);
    assert.equal(isKind(other, 'network'), false);
    assert.equal(isOutcomeUnknown(other), false);
  }
  assert.equal(isKind(error, 'timeout'), false);
});

test('a KmsError keeps what caused it, and says what AWS said', () => {
  const cause = new TypeError('inner');
  const error = new KmsError(details('internal'), cause);
  assert.deepEqual([error.cause, error.message], [cause, denied]);
});

test('an abort is known by its name', () => {
  assert.ok(isAbort(abortError()));
  assert.ok(isAbort(AbortSignal.abort().reason));
  assert.equal(isAbort(kmsError('timeout')), false);
  assert.equal(isAbort({ name: 'AbortError' }), false);
});

test('a UserError has a sentence, the actions that help, and what caused it', () => {
  const cause = kmsError('network');
  const error = new UserError('It did not work.', ['retry'], cause);
  assert.ok(isUserError(error));
  assert.deepEqual([error.message, error.actions, error.cause], ['It did not work.', ['retry'], cause]);
  assert.deepEqual(new UserError('No.').actions, []);
  assert.equal(isUserError(cause), false);
  assert.equal(isUserError('No.'), false);
});
