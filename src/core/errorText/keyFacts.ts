import type { KmsError } from '../kms/errors.ts';
import type { Grant, KeyMetadata, KmsKey } from '../kms/model.ts';

/** What was asked of KMS, or why there is no answer. */
export type Read<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: KmsError };

/** What an open connection says of the key that a text names. */
export interface KeyFacts {
  readonly key: KmsKey;
  /** The name of the connection. */
  readonly connection: string;
  readonly metadata: Read<KeyMetadata>;
  readonly grants: Read<{ readonly grants: readonly Grant[]; readonly isComplete: boolean }>;
  readonly policy: Read<string>;
  /** Other keys on which grants that are loaded allow the call. */
  readonly otherKeys: readonly KmsKey[];
}

/** Whether the key of a text was found. */
export type Lead =
  | { readonly kind: 'found'; readonly facts: KeyFacts }
  /** The text names no key. */
  | { readonly kind: 'noKey' }
  /**
   * No open connection leads to it. By name: those that lead to its account, in other Regions, and those of its Region
   * that are not open, and may lead to it.
   */
  | { readonly kind: 'noConnection'; readonly through: readonly string[]; readonly notOpen: readonly string[] }
  /** The connections to its account and Region list no such key. `error`: why this one's list isn't whole. */
  | { readonly kind: 'notListed'; readonly connection: string; readonly error: KmsError | undefined }
  /** The ID or alias is that of several keys, which these connections list. */
  | { readonly kind: 'ambiguous'; readonly connections: readonly string[] };
