import { printable } from '../base/text.ts';
import { isBeforeCall, isKind, isKmsError, type KmsErrorKind } from '../kms/errors.ts';
import type { ConnectionRef, CreateGrantInput, Grant, KmsKey } from '../kms/model.ts';
import type { LastRead } from './propagation.ts';

/** What ends a grant. */
export type EndingKind = 'revoke' | 'retire';
export type JournalKind = EndingKind | 'recreate' | 'create';

/** The window that made an entry or wrote a line. */
export interface Owner {
  readonly id: string;
  /** The process of its extension host. */
  readonly pid: number;
}

/** A request to KMS, with everything that a person may need later, and everything that CreateGrant needs. */
export interface JournalEntry {
  readonly id: string;
  readonly kind: JournalKind;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly connection: ConnectionRef;
  /** The same moment by AWS's own time, where KMS had answered before. */
  readonly awsAt?: number | undefined;
  /** The account on screen when it was confirmed. */
  readonly account: string | undefined;
  /** The ARN of the principal that the question showed. */
  readonly principal?: string | undefined;
  /** Why the identity could not be verified: the user confirmed all the same. */
  readonly unverified?: string | undefined;
  readonly key: KmsKey;
  /** Of a grant that is still to be made, `grantId` is empty. */
  readonly grant: Grant;
  /** What the question said of the grant besides, as {@link keptEvidence}. */
  readonly evidence?: readonly string[] | undefined;
  /** The entry whose grant is made again. */
  readonly of?: string | undefined;
  /** The window that sends it; `undefined` in entries of the first version. */
  readonly owner?: Owner | undefined;
}

/** The outcome of a request. `journalOutcomes.ts` defines which outcome may replace which. */
export type RecordedOutcome =
  /** KMS accepted it. `grantId`: of the new grant. */
  | { readonly kind: 'accepted'; readonly grantId?: string | undefined }
  /**
   * KMS refused it, or was not asked: nothing was changed. `error` is the kind of the failure; `isNotSent`: `message` is
   * not from KMS.
   */
  | {
      readonly kind: 'refused';
      readonly error: string;
      readonly message: string;
      readonly isNotSent?: true | undefined;
    }
  /** No answer came, or none that says so: it may or may not have been done. */
  | { readonly kind: 'unknown' }
  /** KMS does not know the grant to end, or not any more. */
  | { readonly kind: 'notFound' }
  /** It is followed again, with a full new time limit, by the window that wrote the line. */
  | { readonly kind: 'followed' }
  /** KMS lists the grant again, after it was confirmed gone or dismissed. It is followed again. */
  | { readonly kind: 'reappeared' }
  /** KMS no longer lists the grant. */
  | { readonly kind: 'gone'; readonly afterMs: number }
  /** The limit passed, and KMS still lists the grant. */
  | { readonly kind: 'stillListed'; readonly afterMs: number; readonly lastRead: LastRead }
  /**
   * No read succeeded for as long as the limit, so nothing is claimed. `afterMs`: until the last that did, if any; `trouble`:
   * why none has since.
   */
  | {
      readonly kind: 'unread';
      readonly afterMs: number;
      readonly lastRead: LastRead;
      readonly trouble?: KmsErrorKind | undefined;
    }
  /** The wait was ended before its limit. */
  | { readonly kind: 'stopped'; readonly lastRead: LastRead }
  /** Several later lists of the key, read to their ends, did not hold the grant. */
  | { readonly kind: 'dismissed' }
  /** KMS lists the grant that was made. */
  | { readonly kind: 'listed'; readonly afterMs: number }
  /** It did not within the limit. */
  | { readonly kind: 'notListed'; readonly afterMs: number };

/** The content of a line about an entry. */
export type JournalOutcome =
  | RecordedOutcome
  /** The grant of this entry was made again. */
  | { readonly kind: 'recreatedAs'; readonly grantId: string }
  /** The entry could not be kept, so nothing was sent: there is no such change. */
  | { readonly kind: 'withdrawn' };

/** An entry and its current state. */
export interface JournalRecord extends JournalEntry {
  /** KMS accepted it: by its answer, or because the new grant was found. */
  readonly accepted: boolean;
  /** The window that sent it has KMS's answer that it was accepted. */
  readonly isAnswered?: boolean | undefined;
  /** The window that follows it in place of the one that sent it. */
  readonly follower?: Owner | undefined;
  /** The outcome that counts; `undefined` before the first. */
  readonly outcome: RecordedOutcome | undefined;
  /** When that was, in milliseconds since the epoch. */
  readonly outcomeAt: number | undefined;
  /** The ID of the grant that took the place of this one. */
  readonly recreatedAs: string | undefined;
}

/** What the journal is given of an entry; it adds the rest. */
export type NewEntry = Omit<JournalEntry, 'id' | 'at' | 'owner'>;

/** Such an entry is followed until its grant is gone. */
export function endsGrant<T extends { readonly kind: JournalKind }>(entry: T): entry is T & { kind: EndingKind } {
  return entry.kind === 'revoke' || entry.kind === 'retire';
}

export function newestFirst(records: Iterable<JournalRecord>): readonly JournalRecord[] {
  return [...records].reverse().sort((left, right) => right.at - left.at);
}

/** The grant that CreateGrant is asked to make, as far as it is known before. */
export function requestedGrant(input: CreateGrantInput): Grant {
  return {
    grantId: '',
    keyArn: input.keyArn,
    name: input.name,
    creationDate: undefined,
    granteePrincipal: input.granteePrincipal,
    retiringPrincipal: input.retiringPrincipal,
    issuingAccount: undefined,
    operations: input.operations,
    constraints: input.constraints,
  };
}

/** Few lines, none of them long, and printable; `undefined` for none. */
export function keptEvidence(lines: readonly string[]): readonly string[] | undefined {
  return lines.length === 0 ? undefined : lines.slice(0, 8).map((line) => printable(line, 400));
}

/** The outcome of a call that KMS refused, or that failed before it reached KMS. */
export function refusedOutcome(error: unknown): JournalOutcome {
  const kind = isKmsError(error) ? error.details.kind : 'unknown';
  const isSent = isKmsError(error) && !isBeforeCall(error) && !isKind(error, 'hostNotFound', 'certificateNotTrusted');
  return { kind: 'refused', error: kind, message: errorText(error), ...(isSent ? {} : { isNotSent: true }) };
}

export function errorText(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error), 500);
}
