import * as l10n from '@vscode/l10n';
import { memoize } from '../base/memoize.ts';
import { localTime, printable } from '../base/text.ts';
import type { Changes } from '../findings/changes.ts';
import type { ChangeKind, ChangeNote, GrantChange } from '../findings/grantChange.ts';
import type { GrantGroup, HeldGrant } from '../findings/grantGroups.ts';
import type { ScanResult } from '../findings/scan.ts';
import { type Connection, connectionId, keyLabel } from '../kms/model.ts';
import { grantee } from '../kms/principal.ts';
import { grantCountText } from '../words/describe.ts';
import { type ChangedField, type ComparedGrant, type EndOf, isKeyGap, type KeyGap } from './compare.ts';
import { gapText } from './gapText.ts';
import type { ReportSource } from './report.ts';
import { endpointText, keyIdentity, keyOf } from './snapshot.ts';

/** Keys of the group of what was not compared. The report has all of them. */
const shownNotes = 200;

/** In the order in which they are shown. */
const kinds: readonly ChangeKind[] = ['notCompared', 'appeared', 'gone', 'changed', 'unchanged'];

/**
 * @param result the search that was compared
 * @param endOf asked whenever the grants are grouped
 */
export function changesOf(source: ReportSource, result: ScanResult, endOf: () => EndOf): Changes {
  const { comparison, problems } = source;
  const { baseline, now, gaps } = comparison;
  const notes = [...gaps.filter((gap) => !isKeyGap(gap)).map(gapText), ...problems];
  const keyGaps = gaps.filter(isKeyGap);
  const changeOf = changesByGrant(source);
  return {
    period: l10n.t(
      'what changed from {0} to {1}',
      localTime(new Date(baseline.readAt)),
      localTime(new Date(now.readAt)),
    ),
    time: { since: baseline.readAt, until: now.readAt },
    gone: comparison.gone.length,
    goneId: groupId('gone'),
    notes: notes.map((sentence) => note(l10n.t('Not compared'), sentence)),
    groups: (held, arrange) => {
      const groups = new Map(kinds.map((kind) => [kind, [] as HeldGrant[]]));
      for (const one of held) {
        const change = changeOf(one);
        groups.get(change?.kind ?? 'unchanged')?.push(change === undefined ? one : { ...one, change });
      }
      groups.set('gone', [...arrange(goneGrants(source, result, endOf()))]);
      return kinds.flatMap((kind) => {
        const grants = groups.get(kind) ?? [];
        if (kind === 'notCompared' && keyGaps.length > 0) {
          return notCompared(keyGaps, grants);
        }
        return grants.length === 0 ? [] : groupOf(kind, grants);
      });
    },
  };
}

function groupId(change: ChangeKind): string {
  return `change|${change}`;
}

function groupOf(change: ChangeKind, grants: readonly HeldGrant[]): GrantGroup {
  return { id: groupId(change), subject: { kind: 'change', change }, title: titleOf(change), detail: '', grants };
}

/** Of the grants that could not be compared, those that are listed now have a row. */
function notCompared(gaps: readonly KeyGap[], grants: readonly HeldGrant[]): GrantGroup {
  const left = gaps.length - shownNotes;
  return {
    ...groupOf('notCompared', grants),
    count: gaps.reduce((sum, gap) => sum + gap.grants, 0),
    notes: [
      ...gaps.slice(0, shownNotes).map(noteOfKey),
      ...(left > 0 ? [note(l10n.t('Other keys: {0}', left), l10n.t('The report has all of them.'))] : []),
    ],
  };
}

function titleOf(change: ChangeKind): string {
  switch (change) {
    case 'notCompared':
      return l10n.t('Not compared');
    case 'appeared':
      return l10n.t('Appeared');
    case 'gone':
      return l10n.t('Gone');
    case 'changed':
      return l10n.t('Changed');
    case 'unchanged':
      return l10n.t('Unchanged');
  }
}

/** Of a grant of the search; `undefined`: nothing changed. */
function changesByGrant({ comparison }: ReportSource): (held: HeldGrant) => GrantChange | undefined {
  const { baseline, appeared, changed, gaps } = comparison;
  const idOf = (key: string, { grantId }: ComparedGrant['grant']) => `${key}|${grantId}`;
  const known = new Map<string, GrantChange>();
  for (const { key, grant } of appeared) {
    known.set(idOf(keyIdentity(key), grant), { kind: 'appeared', fields: [] });
  }
  for (const { key, grant, fields } of changed) {
    const names = fields.map(({ name }) => name).join(', ');
    known.set(idOf(keyIdentity(key), grant), {
      kind: 'changed',
      short: l10n.t('changed: {0}', names),
      fields: fields.map(changedField),
    });
  }
  const incomplete = new Set(gaps.flatMap((gap) => (isKeyGap(gap) && gap.in === 'baseline' ? [gap.keyArn] : [])));
  const before = new Set(
    baseline.keys.flatMap((key) =>
      incomplete.has(key.arn) ? key.grants.map((grant) => idOf(keyIdentity(key), grant)) : [],
    ),
  );
  const placeOf = memoize(({ endpoint }: Connection) => ({ endpoint: endpointText(endpoint) }));
  return ({ connection, key, grant }) => {
    const id = idOf(keyIdentity({ connection: placeOf(connection), arn: key.arn }), grant);
    const change = known.get(id);
    const isNotCompared = change === undefined && incomplete.has(key.arn) && !before.has(id);
    return isNotCompared ? { kind: 'notCompared', fields: [] } : change;
  };
}

function changedField({ name, before, now }: ChangedField): GrantChange['fields'][number] {
  const absent = l10n.t('absent');
  return { name: l10n.t('Changed: {0}', name), value: `${before ?? absent} → ${now ?? absent}` };
}

/** Their keys were read to their ends now, so each has one in the result. */
function goneGrants({ comparison }: ReportSource, { keys }: ScanResult, endOf: EndOf): readonly HeldGrant[] {
  const scanned = new Map(keys.map((one) => [`${one.connection.id}|${one.key.arn}`, one]));
  return comparison.gone.flatMap((gone) => {
    const { key, grant } = gone;
    const place = scanned.get(`${connectionId(key.connection.ref)}|${key.arn}`);
    if (place === undefined) {
      return [];
    }
    const held: HeldGrant = {
      connection: place.connection,
      key: place.key,
      metadata: place.metadata,
      grant,
      grantee: grantee(grant),
      managedBy: undefined,
      findings: [],
      evidence: undefined,
    };
    const { short = l10n.t('gone'), fields = [] } = endOf(gone) ?? {};
    return { ...held, change: { kind: 'gone', short, fields } };
  });
}

function noteOfKey(gap: KeyGap): ChangeNote {
  const { keyArn, aliases, grants } = gap;
  return note(keyLabel(keyOf(keyArn, aliases)), `${grantCountText(grants)} · ${gapText(gap)}`);
}

function note(title: string, sentence: string): ChangeNote {
  return { title: printable(title), sentence: printable(sentence, 2048) };
}
