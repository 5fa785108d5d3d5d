import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { translate } from '../../../src/aws/errors.ts';
import { isKmsError, type KmsError, type KmsErrorKind } from '../../../src/core/kms/errors.ts';
import type { KmsApi } from '../../../src/core/kms/kmsApi.ts';
import { unverified } from '../actors.ts';
import { type Answer, createWorld, failure, keyArn, never, profileAt, serve, stsFailure, xml } from './support.ts';

const grant = { keyArn, grantId: 'g1' };
type Call = (api: KmsApi) => Promise<unknown>;
const listKeys: Call = (api) => api.listKeys(undefined, never);
const listGrants: Call = (api) => api.listGrants({ keyArn }, never);
const listGrant: Call = (api) => api.listGrants(grant, never);
const describe: Call = (api) => api.describeKey(keyArn, never);
const revoke: Call = (api) => api.revokeGrant(grant, unverified, never);
const identity: Call = (api) => api.callerIdentity(never);

async function failureOf(call: Promise<unknown>): Promise<KmsError> {
  const error: unknown = await call.then(
    () => assert.fail('The call succeeded.'),
    (reason: unknown) => reason,
  );
  assert.ok(isKmsError(error), String(error));
  return error;
}

/** The failure of a call to a server that answers so, by a client of the real SDK. */
async function failureFrom(t: TestContext, answer: Answer, call: Call): Promise<KmsError> {
  const server = await serve(t, () => answer);
  const { open } = await createWorld(t, {
    config: profileAt(server.url),
    // Short only where it is to pass: a busy computer may be slow to answer.
    ...((answer === 'hang' || answer === 'stall') && { aws: { timeouts: { requestMs: 100 } } }),
  });
  const { api } = await open();
  return failureOf(call(api));
}

const rows: readonly (readonly [KmsErrorKind, Answer, Call, string])[] = [
  ['grantNotFound', failure('NotFoundException', 'Grant Id g1 is not found'), revoke, 'NotFoundException'],
  ['grantNotFound', failure('NotFoundException', 'No such grant', 404), listGrant, 'NotFoundException'],
  ['keyNotFound', failure('NotFoundException', `Key '${keyArn}' does not exist`), revoke, 'NotFoundException'],
  ['keyNotFound', failure('NotFoundException', "Invalid keyId '1234abcd'"), describe, 'NotFoundException'],
  ['keyNotFound', failure('NotFoundException', 'Something else', 404), listGrants, 'NotFoundException'],
  ['wrongRegion', failure('NotFoundException', 'Invalid arn us-east-1'), revoke, 'NotFoundException'],
  ['invalidGrantId', failure('InvalidGrantIdException', 'Invalid'), revoke, 'InvalidGrantIdException'],
  ['invalidArn', failure('InvalidArnException', 'Invalid'), listGrants, 'InvalidArnException'],
  ['invalidMarker', failure('InvalidMarkerException', 'Invalid'), listGrants, 'InvalidMarkerException'],
  ['invalidState', failure('KMSInvalidStateException', 'Pending', 409), revoke, 'KMSInvalidStateException'],
  ['dependencyTimeout', failure('DependencyTimeoutException', 'Late', 503), listKeys, 'DependencyTimeoutException'],
  ['internal', failure('KMSInternalException', 'Oops', 500), listKeys, 'KMSInternalException'],
  ['internal', failure('ServiceUnavailableException', 'Oops', 503), listKeys, 'ServiceUnavailableException'],
  ['dryRun', failure('DryRunOperationException', 'Would', 412), revoke, 'DryRunOperationException'],
  ['accessDenied', failure('AccessDeniedException', 'No'), listGrants, 'AccessDeniedException'],
  ['throttled', failure('ThrottlingException', 'Slower'), listGrants, 'ThrottlingException'],
  ['limitExceeded', failure('LimitExceededException', 'Full'), revoke, 'LimitExceededException'],
  ['validation', failure('ValidationException', 'Bad'), listGrants, 'ValidationException'],
  ['expiredToken', failure('ExpiredTokenException', 'Old'), listKeys, 'ExpiredTokenException'],
  ['unrecognizedClient', failure('UnrecognizedClientException', 'Who'), listKeys, 'UnrecognizedClientException'],
  ['invalidSignature', failure('InvalidSignatureException', 'Wrong'), listKeys, 'InvalidSignatureException'],
  ['accessDenied', stsFailure('AccessDenied', 'No'), identity, 'AccessDenied'],
  ['expiredToken', stsFailure('ExpiredToken', 'Old'), identity, 'ExpiredToken'],
  ['unrecognizedClient', stsFailure('InvalidClientTokenId', 'Who'), identity, 'InvalidClientTokenId'],
  ['invalidSignature', stsFailure('SignatureDoesNotMatch', 'Wrong'), identity, 'SignatureDoesNotMatch'],
  ['throttled', stsFailure('Throttling', 'Slower', 400), identity, 'Throttling'],
  ['timeout', 'hang', listKeys, 'TimeoutError'],
  ['timeout', 'stall', listKeys, 'TimeoutError'],
  ['network', 'close', listKeys, 'TimeoutError'],
  ['notJson', { status: 503, body: '<html>Bad gateway</html>' }, listKeys, 'SyntaxError'],
  ['notJson', { status: 200, body: '<html>Please log in</html>' }, listKeys, 'SyntaxError'],
  ['notJson', { status: 200, body: '<html>Please log in</html>' }, revoke, 'SyntaxError'],
  ['notJson', { status: 403, body: '' }, listKeys, 'Unknown'],
  ['notJson', { status: 302, body: '{"moved":true}' }, listKeys, 'Unknown'],
  ['notJson', xml('Service unavailable', 503), identity, 'Error'],
  ['notJson', xml('<html><body>Not found</body></html>', 404), identity, 'NotFound'],
  ['unknown', failure('FutureException', 'Unheard of'), listKeys, 'FutureException'],
];

