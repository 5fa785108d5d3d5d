import { performance } from 'node:perf_hooks';

/** What a step took. */
export interface Step {
  readonly ms: number;
  readonly requests: number;
}

/** Times `act`, and counts the requests of the client that it uses. */
export async function timed<T>(
  client: { requests(): number },
  act: () => Promise<T>,
): Promise<{ readonly step: Step; readonly value: T }> {
  const requestsBefore = client.requests();
  const start = performance.now();
  const value = await act();
  return { step: { ms: performance.now() - start, requests: client.requests() - requestsBefore }, value };
}
