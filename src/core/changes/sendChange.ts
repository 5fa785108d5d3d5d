import * as l10n from '@vscode/l10n';
import { wasNotSent } from '../base/abort.ts';
import { printable } from '../base/text.ts';
import type { Session } from '../connections/session.ts';
import { isKind, isKmsError, type KmsError, mayHaveBeenDone } from '../kms/errors.ts';
import { keyLabel } from '../kms/model.ts';
import { grantName } from '../words/describe.ts';
import { explain } from '../words/explain.ts';
import { UnansweredError, UserError } from '../words/userError.ts';
import type { Journal } from './journal.ts';
import { endsGrant, type JournalOutcome, type JournalRecord, type NewEntry, refusedOutcome } from './journalRecord.ts';

/** The result of a change, after an answer or without one. */
export type ChangeAnswer<T> =
  | { readonly kind: 'accepted'; readonly value: T }
  /** KMS doesn't know the grant: it may have ended already. */
  | { readonly kind: 'notFound'; readonly error: KmsError }
  /** Nothing was changed. */
  | { readonly kind: 'refused'; readonly error: unknown }
  /** The change may have been made. */
  | { readonly kind: 'unknown'; readonly error: UnansweredError };

export interface Change<T> {
  readonly entry: NewEntry;
  send(session: Session, signal: AbortSignal): Promise<T>;
  /** The outcome for the history, from KMS's answer. */
  readonly accepted: (value: T) => JournalOutcome;
  /** Cancels the change before it is sent; afterwards, only the wait for its answer. */
  readonly signal?: AbortSignal | undefined;
}

/** The history, and a callback for outcomes that can't be written to it. */
export interface ChangeLog {
  readonly journal: Journal;
  readonly warn: (error: unknown) => void;
}

/**
 * Every change goes through this function: it writes the intent to the history, on disk, sends the change, and writes the
 * answer to the history.
 * @param recorded called with the entry, before it is sent
 * @throws UserError when the intent can't be written: then nothing was sent
 */
export async function sendChange<T>(
  { journal, warn }: ChangeLog,
  session: Session,
  { entry, send, accepted, signal }: Change<T>,
  recorded: (record: JournalRecord) => void = () => {},
): Promise<{ readonly record: JournalRecord; readonly answer: ChangeAnswer<T> }> {
  const record = await journal.add({ ...entry, awsAt: session.awsTime() });
  recorded(record);
  const answer = await execute(entry, session, (ended) => send(session, ended), signal);
  const outcome: JournalOutcome = answer.kind === 'accepted' ? accepted(answer.value) : toOutcome(answer);
  await journal.addOutcome(record.id, outcome).catch(warn);
  return { record, answer };
}

async function execute<T>(
  entry: NewEntry,
  { closed }: Session,
  send: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<ChangeAnswer<T>> {
  if (closed.aborted) {
    // Replaced while the intent was written.
    return { kind: 'refused', error: connectionChanged() };
  }
  try {
    return { kind: 'accepted', value: await send(signal === undefined ? closed : AbortSignal.any([closed, signal])) };
  } catch (error) {
    if (endsGrant(entry) && isKind(error, 'grantNotFound', 'invalidGrantId')) {
      return { kind: 'notFound', error };
    }
    if (mayHaveBeenDone(error)) {
      return { kind: 'unknown', error: unansweredError(entry, error) };
    }
    return { kind: 'refused', error: wasNotSent(error) && closed.aborted ? connectionChanged(error) : error };
  }
}

function connectionChanged(cause?: unknown): UserError {
  return new UserError(l10n.t('Nothing was sent, because the connection changed.'), [], cause);
}

function toOutcome(answer: Exclude<ChangeAnswer<unknown>, { kind: 'accepted' }>): JournalOutcome {
  return answer.kind === 'refused' ? refusedOutcome(answer.error) : { kind: answer.kind };
}

function unansweredError(entry: NewEntry, cause: unknown): UnansweredError {
  const { kind, key, grant } = entry;
  const label = printable(keyLabel(key));
  const name = grantName(grant);
  const sentences = {
    revoke: l10n.t('Grant {0} on {1} may have been revoked.', name, label),
    retire: l10n.t('Grant {0} on {1} may have been retired.', name, label),
    create: l10n.t('The grant on {0} may have been created.', label),
    recreate: l10n.t('The grant on {0} may have been recreated.', label),
  };
  return new UnansweredError(
    [
      // It may have answered, for one with an internal error.
      l10n.t("KMS didn't confirm the request."),
      sentences[kind],
      ...(isKmsError(cause) ? [reasonOf(cause)] : []),
      endsGrant(entry)
        ? l10n.t('Its row shows what KMS lists.')
        : l10n.t(
            'The change stays open in the history until a check shows whether KMS lists the grant. Check the grants of the key before you try again.',
          ),
    ].join(' '),
    cause,
  );
}

function reasonOf({ details }: KmsError): string {
  return l10n.t('Reason: {0} ({1}).', explain(details).title, printable(details.message, 200).replace(/\.$/, ''));
}