function summary(answer: Answer): string {
  if (typeof answer === 'string') {
    return answer;
  }
  assert.ok(typeof answer === 'object');
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  return `HTTP ${answer.status ?? 200} ${text.replace(/<ErrorResponse [^>]*>/, '')}`;
}

for (const [index, [kind, answer, call, awsName]] of rows.entries()) {
  test(`row ${index + 1}: ${summary(answer)} is ${kind}`, async (t) => {
    const { details } = await failureFrom(t, answer, call);
    assert.deepEqual([details.kind, details.awsName], [kind, awsName]);
  });
}

test('a failure has the operation, the key, the profile, the request ID, the text of AWS and its cause', async (t) => {
  const error = await failureFrom(t, failure('AccessDeniedException', 'User: ana is not authorized'), listGrants);
  assert.deepEqual(error.details, {
    kind: 'accessDenied',
    operation: 'ListGrants',
    awsName: 'AccessDeniedException',
    message: 'User: ana is not authorized',
    keyArn,
    profile: 'default',
    requestId: 'request-1',
  });
  assert.equal(error.cause instanceof Error && error.cause.name, 'AccessDeniedException');
});

test('a namespace before the name of an error is no part of it', async (t) => {
  const { details } = await failureFrom(t, failure('com.amazonaws.kms#InvalidArnException', 'Invalid'), listGrants);
  assert.deepEqual([details.kind, details.awsName], ['invalidArn', 'InvalidArnException']);
});

test('an answer that is not JSON says its HTTP status, and quotes nothing of itself', async (t) => {
  const { details } = await failureFrom(t, { status: 503, body: 'canary of a proxy' }, listKeys);
  assert.match(details.message, /^HTTP 503: /);
  assert.doesNotMatch(details.message, /canary/);
});

const portOf = (server: Server) => (server.address() as AddressInfo).port;

