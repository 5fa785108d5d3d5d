import type { Session } from './connections.ts';
import type { CreateGrantInput, Grant } from './model.ts';

/** A change that is about to be asked of KMS, with all that a person may need to know of it later. */
export type Change =
  | { readonly kind: 'create'; readonly input: CreateGrantInput }
  | { readonly kind: 'retire'; readonly grant: Grant };

/** What came of it, as far as KMS answered. */
export type ChangeOutcome =
  /** KMS took it. `grantId`: of the grant that was created, or was there already by the same name. */
  | { readonly kind: 'accepted'; readonly grantId?: string | undefined }
  /** KMS refused it, and nothing was changed. */
  | { readonly kind: 'refused'; readonly error: Error }
  /** No answer came: it may or may not have been done. */
  | { readonly kind: 'unknown'; readonly error: Error };

/** Keeps what was changed. Nothing secret is passed to it: the grant token is not part of an outcome. */
export interface ChangeLog {
  /** Resolves when the intent is kept for good; the change is asked of KMS after that. */
  intent(session: Session, change: Change, account: string | undefined): Promise<OpenChange>;
}

export interface OpenChange {
  /** Rejects when it could not be kept. The change has been made, or not, all the same. */
  done(outcome: ChangeOutcome): Promise<void>;
}
