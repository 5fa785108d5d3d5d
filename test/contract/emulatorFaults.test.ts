import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import {
  DescribeKeyCommand,
  KMSClient,
  ListGrantsCommand,
  ListKeysCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator, type EmulatorOptions } from '../aws/emulator.ts';
import { inProcessHandler } from '../aws/inProcess.ts';
import { type RunningServer, startServer } from '../aws/server.ts';
import { rejects } from './contract.ts';

const servers: RunningServer[] = [];
after(() => Promise.all(servers.map((server) => server.close())));

const region = 'eu-west-1';
const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };

/** An emulator, and the same client of it twice: over HTTP, and in process. */
async function setUp(options: Partial<EmulatorOptions> = {}) {
  const data = createAccount({ keys: 2, grantsPerKey: 3 });
  const emulator = createEmulator({ data, ...options });
  const server = await startServer(emulator, { port: 0 });
  servers.push(server);
  const keyId = data.aliases.get('alias/orders-db')?.targetKeyId ?? '';
  const grantId = [...data.grantsOf(keyId).values()][0]?.grant.id ?? '';
  const common = { region, credentials, maxAttempts: 1 };
  const overHttp = new KMSClient({ ...common, endpoint: server.url });
  const inProcess = new KMSClient({ ...common, requestHandler: inProcessHandler(emulator) });
  return { data, emulator, server, keyId, grantId, common, clients: { overHttp, inProcess } };
}

