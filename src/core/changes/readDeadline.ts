import type { Clock } from '../base/clock.ts';
import { KmsError } from '../kms/errors.ts';
import { maxReadMs } from './propagation.ts';

/**
 * Ends a read of grants that goes on for longer than {@link maxReadMs}, such as of a list whose pages trickle in.
 * @throws KmsError `timeout` then, and what the read throws
 */
export async function withReadDeadline<T>(
  read: (signal: AbortSignal) => Promise<T>,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  const [deadline, done] = [new AbortController(), new AbortController()];
  clock.sleep(maxReadMs, done.signal).then(
    () => deadline.abort(),
    () => {},
  );
  try {
    return await read(AbortSignal.any([signal, deadline.signal]));
  } catch (error) {
    if (!deadline.signal.aborted || signal.aborted) {
      throw error;
    }
    const message = `No whole answer within ${maxReadMs / 1000} s.`;
    throw new KmsError({ kind: 'timeout', operation: 'ListGrants', awsName: 'TimeoutError', message }, error);
  } finally {
    done.abort();
  }
}
