import * as l10n from '@vscode/l10n';
import { printable } from '../base/text.ts';
import {
  accountOfArn,
  type CallerIdentity,
  type Connection,
  type Grant,
  type KmsKey,
  type PrincipalRef,
} from '../kms/model.ts';
import { parsePrincipal, principalKindName } from '../kms/principal.ts';
import { serviceOfGrant } from '../kms/serviceGrant.ts';
import { connectionName, pairs } from './describe.ts';

/** A name and its value; without one, the line is left out. */
type Term = readonly [name: string, value: string | undefined];

type GrantParts = Pick<Grant, 'operations' | 'granteePrincipal' | 'constraints'> &
  Partial<Pick<Grant, 'grantId' | 'retiringPrincipal' | 'issuingAccount' | 'name'>>;

/** Where a change is made, and as which principal. */
export interface ChangeContext {
  readonly connection: Connection;
  readonly key: KmsKey;
  readonly identity: CallerIdentity | undefined;
  /** Unless given, the ARN of the identity. */
  readonly signedInAs?: string;
  /** An account as the user calls it. */
  readonly accountName: (account: string) => string;
}

/** What a person needs to know about a grant and its place before a change: lines of `Name: value`, each printable. */
export function grantLines(grant: GrantParts, place: ChangeContext): readonly string[] {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints;
  const used = serviceOfGrant(grant);
  const terms: readonly Term[] = [
    [l10n.t('Grantee'), principalValue(grant.granteePrincipal) ?? l10n.t('unknown')],
    [l10n.t('Used by'), used && [used.service, used.resource].filter((part) => part !== undefined).join(' · ')],
    [l10n.t('Operations'), grant.operations.join(', ')],
    [l10n.t('Encryption context equals'), pairs(encryptionContextEquals)],
    [l10n.t('Encryption context includes'), pairs(encryptionContextSubset)],
    [l10n.t('Source ARN'), sourceArn],
    [l10n.t('Retiring principal'), principalValue(grant.retiringPrincipal) ?? l10n.t('none')],
    [l10n.t('Grant name'), grant.name ?? l10n.t('none')],
    [l10n.t('Grant ID'), grant.grantId],
    ...contextTerms(place),
  ];
  // The lines that identify the grant are never cut.
  return fitToDialog(terms, new Set([grant.grantId, place.key.arn]));
}

/** As {@link grantLines}, without the grant; each cut to `max` characters. */
export function contextLines(place: ChangeContext, max: number): readonly string[] {
  return contextTerms(place).flatMap((term) => lineOf(term, max));
}

function contextTerms({ connection, key, identity, signedInAs, accountName }: ChangeContext): readonly Term[] {
  const account = accountOfArn(key.arn);
  return [
    [l10n.t('Key'), key.aliases.join(', ') || l10n.t('no alias')],
    [l10n.t('Key ARN'), key.arn],
    [l10n.t('Account'), account === undefined ? l10n.t('unknown') : accountName(account)],
    [l10n.t('Region'), connection.region],
    [l10n.t('Profile'), connectionName(connection.ref)],
    [l10n.t('Signed in as'), signedInAs ?? identity?.arn ?? l10n.t('unknown')],
    [
      l10n.t("Different account than the key's"),
      identity === undefined || identity.account === account ? undefined : accountName(identity.account),
    ],
    [l10n.t('Custom endpoint'), connection.endpoint.kind === 'custom' ? connection.endpoint.url : undefined],
  ];
}

function lineOf([name, value]: Term, max: number): readonly string[] {
  return value === undefined ? [] : [printable(`${name}: ${value}`, max)];
}

/** The characters in a row of VS Code's dialogs, and the rows that leave the question and the buttons visible. */
const rowLength = 68;
const maxRows = 22;

/** Long lines are cut, the longest first, until a dialog shows all of them. `whole`: values that get two rows at least. */
function fitToDialog(terms: readonly Term[], whole: ReadonlySet<string | undefined>): readonly string[] {
  const cut = (max: number) =>
    terms.flatMap((term) => lineOf(term, whole.has(term[1]) ? Math.max(max, 2 * rowLength) : max));
  const rows = (lines: readonly string[]) =>
    lines.reduce((count, line) => count + Math.ceil(line.length / rowLength), 0);
  let lines = cut(400);
  for (let most = 4; most > 0 && rows(lines) > maxRows; most -= 1) {
    lines = cut(most * rowLength);
  }
  return lines;
}

function principalValue(ref: PrincipalRef | undefined): string | undefined {
  return ref === undefined ? undefined : `${ref.value} (${principalKindName(parsePrincipal(ref).kind)})`;
}
