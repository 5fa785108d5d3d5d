import * as l10n from '@vscode/l10n';
import { localTime } from '../../core/base/text.ts';
import type { JournalRecord } from '../../core/changes/journalRecord.ts';
import type { EvidenceLine } from '../../core/evidence/evidenceText.ts';
import { effectOfRevoke } from '../../core/findings/effect.ts';
import type { Finding } from '../../core/findings/finding.ts';
import { accountOfArn, type Connection, type Grant, type KmsKey, keyLabel } from '../../core/kms/model.ts';
import { describePrincipal, grantee, parsePrincipal } from '../../core/kms/principal.ts';
import { connectionName } from '../../core/words/describe.ts';
import { impactOfRevoke } from '../../core/words/impact.ts';
import type { Page, PageSection } from '../../core/words/page.ts';
import { changeText, stateText } from '../../views/history/historyItem.ts';
import { type GrantField, grantFields } from '../../views/shared/grantFields.ts';
import { findingSections } from './findingSections.ts';

export interface GrantStory {
  readonly connection: Connection;
  readonly key: KmsKey;
  readonly grant: Grant;
  readonly findings: readonly Finding[];
  /** As far as it was loaded. */
  readonly evidence: readonly EvidenceLine[];
  /** What was changed here about the grant, newest first. */
  readonly changes: readonly { readonly record: JournalRecord; readonly isUnderWay: boolean }[];
  /** Of a grant that is gone since a baseline: what is known of its end. */
  readonly gone: readonly GrantField[] | undefined;
}

/** What became of changes, what is remarkable, what a revoke would do, what AWS says besides, then the grant itself. */
export function grantPage({ connection, key, grant, findings, evidence, changes, gone }: GrantStory): Page {
  const who = grantee(grant);
  const { retiringPrincipal } = grant;
  return {
    title: l10n.t('Grant {0}', grant.name ?? who.shortName),
    sections: [
      ...changeSections(changes),
      ...findingSections(findings),
      ...(gone === undefined
        ? [
            { title: l10n.t('If Revoked'), text: effectOfRevoke(impactOfRevoke(grant), findings), lines: [] },
            evidenceSection(evidence),
          ]
        : [goneSection(gone)]),
      {
        title: l10n.t('Grant'),
        lines: [
          { name: l10n.t('Grantee'), text: describePrincipal(who, grant) },
          ...(retiringPrincipal === undefined
            ? []
            : [
                {
                  name: l10n.t('Can be retired by'),
                  text: describePrincipal(parsePrincipal(retiringPrincipal), grant),
                },
              ]),
          ...grantFields(grant).map(({ name, value }) => ({ name, text: value })),
        ],
      },
      {
        title: l10n.t('Key'),
        lines: [
          { name: l10n.t('Key'), text: keyLabel(key) },
          { name: l10n.t('Key ARN'), text: key.arn },
          { name: l10n.t('Account'), text: accountOfArn(key.arn) ?? l10n.t('unknown') },
          { name: l10n.t('Region'), text: connection.region },
          { name: l10n.t('Connection'), text: connectionName(connection.ref) },
        ],
      },
    ],
  };
}

function changeSections(changes: GrantStory['changes']): readonly PageSection[] {
  if (changes.length === 0) {
    return [];
  }
  const lines = changes.map(({ record, isUnderWay }) => ({
    name: localTime(new Date(record.at)),
    text: `${changeText(record)} · ${stateText(record, isUnderWay)}`,
  }));
  return [{ title: l10n.t('Changes Made Here'), lines }];
}

function goneSection(fields: readonly GrantField[]): PageSection {
  const lines = fields.map(({ name, value }) => ({ name, text: value }));
  return { title: l10n.t('Gone'), text: l10n.t('In the baseline, but not listed by this search.'), lines };
}

function evidenceSection(evidence: readonly EvidenceLine[]): PageSection {
  const title = l10n.t('Evidence');
  if (evidence.length === 0) {
    return { title, text: l10n.t('Not loaded yet. Open Evidence below the grant to ask AWS.'), lines: [] };
  }
  const failed = evidence.filter(({ tone }) => tone === 'failed');
  const others = evidence.filter(({ tone }) => tone !== 'failed');
  const lines = [...failed, ...others].map(({ title: name, text, source, more }) => ({
    name,
    text,
    more: [...more, ...(source === undefined ? [] : [source])],
  }));
  return { title, lines };
}
