import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { Connections } from '../../src/core/connections/connections.ts';
import type { Session } from '../../src/core/connections/session.ts';
import { PromptPermissions } from '../../src/core/connections/signIn.ts';
import { isPartial, scanGrants } from '../../src/core/findings/scan.ts';
import { isKind } from '../../src/core/kms/errors.ts';
import type { KmsApi } from '../../src/core/kms/kmsApi.ts';
import { RequestLimiter } from '../../src/core/pacing/limiter.ts';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator, type Emulator } from '../aws/emulator.ts';
import { startServer } from '../aws/server.ts';
import { verified } from '../unit/actors.ts';
import { createWorld, profileAt } from '../unit/aws/support.ts';
import { FakeClock, noConstraints, settle } from '../unit/core/fakes.ts';

/** How long each answer is on its way, on the clock of the test. */
const latencyMs = 250;

/** A time of which pace, quotas and latency are: it stands still while a request is on its real way over HTTP. */
class Network {
  readonly clock = new FakeClock({ now: Date.now() });
  #underWay = 0;

  carry(api: KmsApi): KmsApi {
    return new Proxy(api, {
      get:
        (target, name) =>
        (...input: readonly unknown[]) =>
          this.#send(() => Reflect.get(target, name)(...input)),
    });
  }

  /** Lets time pass until `work` is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    while (!isDone) {
      if (this.#underWay === 0) {
        await this.clock.advance(1);
      } else {
        await settle();
      }
    }
    return work;
  }

  async #send(send: () => Promise<unknown>): Promise<unknown> {
    this.#underWay += 1;
    try {
      return await send();
    } finally {
      this.#underWay -= 1;
      await this.clock.sleep(latencyMs, signal());
    }
  }
}

const signal = () => new AbortController().signal;

/** An opened connection to an emulator over HTTP. @param throttle the part of AWS's quotas that is there */
async function connect(t: TestContext, throttle: number) {
  const network = new Network();
  const { clock } = network;
  const data = createAccount({ keys: 150, grantsPerKey: 4 });
  const emulator = createEmulator({ data, throttle, now: () => clock.now() });
  const server = await startServer(emulator);
  t.after(() => server.close());
  const { aws } = await createWorld(t, { config: profileAt(server.url) });
  const ref = { kind: 'profile', profile: 'default', region: 'eu-west-1' } as const;
  const connections = new Connections({
    aws: async () => ({
      ...aws,
      open: async (wanted) => {
        const opened = await aws.open(wanted);
        return { ...opened, api: network.carry(opened.api) };
      },
    }),
    clock,
    limiter: new RequestLimiter(clock),
    preferences: () => ({ connections: [ref], sample: false, profile: '', region: '', env: {} }),
    permissions: new PromptPermissions(),
    watch: () => {},
  });
  t.after(() => connections.dispose());
  return { emulator, network, session: await connections.open(ref) };
}

function requestsOf(emulator: Emulator, wanted: string) {
  return emulator.requests.filter(({ operation }) => operation === wanted);
}

/** The most requests within a second. */
function peak(times: readonly number[]): number {
  return Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + 1000).length));
}

function scan(session: Session, network: Network) {
  const { clock } = network;
  return network.until(scanGrants({ sessions: [session], signal: signal(), clock, progress: () => {} }));
}

suite('a good neighbour, over HTTP', () => {
  test('a scan uses all of its half of the quota, and never more', async (t) => {
    const { emulator, network, session } = await connect(t, 0.5);
    const result = await scan(session, network);
    assert.equal(isPartial(result), false);
    assert.equal(result.keys.length, emulator.account.keys.size);
    const sent = requestsOf(emulator, 'ListGrants').map(({ at }) => at);
    assert.equal(sent.length, emulator.account.keys.size);
    assert.ok(emulator.requests.every(({ errorCode }) => errorCode === undefined));
    assert.ok(peak(sent) <= 55, 'half of 100, and what may go at once after a pause');
    const seconds = (Math.max(...sent) - Math.min(...sent)) / 1000;
    assert.ok(sent.length / seconds / 50 >= 0.95, `${sent.length} in ${seconds} s`);
  });

  test('a scan beside others who leave a fifth of the quota is throttled, and reports no failure', async (t) => {
    const { emulator, network, session } = await connect(t, 0.2);
    const result = await scan(session, network);
    assert.equal(isPartial(result), false);
    assert.equal(result.keys.length, emulator.account.keys.size);
    const throttled = requestsOf(emulator, 'ListGrants').filter(({ errorCode }) => errorCode === 'ThrottlingException');
    assert.ok(throttled.length > 0);
  });

  test('revokes go no faster than ten a second', async (t) => {
    const { emulator, network, session } = await connect(t, 1);
    const all = [...emulator.account.keys.values()].flatMap((key) =>
      [...emulator.account.grantsOf(key.id).values()].map(({ grant }) => ({
        keyArn: emulator.account.kmsArn(`key/${key.id}`),
        grantId: grant.id,
      })),
    );
    const actor = verified(await network.until(session.identity()));
    await network.until(Promise.all(all.slice(0, 30).map((ref) => session.api.revokeGrant(ref, actor, signal()))));
    const times = requestsOf(emulator, 'RevokeGrant').map(({ at }) => at);
    assert.equal(times.length, 30);
    // One at once, then ten a second: with the one before it, a second can hold eleven.
    assert.ok(peak(times) <= 11, `${peak(times)} in a second`);
    assert.ok(Math.max(...times) - Math.min(...times) >= 2_899);
  });

  test('a grant without a name is made once, whether its answer is lost or it is throttled', async (t) => {
    const { emulator, network, session } = await connect(t, 1);
    const key = [...emulator.account.keys.values()].find(({ state }) => state === 'Enabled') ?? assert.fail();
    const input = {
      keyArn: emulator.account.kmsArn(`key/${key.id}`),
      operations: ['DescribeKey'],
      granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Reader' },
      constraints: noConstraints,
    } as const;
    const grants = () => emulator.account.grantsOf(key.id).size;
    const before = grants();
    emulator.setFaults([{ operation: 'CreateGrant', stage: 'after', fault: { kind: 'drop' } }]);
    const actor = verified(await network.until(session.identity()));
    const lost = assert.rejects(session.api.createGrant(input, actor, signal()), (error) => isKind(error, 'network'));
    await network.until(lost);
    assert.deepEqual([grants() - before, requestsOf(emulator, 'CreateGrant').length], [1, 1]);
    const fault = { kind: 'error', code: 'ThrottlingException' } as const;
    emulator.setFaults([{ operation: 'CreateGrant', times: 2, fault }]);
    await network.until(session.api.createGrant(input, actor, signal()));
    assert.deepEqual([grants() - before, requestsOf(emulator, 'CreateGrant').length], [2, 4]);
  });
});
