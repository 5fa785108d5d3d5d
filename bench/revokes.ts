import { createAccount } from '../src/emulator/sampleData.ts';
import { type Measurement, median, rounded } from './measurement.ts';
import { withServer } from './server.ts';

const keys = 6;
const grants = 4;
const propagation = { minMs: 2_000, maxMs: 10_000 };

/** From the click until the view says that a grant is gone, beside the time that it took to vanish everywhere. */
export function measureRevokes(): Promise<Measurement[]> {
  const data = createAccount({ keys: 20, grantsPerKey: 8 });
  return withServer({ data, propagation, latencyMs: 20 }, async ({ run, emulator }) => {
    const followed = await run('revoke', { keys, grants });
    const gone = followed.filter(({ outcome }) => outcome === 'gone');
    const times = gone.map(({ grantId, clickedAt, endedAt }) => {
      const trulyAt = emulator.propagatedAt(grantId) ?? Number.NaN;
      return { ratio: (endedAt - clickedAt) / (trulyAt - clickedAt), isEarly: endedAt < trulyAt };
    });
    const ratios = times.map(({ ratio }) => ratio);
    const range = `${propagation.minMs / 1000} to ${propagation.maxMs / 1000} s to each of 3 replicas`;
    return [
      {
        what: `revokes seen through, of ${keys * grants} at once`,
        measured: gone.length,
        unit: '',
        atLeast: keys * grants,
        note: `${grants} grants on each of ${keys} keys; ${range}`,
      },
      {
        what: 'confirmed, beside truly gone everywhere: median',
        measured: median(ratios),
        unit: '×',
        note: 'from the click on, by the default policy',
      },
      { what: 'confirmed, beside truly gone everywhere: slowest', measured: Math.max(...ratios), unit: '×' },
      {
        what: 'confirmed before it was true',
        measured: times.filter(({ isEarly }) => isEarly).length,
        unit: '',
        budget: 0,
        note: `the earliest at ${rounded(Math.min(...ratios))} ×`,
      },
    ];
  });
}
