import * as l10n from '@vscode/l10n';
import { printable } from '../base/text.ts';
import type { EvidenceLine } from '../evidence/evidenceText.ts';
import type { FileResource, Match } from './match.ts';
import { resourceType } from './resource.ts';

/** A resource that may make a grant, beside what AWS says of the grant. */
export interface TerraformLine extends Omit<EvidenceLine, 'kind'> {
  readonly kind: 'terraform';
  /** `undefined`: there are more of them. */
  readonly resource: FileResource | undefined;
}

/** Of one grant. */
const linesShown = 5;
const placesShown = 3;

/** What is shown below Evidence. */
export function terraformLines(matches: readonly Match[]): readonly TerraformLine[] {
  const line = { kind: 'terraform', title: l10n.t('May be defined by'), tone: 'quiet' } as const;
  const rest = matches.length - linesShown;
  return [
    ...matches.slice(0, linesShown).map((match): TerraformLine => {
      const { resource } = match;
      const source = l10n.t('Terraform files of the workspace');
      return { ...line, text: placeText(resource), source, more: comparedText(match), resource };
    }),
    ...(rest > 0
      ? [{ ...line, text: l10n.t('{0} more', rest), source: undefined, more: [], resource: undefined }]
      : []),
  ];
}

/** Of a path. A question leaves out what has no room. */
const longestPath = 80;

/** `infra/main.tf:12`; of a long path, its end. Printable. */
export function placeText({ path, line }: Pick<FileResource, 'path' | 'line'>): string {
  const end = path.length > longestPath ? `…${path.slice(1 - longestPath)}` : path;
  return printable(`${end}:${line}`, 400);
}

/** What it takes to judge a match by, a line each. Printable. */
export function comparedText({ resource, equal, notCompared }: Match): readonly string[] {
  const { name, repeats } = resource;
  const list = (names: readonly string[]) => names.join(', ');
  return [
    printable(`${resourceType}.${name}`),
    l10n.t('Equal: {0}', list(equal)),
    ...(notCompared.length > 0 ? [l10n.t('Not compared: {0}', list(notCompared))] : []),
    ...(repeats === undefined ? [] : [l10n.t('{0}: it may define several grants, or none.', repeats)]),
  ];
}

/** What a question about the end of grants says, in a line or none. @param matches of each grant */
export function beforeEndText(matches: readonly (readonly Match[])[]): readonly string[] {
  const returning = matches.filter((one) => one.length > 0);
  const [only] = returning;
  if (only === undefined) {
    return [];
  }
  if (matches.length > 1) {
    return [l10n.t('Terraform may create {0} of these again at the next apply.', returning.length)];
  }
  const places = only.slice(0, placesShown).map(({ resource }) => placeText(resource));
  const rest = only.length - placesShown;
  const all = [...places, ...(rest > 0 ? [l10n.t('{0} more', rest)] : [])].join(', ');
  return [l10n.t('Terraform may create it again at the next apply: {0}', all)];
}
