import assert from 'node:assert/strict';
import test from 'node:test';
import {
  defaultPolicy,
  type PollerOptions,
  type PropagationOutcome,
  type PropagationPolicy,
  PropagationPoller,
  type PropagationProgress,
} from '../../../../src/core/changes/propagation.ts';
import type { KmsErrorKind } from '../../../../src/core/kms/errors.ts';
import { FakeClock, gate, kmsError, longest, seeded, settle } from '../fakes.ts';

/** What a read says of every grant that it was asked for, or why it says nothing. */
type Answer = 'listed' | 'absent' | KmsErrorKind;

function times(count: number, answer: Answer): Answer[] {
  return Array.from({ length: count }, () => answer);
}

interface Setup {
  readonly clock?: FakeClock;
  readonly random?: () => number;
  readonly policy?: Partial<PropagationPolicy>;
  /** How long each read takes. */
  readonly readMs?: number;
}

/** A poller whose waits are the longest that its policy allows. */
function pollerOf(
  clock: FakeClock,
  read: ConstructorParameters<typeof PropagationPoller>[0]['read'],
  policy: Partial<PropagationPolicy> = {},
): PropagationPoller {
  return new PropagationPoller({ clock, random: longest, policy: { ...defaultPolicy, ...policy }, read });
}

/** A poller whose reads answer as `script` says; its last answer repeats. */
function scripted(script: readonly Answer[], setup: Setup = {}) {
  const { clock = new FakeClock({ auto: true }), random = longest, policy = {}, readMs = 0 } = setup;
  const start = clock.monotonic();
  const reads: { readonly at: number; readonly grantIds: readonly string[] }[] = [];
  const progress: PropagationProgress[] = [];
  const poller = new PropagationPoller({
    clock,
    random,
    policy: { ...defaultPolicy, ...policy },
    read: async (grantIds) => {
      const answer = script[Math.min(reads.length, script.length - 1)];
      reads.push({ at: clock.monotonic() - start, grantIds });
      clock.pass(readMs);
      if (answer === 'listed') {
        return new Set(grantIds);
      }
      if (answer === 'absent' || answer === undefined) {
        return new Set();
      }
      throw kmsError(answer);
    },
  });
  poller.onDidProgress((one) => progress.push(one.progress));
  return { poller, clock, start, reads, progress, readTimes: () => reads.map(({ at }) => at) };
}

test('a grant that three reads in a row do not list is gone, after reads at 0, 0.5 and 1.5 seconds', async () => {
  const { poller, start, readTimes } = scripted(['absent']);
  assert.deepEqual(await poller.follow('g1', start), { kind: 'gone', afterMs: 1500 });
  assert.deepEqual(readTimes(), [0, 500, 1500]);
  assert.ok(poller.idle);
});

