import type { Event } from '../base/emitter.ts';
import type { ConnectionRef } from '../kms/model.ts';

/** Keys that were opened by ARN, by the connection that they stand below. Kept over reloads. */
export interface PinnedKeys {
  of(ref: ConnectionRef): readonly string[];
  /** Other keys stand below this connection. */
  readonly onDidChange: Event<ConnectionRef>;
  add(ref: ConnectionRef, keyArn: string): PromiseLike<void>;
  remove(ref: ConnectionRef, keyArn: string): PromiseLike<void>;
}

/** The same sign-in in the Region of a key. */
export function inRegion(ref: ConnectionRef, region: string): ConnectionRef {
  return ref.kind === 'sample' ? ref : { ...ref, region };
}
