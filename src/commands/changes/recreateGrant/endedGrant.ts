import * as l10n from '@vscode/l10n';
import { isRecreatable } from '../../../core/changes/journalOutcomes.ts';
import type { JournalRecord } from '../../../core/changes/journalRecord.ts';
import { grantIdentity } from '../../../core/kms/model.ts';
import { UserError } from '../../../core/words/userError.ts';
import { isGone } from '../../../views/grantees/granteesNodes.ts';
import { asHistoryEntry } from '../../../views/history/historyNodes.ts';
import { asNode } from '../../../views/shared/nodes.ts';
import { type Needs, sessionOf } from '../../context.ts';

/** A grant that can be made again. */
export interface EndedGrant extends Pick<JournalRecord, 'connection' | 'account' | 'key' | 'grant'> {
  /** Its entry, if we ended it. */
  readonly of?: JournalRecord;
}

/**
 * The grant of a history entry, or of a row that is gone since a baseline; `undefined` for any other row.
 * @throws UserError when the history or the connection has changed
 */
export async function endedGrant(
  context: Needs<'connections' | 'journal'>,
  argument: unknown,
): Promise<EndedGrant | undefined> {
  const { journal } = context;
  const entry = asHistoryEntry(argument);
  const node = asNode(argument, 'grant');
  if (entry !== undefined) {
    await journal.ready();
    const record = journal.record(entry.id);
    if (record === undefined) {
      throw new UserError(l10n.t('The history no longer has this entry.'));
    }
    return { ...record, of: record };
  }
  if (node === undefined || !isGone(node)) {
    return undefined;
  }
  const { key, grant } = node;
  const { connection, knownIdentity } = sessionOf(context, node.connection);
  await journal.ready();
  const of = journal.records.find((record) => isRecreatable(record) && grantIdentity(record) === grantIdentity(node));
  return of === undefined ? { connection: connection.ref, account: knownIdentity?.account, key, grant } : { ...of, of };
}
