import { setTimeout as delay } from 'node:timers/promises';

/** How long what must happen may take, in milliseconds. */
export const patience = 20_000;

/** A look at the page takes work of the page: it is looked at less often the longer something takes. Milliseconds. */
const [firstDelay, longestDelay] = [50, 400];

/** Asks until there is an answer other than `undefined`. `describe` adds to the message what was there instead. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  { timeoutMs = patience, describe }: { timeoutMs?: number; describe?: () => Promise<string> } = {},
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let lastError: unknown;
  for (let wait = firstDelay; ; wait = Math.min(longestDelay, wait * 1.4)) {
    try {
      const answer = await probe();
      if (answer !== undefined) {
        return answer;
      }
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > end) {
      const seen = describe ? ` Instead: ${await describe().catch(String)}` : '';
      throw new Error(`Waited ${timeoutMs / 1000} s for ${what}.${seen}`, { cause: lastError });
    }
    await delay(wait);
  }
}
