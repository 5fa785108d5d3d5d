import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  CreateGrantCommand,
  KMSClient,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  paginateListGrants,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator, type EmulatorOptions } from '../aws/emulator.ts';
import { inProcessHandler } from '../aws/inProcess.ts';
import { rejects } from './contract.ts';

const start = Date.UTC(2026, 10, 1);
const janitor = 'arn:aws:iam::111122223333:role/platform/grant-janitor';

/** A KMS whose clock stands still until a test moves it. */
function slowKms(options: Partial<EmulatorOptions> = {}) {
  let time = start;
  const data = createAccount({ keys: 1, grantsPerKey: 12 });
  const emulator = createEmulator({
    data,
    now: () => time,
    seed: 7,
    replicas: 3,
    propagation: { minMs: 1_000, maxMs: 9_000 },
    principalArn: janitor,
    ...options,
  });
  const keyId = [...data.keys.values()].find(({ manager }) => manager === 'CUSTOMER')?.id ?? '';
  const grant = [...data.grantsOf(keyId).values()].find((stored) => stored.grant.retiringPrincipal === janitor)?.grant;
  assert.ok(grant);
  const kms = new KMSClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    requestHandler: inProcessHandler(emulator),
    maxAttempts: 1,
  });
  /** How often each answer comes, of so many reads of one grant at this moment. */
  const listed = async (GrantId: string, reads = 40) => {
    let times = 0;
    for (let read = 0; read < reads; read++) {
      const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId: keyId, GrantId }));
      times += Grants.length;
    }
    return times === 0 ? 'never' : times === reads ? 'always' : 'sometimes';
  };
  return {
    kms,
    emulator,
    data,
    keyId,
    grantId: grant.id,
    listed,
    at: (ms: number) => {
      time = start + ms;
    },
    revoke: (GrantId: string) => kms.send(new RevokeGrantCommand({ KeyId: keyId, GrantId })),
  };
}

suite('eventual consistency', () => {
  test('a revoked grant is listed always, then sometimes, then never', async () => {
    const { emulator, grantId, listed, at, revoke } = slowKms();
    assert.equal(await listed(grantId), 'always');
    await revoke(grantId);
    at(999);
    assert.equal(await listed(grantId), 'always');
    const settled = (emulator.propagatedAt(grantId) ?? Number.NaN) - start;
    assert.ok(settled > 1_000 && settled <= 9_000, `settled after ${settled} ms`);
    at(settled - 1);
    assert.equal(await listed(grantId), 'sometimes');
    assert.equal(emulator.trulyPropagated(grantId), false);
    at(settled);
    assert.equal(await listed(grantId), 'never');
    assert.equal(emulator.trulyPropagated(grantId), true);
  });

  test('a new grant appears never, then sometimes, then always', async () => {
    const { kms, emulator, keyId, listed, at } = slowKms();
    const { GrantId = '' } = await kms.send(
      new CreateGrantCommand({ KeyId: keyId, GranteePrincipal: janitor, Operations: ['Decrypt'] }),
    );
    assert.equal(await listed(GrantId), 'never');
    const settled = (emulator.propagatedAt(GrantId) ?? Number.NaN) - start;
    at(settled - 1);
    assert.equal(await listed(GrantId), 'sometimes');
    at(settled);
    assert.equal(await listed(GrantId), 'always');
  });

  test('a retired grant goes the same way, also from the list of what may be retired', async () => {
    const { kms, emulator, keyId, grantId, listed, at } = slowKms();
    await kms.send(new RetireGrantCommand({ KeyId: keyId, GrantId: grantId }));
    const retirable = async () => {
      const { Grants = [] } = await kms.send(new ListRetirableGrantsCommand({ RetiringPrincipal: janitor }));
      return Grants.some(({ GrantId }) => GrantId === grantId);
    };
    assert.equal(await retirable(), true);
    at((emulator.propagatedAt(grantId) ?? Number.NaN) - start);
    assert.equal(await listed(grantId), 'never');
    assert.equal(await retirable(), false);
  });

  test('a grant is revoked once, even while it is still listed', async () => {
    const { grantId, listed, revoke } = slowKms();
    await revoke(grantId);
    assert.equal(await listed(grantId), 'always');
    await rejects(revoke(grantId), 'NotFoundException');
  });

  test('a grant that every replica has forgotten takes no memory', async () => {
    const { emulator, data, keyId, grantId, at, revoke } = slowKms();
    await revoke(grantId);
    assert.ok(emulator.account.grantsOf(keyId).has(grantId));
    at(9_000);
    assert.equal(emulator.account, data);
    assert.equal(data.grantsOf(keyId).has(grantId), false);
    assert.equal(emulator.trulyPropagated(grantId), true);
  });

  test('a list stays whole while grants on it come and go', async () => {
    const { kms, data, keyId, at, revoke } = slowKms({ propagation: { minMs: 0, maxMs: 0 } });
    const ids = [...data.grantsOf(keyId).values()].map(({ grant }) => grant.id);
    const seen: (string | undefined)[] = [];
    let pages = 0;
    for await (const { Grants = [] } of paginateListGrants({ client: kms }, { KeyId: keyId, Limit: 3 })) {
      seen.push(...Grants.map(({ GrantId }) => GrantId));
      if (++pages === 2) {
        // One that was read, the last that was read, and one that is yet to come.
        for (const id of [ids[0], ids[5], ids[8]]) {
          await revoke(id ?? '');
        }
        at(1);
      }
    }
    assert.deepEqual(
      seen,
      ids.filter((id) => id !== ids[8]),
    );
  });

  test('a page may end early, or be empty, and still say that more follows', async () => {
    const { kms, data, keyId, grantId } = slowKms({ scanLimit: 2 });
    const target = data.grantsOf(keyId).get(grantId)?.grant.granteePrincipal ?? '';
    const sizes: number[] = [];
    const found: (string | undefined)[] = [];
    for await (const { Grants = [] } of paginateListGrants(
      { client: kms },
      { KeyId: keyId, GranteePrincipal: target },
    )) {
      sizes.push(Grants.length);
      found.push(...Grants.map(({ GrantId }) => GrantId));
    }
    assert.equal(sizes.length, 6);
    assert.ok(sizes.includes(0));
    assert.ok(found.includes(grantId));
  });

  test('the same seed makes the same flapping', async () => {
    const run = async (seed: number) => {
      const { kms, keyId, grantId, at, revoke } = slowKms({ seed });
      await revoke(grantId);
      at(5_000);
      let answers = '';
      for (let read = 0; read < 64; read++) {
        const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId: keyId, GrantId: grantId }));
        answers += Grants.length;
      }
      return answers;
    };
    assert.equal(await run(3), await run(3));
    assert.notEqual(await run(3), await run(4));
  });
});
