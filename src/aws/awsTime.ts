import { performance } from 'node:perf_hooks';
import type { KMSClient } from '@aws-sdk/client-kms';

/** AWS's own time, from the `Date` header of its answers: the clock of this computer can be wrong, and can be set. */
export class AwsTime {
  #latest: { readonly date: number; readonly at: number } | undefined;

  /** Milliseconds since the epoch, to the second; `undefined` until AWS has answered. */
  now(): number | undefined {
    return this.#latest && this.#latest.date + (performance.now() - this.#latest.at);
  }

  /** Reads the date of every answer to this client, errors included. */
  watch({ middlewareStack }: KMSClient): void {
    // Low priority is nearest to the wire: the SDK's own reader, above it, throws when the answer is an error.
    middlewareStack.add(
      (next) => async (input) => {
        const result = await next(input);
        this.#read(result.response);
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'awsTime' },
    );
  }

  #read(response: unknown): void {
    const date = Date.parse(dateOf(response) ?? '');
    if (!Number.isNaN(date)) {
      this.#latest = { date, at: performance.now() };
    }
  }
}

function dateOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) {
    return undefined;
  }
  const { headers } = response;
  const date: unknown = typeof headers === 'object' && headers !== null ? Reflect.get(headers, 'date') : undefined;
  return typeof date === 'string' ? date : undefined;
}
