import * as l10n from '@vscode/l10n';
import type { Finding } from '../../core/findings/finding.ts';
import type { GrantField } from './grantFields.ts';

/** Short enough for a row: the names of the warnings, and how many others there are. `undefined` without findings. */
export function shortFindings(findings: readonly Finding[]): string | undefined {
  if (findings.length === 0) {
    return undefined;
  }
  const named = findings.filter(({ severity }) => severity === 'warning').slice(0, 2);
  const rest = findings.length - named.length;
  if (named.length > 0) {
    return named.map(({ title }) => title).join(', ') + (rest > 0 ? ` +${rest}` : '');
  }
  return rest === 1 ? l10n.t('1 finding') : l10n.t('{0} findings', rest);
}

/** All of them by name, for a screen reader. */
export function spokenFindings(findings: readonly Finding[]): string | undefined {
  if (findings.length === 0) {
    return undefined;
  }
  return l10n.t('Findings: {0}', findings.map(({ title }) => title).join(', '));
}

/** A row each below the grant, so that they can be read and copied without a mouse. */
export function findingFields(findings: readonly Finding[]): readonly GrantField[] {
  return findings.map((finding) => ({ name: findingName(finding), value: finding.reason }));
}

/** As its row and its section of the tooltip name it. */
export function findingName({ title }: Finding): string {
  return l10n.t('Finding: {0}', title);
}
