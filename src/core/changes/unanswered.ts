import type { Clock } from '../base/clock.ts';
import type { Session } from '../connections/session.ts';
import { connectionId, type Grant, type PrincipalRef } from '../kms/model.ts';
import { grantPages, paginate } from '../kms/pages.ts';
import { awsClockSkewMs } from './grantChanges.ts';
import type { Journal } from './journal.ts';
import { endsGrant, type JournalRecord } from './journalRecord.ts';

/**
 * How long KMS may take to list a grant that it has made; also how far its clock and ours may be apart, of an entry that
 * lacks AWS's own time.
 */
const maxListingDelayMs = 5 * 60_000;

/**
 * Looks up new grants whose answer was lost, on the way or because its window ended. Revokes and retirements are followed
 * instead.
 * @throws KmsError
 */
export async function checkUnanswered(journal: Journal, session: Session, clock: Clock): Promise<void> {
  await journal.ready();
  const isOpen = (record: JournalRecord) =>
    !endsGrant(record) &&
    (record.outcome === undefined || record.outcome.kind === 'unknown') &&
    journal.mayFollow(record) &&
    connectionId(record.connection) === session.connection.id;
  const open = journal.records.filter(isOpen);
  if (open.length === 0) {
    return;
  }
  const { account } = await session.identity();
  for (const record of open) {
    if (record.account === undefined || record.account === account) {
      await findCreatedGrant(journal, session, record, clock);
    }
  }
}

/** Looks for a grant with the same terms that was created since and belongs to no other entry. */
async function findCreatedGrant(
  journal: Journal,
  session: Session,
  { id, of, key, grant, at, awsAt }: JournalRecord,
  clock: Clock,
): Promise<void> {
  // Dates of grants are AWS's: what they are compared with is, too, since the clock of this computer can be wrong.
  const madeFrom = awsAt === undefined ? at - maxListingDelayMs : awsAt - awsClockSkewMs;
  const age = () => {
    const awsNow = session.awsTime();
    return awsAt === undefined || awsNow === undefined ? clock.now() - at : awsNow - awsAt;
  };
  const known = new Set(journal.records.map((record) => record.grant.grantId));
  for await (const page of paginate(grantPages(session.background, { keyArn: key.arn }, session.closed))) {
    const made = page.find(
      (listed) =>
        !known.has(listed.grantId) &&
        (listed.creationDate?.getTime() ?? 0) > madeFrom &&
        termsOf(listed) === termsOf(grant),
    );
    if (made !== undefined) {
      await journal.addOutcome(id, { kind: 'accepted', grantId: made.grantId });
      await journal.addOutcome(id, { kind: 'listed', afterMs: Math.max(0, age()) });
      if (of !== undefined && journal.record(of) !== undefined) {
        await journal.addOutcome(of, { kind: 'recreatedAs', grantId: made.grantId });
      }
      return;
    }
  }
  const afterMs = age();
  if (afterMs > maxListingDelayMs) {
    await journal.addOutcome(id, { kind: 'notListed', afterMs });
  }
}

/** Equal for grants that differ only in values that KMS sets. */
function termsOf({ granteePrincipal, retiringPrincipal, operations, constraints, name }: Grant): string {
  const principal = (ref: PrincipalRef | undefined) => (ref === undefined ? [] : [ref.kind, ref.value]);
  const pairs = (context: Readonly<Record<string, string>> | undefined) => Object.entries(context ?? {}).sort();
  return JSON.stringify([
    principal(granteePrincipal),
    principal(retiringPrincipal),
    [...new Set(operations)].sort(),
    pairs(constraints.encryptionContextEquals),
    pairs(constraints.encryptionContextSubset),
    constraints.sourceArn ?? '',
    name ?? '',
  ]);
}
