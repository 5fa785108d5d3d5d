import * as l10n from '@vscode/l10n';
import { localTime } from '../base/text.ts';
import type { CreateGrantInput, GrantLocator } from '../kms/model.ts';
import { isSameRequest } from './createGrant.ts';
import type { Journal } from './journal.ts';
import { type EndingKind, endsGrant, type JournalRecord, newestFirst } from './journalRecord.ts';

/** The newest earlier attempt to end the same grant that may have succeeded. */
export function earlierEnding(
  journal: Pick<Journal, 'endingsOf'>,
  target: GrantLocator,
): (JournalRecord & { readonly kind: EndingKind }) | undefined {
  return newestFirst(journal.endingsOf(target)).filter(endsGrant).find(mayBeOpen);
}

/**
 * The newest earlier attempt to create the same grant whose outcome is unknown.
 * @param records newest first
 */
export function earlierCreation(records: readonly JournalRecord[], input: CreateGrantInput): JournalRecord | undefined {
  return creationsOf(records, input).find((record) => !record.accepted && mayBeOpen(record));
}

/** All requests for the same grant that weren't refused. */
export function creationsOf(records: readonly JournalRecord[], input: CreateGrantInput): readonly JournalRecord[] {
  return records.filter(
    (record) => !endsGrant(record) && record.outcome?.kind !== 'refused' && isSameRequest(record.grant, input),
  );
}

/** It was not refused, and has no final outcome. */
function mayBeOpen({ outcome }: JournalRecord): boolean {
  return !(['refused', 'gone', 'dismissed', 'listed'] as readonly unknown[]).includes(outcome?.kind);
}

/** What the question about a second attempt says about the first. */
export function attemptSentence({ kind, at, accepted, grant }: JournalRecord): string {
  const when = localTime(new Date(at));
  if (endsGrant({ kind }) && accepted) {
    return kind === 'revoke'
      ? l10n.t('KMS accepted a revoke of this grant on {0}, but still lists it.', when)
      : l10n.t('KMS accepted a retirement of this grant on {0}, but still lists it.', when);
  }
  switch (kind) {
    case 'revoke':
      return l10n.t(
        "A revoke of this grant was requested on {0}, but wasn't confirmed. It may have taken effect.",
        when,
      );
    case 'retire':
      return l10n.t(
        "A retirement of this grant was requested on {0}, but wasn't confirmed. It may have taken effect.",
        when,
      );
    case 'create':
    case 'recreate':
      return grant.name === undefined
        ? l10n.t(
            'The same grant was requested on {0}, and the outcome is unknown. It may already exist, and this can create a second one.',
            when,
          )
        : l10n.t(
            'The same grant was requested on {0}, and the outcome is unknown. If it already exists, KMS returns it.',
            when,
          );
  }
}
