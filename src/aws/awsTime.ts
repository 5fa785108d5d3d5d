import { performance } from 'node:perf_hooks';
import type { KMSClient } from '@aws-sdk/client-kms';

/** AWS's own time, by the `Date` of its answers: the clock of this computer can be wrong, and can be set. */
export interface AwsTime {
  /** Milliseconds since the epoch, to the second; `undefined` until AWS has answered. */
  now(): number | undefined;
  /** Reads the date of every answer to this client. */
  watch(client: KMSClient): void;
}

export function createAwsTime(): AwsTime {
  let latest: { readonly date: number; readonly at: number } | undefined;
  const read = (response: unknown) => {
    const date = Date.parse(dateOf(response) ?? '');
    if (!Number.isNaN(date)) {
      latest = { date, at: performance.now() };
    }
  };
  return {
    now: () => latest && latest.date + (performance.now() - latest.at),
    watch: ({ middlewareStack }) => {
      // Below what reads the answer, which throws when it is an error.
      middlewareStack.add(
        (next) => async (input) => {
          const result = await next(input);
          read(result.response);
          return result;
        },
        { step: 'deserialize', priority: 'low', name: 'awsTime' },
      );
    },
  };
}

function dateOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) {
    return undefined;
  }
  const { headers } = response;
  const date: unknown = typeof headers === 'object' && headers !== null ? Reflect.get(headers, 'date') : undefined;
  return typeof date === 'string' ? date : undefined;
}
