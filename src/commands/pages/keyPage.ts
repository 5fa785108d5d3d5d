import * as l10n from '@vscode/l10n';
import { localDay, localTime, printableJson } from '../../core/base/text.ts';
import type { Finding } from '../../core/findings/finding.ts';
import type { KmsError } from '../../core/kms/errors.ts';
import { type KeyLastUsage, type KeyMetadata, type KeyRotation, type KmsKey, keyLabel } from '../../core/kms/model.ts';
import { errorSentence } from '../../core/words/explain.ts';
import { type DetailPart, type KeyDetails, notUsedText, parsePolicy, usageNote } from '../../core/words/keyDetails.ts';
import type { Page, PageLine, PageSection } from '../../core/words/page.ts';
import { keyStateText } from '../../views/keys/keyItem.ts';
import { findingSections } from './findingSections.ts';

/** The details of a key for a person: what could not be read, what is remarkable, then all that KMS says of it. */
export function keyPage(key: KmsKey, details: KeyDetails, findings: readonly Finding[]): Page {
  const { metadata, policy, sharing, tags, aliases, rotation, lastUsage } = details;
  return {
    title: keyLabel(key),
    sections: [
      ...failures(details),
      ...findingSections(findings),
      { title: l10n.t('Key'), lines: [...keyLines(key, metadata), ...aliasLines(aliases)] },
      ...section(l10n.t('Last Use'), lastUsage, usageLines, usageNote()),
      ...section(l10n.t('Rotation'), rotation, rotationLines),
      ...section(l10n.t('Tags'), tags, (known) =>
        known.length === 0
          ? [{ text: l10n.t('No tags.') }]
          : known.map(({ key: name, value }) => ({ name, text: value })),
      ),
      ...policySection(l10n.t('Shared by AWS RAM'), sharing),
      ...policySection(l10n.t('Key Policy'), policy),
    ],
  };
}

/** What is missing below, and why. */
function failures({
  metadata,
  aliases,
  lastUsage,
  rotation,
  tags,
  sharing,
  policy,
}: KeyDetails): readonly PageSection[] {
  const parts: readonly (readonly [string, DetailPart<unknown>])[] = [
    [l10n.t('Key'), metadata],
    [l10n.t('Aliases'), aliases],
    [l10n.t('Last Use'), lastUsage],
    [l10n.t('Rotation'), rotation],
    [l10n.t('Tags'), tags],
    [l10n.t('Shared by AWS RAM'), sharing],
    [l10n.t('Key Policy'), policy],
  ];
  const lines = parts.flatMap(([name, part]) => (part.kind === 'failed' ? [failureLine(name, part.error)] : []));
  return lines.length === 0 ? [] : [{ title: l10n.t('Not Read'), lines }];
}

function failureLine(name: string, error: KmsError): PageLine {
  return { name, text: errorSentence(error) };
}

function section<T>(
  title: string,
  part: DetailPart<T>,
  lines: (value: T) => readonly PageLine[],
  text?: string,
): readonly PageSection[] {
  return part.kind === 'known' ? [{ title, text, lines: lines(part.value) }] : [];
}

function policySection(title: string, policy: DetailPart<string>): readonly PageSection[] {
  return policy.kind === 'known' ? [{ title, lines: [], code: printableJson(parsePolicy(policy.value), 2) }] : [];
}

function keyLines(key: KmsKey, metadata: DetailPart<KeyMetadata>): readonly PageLine[] {
  const arn = { name: l10n.t('Key ARN'), text: key.arn };
  if (metadata.kind !== 'known') {
    return [arn];
  }
  const { description, state, deletionDate, manager, spec, usage, origin, multiRegion, creationDate } = metadata.value;
  return [
    arn,
    ...named([
      [l10n.t('Description'), description],
      [l10n.t('Key state'), state === 'Enabled' ? l10n.t('Enabled') : keyStateText(metadata.value)],
      [l10n.t('Deletion date'), deletionDate && localTime(deletionDate)],
      [l10n.t('Managed by'), { AWS: l10n.t('AWS'), CUSTOMER: l10n.t('Customer') }[manager]],
      [l10n.t('Key spec'), spec],
      [l10n.t('Key usage'), usage],
      [l10n.t('Origin'), origin],
      [l10n.t('Multi-Region'), multiRegion ? l10n.t('Yes') : undefined],
      [l10n.t('Created'), creationDate && localTime(creationDate)],
    ]),
  ];
}

function aliasLines(aliases: DetailPart<readonly string[]>): readonly PageLine[] {
  return aliases.kind === 'known' ? named([[l10n.t('Aliases'), aliases.value.join(', ')]]) : [];
}

function usageLines({ last, trackingStartDate, keyCreationDate }: KeyLastUsage): readonly PageLine[] {
  if (last === undefined) {
    return [{ text: notUsedText(trackingStartDate, keyCreationDate) }];
  }
  return named([
    [l10n.t('Operation'), last.operation],
    [l10n.t('Time'), localTime(last.timestamp)],
    [l10n.t('CloudTrail event'), last.cloudTrailEventId],
  ]);
}

function rotationLines({ enabled, periodInDays, nextRotationDate, onDemandRotationStartDate }: KeyRotation) {
  return [
    { text: enabled ? l10n.t('Rotated automatically.') : l10n.t('Not rotated automatically.') },
    ...named([
      [l10n.t('Rotation period'), periodInDays === undefined ? undefined : l10n.t('{0} days', periodInDays)],
      [l10n.t('Next'), nextRotationDate && localDay(nextRotationDate)],
      [l10n.t('On-demand rotation started'), onDemandRotationStartDate && localTime(onDemandRotationStartDate)],
    ]),
  ];
}

/** Names and texts; those without a text are left out. */
function named(fields: readonly (readonly [name: string, text: string | undefined])[]): readonly PageLine[] {
  return fields.flatMap(([name, text]) => (text === undefined || text === '' ? [] : [{ name, text }]));
}