test('a server that nobody runs is a network failure that says which address was tried', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  const { open } = await createWorld(t, { config: profileAt(`http://127.0.0.1:${port}`) });
  const { details } = await failureOf(listKeys((await open()).api));
  assert.equal(details.kind, 'network');
  assert.match(details.message, new RegExp(`ECONNREFUSED 127\\.0\\.0\\.1:${port}`));
});

test('a name that no DNS knows is reported by its name', async (t) => {
  const { open } = await createWorld(t, { config: profileAt('http://kms.invalid') });
  const { details } = await failureOf(listKeys((await open()).api));
  assert.deepEqual([details.kind, details.host], ['hostNotFound', 'kms.invalid']);
});

test('a server that does not speak TLS where TLS was asked for is a network failure', async (t) => {
  const server = await serve(t, () => ({ body: {} }));
  const { open } = await createWorld(t, { config: profileAt(server.url.replace('http:', 'https:')) });
  assert.equal((await failureOf(listKeys((await open()).api))).details.kind, 'network');
});

test('a server that does not speak HTTP gives an answer that is none', async (t) => {
  const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { open } = await createWorld(t, { config: profileAt(`http://127.0.0.1:${portOf(server)}`) });
  assert.equal((await failureOf(listKeys((await open()).api))).details.kind, 'notJson');
});

test('a server that keeps a connection busy without ever answering is a time-out', async (t) => {
  const server = createServer((socket) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 10);
    socket.on('error', () => undefined).on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { open } = await createWorld(t, {
    config: profileAt(`http://127.0.0.1:${portOf(server)}`),
    aws: { timeouts: { requestMs: 100 } },
  });
  assert.equal((await failureOf(listKeys((await open()).api))).details.kind, 'timeout');
});

/** The failure of a sign-in with a profile of this config file, by the SDK's own providers. */
async function signInFailure(
  t: TestContext,
  config: string,
  files: Readonly<Record<string, string>> = {},
): Promise<KmsError> {
  const { open, home } = await createWorld(t, { config });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(home, path, '..'), { recursive: true });
    await writeFile(join(home, path), text);
  }
  return failureOf(listKeys((await open()).api));
}

const sso = `[default]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
`;

test('a profile with no way to sign in has no credentials', async (t) => {
  const { details } = await signInFailure(t, '[default]\nregion = eu-west-1\n');
  assert.deepEqual([details.kind, details.awsName], ['credentialsMissing', 'CredentialsProviderError']);
});

test('an SSO session that nobody signed in to has to be signed in to', async (t) => {
  assert.equal((await signInFailure(t, sso)).details.kind, 'ssoExpired');
});

test('an SSO session of the older kind that nobody signed in to has to be signed in to', async (t) => {
  const config =
    '[default]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = A\n';
  assert.equal((await signInFailure(t, config)).details.kind, 'ssoExpired');
});

test('an SSO profile whose session is not in the files is not usable, and says so', async (t) => {
  assert.equal(
    (await signInFailure(t, sso.replace('[sso-session corp]', '[sso-session x]'))).message,
    "The sso_session of default, corp, isn't in the config file.",
  );
});

test('a login session that nobody signed in to has to be signed in to', async (t) => {
  assert.equal(
    (await signInFailure(t, '[default]\nlogin_session = arn:aws:iam::1:user/ana\n')).details.kind,
    'ssoExpired',
  );
});

test('a credential process that fails is reported with what it said, and its command line is not repeated', async (t) => {
  const { details } = await signInFailure(t, '[default]\ncredential_process = echo vault is sealed >&2 && exit 3\n');
  assert.equal(details.kind, 'processFailed');
  assert.match(details.message, /vault is sealed/);
  assert.doesNotMatch(details.message, /echo|&&/);
});

test('a web identity without its token file is not usable, and the file is named', async (t) => {
  const config = '[default]\nrole_arn = arn:aws:iam::1:role/Pod\nweb_identity_token_file = /nowhere/token\n';
  const { details } = await signInFailure(t, config);
  assert.deepEqual([details.kind, details.operation], ['profileInvalid', 'Connect']);
  assert.match(details.message, /nowhere[\\/]token/);
});

