import * as l10n from '@vscode/l10n';
import { printable } from '../base/text.ts';
import type { Grant } from '../kms/model.ts';
import type { EvidenceKind } from './answer.ts';
import type { GrantEvidence } from './evidence.ts';
import { type EvidenceLine, evidenceLines } from './evidenceText.ts';

/** What matters most for the end of a grant comes first. */
const order: readonly EvidenceKind[] = ['holder', 'keyLastUsed', 'remains', 'creator'];

/** About five rows of a dialog; most lines take two or three. */
const maxLength = 300;

/**
 * What a question says of a grant besides what KMS lists: a line for each kind of evidence that is known. Printable. What
 * AWS didn't answer or denied is left out.
 */
export function evidenceSummary(grant: Grant, evidence: GrantEvidence): readonly string[] {
  const known = evidenceLines(grant, evidence).filter(({ tone }) => tone === 'known');
  return (
    order
      .map((kind) => known.filter((line) => line.kind === kind))
      // Whoever it was created for is in the evidence alone.
      .map((lines) => (lines[0]?.kind === 'creator' ? lines.slice(0, 1) : lines))
      .filter((lines) => lines.length > 0)
      .map(summaryLine)
  );
}

function summaryLine(lines: readonly EvidenceLine[]): string {
  const parts = lines.map(({ title, text }) => `${title}: ${text.endsWith('.') ? text : `${text}.`}`);
  // How far it goes is never what is cut.
  const end = lines.map(limitsOf).join('');
  return printable(parts.join(' '), maxLength - end.length) + end;
}

/** Only what IAM answered may be from before the question. */
function limitsOf({ kind, source }: EvidenceLine): string {
  switch (kind) {
    case 'keyLastUsed':
      return ` ${keyUseLimits()}`;
    case 'holder':
      return source === undefined ? '' : ` (${printable(source, 80)})`;
    default:
      return '';
  }
}

/** What the last use of a key doesn't say. */
export function keyUseLimits(): string {
  return l10n.t('Counts uses through any permission, and can be an hour late.');
}
