import { defaultPolicy, PropagationPoller } from '../src/core/changes/propagation.ts';
import { createAccount } from '../src/emulator/sampleData.ts';
import { createEmulator, type EmulatorOptions } from '../test/aws/emulator.ts';
import { FakeClock, seeded } from '../test/unit/core/fakes.ts';

/** Times are milliseconds since the revoke. */
export interface Simulated {
  readonly confirmedAfter: number;
  readonly goneAfter: number;
}

/** Revokes so many grants, one after the other, in simulated time: enough to see what happens once in a thousand. */
export async function simulateRevokes(
  count: number,
  propagation: NonNullable<EmulatorOptions['propagation']>,
): Promise<readonly Simulated[]> {
  const clock = new FakeClock({ auto: true });
  const data = createAccount({ keys: 1, grantsPerKey: count, awsManagedKeys: false });
  const emulator = createEmulator({ data, propagation, now: () => clock.now() });
  const send = (operation: string, input: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> => {
    const headers = { 'x-amz-target': `TrentService.${operation}`, 'content-type': 'application/x-amz-json-1.1' };
    const reply = emulator.handle({ method: 'POST', path: '/', headers, body: JSON.stringify(input) });
    if (reply.kind !== 'response' || reply.status !== 200) {
      throw new Error(`${operation} failed`);
    }
    return reply.body === '' ? {} : JSON.parse(reply.body);
  };
  const [key] = data.keys.values();
  const keyArn = key?.arn ?? '';
  const isListed = (grantId: string) => {
    const { Grants } = send('ListGrants', { KeyId: keyArn, GrantId: grantId });
    return Array.isArray(Grants) && Grants.length > 0;
  };
  const poller = new PropagationPoller({
    read: async (grantIds) => new Set(grantIds.filter(isListed)),
    clock,
    random: seeded(1),
    policy: defaultPolicy,
  });
  const all: Simulated[] = [];
  for (const { grant } of [...data.grantsOf(key?.id ?? '').values()]) {
    send('RevokeGrant', { KeyId: keyArn, GrantId: grant.id });
    const start = clock.now();
    const outcome = await poller.follow(grant.id, start);
    if (outcome.kind !== 'gone') {
      throw new Error(`A revoke ${outcome.kind}`);
    }
    all.push({
      confirmedAfter: clock.now() - start,
      goneAfter: (emulator.propagatedAt(grant.id) ?? Number.NaN) - start,
    });
  }
  return all;
}