for (const way of ['overHttp', 'inProcess'] as const) {
  suite(`faults to order, ${way}`, () => {
    test('an error of AWS, as often as ordered, on one operation', async () => {
      const { emulator, clients } = await setUp();
      emulator.setFaults([
        { operation: 'ListKeys', times: 2, fault: { kind: 'error', code: 'KMSInternalException', status: 500 } },
      ]);
      await clients[way].send(new ListGrantsCommand({ KeyId: emulatorKey(emulator) }));
      for (let n = 0; n < 2; n++) {
        const error = await rejects(clients[way].send(new ListKeysCommand({})), 'KMSInternalException');
        assert.equal(error.$metadata?.httpStatusCode, 500);
      }
      await clients[way].send(new ListKeysCommand({}));
    });

    test('an error on one key only, named by ID or ARN', async () => {
      const { data, emulator, keyId, clients } = await setUp();
      emulator.setFaults([{ keyId, fault: { kind: 'error', code: 'AccessDeniedException' } }]);
      await rejects(clients[way].send(new DescribeKeyCommand({ KeyId: keyId })), 'AccessDeniedException');
      const arn = data.kmsArn(`key/${keyId}`);
      await rejects(clients[way].send(new DescribeKeyCommand({ KeyId: arn })), 'AccessDeniedException');
      const other = [...data.keys.values()].find(({ id }) => id !== keyId)?.id;
      await clients[way].send(new DescribeKeyCommand({ KeyId: other }));
    });

    test("a 503 that isn't JSON", async () => {
      const { emulator, clients } = await setUp();
      emulator.setFaults([{ fault: { kind: 'notJson', status: 503 } }]);
      const error = await rejects(clients[way].send(new ListKeysCommand({})), 'SyntaxError');
      assert.equal(error.$metadata?.httpStatusCode, 503);
    });

    test('a dropped connection, which a retry survives', async () => {
      const { emulator, clients } = await setUp();
      emulator.setFaults([{ times: 1, fault: { kind: 'drop' } }]);
      const dropped = await clients[way].send(new ListKeysCommand({})).catch((error: unknown) => error);
      assert.ok(dropped instanceof Error && 'code' in dropped);
      assert.equal(dropped.code, 'ECONNRESET');
      const { Keys = [] } = await clients[way].send(new ListKeysCommand({}));
      assert.ok(Keys.length > 0);
    });

    test('a connection that is closed before the request is read, which then is not on record', async () => {
      const { emulator, clients } = await setUp();
      emulator.setFaults([{ operation: 'ListKeys', stage: 'unread', times: 1, fault: { kind: 'drop' } }]);
      await assert.rejects(clients[way].send(new ListKeysCommand({})), { code: 'ECONNRESET' });
      assert.equal(emulator.requests.length, 0);
      await clients[way].send(new ListKeysCommand({}));
    });

    test('an answer that ends within its headers, although the grant was revoked', async () => {
      const { emulator, keyId, grantId, clients } = await setUp();
      emulator.setFaults([{ operation: 'RevokeGrant', times: 1, fault: { kind: 'cutHead' } }]);
      const revoke = () => clients[way].send(new RevokeGrantCommand({ KeyId: keyId, GrantId: grantId }));
      await assert.rejects(revoke(), { code: 'ECONNRESET' });
      assert.equal(emulator.requests.at(-1)?.done, true);
      await rejects(revoke(), 'NotFoundException');
    });

    test('half a body that is called whole, and JSON that is not of AWS', async () => {
      const { emulator, clients } = await setUp();
      emulator.setFaults([{ fault: { kind: 'halfBody' } }]);
      await rejects(clients[way].send(new ListKeysCommand({})), 'SyntaxError');
      emulator.setFaults([{ fault: { kind: 'notAws' } }]);
      assert.equal((await clients[way].send(new ListKeysCommand({}))).Keys, undefined);
      assert.deepEqual(
        emulator.requests.map(({ done }) => done),
        [true, false],
      );
    });

    test('an answer that is lost although the grant was revoked', async () => {
      const { emulator, keyId, grantId, clients } = await setUp();
      emulator.setFaults([{ operation: 'RevokeGrant', stage: 'after', times: 1, fault: { kind: 'drop' } }]);
      const revoke = () => clients[way].send(new RevokeGrantCommand({ KeyId: keyId, GrantId: grantId }));
      await assert.rejects(revoke());
      await rejects(revoke(), 'NotFoundException');
    });

    test('a request that fails before it does anything', async () => {
      const { emulator, keyId, grantId, clients } = await setUp();
      emulator.setFaults([{ operation: 'RevokeGrant', times: 1, fault: { kind: 'drop' } }]);
      const revoke = () => clients[way].send(new RevokeGrantCommand({ KeyId: keyId, GrantId: grantId }));
      await assert.rejects(revoke());
      await revoke();
    });

    test('a body that comes in two parts', async () => {
      const { emulator, clients } = await setUp();
      emulator.setFaults([{ fault: { kind: 'slowBody', ms: 1 } }]);
      const { Keys = [] } = await clients[way].send(new ListKeysCommand({}));
      assert.equal(Keys.length, emulator.account.keys.size);
    });

    test('a body that ends too early', async () => {
      const { emulator, clients } = await setUp();
      emulator.setFaults([{ fault: { kind: 'cutBody' } }]);
      await assert.rejects(clients[way].send(new ListKeysCommand({})));
    });

    test('an expired token, at KMS and at STS', async () => {
      const { emulator, server, common, clients } = await setUp();
      emulator.setFaults([{ fault: { kind: 'expiredToken' } }]);
      await rejects(clients[way].send(new ListKeysCommand({})), 'ExpiredTokenException');
      const sts = new STSClient({ ...common, endpoint: server.url });
      await rejects(sts.send(new GetCallerIdentityCommand({})), 'ExpiredToken');
    });

    test('a server that never answers, until the request is aborted', async () => {
      const { emulator, clients } = await setUp();
      emulator.setFaults([{ fault: { kind: 'hang' } }]);
      const controller = new AbortController();
      const request = clients[way].send(new ListKeysCommand({}), { abortSignal: controller.signal });
      setImmediate(() => controller.abort());
      await rejects(request, 'AbortError');
    });

    test('a long latency, cut short by an abort', async () => {
      const { emulator, clients } = await setUp();
      emulator.setFaults([{ fault: { kind: 'latency', ms: 600_000 } }]);
      const controller = new AbortController();
      const request = clients[way].send(new ListKeysCommand({}), { abortSignal: controller.signal });
      setImmediate(() => controller.abort());
      await rejects(request, 'AbortError');
    });
  });
}

test('a slow answer runs into the time-out of the SDK', async () => {
  const { emulator, server, common } = await setUp({ latencyMs: 600_000 });
  const kms = new KMSClient({
    ...common,
    endpoint: server.url,
    requestHandler: { requestTimeout: 20, throwOnRequestTimeout: true },
  });
  await rejects(kms.send(new ListKeysCommand({})), 'TimeoutError');
  // The server, in this same process, may come to read it only after the time-out.
  while (emulator.requests.length === 0) {
    await new Promise(setImmediate);
  }
  assert.equal(emulator.requests.length, 1);
});

test('closing the server ends requests that wait for an answer', async () => {
  const { emulator, server, clients } = await setUp();
  emulator.setFaults([{ fault: { kind: 'hang' } }]);
  const request = clients.overHttp.send(new ListKeysCommand({})).catch((error: unknown) => error);
  while (emulator.requests.length === 0) {
    await new Promise(setImmediate);
  }
  await server.close();
  assert.ok((await request) instanceof Error);
  await assert.rejects(fetch(server.url));
});

