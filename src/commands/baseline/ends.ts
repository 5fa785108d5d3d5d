import * as l10n from '@vscode/l10n';
import { localTime, printable } from '../../core/base/text.ts';
import type { EndOf } from '../../core/baseline/compare.ts';
import type { Journal } from '../../core/changes/journal.ts';
import { endsGrant, type JournalRecord } from '../../core/changes/journalRecord.ts';
import type { ChangeText } from '../../core/findings/grantChange.ts';
import { grantIdentity } from '../../core/kms/model.ts';

/**
 * What is known of who ended a grant: by the history, and by CloudTrail where somebody looked there. A grant that KMS did
 * not know any more was ended by somebody else.
 * @param found by {@link grantIdentity}
 */
export function endsIn({ records }: Pick<Journal, 'records'>, found: ReadonlyMap<string, ChangeText>): EndOf {
  const ended = new Map<string, JournalRecord>();
  for (const record of records) {
    const { kind } = record.outcome ?? { kind: 'unknown' };
    const id = idOf(record.connection.kind === 'sample', record.key.arn, record.grant.grantId);
    if (endsGrant(record) && kind !== 'refused' && kind !== 'notFound' && !ended.has(id)) {
      ended.set(id, record);
    }
  }
  return ({ key, grant }) => {
    const { ref } = key.connection;
    const record = ended.get(idOf(ref.kind === 'sample', key.arn, grant.grantId));
    const [ours, event] = [record && journalEnd(record), found.get(grantIdentity({ connection: ref, key, grant }))];
    return event === undefined || ours === undefined
      ? (event ?? ours)
      : { ...ours, fields: [...ours.fields, ...event.fields] };
  };
}

function journalEnd({ kind, accepted, at, principal, account }: JournalRecord): ChangeText {
  const [done, lost] =
    kind === 'revoke'
      ? [l10n.t('Revoked here'), l10n.t('Revoke outcome unknown')]
      : [l10n.t('Retired here'), l10n.t('Retirement outcome unknown')];
  const name = accepted ? done : lost;
  const who = principal ?? account ?? l10n.t('unknown');
  return {
    short: `${l10n.t('gone')} · ${name}`,
    fields: [{ name, value: `${localTime(new Date(at))} · ${printable(who, 400)}` }],
  };
}

function idOf(isSample: boolean, keyArn: string, grantId: string): string {
  return `${isSample}|${keyArn}|${grantId}`;
}
