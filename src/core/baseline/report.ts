import * as l10n from '@vscode/l10n';
import { escapeMarkdown, formatCount, localTime, printable, printableJson } from '../base/text.ts';
import type { TableFormat } from '../findings/tableFormat.ts';
import { csvTable, markdownTable } from '../findings/tableText.ts';
import { grantAsAwsJson } from '../kms/awsJson.ts';
import { accountOfArn, type Grant, keyLabel } from '../kms/model.ts';
import { connectionName, principalText } from '../words/describe.ts';
import {
  type ChangedField,
  type ChangedGrant,
  type ComparedGrant,
  type ComparedKey,
  type Comparison,
  type EndOf,
  fieldText,
  isKeyGap,
} from './compare.ts';
import { gapConnection, gapText } from './gapText.ts';
import { keyOf } from './snapshot.ts';

export interface ReportSource {
  readonly comparison: Comparison;
  /** The name of the baseline's file. */
  readonly file: string;
  /** Sentences about what of it was not read. */
  readonly problems: readonly string[];
  /** What the reports say of the ends of grants. */
  readonly endOf?: EndOf;
}

export function report(source: ReportSource, format: TableFormat): string {
  switch (format) {
    case 'md':
      return markdownReport(source);
    case 'csv':
      return csvReport(source);
    case 'jsonl':
      return jsonReport(source);
  }
}

/** Whether nothing stands in the way of comparing all grants. */
export function isWhole({ comparison, problems }: ReportSource): boolean {
  return comparison.gaps.length === 0 && problems.length === 0;
}

/** One line for a notification. */
export function summaryText(source: ReportSource): string {
  const { appeared, gone, changed, unchanged } = source.comparison;
  const counts = l10n.t(
    'Grants since the baseline: {0} appeared, {1} gone, {2} changed, {3} unchanged.',
    formatCount(appeared.length),
    formatCount(gone.length),
    formatCount(changed.length),
    formatCount(unchanged),
  );
  return isWhole(source)
    ? counts
    : `${counts} ${l10n.t("Not everything could be compared. The report lists what couldn't.")}`;
}

/**
 * For people: what was not compared stands before what changed.
 * @param maxRows of each table; what is left out is counted
 */
