import assert from 'node:assert/strict';
import test from 'node:test';
import { KMSClient, ListGrantsCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { createAccount } from '../../../src/emulator/sampleData.ts';
import { createCloud } from '../../aws/cloud.ts';
import { createEmulator } from '../../aws/emulator.ts';
import { inProcessHandler } from '../../aws/inProcess.ts';
import type { Reply } from '../../aws/service.ts';

const [ana, ben] = ['111122223333', '444455556666'];
const role = `arn:aws:iam::${ana}:role/path/Admin`;
const device = `arn:aws:iam::${ana}:mfa/ana`;

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}
const anasKeys: Keys = { accessKeyId: 'AKIAANA', secretAccessKey: 's' };
const bensKeys: Keys = { accessKeyId: 'AKIABEN', secretAccessKey: 's' };

/** A cloud whose clock stands until it is moved, and the SDK's clients for it. */
function setUp() {
  let time = Date.now();
  const bensKms = createEmulator({ data: createAccount({ keys: 2, account: ben }), now: () => time });
  const cloud = createCloud({
    now: () => time,
    accounts: [
      { id: ana, regions: { 'eu-west-1': { keys: 1 }, 'us-east-2': { keys: 3 } } },
      { id: ben, regions: { 'eu-west-1': bensKms }, sharedWith: [ana] },
    ],
    accessKeys: {
      AKIAANA: { secretAccessKey: 's', principalArn: `arn:aws:iam::${ana}:user/ana` },
      AKIABEN: { secretAccessKey: 's', principalArn: `arn:aws:iam::${ben}:user/ben` },
    },
    roles: {
      [role]: {
        trusts: [`arn:aws:iam::${ana}:user/*`, role, 'web-identity:pod'],
        externalId: 'outside',
        maxSessionSeconds: 7_200,
      },
      [`${role}Mfa`]: { trusts: [`arn:aws:iam::${ana}:root`], mfaSerial: device },
    },
    mfaCodes: { [device]: '123456' },
    webIdentities: { good: { subject: 'pod' }, other: { subject: 'x' }, old: { subject: 'pod', expiresAt: time } },
    sso: { roles: { [ana]: ['Engineer'] } },
  });
  const client = (credentials: Keys, region = 'eu-west-1') => ({
    region,
    credentials,
    systemClockOffset: time - Date.now(),
    maxAttempts: 1,
    requestHandler: inProcessHandler(cloud),
  });
  return {
    cloud,
    pass: (ms: number) => {
      time += ms;
    },
    keys: async (credentials: Keys, region?: string) =>
      (await new KMSClient(client(credentials, region)).send(new ListKeysCommand({}))).Keys ?? [],
    kms: (credentials: Keys) => new KMSClient(client(credentials)),
    sts: (credentials: Keys = anasKeys) => new STSClient(client(credentials)),
    bensKms,
  };
}

const assume = { RoleArn: role, RoleSessionName: 'visit', ExternalId: 'outside' };

async function assumed(sts: STSClient, changes: Partial<typeof assume> & { DurationSeconds?: number } = {}) {
  const { Credentials } = await sts.send(new AssumeRoleCommand({ ...assume, ...changes }));
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
    expiration: Credentials?.Expiration,
  };
}

/** A failure with this code, and in its text what is expected. */
const refusal =
  (name: string, text = '') =>
  (error: Error) =>
    error.name === name && error.message.includes(text);

test('who signs, and for which Region, decides which KMS answers', async () => {
  const { keys, bensKms } = setUp();
  const count = async (credentials: Keys, region?: string) =>
    (await keys(credentials, region)).filter(({ KeyArn }) => !KeyArn?.includes('alias')).length;
  assert.equal(await count(anasKeys), 5);
  assert.equal(await count(anasKeys, 'us-east-2'), 7);
  assert.equal(await count(bensKeys), bensKms.account.keys.size);
  await assert.rejects(keys(bensKeys, 'us-east-2'), refusal('UnrecognizedClientException'));
  await assert.rejects(keys({ ...anasKeys, secretAccessKey: 'x' }), refusal('InvalidSignatureException'));
});

test('a key of another account can be used by its ARN if it is shared, and only then', async () => {
  const { keys, kms } = setUp();
  const [[anasKey], [bensKey]] = [await keys(anasKeys), await keys(bensKeys)];
  const { Grants } = await kms(anasKeys).send(new ListGrantsCommand({ KeyId: bensKey?.KeyArn }));
  assert.ok(Array.isArray(Grants));
  await assert.rejects(
    kms(bensKeys).send(new ListGrantsCommand({ KeyId: anasKey?.KeyArn })),
    refusal('AccessDeniedException', 'the resource does not exist in this Region, no resource-based policies allow'),
  );
});

