import { endsGrant, type JournalEntry, type JournalOutcome, type JournalRecord } from './journalRecord.ts';

/** What one line of the journal says. */
export type Line =
  | { readonly kind: 'entry'; readonly entry: JournalEntry }
  | { readonly kind: 'outcome'; readonly id: string; readonly at: number; readonly outcome: JournalOutcome };

/** An outcome of an entry that is not there is left out: it came after the entry was cleared away. */
export function fold(records: Map<string, JournalRecord>, line: Line): void {
  if (line.kind === 'entry') {
    const { entry } = line;
    // A line that was written twice says the same as once.
    if (!records.has(entry.id)) {
      records.set(entry.id, {
        ...entry,
        accepted: false,
        outcome: undefined,
        outcomeAt: undefined,
        recreatedAs: undefined,
      });
    }
    return;
  }
  const record = records.get(line.id);
  if (record === undefined) return;
  const { outcome, at } = line;
  if (outcome.kind === 'recreatedAs') records.set(line.id, { ...record, recreatedAs: outcome.grantId });
  else if (!isSeenGone(record) || outcome.kind === 'reappeared' || outcome.kind === 'gone') {
    const made = outcome.kind === 'accepted' ? outcome.grantId : undefined;
    records.set(line.id, {
      ...record,
      accepted: record.accepted || outcome.kind === 'accepted',
      outcome,
      outcomeAt: at,
      grant: made === undefined ? record.grant : { ...record.grant, grantId: made },
    });
  }
}

/** What another window, which still waits, says of a grant that one has seen gone changes nothing. */
function isSeenGone({ outcome }: JournalRecord): boolean {
  return outcome?.kind === 'gone' || outcome?.kind === 'dismissed';
}

/** Whether more may come to be known of it. Such entries outlive every clearing. */
export function isFinished(record: JournalRecord): boolean {
  switch (record.outcome?.kind) {
    case undefined:
    case 'unknown':
    case 'notFound':
      return false;
    case 'refused':
    case 'gone':
    case 'dismissed':
    case 'listed':
    case 'notListed':
      return true;
    case 'accepted':
    case 'followed':
    case 'reappeared':
    case 'unread':
    case 'stillListed':
    case 'stopped':
      return !endsGrant(record);
  }
}

/** Grants that were ended, and can be made again. */
export function isRecreatable(record: JournalRecord): boolean {
  const { outcome, grant } = record;
  return (
    endsGrant(record) && outcome !== undefined && outcome.kind !== 'refused' && grant.granteePrincipal !== undefined
  );
}

export const nothingYet = {
  accepted: false,
  outcome: undefined,
  outcomeAt: undefined,
  recreatedAs: undefined,
} as const;