export function markdownReport(source: ReportSource, maxRows = Number.POSITIVE_INFINITY): string {
  const { comparison, file, problems } = source;
  const { baseline, now, gaps, appeared, gone, changed, unchanged } = comparison;
  const keyGaps = gaps.filter(isKeyGap);
  const others = gaps.filter((gap) => !isKeyGap(gap));
  const table = <T>(
    names: readonly string[],
    all: readonly T[],
    cells: (one: T) => readonly (string | undefined)[],
  ) => {
    const rows = markdownTable(names, all.slice(0, maxRows).map(cells));
    const left = all.length - maxRows;
    return left > 0
      ? `${rows}\n${line(l10n.t('Rows that are only in the exported report: {0}', formatCount(left)))}`
      : rows;
  };
  const section = (title: string, text: string, body: string) => `## ${line(title)}\n${line(text)}\n${body}`;
  const grantNames = [
    ...keyNames(),
    l10n.t('Grantee'),
    l10n.t('Operations'),
    l10n.t('Name'),
    l10n.t('Created'),
    l10n.t('Grant ID'),
  ];
  const grants = (all: readonly ComparedGrant[]) => table(grantNames, all, grantCells);

  const parts = [
    `# ${line(l10n.t('Grants: what changed since the baseline'))}`,
    [
      l10n.t('Baseline: {0}, read {1}', printable(file), localTime(new Date(baseline.readAt))),
      l10n.t('This search: read {0}', localTime(new Date(now.readAt))),
    ]
      .map((text) => `- ${line(text)}`)
      .join(''),
    table(
      [l10n.t('Grants'), l10n.t('Count')],
      [
        [l10n.t('Appeared'), appeared.length],
        [l10n.t('Gone'), gone.length],
        [l10n.t('Changed'), changed.length],
        [l10n.t('Unchanged'), unchanged],
        [l10n.t('Not compared'), keyGaps.reduce((sum, gap) => sum + gap.grants, 0)],
      ] as const,
      ([name, count]) => [name, formatCount(count)],
    ),
  ];
  if (!isWhole(source)) {
    const sentences = [...others.map(gapText), ...problems].map((text) => `- ${line(text)}`).join('');
    const keys = table([...keyNames(), l10n.t('Grants not compared'), l10n.t('Why')], keyGaps, (gap) => [
      ...keyCells({ arn: gap.keyArn, aliases: gap.aliases }),
      formatCount(gap.grants),
      gapText(gap),
    ]);
    parts.push(
      section(
        l10n.t('Not Compared'),
        l10n.t('Grants that only one of the two searches could read count as neither gone nor appeared.'),
        [sentences, keyGaps.length > 0 && keys].filter((text) => text !== false && text !== '').join('\n'),
      ),
    );
  }
  if (appeared.length > 0) {
    parts.push(section(l10n.t('Appeared'), l10n.t('Listed now, but not in the baseline.'), grants(appeared)));
  }
  if (gone.length > 0) {
    const body = table([...grantNames, l10n.t('Ended')], gone, (one) => [...grantCells(one), endText(source, one)]);
    parts.push(section(l10n.t('Gone'), l10n.t('In the baseline, but not listed by this search.'), body));
  }
  if (changed.length > 0) {
    const names = [...keyNames(), l10n.t('Grant ID'), l10n.t('Field'), l10n.t('In the baseline'), l10n.t('Now')];
    const fields = changed.flatMap((one) => one.fields.map((field) => ({ ...one, field })));
    parts.push(
      section(
        l10n.t('Changed'),
        l10n.t(
          'The same grant with different fields. KMS shows a unique ID instead of the ARN of a deleted principal.',
        ),
        table(names, fields, ({ key, grant, field }) => [
          ...keyCells(key),
          grant.grantId,
          field.name,
          field.before,
          field.now,
        ]),
      ),
    );
  }
  return parts.join('\n');
}

/** Who ended a grant, as far as that is known. */
function endText({ endOf }: ReportSource, gone: ComparedGrant): string | undefined {
  return endOf?.(gone)
    ?.fields.map(({ name, value }) => `${name}: ${value}`)
    .join('; ');
}

/** A line on which no text is markup. */
function line(text: string): string {
  return `${escapeMarkdown(printable(text, 2048))}\n`;
}

function keyNames(): readonly string[] {
  return [l10n.t('Key'), l10n.t('Account'), l10n.t('Region')];
}

function keyCells({ arn, aliases }: Pick<ComparedKey, 'arn' | 'aliases'>) {
  return [keyLabel(keyOf(arn, aliases)), accountOfArn(arn), regionOfArn(arn)];
}

function grantCells({ key, grant }: ComparedGrant) {
  return [
    ...keyCells(key),
    principalText(grant.granteePrincipal),
    grant.operations.join(', '),
    grant.name,
    grant.creationDate?.toISOString().slice(0, 10),
    grant.grantId,
  ];
}

function regionOfArn(arn: string): string | undefined {
  return arn.split(':')[3];
}

/** A line of the report for programs. Names are the same in every language. */
interface Row {
  readonly change: 'notCompared' | 'appeared' | 'gone' | 'changed';
  readonly key: Pick<ComparedKey, 'arn' | 'aliases'> | undefined;
  readonly connection: string | undefined;
  readonly region: string | undefined;
  readonly grant?: Grant;
  readonly fields?: readonly ChangedField[];
  readonly ended?: string | undefined;
  /** Of what was not compared. */
  readonly gap?: { readonly kind: string; readonly side?: string; readonly grants?: number; readonly reason: string };
}

