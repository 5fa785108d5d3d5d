import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { KMSClient, type KMSClientConfig, ListKeysCommand } from '@aws-sdk/client-kms';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator } from '../aws/emulator.ts';
import { startServer } from '../aws/server.ts';
import { rejects } from './contract.ts';

const region = 'eu-west-1';
let skewMs = 0;
const emulator = createEmulator({ data: createAccount({ keys: 1 }), now: () => Date.now() + skewMs });
const longTerm = { secretAccessKey: 'right', principalArn: 'arn:aws:iam::111122223333:user/dev' };
const temporary = {
  secretAccessKey: 'right too',
  sessionToken: 'session token',
  expiresAt: Date.now() + 3_600_000,
  principalArn: 'arn:aws:sts::111122223333:assumed-role/Dev/session',
};
const secrets = { AKIDLONG: longTerm, ASIATEMP: temporary };
emulator.setSecrets(secrets);
const server = await startServer(emulator, { port: 0 });
after(() => server.close());

function clientOf(credentials: KMSClientConfig['credentials'] & object, config: Partial<KMSClientConfig> = {}) {
  return new KMSClient({ endpoint: server.url, region, credentials, maxAttempts: 1, ...config });
}
const right = { accessKeyId: 'AKIDLONG', secretAccessKey: 'right' };
const rightTemporary = { accessKeyId: 'ASIATEMP', secretAccessKey: 'right too', sessionToken: 'session token' };
const listKeys = (kms: KMSClient) => kms.send(new ListKeysCommand({}));

suite('signatures', () => {
  test('the right secret is taken, and says who the caller is', async () => {
    await listKeys(clientOf(right));
    assert.equal(emulator.requests.at(-1)?.principalArn, longTerm.principalArn);
    await listKeys(clientOf(rightTemporary));
    assert.equal(emulator.requests.at(-1)?.principalArn, temporary.principalArn);
  });

  test('a wrong secret', async () => {
    await rejects(listKeys(clientOf({ ...right, secretAccessKey: 'wrong' })), 'InvalidSignatureException');
  });

  test('an access key that is unknown', async () => {
    await rejects(
      listKeys(clientOf({ ...right, accessKeyId: 'AKIDNOBODY' })),
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  });

  test('another region than the signature says', async () => {
    await rejects(listKeys(clientOf(right, { region: 'us-east-1' })), 'InvalidSignatureException');
  });

  test('a session token that is missing, another, or out of date', async () => {
    const { sessionToken: _, ...without } = rightTemporary;
    await rejects(listKeys(clientOf(without)), 'UnrecognizedClientException');
    await rejects(listKeys(clientOf({ ...rightTemporary, sessionToken: 'old' })), 'ExpiredTokenException');
    emulator.setSecrets({ ASIATEMP: { ...temporary, expiresAt: Date.now() - 1 } });
    await rejects(listKeys(clientOf(rightTemporary)), 'ExpiredTokenException');
    emulator.setSecrets(secrets);
  });

  test('no signature at all', async () => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'TrentService.ListKeys', 'content-type': 'application/x-amz-json-1.1' },
      body: '{}',
    });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /MissingAuthenticationTokenException/);
  });

  test('a body that was changed on the way', async () => {
    const kms = clientOf(right);
    kms.middlewareStack.add(
      (next) => (args) => {
        const { request } = args;
        if (typeof request === 'object' && request !== null && 'body' in request) {
          request.body = '{"Limit":7}';
          if ('headers' in request) {
            Object.assign(request.headers ?? {}, { 'content-length': '11' });
          }
        }
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await rejects(listKeys(kms), 'InvalidSignatureException');
  });

  test('a clock that is wrong by more than five minutes, which the SDK then corrects', async () => {
    for (const minutes of [-6, 6]) {
      skewMs = minutes * 60_000;
      try {
        const kms = clientOf(right);
        await rejects(listKeys(kms), 'InvalidSignatureException');
        await listKeys(kms);
      } finally {
        skewMs = 0;
      }
    }
  });

  test('STS checks the same, under its own names', async () => {
    const sts = (credentials: typeof right) =>
      new STSClient({ endpoint: server.url, region, credentials, maxAttempts: 1 });
    const identity = await sts(right).send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Arn, longTerm.principalArn);
    assert.match(identity.UserId ?? '', /^AIDA[A-Z2-7]{17}$/);
    const wrong = { ...right, secretAccessKey: 'wrong' };
    await rejects(sts(wrong).send(new GetCallerIdentityCommand({})), 'SignatureDoesNotMatch');
    const nobody = { ...right, accessKeyId: 'AKIDNOBODY' };
    await rejects(sts(nobody).send(new GetCallerIdentityCommand({})), 'InvalidClientTokenId');
  });
});
