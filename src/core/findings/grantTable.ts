import { printableJson } from '../base/text.ts';
import type { GrantEvidence } from '../evidence/evidence.ts';
import { grantAsAwsJson } from '../kms/awsJson.ts';
import { accountOfArn, keyLabel } from '../kms/model.ts';
import { connectionName } from '../words/describe.ts';
import { type EvidenceCells, evidenceCells, evidenceColumns } from './evidenceColumns.ts';
import type { HeldGrant } from './grantGroups.ts';
import type { TableFormat } from './tableFormat.ts';
import { csvTable, markdownTable } from './tableText.ts';

/**
 * Grants as files for spreadsheets, scripts and documents. Names of columns and fields are AWS's, or in their style, and
 * the same in every language.
 */
export function grantTable(held: readonly HeldGrant[], format: TableFormat): string {
  switch (format) {
    case 'csv':
      return asCsv(held);
    case 'jsonl':
      return asJsonLines(held);
    case 'md':
      return asMarkdownTable(held);
  }
}

type Column = readonly [name: string, value: (held: HeldGrant) => string | undefined];

function evidenceCell(name: keyof EvidenceCells): Column[1] {
  return ({ evidence }) => evidence && evidenceCells(evidence)[name];
}

const columns: readonly Column[] = [
  ['Connection', ({ connection }) => connectionName(connection.ref)],
  ['Account', ({ key }) => accountOfArn(key.arn)],
  ['Region', ({ connection }) => connection.region],
  ['KeyArn', ({ key }) => key.arn],
  ['Aliases', ({ key }) => key.aliases.join(' ')],
  ['KeyState', ({ metadata }) => metadata?.state],
  ['GrantId', ({ grant }) => grant.grantId],
  ['Name', ({ grant }) => grant.name],
  ['CreationDate', ({ grant }) => grant.creationDate?.toISOString()],
  ['GranteeKind', ({ grantee }) => grantee.kind],
  ['GranteePrincipal', ({ grant }) => grant.granteePrincipal?.value],
  ['ManagedBy', ({ managedBy }) => managedBy],
  ['Operations', ({ grant }) => grant.operations.join(' ')],
  ['EncryptionContextEquals', ({ grant }) => json(grant.constraints.encryptionContextEquals)],
  ['EncryptionContextSubset', ({ grant }) => json(grant.constraints.encryptionContextSubset)],
  ['SourceArn', ({ grant }) => grant.constraints.sourceArn],
  ['RetiringPrincipal', ({ grant }) => grant.retiringPrincipal?.value],
  ['IssuingAccount', ({ grant }) => grant.issuingAccount],
  ['Findings', ({ findings }) => findings.map(({ kind }) => kind).join(' ')],
  ...evidenceColumns.map((name): Column => [name, evidenceCell(name)]),
];

function json(context: Readonly<Record<string, string>> | undefined): string | undefined {
  return context === undefined ? undefined : printableJson(context);
}

function asCsv(held: readonly HeldGrant[]): string {
  const names = columns.map(([name]) => name);
  return csvTable(
    names,
    held.map((one) => columns.map(([, value]) => value(one))),
  );
}

/** One grant a line, as KMS gives it, with where it is, its findings, and the evidence that was loaded. */
function asJsonLines(held: readonly HeldGrant[]): string {
  return held
    .map(({ connection, key, metadata, grant, grantee, managedBy, findings, evidence }) => {
      const line = {
        ...grantAsAwsJson(grant),
        Connection: connectionName(connection.ref),
        Account: accountOfArn(key.arn),
        Region: connection.region,
        Aliases: key.aliases,
        KeyState: metadata?.state,
        GranteeKind: grantee.kind,
        ManagedBy: managedBy,
        Findings: findings.map(({ kind, severity, reason }) => ({ Kind: kind, Severity: severity, Reason: reason })),
        Evidence: evidence && loadedCells(evidence),
      };
      return `${printableJson(line)}\n`;
    })
    .join('');
}

/** `undefined` where nothing was loaded, and AWS had nothing to say. */
function loadedCells(evidence: GrantEvidence): EvidenceCells | undefined {
  const cells = evidenceCells(evidence);
  return Object.values(cells).some((cell) => cell !== undefined) ? cells : undefined;
}

/** For people: the columns that they look for. */
const markdownColumns: readonly Column[] = [
  ['Key', ({ key }) => keyLabel(key)],
  ['Account', ({ key }) => accountOfArn(key.arn)],
  ['Region', ({ connection }) => connection.region],
  ['Grantee', ({ grant }) => grant.granteePrincipal?.value],
  ['Managed by', ({ managedBy }) => managedBy],
  ['Operations', ({ grant }) => grant.operations.join(', ')],
  ['Name', ({ grant }) => grant.name],
  ['Created', ({ grant }) => grant.creationDate?.toISOString().slice(0, 10)],
  ['Findings', ({ findings }) => findings.map(({ title }) => title).join(', ')],
  ['Grant ID', ({ grant }) => grant.grantId],
  ['Created by', evidenceCell('CreatedBy')],
  ['Key last used', evidenceCell('KeyLastUsed')],
  ['Grantee in IAM', evidenceCell('GranteeInIam')],
  ['Other grants', evidenceCell('OtherGrants')],
  ['Key policy', evidenceCell('KeyPolicy')],
];

function asMarkdownTable(held: readonly HeldGrant[]): string {
  const names = markdownColumns.map(([name]) => name);
  return markdownTable(
    names,
    held.map((one) => markdownColumns.map(([, value]) => value(one))),
  );
}
