import { systemClock } from '../src/core/base/clock.ts';
import { evidenceKinds } from '../src/core/evidence/answer.ts';
import { evidenceBundle } from '../src/core/evidence/evidenceBundle.ts';
import { type Client, openClient } from './client.ts';

export type Operations = Readonly<Record<string, number>>;

/** The requests of opening a key, of each piece of evidence on one of its grants, and of all evidence on all grants. */
export async function loadEvidence() {
  const client = await openClient('full');
  const { session } = client;
  await session.identity();
  const { evidence } = evidenceBundle({ clock: systemClock, sessionsOf: () => [session], found: () => undefined });
  const { keys } = await session.inventory.keys();
  const key = keys.find(({ aliases }) => !aliases.some((alias) => alias.startsWith('alias/aws/'))) ?? keys[0];
  if (key === undefined) {
    throw new Error('There are no keys');
  }
  const opened = await asked(client, () => session.inventory.grants(key.arn));
  const [grant] = session.inventory.loadedGrants(key.arn)?.grants ?? [];
  if (grant === undefined) {
    throw new Error('The key has no grants');
  }
  const one: [kind: string, operations: Operations][] = [];
  for (const kind of evidenceKinds) {
    one.push([kind, await asked(client, () => evidence.load({ session, key, grant }, [kind]))]);
  }

  const scanned = await client.scan();
  const places = scanned.keys.flatMap((found) =>
    found.grants.map((held) => ({ session, key: found.key, grant: held })),
  );
  const options = { signal: new AbortController().signal, progress: () => {} };
  let known: Operations = {};
  const many = await asked(client, async () => {
    known = { ...(await evidence.loadMany(places, options))?.known };
  });
  const again = await asked(client, () => evidence.loadMany(places, options));
  client.close();
  return { opened, one, grants: places.length, many, known, again };
}

/** What was asked of each operation in the meantime. */
async function asked(client: Client, act: () => Promise<unknown>): Promise<Operations> {
  const before = client.operations();
  await act();
  const changes = Object.entries(client.operations()).map(
    ([name, count]) => [name, count - (before[name] ?? 0)] as const,
  );
  return Object.fromEntries(changes.filter(([, count]) => count > 0));
}