suite('quotas', () => {
  test("AWS's own, per operation: the request over it is throttled, and time brings it back", async () => {
    let time = 0;
    const { keyId, clients } = await setUp({ throttle: 1, now: () => time });
    const listGrants = () => clients.inProcess.send(new ListGrantsCommand({ KeyId: keyId }));
    for (let n = 0; n < 100; n++) {
      await listGrants();
    }
    const error = await rejects(
      listGrants(),
      'ThrottlingException',
      'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
    );
    assert.equal(error.$metadata?.httpStatusCode, 400);
    await clients.inProcess.send(new ListKeysCommand({}));
    time = 10;
    await listGrants();
    await rejects(listGrants(), 'ThrottlingException');
  });

  test('the SDK retries a throttled request until it passes', async () => {
    const { server, common, emulator } = await setUp();
    emulator.setFaults([{ times: 1, fault: { kind: 'error', code: 'ThrottlingException' } }]);
    const kms = new KMSClient({
      ...common,
      endpoint: server.url,
      retryStrategy: new ConfiguredRetryStrategy(2, () => 0),
    });
    const { $metadata } = await kms.send(new ListKeysCommand({}));
    assert.equal($metadata.attempts, 2);
  });
});

test('a share of all requests fails, with 500 and 503, and the rest succeeds', async () => {
  const { clients, emulator } = await setUp({ failRate: 0.3, seed: 5 });
  const outcomes = new Map<string, number>();
  for (let n = 0; n < 200; n++) {
    const outcome = await clients.inProcess.send(new ListKeysCommand({})).then(
      () => 'success',
      (error: Error) => error.name,
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  assert.deepEqual([...outcomes.keys()].sort(), [
    'DependencyTimeoutException',
    'KMSInternalException',
    'SyntaxError',
    'success',
  ]);
  const failed = 200 - (outcomes.get('success') ?? 0);
  assert.ok(failed > 40 && failed < 80, `${failed} of 200 failed`);
  assert.equal(emulator.requests.filter(({ errorCode }) => errorCode !== undefined).length, failed);
});

suite('permissions', () => {
  test('an operation denied on one key leaves the other keys alone', async () => {
    const { data, emulator, keyId, grantId, clients } = await setUp({
      principalArn: 'arn:aws:iam::111122223333:user/dev',
    });
    emulator.setDenials([{ principal: 'arn:aws:iam::*:user/dev', operation: 'RevokeGrant', keyId }]);
    await rejects(
      clients.overHttp.send(new RevokeGrantCommand({ KeyId: keyId, GrantId: grantId })),
      'AccessDeniedException',
      `User: arn:aws:iam::111122223333:user/dev is not authorized to perform: kms:RevokeGrant on resource: ${data.kmsArn(`key/${keyId}`)} because no identity-based policy allows the kms:RevokeGrant action`,
    );
    await clients.overHttp.send(new ListGrantsCommand({ KeyId: keyId }));
    const other = [...data.keys.values()].find(({ id }) => id !== keyId)?.id;
    await rejects(
      clients.overHttp.send(new RevokeGrantCommand({ KeyId: other, GrantId: 'f'.repeat(64) })),
      'NotFoundException',
    );
  });

  test('a dry run reports a missing permission before it says whether the grant is there', async () => {
    const { emulator, keyId, clients } = await setUp();
    emulator.setDenials([{ operation: '*Grant' }]);
    const revoke = new RevokeGrantCommand({ KeyId: keyId, GrantId: 'f'.repeat(64), DryRun: true });
    await rejects(clients.overHttp.send(revoke), 'AccessDeniedException');
  });

  test('someone else is not denied what only one principal is', async () => {
    const { emulator, clients } = await setUp({ principalArn: 'arn:aws:iam::111122223333:user/admin' });
    emulator.setDenials([{ principal: 'arn:aws:iam::111122223333:user/dev', operation: '*' }]);
    await clients.overHttp.send(new ListKeysCommand({}));
    emulator.setDenials([{ operation: 'ListKeys' }]);
    await rejects(clients.overHttp.send(new ListKeysCommand({})), 'AccessDeniedException');
  });
});

function emulatorKey(emulator: {
  readonly account: { readonly keys: { values(): Iterable<{ id: string }> } };
}): string {
  return [...emulator.account.keys.values()][0]?.id ?? '';
}