test('STS says who the caller is, for any Region', async () => {
  const { sts } = setUp();
  const identity = await sts().send(new GetCallerIdentityCommand({}));
  assert.deepEqual([identity.Arn, identity.Account], [`arn:aws:iam::${ana}:user/ana`, ana]);
});

test('a role is assumed by those that it trusts, and its credentials say so', async () => {
  const { sts, keys } = setUp();
  const credentials = await assumed(sts());
  const { Arn } = await sts(credentials).send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, `arn:aws:sts::${ana}:assumed-role/Admin/visit`);
  assert.ok((await keys(credentials)).length > 0);
  const answer = await sts().send(new AssumeRoleCommand({ ...assume, SourceIdentity: 'ana' }));
  assert.deepEqual([answer.SourceIdentity, answer.AssumedRoleUser?.Arn], ['ana', Arn]);
});

test('a role is refused to others, with another external ID, and when there is none of its name', async () => {
  const { sts } = setUp();
  const denied = refusal('AccessDenied', 'is not authorized to perform: sts:AssumeRole on resource: arn:');
  await assert.rejects(assumed(sts(bensKeys)), denied);
  await assert.rejects(assumed(sts(), { ExternalId: 'x' }), denied);
  await assert.rejects(assumed(sts(), { RoleArn: `${role}x` }), denied);
});

test('STS refuses a session name, a duration or a code that is none', async () => {
  const { sts } = setUp();
  const invalid = (text: string) => refusal('ValidationError', text);
  await assert.rejects(assumed(sts(), { RoleSessionName: 'a b' }), invalid('roleSessionName'));
  await assert.rejects(assumed(sts(), { DurationSeconds: 60 }), invalid('durationSeconds'));
  await assert.rejects(assumed(sts(), { DurationSeconds: 7_201 }), invalid('MaxSessionDuration'));
  const chained = sts(await assumed(sts()));
  await assert.rejects(assumed(chained, { DurationSeconds: 7_200 }), invalid('role chaining'));
  await assert.rejects(mfa(sts(), '12345'), invalid('tokenCode'));
});

const mfa = (sts: STSClient, TokenCode?: string, SerialNumber = device) =>
  sts.send(
    new AssumeRoleCommand({
      RoleArn: `${role}Mfa`,
      RoleSessionName: 'visit',
      ...(TokenCode === undefined ? {} : { SerialNumber, TokenCode }),
    }),
  );

test("a role that asks for MFA takes the code that the device shows, in AWS's words", async () => {
  const { sts, cloud } = setUp();
  const wrong = refusal('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code.');
  await mfa(sts(), '123456');
  await assert.rejects(mfa(sts(), '654321'), wrong);
  await assert.rejects(mfa(sts(), '123456', `${device}x`), wrong);
  await assert.rejects(mfa(sts()), refusal('AccessDenied', 'sts:AssumeRole'));
  cloud.setMfaCode(device, '654321');
  await mfa(sts(), '654321');
});

test('a web identity assumes a role without a signature, while its token holds', async () => {
  const { sts } = setUp();
  const use = (WebIdentityToken: string) =>
    sts({ accessKeyId: 'none', secretAccessKey: 'none' }).send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn: role, RoleSessionName: 'pod', WebIdentityToken }),
    );
  const { SubjectFromWebIdentityToken, Credentials } = await use('good');
  assert.deepEqual([SubjectFromWebIdentityToken, Credentials?.AccessKeyId?.slice(0, 4)], ['pod', 'ASIA']);
  await assert.rejects(use('made up'), (error: Error) => error.name.startsWith('InvalidIdentityToken'));
  await assert.rejects(use('old'), (error: Error) => error.name.startsWith('ExpiredToken'));
  await assert.rejects(use('other'), refusal('AccessDenied'));
});

test('temporary credentials expire by the clock, or on order, for one principal or for all', async () => {
  const { sts, keys, pass, cloud } = setUp();
  const short = await assumed(sts(), { DurationSeconds: 900 });
  const long = await assumed(sts(), { RoleSessionName: 'long' });
  pass(900_000);
  await assert.rejects(keys(short), refusal('ExpiredTokenException'));
  await assert.rejects(sts(short).send(new GetCallerIdentityCommand({})), refusal('ExpiredToken'));
  await keys(long);
  cloud.expire(`arn:aws:sts::${ana}:assumed-role/Admin/other`);
  await keys(long);
  cloud.expire();
  await assert.rejects(keys(long), refusal('ExpiredTokenException'));
  await keys(anasKeys);
});

