import { createAccount } from '../src/emulator/sampleData.ts';
import { defaultPace } from './client.ts';
import type { Measurement } from './measurement.ts';
import { withServer } from './server.ts';

/** Enough for some ten seconds. */
const keys = 600;

/** How much of what it may ask a second the scan does ask, at the default pace. */
export function measurePace(): Promise<Measurement[]> {
  return withServer({ data: createAccount({ keys, grantsPerKey: 1 }), latencyMs: 40 }, async ({ run, emulator }) => {
    await run('scan', { pace: 'default' });
    const times = emulator.requests.filter(({ operation }) => operation === 'ListGrants').map(({ at }) => at);
    const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
    const perSecond = (times.length - 1) / seconds;
    return [
      {
        what: 'share of the default pace that a scan uses',
        measured: (100 * perSecond) / defaultPace,
        unit: '%',
        atLeast: 95,
        note: `${times.length} ListGrants at ${defaultPace} a second; answers take 40 ms`,
      },
    ];
  });
}