test('the waits grow from half a second to eight, and stay at ten', async () => {
  const { poller, clock, start } = scripted([...times(9, 'listed'), 'absent']);
  await poller.follow('g1', start);
  assert.deepEqual(clock.sleeps.slice(0, 9), [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
});

test('the number of absences in a row is as the policy says', async () => {
  for (const absentReads of [1, 2, 5, 10]) {
    const { poller, start, reads } = scripted(['absent'], { policy: { absentReads } });
    assert.equal((await poller.follow('g1', start)).kind, 'gone');
    assert.equal(reads.length, absentReads);
  }
});

test('what was listed for long must be absent for half as long, with reads close to each other', async () => {
  const { poller, start, readTimes } = scripted([...times(10, 'listed'), 'absent']);
  const lastListed = 55_500;
  const outcome = await poller.follow('g1', start);
  const at = readTimes();
  assert.equal(at[9], lastListed);
  assert.equal(at[10], lastListed + 10_000);
  assert.deepEqual(
    at.slice(11).map((time, index) => time - (at[index + 10] ?? 0)),
    Array.from({ length: at.length - 11 }, () => 3000),
  );
  assert.ok(
    outcome.kind === 'gone' && outcome.afterMs >= 1.5 * lastListed && outcome.afterMs < 1.5 * lastListed + 3000,
  );
});

test('what was listed for less than five seconds is read at the pace of the schedule', async () => {
  const { poller, start, readTimes } = scripted([...times(4, 'listed'), 'absent']);
  assert.equal((await poller.follow('g1', start)).kind, 'gone');
  assert.deepEqual(readTimes(), [0, 500, 1500, 3500, 7500, 15_500, 25_500]);
});

test('a list that flaps starts the count again each time the grant reappears', async () => {
  const { poller, start, reads, progress } = scripted([
    'absent',
    'listed',
    'absent',
    'absent',
    'listed',
    'absent',
    'absent',
    'absent',
  ]);
  assert.equal((await poller.follow('g1', start)).kind, 'gone');
  assert.equal(reads.length, 8);
  assert.deepEqual(
    progress.map(({ absences }) => absences),
    [0, 1, 0, 1, 2, 0, 1, 2],
  );
});

test('a list that flaps for ever ends as timed out', async () => {
  let reads = 0;
  const clock = new FakeClock({ auto: true });
  const poller = pollerOf(clock, async (ids) => {
    reads += 1;
    return new Set(reads % 3 === 0 ? ids : []);
  });
  const outcome = await poller.follow('g1', clock.monotonic());
  assert.equal(outcome.kind, 'timedOut');
});

for (const kind of ['throttled', 'network', 'timeout', 'internal', 'expiredToken'] as const) {
  test(`a read that fails (${kind}) counts neither for nor against`, async () => {
    const { poller, start, reads, progress } = scripted(['absent', 'absent', kind, kind, 'absent']);
    assert.equal((await poller.follow('g1', start)).kind, 'gone');
    assert.equal(reads.length, 5);
    assert.deepEqual(
      progress.map(({ absences, lastRead, trouble }) => [absences, lastRead, trouble]),
      [
        [0, 'none', undefined],
        [1, 'absent', undefined],
        [2, 'absent', undefined],
        [2, 'absent', kind],
        [2, 'absent', kind],
      ],
    );
  });
}

test('failures back off: each doubles the wait, up to a minute', async () => {
  const { poller, clock, start } = scripted(['throttled']);
  await poller.follow('g1', start);
  assert.deepEqual(clock.sleeps.slice(0, 7), [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

test('an answer ends the backing off', async () => {
  const { poller, clock, start } = scripted(['network', 'network', 'listed', 'absent']);
  await poller.follow('g1', start);
  assert.deepEqual(clock.sleeps.slice(0, 3), [2000, 4000, 2000]);
});

test('a failure that is not ours is trouble of unknown kind, and the wait goes on', async () => {
  const clock = new FakeClock({ auto: true });
  const troubles: unknown[] = [];
  const failures: unknown[] = [new TypeError('bug'), 'text', undefined];
  const poller = pollerOf(clock, async () => {
    if (failures.length > 0) {
      throw failures.shift();
    }
    return new Set();
  });
  poller.onDidProgress(({ progress: { trouble } }) => troubles.push(trouble));
  assert.equal((await poller.follow('g1', clock.monotonic())).kind, 'gone');
  assert.deepEqual(troubles.slice(0, 5), [undefined, 'unknown', 'unknown', 'unknown', undefined]);
});

test('a grant that is still listed when the limit passes is timed out by the read that says so', async () => {
  const { poller, start } = scripted(['listed']);
  assert.deepEqual(await poller.follow('g1', start), { kind: 'timedOut', afterMs: 305_500 });
});

test('a wait in which KMS answers no read claims nothing, and names what stood in the way', async () => {
  const { poller, start } = scripted(['throttled']);
  assert.deepEqual(await poller.follow('g1', start), {
    kind: 'unread',
    afterMs: 0,
    lastRead: 'none',
    trouble: 'throttled',
  });
});

test('reads that fail long after an answer end the wait, which says what that answer was, and when', async () => {
  const { poller, start } = scripted(['listed', 'listed', 'network']);
  assert.deepEqual(await poller.follow('g1', start), {
    kind: 'unread',
    afterMs: 500,
    lastRead: 'listed',
    trouble: 'network',
  });
});

test('an outage in the middle takes nothing from the time in which KMS answers', async () => {
  const script: Answer[] = [...times(20, 'listed'), ...times(6, 'network'), ...times(40, 'listed')];
  const { poller, start, clock, reads } = scripted(script);
  assert.equal((await poller.follow('g1', start)).kind, 'timedOut');
  assert.ok(clock.monotonic() - start > 380_000, 'the outage counted');
  assert.ok(reads.length > 26);
});

test('a computer that sleeps for eight hours ends no wait: not by a read that fails, and not by the time', async () => {
  const clock = new FakeClock({ auto: true });
  const start = clock.monotonic();
  let reads = 0;
  const poller = pollerOf(clock, async (ids) => {
    reads += 1;
    if (reads === 5) {
      clock.pass(8 * 3_600_000);
      throw kmsError('network');
    }
    return new Set(reads < 10 ? ids : []);
  });
  const outcome = await poller.follow('g1', start);
  assert.equal(outcome.kind, 'gone');
  assert.ok(reads >= 13);
});

test('a wall clock that is set back or forward changes nothing', async () => {
  for (const byMs of [-3_600_000, 3_600_000]) {
    const clock = new FakeClock({ auto: true });
    const start = clock.monotonic();
    let reads = 0;
    const poller = pollerOf(clock, async (ids) => {
      reads += 1;
      if (reads === 8) {
        clock.setWall(byMs);
      }
      return new Set(reads < 10 ? ids : []);
    });
    const outcome = await poller.follow('g1', start);
    assert.ok(
      outcome.kind === 'gone' && outcome.afterMs > 60_000 && outcome.afterMs < 120_000,
      JSON.stringify(outcome),
    );
  }
});

test('a grant that is absent when the limit passes gets the reads that it still needs', async () => {
  const { poller, start, readTimes } = scripted([...times(5, 'listed'), 'absent'], { policy: { timeoutMs: 10_000 } });
  assert.deepEqual(await poller.follow('g1', start), { kind: 'gone', afterMs: 21_500 });
  assert.deepEqual(readTimes(), [0, 500, 1500, 3500, 7500, 15_500, 18_500, 21_500]);
});

test('a grant that reappears after the limit is timed out at once', async () => {
  const script: Answer[] = [...times(5, 'listed'), 'absent', 'absent', 'listed'];
  const { poller, start, reads } = scripted(script, { policy: { timeoutMs: 10_000 } });
  assert.deepEqual(await poller.follow('g1', start), { kind: 'timedOut', afterMs: 21_500 });
  assert.equal(reads.length, 8);
});

test('a read that fails after the limit ends no wait: the next answer does', async () => {
  const script: Answer[] = [...times(5, 'listed'), 'absent', 'throttled', 'listed'];
  const { poller, start, reads } = scripted(script, { policy: { timeoutMs: 10_000 } });
  assert.equal((await poller.follow('g1', start)).kind, 'timedOut');
  assert.equal(reads.length, 8);
});

test('a wait that is taken up long after the request has a full limit of its own', async () => {
  const { poller, start, clock } = scripted(['listed']);
  const outcome = await poller.follow('g1', start - 3_600_000);
  assert.deepEqual(outcome, { kind: 'timedOut', afterMs: 3_905_500 });
  assert.equal(clock.monotonic() - start, 305_500);
});

test('a wait taken up long after its limit still asks for three absences before it says gone', async () => {
  const { poller, start, reads } = scripted(['absent']);
  assert.deepEqual(await poller.follow('g1', start - 3_600_000), { kind: 'gone', afterMs: 3_601_500 });
  assert.equal(reads.length, 3);
});

test('stopping ends the wait with what the last read said, and nothing more is read', async () => {
  const clock = new FakeClock();
  const { poller, start, reads } = scripted(['listed'], { clock });
  const outcome = poller.follow('g1', start);
  await clock.advance(600);
  poller.stop('g1');
  assert.deepEqual(await outcome, { kind: 'stopped', lastRead: 'listed' });
  await settle();
  assert.equal(clock.sleeping, 0);
  await clock.advance(60_000);
  assert.equal(reads.length, 2);
});

test('stopping one grant leaves the others followed', async () => {
  const clock = new FakeClock();
  const { poller, start, reads } = scripted(['listed', 'absent'], { clock });
  const stopped = poller.follow('g1', start);
  const other = poller.follow('g2', start);
  await clock.advance(0);
  poller.stop('g1');
  assert.equal((await stopped).kind, 'stopped');
  await clock.advance(60_000);
  assert.equal((await other).kind, 'gone');
  assert.deepEqual(reads.at(-1)?.grantIds, ['g2']);
});

test('stopping what is not followed does nothing', () => {
  const { poller } = scripted(['listed']);
  poller.stop('g1');
  assert.ok(poller.idle);
});

test('following a grant again replaces the first wait', async () => {
  const clock = new FakeClock();
  const { poller, start } = scripted(['listed', 'absent'], { clock });
  const first = poller.follow('g1', start);
  await clock.advance(100);
  const second = poller.follow('g1', start + 100);
  assert.deepEqual(await first, { kind: 'stopped', lastRead: 'listed' });
  await clock.advance(60_000);
  assert.deepEqual(await second, { kind: 'gone', afterMs: 1500 });
});

test('a grant stopped while a read is under way is not judged by its answer', async () => {
  const clock = new FakeClock();
  const answer = gate();
  let reads = 0;
  const poller = pollerOf(
    clock,
    async () => {
      reads += 1;
      await answer.passed;
      return new Set();
    },
    { absentReads: 1 },
  );
  const first = poller.follow('g1', clock.monotonic());
  await settle();
  const second = poller.follow('g1', clock.monotonic());
  assert.equal((await first).kind, 'stopped');
  answer.open();
  assert.equal((await second).kind, 'gone');
  assert.equal(reads, 2);
});

test('disposing aborts the read under way, stops all, and reads no more', async () => {
  const clock = new FakeClock();
  const signals: AbortSignal[] = [];
  const poller = pollerOf(clock, (_ids, signal) => {
    signals.push(signal);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  const outcomes = [poller.follow('g1', clock.monotonic()), poller.follow('g2', clock.monotonic())];
  await settle();
  assert.equal(signals[0]?.aborted, false);
  poller.dispose();
  assert.equal(signals[0]?.aborted, true);
  assert.ok(poller.disposed);
  assert.deepEqual(
    (await Promise.all(outcomes)).map(({ kind }) => kind),
    ['stopped', 'stopped'],
  );
  await clock.advance(60_000);
  assert.equal(signals.length, 1);
});

test('grants of one key share each read', async () => {
  const { poller, start, reads } = scripted(['absent']);
  const outcomes = await Promise.all([poller.follow('g1', start), poller.follow('g2', start)]);
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['gone', 'gone'],
  );
  assert.deepEqual(
    reads.map(({ grantIds }) => grantIds),
    [
      ['g1', 'g2'],
      ['g1', 'g2'],
      ['g1', 'g2'],
    ],
  );
});

test('a grant that is seen gone is asked for no more, while the other one is', async () => {
  const clock = new FakeClock({ auto: true });
  const asked: string[] = [];
  const poller = pollerOf(clock, async (ids) => {
    asked.push(ids.join());
    return new Set(asked.length < 5 ? ['g2'] : []);
  });
  await Promise.all([poller.follow('g1', clock.monotonic()), poller.follow('g2', clock.monotonic())]);
  assert.deepEqual(asked, ['g1,g2', 'g1,g2', 'g1,g2', 'g2', 'g2', 'g2', 'g2']);
});

test('a grant that joins late wakes the poller, which reads within half a second', async () => {
  const clock = new FakeClock();
  const { poller, start, reads } = scripted(['listed'], { clock });
  void poller.follow('g1', start);
  await clock.advance(20_000);
  const before = reads.length;
  void poller.follow('g2', clock.monotonic());
  await clock.advance(4000);
  assert.deepEqual(
    reads.slice(before).map(({ at, grantIds }) => [at, grantIds.join()]),
    [
      [20_500, 'g1,g2'],
      [21_500, 'g1,g2'],
      [23_500, 'g1,g2'],
    ],
  );
  poller.dispose();
});

test('a grant that joins while a read is under way is judged from the next one on, which comes soon', async () => {
  const clock = new FakeClock();
  const answer = gate();
  const asked: string[] = [];
  const poller = pollerOf(
    clock,
    async (ids) => {
      asked.push(ids.join());
      if (asked.length === 1) {
        await answer.passed;
      }
      return new Set(asked.length === 1 ? ['g1'] : []);
    },
    { absentReads: 1 },
  );
  const first = poller.follow('g1', clock.monotonic());
  await settle();
  const second = poller.follow('g2', clock.monotonic());
  answer.open();
  await clock.advance(500);
  assert.deepEqual(await Promise.all([first, second]), [
    { kind: 'gone', afterMs: 500 },
    { kind: 'gone', afterMs: 500 },
  ]);
  assert.deepEqual(asked, ['g1', 'g1,g2']);
});

test('a poller that came to rest starts again with the next grant', async () => {
  const { poller, clock, start, reads } = scripted(['absent']);
  await poller.follow('g1', start);
  assert.deepEqual(await poller.follow('g2', clock.monotonic()), { kind: 'gone', afterMs: 1500 });
  assert.equal(reads.length, 6);
});

test('each of many grants that join is reported, and not all the others again', async () => {
  const clock = new FakeClock();
  const poller = pollerOf(clock, async (grantIds) => new Set(grantIds));
  const reported: string[] = [];
  poller.onDidProgress(({ grantId }) => reported.push(grantId));
  for (let index = 0; index < 100; index += 1) {
    void poller.follow(`g${index}`, clock.monotonic());
    await settle();
  }
  assert.deepEqual([new Set(reported).size, reported.length], [100, 101]);
  poller.dispose();
});

test('progress has the time of the next read', async () => {
  const clock = new FakeClock();
  const { poller, start, progress } = scripted(['listed'], { clock });
  void poller.follow('g1', start);
  await clock.advance(600);
  assert.deepEqual(
    progress.map(({ nextCheckAt, lastRead }) => [nextCheckAt - start, lastRead]),
    [
      [0, 'none'],
      [500, 'listed'],
      [1500, 'listed'],
    ],
  );
  poller.dispose();
});

for (const [random, count, waits] of [
  [0, 9, []],
  [0.5, 8, [250, 500, 1000, 2000, 4000, 5000, 5000]],
  [0.999, 8, [500, 999, 1998, 3996, 7992, 2997, 2997]],
] as const) {
  test(`with full jitter a random ${random} waits ${random} of each step`, async () => {
    const { poller, clock, start, reads } = scripted([...times(5, 'listed'), 'absent'], {
      random: () => random,
      readMs: 10,
    });
    await poller.follow('g1', start);
    assert.equal(reads.length, count);
    assert.deepEqual(clock.sleeps, waits);
  });
}

test('reads without any wait between them end at the limit all the same', async () => {
  const { poller, start, reads } = scripted(['listed'], { random: () => 0, readMs: 1000 });
  assert.equal((await poller.follow('g1', start)).kind, 'timedOut');
  assert.equal(reads.length, 300);
});

test('over thousands of random schedules: gone only after the absences, waits within bounds, and always an end', async () => {
  const random = seeded(20261124);
  const upTo = (max: number) => Math.floor(random() * (max + 1));
  const seen = { gone: 0, timedOut: 0, unread: 0, stopped: 0, joined: 0, failed: 0 };
  for (let schedule = 0; schedule < 2000; schedule += 1) {
    const clock = new FakeClock({ auto: true });
    const policy: PropagationPolicy = {
      firstDelaysMs: Array.from({ length: upTo(6) }, (_, index) => (index === 0 ? 0 : upTo(8000))),
      intervalMs: 1000 + upTo(59_000),
      timeoutMs: 10_000 + upTo(290_000),
      absentReads: 1 + upTo(4),
    };
    const [absent, fails] = [random(), random() * 0.5];
    /** What the reads said of each grant, in order. */
    const history = new Map<string, ('listed' | 'absent')[]>();
    const sinceOf = new Map<string, number>();
    const lastListed = new Map<string, number>();
    const outcomes: Promise<[string, PropagationOutcome]>[] = [];
    let [reads, failures, sinceJoin] = [0, 0, 0];
    const follow = (grantId: string) => {
      history.set(grantId, []);
      const since = clock.monotonic() - (random() < 0.1 ? 400_000 : upTo(1000));
      // The first of them begins the schedule; those that join go on at its second step.
      sinceJoin = history.size === 1 ? 0 : 1;
      sinceOf.set(grantId, since);
      outcomes.push(poller.follow(grantId, since).then((outcome) => [grantId, outcome]));
    };
    const read: PollerOptions['read'] = async (ids) => {
      reads += 1;
      sinceJoin += 1;
      assert.ok(reads < 10_000, 'it never ends');
      clock.pass(1 + upTo(2000));
      if (random() < 0.05 && history.size < 6) {
        follow(`joined ${history.size}`);
        seen.joined += 1;
      }
      const stopped = random() < 0.01 ? ids[upTo(ids.length - 1)] : undefined;
      if (stopped !== undefined) {
        poller.stop(stopped);
      }
      if (random() < fails) {
        failures += 1;
        seen.failed += 1;
        throw kmsError('throttled');
      }
      failures = 0;
      const listed = ids.filter(() => random() >= absent);
      for (const id of ids.filter((one) => one !== stopped)) {
        history.get(id)?.push(listed.includes(id) ? 'listed' : 'absent');
        if (listed.includes(id)) {
          lastListed.set(id, clock.monotonic());
        }
      }
      return new Set(listed);
    };
    const poller = new PropagationPoller({
      clock,
      random,
      policy,
      read,
    });
    poller.onDidProgress(({ progress: { nextCheckAt } }) => {
      const step = policy.firstDelaysMs[sinceJoin] ?? policy.intervalMs;
      const backOff = failures === 0 ? 0 : Math.min(60_000, 1000 * 2 ** failures);
      assert.ok(nextCheckAt - clock.now() <= Math.max(step, backOff), 'it waits too long');
    });
    for (let count = upTo(2); count >= 0; count -= 1) {
      follow(`first ${count}`);
    }
    for (let index = 0; index < outcomes.length; index += 1) {
      const [grantId, outcome] = (await outcomes[index]) ?? assert.fail();
      const said = history.get(grantId) ?? [];
      seen[outcome.kind] += 1;
      const since = sinceOf.get(grantId) ?? 0;
      const listedFor = (lastListed.get(grantId) ?? since) - since;
      if (outcome.kind === 'gone') {
        assert.ok(outcome.afterMs >= 1.5 * listedFor, 'it was gone too early');
        assert.deepEqual(said.slice(-policy.absentReads), times(policy.absentReads, 'absent'));
      } else if (outcome.kind === 'timedOut') {
        assert.ok(outcome.afterMs >= policy.timeoutMs);
        assert.equal(said.at(-1), 'listed');
      } else if (outcome.kind === 'unread') {
        assert.equal(outcome.lastRead, said.at(-1) ?? 'none');
      }
    }
    assert.ok(poller.idle);
  }
  for (const [what, count] of Object.entries(seen)) {
    assert.ok(count > 100, `too few are ${what}: ${count}`);
  }
});
