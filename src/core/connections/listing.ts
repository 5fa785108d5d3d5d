import { isAbort } from '../base/abort.ts';
import { isKmsError, KmsError } from '../kms/errors.ts';

/** What a list holds so far, and whether that is all. */
export type ListState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'complete' }
  /** KMS has more; it is asked for on demand. */
  | { readonly kind: 'more' }
  | { readonly kind: 'failed'; readonly error: KmsError };

/** Why a list ended, as an error of the call. */
export function asKmsError(error: unknown): KmsError {
  if (isKmsError(error)) {
    return error;
  }
  if (isAbort(error)) {
    return new KmsError({ kind: 'unknown', operation: 'List', awsName: 'AbortError', message: 'Cancelled' }, error);
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return new KmsError({ kind: 'unknown', operation: 'List', awsName: name, message }, error);
}

/** By code unit: the same on every machine, and fast on a hundred thousand keys. */
export function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
