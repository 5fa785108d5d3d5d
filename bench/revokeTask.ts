import { systemClock } from '../src/core/base/clock.ts';
import { Journal } from '../src/core/changes/journal.ts';
import { defaultPolicy } from '../src/core/changes/propagation.ts';
import { Revocations } from '../src/core/changes/revocations.ts';
import type { Actor } from '../src/core/kms/actor.ts';
import { FakeJournalFile } from '../test/unit/core/fakes.ts';
import { openClient } from './client.ts';
import { isCustomerKey } from './readTasks.ts';

/** Times are milliseconds since the epoch. */
export interface Followed {
  readonly grantId: string;
  readonly clickedAt: number;
  readonly endedAt: number;
  readonly outcome: string;
}

/** Revokes so many grants of so many keys, all at once, and follows them to the end by the default policy. */
export async function revoke({
  keys: keyCount,
  grants: grantCount,
}: {
  readonly keys: number;
  readonly grants: number;
}) {
  const { session, close } = await openClient('full');
  const clicked = new Map<string, number>();
  const followed: Followed[] = [];
  let end = () => {};
  const allEnded = new Promise<void>((resolve) => {
    end = resolve;
  });
  const revocations = new Revocations({
    journal: new Journal(new FakeJournalFile(), systemClock),
    clock: systemClock,
    random: Math.random,
    policy: () => defaultPolicy,
    warn: (error) => {
      throw error;
    },
  });
  revocations.onDidEnd(({ record, outcome }) => {
    const { grantId } = record.grant;
    followed.push({
      grantId,
      clickedAt: clicked.get(grantId) ?? Number.NaN,
      endedAt: Date.now(),
      outcome: outcome.kind,
    });
    if (followed.length === keyCount * grantCount) {
      end();
    }
  });
  const { keys } = await session.inventory.keys();
  const actor: Actor = { kind: 'verified', identity: await session.identity() };
  const targets = await Promise.all(
    keys
      .filter(isCustomerKey)
      .slice(0, keyCount)
      .map(async (key) => ({ key, grants: (await session.inventory.grants(key.arn)).grants.slice(0, grantCount) })),
  );
  await Promise.all(
    targets.flatMap(({ key, grants }) =>
      grants.map((grant) => {
        clicked.set(grant.grantId, Date.now());
        return revocations.revoke({ session, actor }, key, grant);
      }),
    ),
  );
  await allEnded;
  close();
  return followed;
}
