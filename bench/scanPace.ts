import { createAccount } from '../src/emulator/sampleData.ts';
import { defaultPace } from './client.ts';
import type { Measurement } from './measurement.ts';
import { withServer } from './server.ts';

/** Enough for some four seconds. */
const keys = 200;
const rounds = 3;
/** A tenth of a second's requests may go at once in the beginning. */
const burst = defaultPace / 10;

/** How much of what it may ask a second the scan does ask, at the default pace. */
export function measurePace(): Promise<Measurement[]> {
  return withServer({ data: createAccount({ keys, grantsPerKey: 1 }), latencyMs: 40 }, async ({ run, emulator }) => {
    const shares: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const served = emulator.requests.length;
      await run('scan', { pace: 'default' });
      const asked = emulator.requests.slice(served).filter(({ operation }) => operation === 'ListGrants');
      const [first, ...rest] = asked.slice(burst).map(({ at }) => at);
      const seconds = ((rest.at(-1) ?? Number.NaN) - (first ?? Number.NaN)) / 1000;
      shares.push((100 * rest.length) / seconds / defaultPace);
    }
    return [
      {
        what: 'share of the default pace that a scan uses',
        measured: Math.max(...shares),
        unit: '%',
        atLeast: 95,
        note: `${defaultPace} ListGrants a second; the best of ${rounds}, each of ${keys} keys; answers take 40 ms`,
      },
    ];
  });
}