test('a role whose source profile is not in the files is not usable, and names it', async (t) => {
  const config = '[default]\nrole_arn = arn:aws:iam::1:role/Admin\nsource_profile = gone\n';
  const { details } = await signInFailure(t, config);
  assert.equal(details.kind, 'profileInvalid');
  assert.match(details.message, /source_profile of default, gone,/);
});

test('a profile that leaves the files while it is open is a missing profile', async (t) => {
  const { open, writeConfig } = await createWorld(t, { config: '[default]\nregion = eu-west-1\n' });
  const { api } = await open();
  await writeConfig('');
  assert.equal((await failureOf(listKeys(api))).details.kind, 'profileMissing');
});

const providerError = (message: string) =>
  translate(Object.assign(new Error(message), { name: 'CredentialsProviderError' }), { operation: 'ListKeys' });

// The SDK's texts for what takes an SSO or sign-in service to bring about.
for (const [kind, message] of [
  ['ssoExpired', "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile."],
  ['ssoExpired', 'Your session has expired. Please reauthenticate.'],
  ['ssoExpired', 'Failed to refresh token: Error. Please re-authenticate using `aws login`'],
  ['ssoExpired', 'UnauthorizedException: Session token not found or invalid'],
  ['hostNotFound', 'Error: getaddrinfo ENOTFOUND portal.sso.eu-west-1.amazonaws.com'],
  ['network', 'Failed to refresh token: Error: connect ECONNREFUSED. Please re-authenticate using aws login'],
  ['certificateNotTrusted', 'Error: SELF_SIGNED_CERT_IN_CHAIN'],
  ['certificateNotTrusted', 'Error: UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['timeout', 'TimeoutError: the request socket did not establish a connection'],
  ['profileMissing', 'Profile dev was not found.'],
  ['profileMissing', "Profile 'dev' could not be found in shared credentials file."],
  ['credentialsMissing', 'ForbiddenException: No access'],
  ['credentialsMissing', 'Unable to find environment variable credentials.'],
] as const) {
  test(`a credential provider that says "${message}" means ${kind}`, () => {
    const error = providerError(message);
    assert.equal(isKmsError(error) && error.details.kind, kind);
  });
}

for (const [kind, error] of [
  ['regionMissing', new Error('Region is missing')],
  [
    'certificateNotTrusted',
    Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
  ],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_CRL', 'CRL_HAS_EXPIRED', 'INVALID_CA'].map(
    (code) => ['certificateNotTrusted', Object.assign(new Error(`unable to verify: ${code}`), { code })] as const,
  ),
  ['network', Object.assign(new AggregateError([new Error('connect EHOSTUNREACH ::1')], ''), { code: 'EHOSTUNREACH' })],
  ['network', Object.assign(new Error('read'), { name: 'TimeoutError', code: 'EPIPE' })],
  ['timeout', Object.assign(new Error('connect'), { code: 'ETIMEDOUT' })],
  ['unknown', 'a string'],
  ['unknown', undefined],
] as const) {
  test(`what is thrown as ${String(error)} means ${kind}`, () => {
    const failed = translate(error, { operation: 'ListKeys' });
    assert.ok(isKmsError(failed));
    assert.equal(failed.details.kind, kind);
    assert.notEqual(failed.details.message, '');
  });
}

test('an AbortError stays one, and a KmsError the same one', async (t) => {
  const abort = Object.assign(new Error('Request aborted'), { name: 'AbortError' });
  assert.equal(translate(abort, { operation: 'ListKeys' }).name, 'AbortError');
  const known = await failureFrom(t, failure('ValidationException', 'Bad'), listKeys);
  assert.equal(translate(known, { operation: 'ListKeys' }), known);
});

test('a name that a server makes up stays on one line of the log', async (t) => {
  const { details } = await failureFrom(
    t,
    failure(`Evil\n2026-01-01 [info] all is well${'x'.repeat(200)}`, 'm'),
    listKeys,
  );
  assert.match(details.awsName, /^[\w.:-]{1,100}$/);
});
