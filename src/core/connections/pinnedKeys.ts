import type { Event } from '../base/emitter.ts';
import type { ConnectionRef } from '../kms/model.ts';

/** Keys that the user opened by ARN, by the connection that shows them. Persisted. */
export interface PinnedKeys {
  of(ref: ConnectionRef): readonly string[];
  /** The pinned keys of this connection changed. */
  readonly onDidChange: Event<ConnectionRef>;
  add(ref: ConnectionRef, keyArn: string): PromiseLike<void>;
  remove(ref: ConnectionRef, keyArn: string): PromiseLike<void>;
}

/** The same sign-in in the Region of a key. */
export function inRegion(ref: ConnectionRef, region: string): ConnectionRef {
  return ref.kind === 'sample' ? ref : { ...ref, region };
}
