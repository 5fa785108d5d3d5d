import assert from 'node:assert/strict';
import test from 'node:test';
import { abortError, isAbort } from '../../../../src/core/base/abort.ts';
import {
  isKind,
  isKmsError,
  isSignInProblem,
  isTransient,
  KmsError,
  type KmsErrorDetails,
  type KmsErrorKind,
  mayHaveBeenDone,
} from '../../../../src/core/kms/errors.ts';
import { type DenialReason, parseAccessDenied } from '../../../../src/core/words/accessDenied.ts';
import { explain, needsSignIn } from '../../../../src/core/words/explain.ts';
import { type HelpfulAction, isUserError, UserError } from '../../../../src/core/words/userError.ts';
import { errorKinds, keyArnOf, kmsError } from '../fakes.ts';

const arn = keyArnOf('k1');
const denied = `User: arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:RevokeGrant on resource: ${arn} because no resource-based policy allows the kms:RevokeGrant action.`;

interface Row {
  readonly title: string;
  readonly sentence: string;
  readonly actions: readonly HelpfulAction[];
  /** After it, a change that was asked for may or may not have been made. */
  readonly outcomeUnknown?: true;
  /** Only a new sign-in fixes it. */
  readonly signIn?: true;
}

/** The requirement, row by row. The compiler holds it complete. */
const table: Readonly<Record<KmsErrorKind, Row>> = {
  grantNotFound: {
    title: 'Grant not found',
    sentence: `KMS no longer has this grant on ${arn}.`,
    actions: ['retry', 'showLog'],
  },
  keyNotFound: {
    title: 'Key not found',
    sentence: `KMS didn't find ${arn} in this Region and account.`,
    actions: ['retry', 'selectRegion', 'showLog'],
  },
  wrongRegion: {
    title: 'Wrong Region',
    sentence: `The request went to a different Region than ${arn} is in.`,
    actions: ['selectRegion', 'showLog'],
  },
  invalidGrantId: {
    title: 'Unknown grant ID',
    sentence: `KMS doesn't recognize this grant ID on ${arn}.`,
    actions: ['retry', 'showLog'],
  },
  invalidArn: {
    title: 'ARN rejected',
    sentence: `KMS rejected an ARN in the request for ${arn}.`,
    actions: ['retry', 'showLog'],
  },
  invalidPrincipal: {
    title: 'Unknown principal',
    sentence: "KMS doesn't recognize the retiring principal ?.",
    actions: ['retry', 'showLog'],
  },
  invalidMarker: {
    title: 'List changed',
    sentence: "KMS couldn't continue the list from where it stopped.",
    actions: ['retry', 'showLog'],
  },
  invalidState: {
    title: 'Key state',
    sentence: `The state of ${arn} doesn't allow RevokeGrant.`,
    actions: ['retry', 'showLog'],
  },
  dependencyTimeout: {
    title: 'KMS timed out',
    sentence: 'KMS timed out while it waited for another part of AWS.',
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  internal: {
    title: 'KMS internal error',
    sentence: 'KMS had an internal error.',
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  dryRun: {
    title: 'Dry run',
    sentence: 'KMS checked RevokeGrant and changed nothing.',
    actions: ['showLog'],
  },
  accessDenied: {
    title: 'Access denied',
    sentence: `AWS denied kms:RevokeGrant on ${arn}: no key policy allows it for arn:aws:iam::111122223333:user/ana.`,
    actions: ['retry', 'selectProfile', 'showLog'],
  },
  throttled: {
    title: 'Too many requests',
    sentence: 'KMS is receiving more RevokeGrant requests than the quota of the account allows.',
    actions: ['retry', 'showLog'],
  },
  limitExceeded: {
    title: 'Quota used up',
    sentence: `A KMS quota of the account or of ${arn} is used up.`,
    actions: ['showLog'],
  },
  validation: {
    title: 'Request rejected',
    sentence: 'KMS rejected the parameters of RevokeGrant.',
    actions: ['showLog', 'retry'],
  },
  expiredToken: {
    title: 'Credentials expired',
    sentence: 'The credentials of profile dev have expired.',
    actions: ['signIn', 'retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  unrecognizedClient: {
    title: 'Unknown access key',
    sentence: "AWS doesn't recognize the access key of profile dev.",
    actions: ['selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  invalidSignature: {
    title: 'Signature rejected',
    sentence: 'AWS rejected the signature made with the credentials of profile dev.',
    actions: ['selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  regionNotEnabled: {
    title: 'Region not enabled',
    sentence: "Region Ireland isn't enabled for the account, or its endpoint rejects the credentials of profile dev.",
    actions: ['selectRegion', 'retry', 'showLog'],
  },
  signInDenied: {
    title: 'Sign-in denied',
    sentence: `RevokeGrant failed for profile dev. AWS denied kms:RevokeGrant on ${arn}: no key policy allows it for arn:aws:iam::111122223333:user/ana.`,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  profileInvalid: {
    title: 'Profile not usable',
    sentence: `RevokeGrant rejected the setup of profile dev: ${denied}`,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  credentialsMissing: {
    title: 'No credentials',
    sentence: 'Profile dev provides no credentials.',
    actions: ['selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  ssoExpired: {
    title: 'Sign-in needed',
    sentence: 'The sign-in session of profile dev is missing or has expired.',
    actions: ['signIn', 'retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  signInNeeded: {
    title: 'Sign-in needed',
    sentence: `Profile dev is waiting for you to sign in. ${denied}`,
    actions: ['signIn', 'selectProfile', 'showLog'],
    signIn: true,
  },
  profileMissing: {
    title: 'Profile not found',
    sentence: "Profile dev isn't in the AWS config or credentials file.",
    actions: ['selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  filesUnreadable: {
    title: 'File not readable',
    sentence: `An AWS config or credentials file can't be read: ${denied}`,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  regionInvalid: {
    title: 'Invalid Region',
    sentence: "The Region of profile dev isn't the name of an AWS Region: Ireland.",
    actions: ['selectRegion', 'selectProfile', 'showLog'],
  },
  regionMissing: {
    title: 'No Region',
    sentence: 'No AWS Region is set for profile dev.',
    actions: ['selectRegion', 'selectProfile', 'showLog'],
  },
  invalidEndpoint: {
    title: 'Endpoint not usable',
    sentence: `The endpoint of profile dev can't be used: ${denied}`,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  mfaRefused: {
    title: 'MFA code rejected',
    sentence: 'AWS rejected the MFA code for profile dev.',
    actions: ['signIn', 'selectProfile', 'showLog'],
    signIn: true,
  },
  processFailed: {
    title: 'Credential process failed',
    sentence: `The credential_process of profile dev failed: ${denied}`,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  untrustedWorkspace: {
    title: 'Workspace not trusted',
    sentence: "Profile dev signs in with a program (credential_process), which doesn't run in an untrusted workspace.",
    actions: ['manageTrust', 'selectProfile', 'retry', 'showLog'],
    signIn: true,
  },
  accountChanged: {
    title: 'Credentials changed',
    sentence: `Profile dev now has different credentials. ${denied}`,
    actions: ['retry', 'selectProfile', 'showLog'],
    signIn: true,
  },
  principalChanged: {
    title: 'Principal changed',
    sentence: `Profile dev no longer signs in as the principal that was shown. ${denied}`,
    actions: ['retry', 'selectProfile', 'showLog'],
  },
  timeout: {
    title: 'No answer',
    sentence: "AWS didn't answer RevokeGrant in time.",
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  network: {
    title: 'Not reachable',
    sentence: "Can't reach AWS KMS.",
    actions: ['retry', 'selectRegion', 'showLog'],
    outcomeUnknown: true,
  },
  hostNotFound: {
    title: 'Host not found',
    sentence: "Can't find the host kms.example for RevokeGrant.",
    actions: ['retry', 'selectRegion', 'showLog'],
  },
  certificateNotTrusted: {
    title: 'Certificate not trusted',
    sentence: `The certificate of kms.example, issued by Corp CA, isn't trusted: ${denied}`,
    actions: ['retry', 'showLog'],
  },
  notJson: {
    title: 'Unexpected answer',
    sentence: "The answer to RevokeGrant isn't in the format that KMS uses.",
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  notConfirmed: {
    title: 'Connections not opened',
    sentence: `The settings of this dev container request these connections: ${denied}`,
    actions: ['openConnections', 'selectProfile', 'showLog'],
  },
  tooLarge: {
    title: 'Answer too large',
    sentence: `The answer to RevokeGrant was larger than any that AWS gives. ${denied}`,
    actions: ['retry', 'showLog'],
    outcomeUnknown: true,
  },
  endlessList: {
    title: 'Endless list',
    sentence: `A list from AWS doesn't end. ${denied}`,
    actions: ['retry', 'showLog'],
  },
  notSupported: {
    title: 'Not available here',
    sentence: "RevokeGrant isn't available at this endpoint.",
    actions: ['retry', 'showLog'],
  },
  unknown: {
    title: 'Failed',
    sentence: `RevokeGrant failed: SomeException: ${denied}`,
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
    host: 'kms.example',
    issuer: 'Corp CA',
  };
}

for (const kind of errorKinds) {
  const { outcomeUnknown, signIn, ...expected } = table[kind];
  test(`${kind}: ${expected.title}`, () => {
    const { advice, ...explanation } = explain(details(kind));
    assert.deepEqual(explanation, expected);
    assert.match(advice, /^[A-Z].{20,}\.$/);
    assert.equal(mayHaveBeenDone(kmsError(kind)), outcomeUnknown === true);
    assert.equal(isSignInProblem(kmsError(kind)), signIn === true);
  });
}

test('every explanation is in whole sentences, offers the log, and first of all a retry or a sign-in where that helps', () => {
  for (const kind of errorKinds) {
    for (const known of [details(kind), { ...details(kind), keyArn: undefined, profile: undefined, message: 'No.' }]) {
      const { title, sentence, advice, actions } = explain(known);
      const text = `${kind}: ${title} | ${sentence} | ${advice}`;
      assert.match(title, /^[A-Z][\w-]*( [\w-]+){0,3}…?$/, text);
      assert.match(sentence, /\.$/, text);
      assert.doesNotMatch(text, /\{\d\}|undefined/);
      assert.ok(actions.includes('showLog'), text);
      assert.equal(new Set(actions).size, actions.length, text);
    }
  }
});

test('a kind that another version wrote to the journal reads as an unknown failure', () => {
  for (const kind of ['fromTheFuture', 'constructor']) {
    const details = { kind: kind as KmsErrorKind, operation: 'ListGrants', awsName: kind, message: 'm' };
    assert.deepEqual(explain(details), explain({ ...details, kind: 'unknown' }));
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
  for (const kind of offered) {
    assert.equal(explain(details(kind)).actions[0], 'signIn', kind);
  }
});

test('signing in is not offered for expired credentials that it would only bring back', () => {
  const expired = (fields: Partial<KmsErrorDetails>) => needsSignIn(kmsError('expiredToken', fields));
  assert.equal(expired({}), true);
  assert.equal(expired({ isUnchanged: true }), false, 'the same credentials came again');
  assert.equal(expired({ operation: 'AssumeRole', isSignIn: true }), false, 'their source has expired');
  const webIdentity = { operation: 'AssumeRoleWithWebIdentity', isSignIn: true };
  assert.equal(expired(webIdentity), false, 'its file is written by others');
});

test('the files that a profile was looked for in, and the one that is not readable, are named', () => {
  const files = ['/home/ana/.aws/config', '/home/ana/.aws/credentials'];
  assert.equal(
    explain({ ...details('profileMissing'), files }).sentence,
    "Profile dev isn't in these files: /home/ana/.aws/config, /home/ana/.aws/credentials.",
  );
  assert.equal(
    explain({ ...details('filesUnreadable'), files: ['/home/ana/.aws/config'], message: 'It is a folder.' }).sentence,
    "/home/ana/.aws/config can't be read: It is a folder.",
  );
});

test('without a key or a profile the sentence says so in words', () => {
  const { sentence } = explain({ ...details('invalidState'), keyArn: undefined });
  assert.equal(sentence, "The state of the key doesn't allow RevokeGrant.");
  assert.match(explain({ ...details('expiredToken'), profile: undefined }).sentence, /profile \(environment\)/);
});

test('a denial that AWS explains in another form names the operation and the key', () => {
  const { sentence } = explain({ ...details('accessDenied'), message: 'Access to KMS is not allowed' });
  assert.equal(sentence, `AWS denied RevokeGrant on ${arn}.`);
});

test('a denial without a resource is on the key that was asked for, or on everything', () => {
  const message =
    'User: arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:ListKeys because no identity-based policy allows the kms:ListKeys action';
  assert.match(
    explain({ ...details('accessDenied'), message }).sentence,
    new RegExp(`kms:ListKeys on ${arn}: no IAM policy`),
  );
  assert.match(
    explain({ ...details('accessDenied'), message, keyArn: undefined }).sentence,
    /kms:ListKeys on \*: no IAM policy/,
  );
});

const session = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana@example.com';
const user = 'arn:aws:iam::111122223333:user/ana';
const because = (type: string) => `because no ${type} allows the kms:ListGrants action`;
const says = (tail: string, principal = user) =>
  `User: ${principal} is not authorized to perform: kms:ListGrants on resource: ${arn} ${tail}`.trimEnd();
const scpArn = 'arn:aws:organizations::999988887777:policy/o-abc/service_control_policy/p-12345678';
const authorization =
  '. Go to https://docs.aws.amazon.com/authorization for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: 1a2b.3c4d';

/** AWS's text, and why; everything else is the same in each. */
const reasons: readonly (readonly [message: string, reason: DenialReason, advice: RegExp])[] = [
  [says(because('identity-based policy')), { kind: 'notAllowed', policy: 'identity' }, /IAM policy of that principal/],
  [
    says(because('resource-based policy')),
    { kind: 'notAllowed', policy: 'resource' },
    /^Ask for it in the key's policy/,
  ],
  [says(because('session policy')), { kind: 'notAllowed', policy: 'session' }, /came with the sign-in/],
  [says(because('permissions boundary')), { kind: 'notAllowed', policy: 'boundary' }, /permissions boundary/],
  [says(because('service control policy')), { kind: 'notAllowed', policy: 'serviceControl' }, /AWS organization/],
  [says(because('resource control policy')), { kind: 'notAllowed', policy: 'resourceControl' }, /AWS organization/],
  [says(because('VPC endpoint policy')), { kind: 'notAllowed', policy: 'endpoint' }, /VPC endpoint/],
  [says(because('role trust policy')), { kind: 'notAllowed', policy: 'trust' }, /trust policy/],
  [says(because('policy of a new kind')), { kind: 'notAllowed', policy: 'other' }, /policy that AWS names in the log/],
  [
    says('with an explicit deny in a service control policy'),
    { kind: 'denied', policy: 'serviceControl', policyArn: undefined },
    /No other policy overrides it.*organization/,
  ],
  [
    says(`with an explicit deny in a service control policy: ${scpArn}${authorization}`),
    { kind: 'denied', policy: 'serviceControl', policyArn: scpArn },
    /No other policy overrides it.*organization/,
  ],
  [
    says(`with an explicit deny in a resource control policy: "${scpArn}".`),
    { kind: 'denied', policy: 'resourceControl', policyArn: scpArn },
    /No other policy overrides it.*organization/,
  ],
  [
    says('with an explicit deny in an identity-based policy: arn:aws-cn:iam::111122223333:policy/team/No\nGrants'),
    { kind: 'denied', policy: 'identity', policyArn: 'arn:aws-cn:iam::111122223333:policy/team/No' },
    /whoever manages that policy/,
  ],
  [
    says('with an explicit deny in a resource-based policy'),
    { kind: 'denied', policy: 'resource', policyArn: undefined },
    /whoever manages that policy/,
  ],
  [
    says('with an explicit deny in the permissions boundary'),
    { kind: 'denied', policy: 'boundary', policyArn: undefined },
    /whoever manages that policy/,
  ],
  [
    says('with an explicit deny in a session policy'),
    { kind: 'denied', policy: 'session', policyArn: undefined },
    /without that session policy/,
  ],
  [
    says('with an explicit deny in a VPC endpoint policy'),
    { kind: 'denied', policy: 'endpoint', policyArn: undefined },
    /without that VPC endpoint/,
  ],
  [says('with an explicit deny'), { kind: 'denied', policy: 'other', policyArn: undefined }, /No other policy/],
  [says(''), { kind: 'notGiven' }, /AWS gives no reason/],
];

for (const [message, reason, advice] of reasons) {
  for (const form of [message, message.replaceAll(' ', '\n'), message.replaceAll(user, `"${user}"`)]) {
    test(`AWS says why: ${JSON.stringify(form.slice(60, 260))}`, () => {
      assert.deepEqual(parseAccessDenied(form), { principal: user, action: 'kms:ListGrants', resource: arn, reason });
      const explained = explain({ ...details('accessDenied'), message: form });
      assert.match(explained.advice, advice);
      assert.match(explained.sentence, new RegExp(`^AWS denied kms:ListGrants on ${arn}.* ${user}`));
      const isForKeyPolicy = reason.kind === 'notAllowed' && reason.policy === 'resource';
      assert.equal(/key's policy/.test(explained.advice), isForKeyPolicy);
      if (reason.kind === 'denied' && reason.policyArn !== undefined) {
        assert.ok(explained.sentence.includes(reason.policyArn));
      }
      const namesPolicy = reason.kind === 'denied' && reason.policy !== 'other';
      assert.equal(/ by an explicit Deny: /.test(explained.sentence), namesPolicy);
    });
  }
}

test('the ARN of another account that is mistyped or not shared is reported as such', () => {
  const message = `User: ${user} is not authorized to perform: kms:DescribeKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`;
  assert.deepEqual(parseAccessDenied(message), {
    principal: user,
    action: 'kms:DescribeKey',
    resource: undefined,
    reason: { kind: 'notShared' },
  });
  const { sentence, advice } = explain({ ...details('accessDenied'), message });
  assert.equal(
    sentence,
    `AWS denied kms:DescribeKey for ${user}: ${arn} doesn't exist in this Region, or isn't shared with this principal.`,
  );
  assert.match(advice, /account, Region, and ID of the ARN/);
});

test('a denied retirement is nothing that the key policy could allow', () => {
  const message = `User: ${user} is not authorized to perform: kms:RetireGrant on resource: ${arn} because no resource-based policy allows the kms:RetireGrant action`;
  assert.match(explain({ ...details('accessDenied'), message }).advice, /^A key policy can't allow it/);
});

for (const principal of [
  session,
  'arn:aws-us-gov:sts::111122223333:assumed-role/Équipe Données/Åsa Öberg',
  'arn:aws-cn:iam::111122223333:root',
  'anonymous',
]) {
  test(`a denial of ${principal} names it whole`, () => {
    assert.equal(parseAccessDenied(says(because('identity-based policy'), principal))?.principal, principal);
  });
}

test('a denial without a resource, and one without a principal, have none', () => {
  const none = parseAccessDenied(
    `User: ${user} is not authorized to perform: kms:ListKeys because no identity-based policy allows the kms:ListKeys action`,
  );
  assert.equal(none?.resource, undefined);
  assert.deepEqual(parseAccessDenied('Not authorized to perform sts:AssumeRoleWithWebIdentity'), {
    principal: undefined,
    action: 'sts:AssumeRoleWithWebIdentity',
    resource: undefined,
    reason: { kind: 'notGiven' },
  });
});

for (const message of [
  'The ciphertext refers to a key that does not exist, or that you are not allowed to access.',
  'User: ',
  '',
]) {
  test(`AWS says no more than "${message}"`, () => assert.equal(parseAccessDenied(message), undefined));
}

test('a failed sign-in is reported with its service and step, and not as a failure of KMS', () => {
  for (const [operation, service] of [
    ['AssumeRole', 'AWS STS'],
    ['AssumeRoleWithWebIdentity', 'AWS STS'],
    ['GetSessionToken', 'AWS STS'],
    ['GetRoleCredentials', 'IAM Identity Center'],
    ['CreateToken', 'IAM Identity Center'],
    ['CreateOAuth2Token', 'AWS Sign-In'],
    ['ContainerCredentials', 'the container credentials endpoint'],
    ['InstanceMetadata', 'the instance metadata service'],
  ] as const) {
    for (const kind of ['throttled', 'internal', 'timeout', 'network', 'notJson', 'unknown'] as const) {
      const { sentence } = explain({ ...details(kind), operation });
      assert.ok(sentence.includes(service), sentence);
      assert.ok(kind === 'network' || sentence.includes(operation), sentence);
      assert.doesNotMatch(sentence, /KMS/);
      assert.equal(isTransient(kmsError(kind, { operation })), false);
      assert.equal(mayHaveBeenDone(kmsError(kind, { operation })), false);
    }
  }
});

test('a denial by STS says where the role is trusted', () => {
  const message = `User: ${user} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/Admin`;
  const { sentence, advice } = explain({ ...details('signInDenied'), operation: 'AssumeRole', message });
  assert.match(sentence, /^AssumeRole \(AWS STS\) failed for profile dev\. .*sts:AssumeRole on .*role\/Admin for /);
  assert.match(advice, /role's trust policy/);
});

test('a principal that KMS does not know is named, with what it is', () => {
  const sentence = (principals: { grantee?: string; retiring?: string }) =>
    explain({ ...details('invalidPrincipal'), principals }).sentence;
  assert.equal(sentence({ grantee: 'g' }), "KMS doesn't recognize the grantee g.");
  assert.equal(sentence({ retiring: 'r' }), "KMS doesn't recognize the retiring principal r.");
  assert.equal(
    sentence({ grantee: 'g', retiring: 'r' }),
    "KMS doesn't recognize the grantee g or the retiring principal r.",
  );
});

const transient = ['throttled', 'timeout', 'network', 'hostNotFound', 'notJson', 'internal', 'dependencyTimeout'];

test('what may pass is decided in one place', () => {
  assert.deepEqual(errorKinds.filter((kind) => isTransient(kmsError(kind))).sort(), transient.toSorted());
});

test('a check of the account that fails before a change leaves no doubt about the change', () => {
  for (const kind of errorKinds) {
    assert.equal(mayHaveBeenDone(kmsError(kind, { operation: 'GetCallerIdentity' })), false, kind);
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
    assert.equal(mayHaveBeenDone(other), true);
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
