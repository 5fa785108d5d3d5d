import { createAccount } from '../src/emulator/sampleData.ts';
import { type Measurement, median, rounded } from './measurement.ts';
import { withServer } from './server.ts';
import { simulateRevokes } from './simulatedRevokes.ts';

const keys = 6;
const grants = 4;
const simulated = 2_000;
/** How long a revoke takes to reach each of three replicas: seconds, as AWS says that it is typically; and minutes. */
const fast = { minMs: 2_000, maxMs: 10_000 };
const slow = { minMs: 10_000, maxMs: 240_000 };

/** From the click until the view says that a grant is gone, beside the time that it took to vanish everywhere. */
export async function measureRevokes(): Promise<Measurement[]> {
  return [...(await measureReal()), await measureEarly(fast, 1), await measureEarly(slow)];
}

function measureReal(): Promise<Measurement[]> {
  const data = createAccount({ keys: 20, grantsPerKey: 8 });
  return withServer({ data, propagation: fast, latencyMs: 20 }, async ({ run, emulator }) => {
    const followed = await run('revoke', { keys, grants });
    const gone = followed.filter(({ outcome }) => outcome === 'gone');
    const ratios = gone.map(
      ({ grantId, clickedAt, endedAt }) =>
        (endedAt - clickedAt) / ((emulator.propagatedAt(grantId) ?? Number.NaN) - clickedAt),
    );
    return [
      {
        what: `revokes confirmed, of ${keys * grants} at once`,
        measured: gone.length,
        unit: '',
        atLeast: keys * grants,
        note: `${grants} grants on each of ${keys} keys; ${range(fast)}`,
      },
      {
        what: 'confirmed, beside gone everywhere: median',
        measured: median(ratios),
        unit: '×',
        budget: 4,
        note: 'from the click on, by the default policy',
      },
      {
        what: 'confirmed, beside gone everywhere: slowest',
        measured: Math.max(...ratios),
        unit: '×',
        note: `the fastest at ${rounded(Math.min(...ratios))} ×, ${ratios.filter((ratio) => ratio < 1).length} too early`,
      },
    ];
  });
}

async function measureEarly(propagation: typeof fast, budget?: number): Promise<Measurement> {
  const all = await simulateRevokes(simulated, propagation);
  const ratios = all.map(({ confirmedAfter, goneAfter }) => confirmedAfter / goneAfter);
  return {
    what: `confirmed too early, simulated, ${range(propagation)}`,
    measured: (100 * ratios.filter((ratio) => ratio < 1).length) / all.length,
    unit: '%',
    ...(budget === undefined ? {} : { budget }),
    note: `of ${rounded(simulated)}; confirmed at ${rounded(median(ratios))} × in the median`,
  };
}

function range({ minMs, maxMs }: typeof fast): string {
  return `${minMs / 1000}–${maxMs / 1000} s`;
}