function rowsOf(source: ReportSource): readonly Row[] {
  const { comparison, problems } = source;
  const { gaps, appeared, gone, changed } = comparison;
  const ofGrant =
    (change: Row['change']) =>
    ({ key, grant, fields }: ComparedGrant & Partial<ChangedGrant>): Row => ({
      change,
      key,
      connection: connectionName(key.connection.ref),
      region: regionOfArn(key.arn),
      grant,
      ...(fields === undefined ? {} : { fields }),
    });
  return [
    ...gaps.map((gap): Row => {
      const key = isKeyGap(gap) ? { arn: gap.keyArn, aliases: gap.aliases } : undefined;
      const place = gapConnection(gap);
      return {
        change: 'notCompared',
        key,
        connection: place && connectionName(place.ref),
        region: key === undefined ? place?.region : regionOfArn(key.arn),
        gap: {
          kind: gap.kind,
          reason: gapText(gap),
          ...('in' in gap ? { side: gap.in } : {}),
          ...(isKeyGap(gap) ? { grants: gap.grants } : {}),
        },
      };
    }),
    ...problems.map((reason): Row => {
      const gap = { kind: 'file', side: 'baseline', reason };
      return { change: 'notCompared', key: undefined, connection: undefined, region: undefined, gap };
    }),
    ...appeared.map(ofGrant('appeared')),
    ...gone.map((one) => ({ ...ofGrant('gone')(one), ended: endText(source, one) })),
    ...changed.map(ofGrant('changed')),
  ];
}

const grantFields = [
  'GrantId',
  'Name',
  'CreationDate',
  'GranteePrincipal',
  'GranteeServicePrincipal',
  'RetiringPrincipal',
  'RetiringServicePrincipal',
  'IssuingAccount',
  'Operations',
  'Constraints',
] as const;

const columns: readonly (readonly [name: string, value: (row: Row) => string | undefined])[] = [
  ['Change', ({ change }) => change],
  ['Connection', ({ connection }) => connection],
  ['Account', ({ key }) => key && accountOfArn(key.arn)],
  ['Region', ({ region }) => region],
  ['KeyArn', ({ key }) => key?.arn],
  ['Aliases', ({ key }) => key?.aliases.join(' ')],
  ...grantFields.map(
    (name) =>
      [name, ({ grant }: Row) => (grant === undefined ? undefined : fieldText(grantAsAwsJson(grant)[name]))] as const,
  ),
  ['ChangedFields', ({ fields }) => fields?.map(({ name }) => name).join(' ')],
  [
    'Before',
    ({ fields }) => fields && printableJson(Object.fromEntries(fields.map(({ name, before }) => [name, before]))),
  ],
  ['Ended', ({ ended }) => ended],
  ['NotCompared', ({ gap }) => gap?.kind],
  ['Side', ({ gap }) => gap?.side],
  ['GrantsNotCompared', ({ gap }) => gap?.grants?.toString()],
  ['Reason', ({ gap }) => gap && printable(gap.reason, 2048)],
];

function csvReport(source: ReportSource): string {
  return csvTable(
    columns.map(([name]) => name),
    rowsOf(source).map((row) => columns.map(([, value]) => value(row))),
  );
}

/** The first line has the counts. */
function jsonReport(source: ReportSource): string {
  const { baseline, now, appeared, gone, changed, unchanged } = source.comparison;
  const summary = {
    Baseline: { File: source.file, ReadAt: new Date(baseline.readAt).toISOString() },
    Now: { ReadAt: new Date(now.readAt).toISOString() },
    Appeared: appeared.length,
    Gone: gone.length,
    Changed: changed.length,
    Unchanged: unchanged,
    IsWhole: isWhole(source),
  };
  const lines = rowsOf(source).map(({ change, connection, region, key, grant, fields, ended, gap }) => ({
    Change: change,
    Connection: connection,
    Account: key && accountOfArn(key.arn),
    Region: region,
    KeyArn: key?.arn,
    Aliases: key?.aliases,
    Grant: grant && grantAsAwsJson(grant),
    ChangedFields: fields?.map(({ name, before, now: after }) => ({ Name: name, Before: before, Now: after })),
    Ended: ended,
    NotCompared: gap && { Kind: gap.kind, Side: gap.side, Grants: gap.grants, Reason: gap.reason },
  }));
  return [summary, ...lines].map((one) => `${printableJson(one)}\n`).join('');
}