test('an access key that was rotated holds with its new secret only, and one that was deleted not at all', async () => {
  const { keys, cloud } = setUp();
  cloud.rotate('AKIAANA', 'new');
  await assert.rejects(keys(anasKeys), refusal('InvalidSignatureException'));
  await keys({ ...anasKeys, secretAccessKey: 'new' });
  cloud.rotate('AKIAANA');
  await assert.rejects(keys({ ...anasKeys, secretAccessKey: 'new' }), refusal('UnrecognizedClientException'));
});

function answered(reply: Reply) {
  assert.ok(reply.kind === 'response');
  const { status, headers, body } = reply;
  return { status, error: headers['x-amzn-errortype'], body: JSON.parse(body) as Record<string, unknown> };
}

const portal = (token: unknown, accountId = ana, roleName = 'Engineer') => ({
  method: 'GET',
  path: `/federation/credentials?role_name=${roleName}&account_id=${accountId}`,
  headers: { 'x-amz-sso_bearer_token': String(token) },
  body: '',
});

test('the SSO portal gives the credentials of a role for a token that holds, and AWS refusals otherwise', () => {
  const { cloud, pass } = setUp();
  const { accessToken } = cloud.sessions.signInWithSso({ startUrl: 'https://x', region: 'eu-west-1' });
  const given = answered(cloud.handle(portal(accessToken)));
  assert.equal(given.status, 200);
  assert.match(JSON.stringify(given.body), /"roleCredentials":\{"accessKeyId":"ASIA[^}]*"expiration":\d{13}\}/);
  const refused = (request: ReturnType<typeof portal>) => {
    const { status, error } = answered(cloud.handle(request));
    return `${status} ${error}`;
  };
  assert.equal(refused(portal('made up')), '401 UnauthorizedException');
  assert.equal(refused(portal(accessToken, ana, 'Owner')), '403 ForbiddenException');
  assert.equal(refused(portal(accessToken, ben)), '403 ForbiddenException');
  pass(3_600_000);
  assert.equal(refused(portal(accessToken)), '401 UnauthorizedException');
});

test("SSO's OIDC renews a token once for each refresh token, in OAuth's words", () => {
  const { cloud } = setUp();
  const { clientId, clientSecret, refreshToken } = cloud.sessions.signInWithSso({ startUrl: 'x', region: 'r' });
  const renew = (changes: Readonly<Record<string, unknown>> = {}) =>
    answered(
      cloud.handle({
        method: 'POST',
        path: '/token',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ clientId, clientSecret, refreshToken, grantType: 'refresh_token', ...changes }),
      }),
    );
  const renewed = renew();
  assert.equal(renewed.body['expiresIn'], 3_600);
  assert.equal(answered(cloud.handle(portal(renewed.body['accessToken']))).status, 200);
  const again = renew();
  assert.deepEqual([again.status, again.error, again.body['error']], [400, 'InvalidGrantException', 'invalid_grant']);
  assert.equal(renew({ refreshToken: renewed.body['refreshToken'] }).status, 200);
  assert.equal(renew({ clientSecret: 'x' }).error, 'InvalidClientException');
  assert.equal(renew({ grantType: 'device' }).error, 'UnsupportedGrantTypeException');
});

test('a session of `aws login` is not renewed without proof of its key', () => {
  const { cloud } = setUp();
  const { refreshToken, clientId } = cloud.sessions.signIn(`arn:aws:iam::${ana}:user/ana`);
  const renew = (token: unknown) => {
    const { error, body } = answered(
      cloud.handle({
        method: 'POST',
        path: '/v1/token',
        headers: { 'content-type': 'application/json', dpop: 'e30.e30.x' },
        body: JSON.stringify({ clientId, refreshToken: token, grantType: 'refresh_token' }),
      }),
    );
    return `${error} ${String(body['error'])}`;
  };
  assert.equal(renew(refreshToken), 'AccessDeniedException INVALID_REQUEST');
  assert.equal(renew('made up'), 'AccessDeniedException TOKEN_EXPIRED');
});

test('what is asked of no service is not found, and what STS does not know is an invalid action', () => {
  const { cloud } = setUp();
  const reply = cloud.handle({ method: 'GET', path: '/favicon.ico', headers: {}, body: '' });
  assert.equal(reply.kind === 'response' && reply.status, 404);
  const unsigned = cloud.handle({
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Action=GetFederationToken&Version=2011-06-15',
  });
  assert.match(unsigned.kind === 'response' ? unsigned.body : '', /<Code>MissingAuthenticationToken<\/Code>/);
  assert.deepEqual(
    cloud.requests.map(({ service, operation, status }) => [service, operation, status]),
    [
      ['unknown', 'GET /favicon.ico', 404],
      ['sts', 'GetFederationToken', 403],
    ],
  );
  assert.throws(() => cloud.emulator(ben, 'us-east-2'), /no account/);
});
