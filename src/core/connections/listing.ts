import { isAbort } from '../base/abort.ts';
import { isKmsError, KmsError } from '../kms/errors.ts';

/** The loading state of a list. */
export type ListState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'complete' }
  /** KMS has more entries, which are loaded on demand. */
  | { readonly kind: 'more' }
  | { readonly kind: 'failed'; readonly error: KmsError };

/** Wraps any error of a list as a KmsError. */
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
