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
import { principalKindName, readPrincipal } from '../kms/principal.ts';
import { serviceOfGrant } from '../kms/serviceGrant.ts';
import { connectionName } from './describe.ts';

type GrantParts = Pick<Grant, 'operations' | 'granteePrincipal' | 'constraints'> &
  Partial<Pick<Grant, 'grantId' | 'retiringPrincipal' | 'issuingAccount' | 'name'>>;

interface Place {
  readonly connection: Connection;
  readonly key: KmsKey;
  readonly identity: CallerIdentity | undefined;
  /** Unless given, the ARN of the identity. */
  readonly signedInAs?: string;
  /** An account as the user calls it. */
  readonly named: (account: string) => string;
}

/** All that a person needs to know of a grant, and of where it is, before it is changed: `Name: value`, each printable. */
export function grantLines(
  grant: GrantParts,
  { connection, key, identity, signedInAs, named }: Place,
): readonly string[] {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints;
  const account = accountOfArn(key.arn);
  const used = serviceOfGrant(grant);
  const lines: readonly (readonly [string, string | undefined])[] = [
    [l10n.t('Grantee'), described(grant.granteePrincipal) ?? l10n.t('unknown')],
    [l10n.t('Used by'), used && [used.service, used.resource].filter((part) => part !== undefined).join(' · ')],
    [l10n.t('Operations'), grant.operations.join(', ')],
    [l10n.t('Encryption context equals'), pairs(encryptionContextEquals)],
    [l10n.t('Encryption context includes'), pairs(encryptionContextSubset)],
    [l10n.t('Source ARN'), sourceArn],
    [l10n.t('Retiring principal'), described(grant.retiringPrincipal) ?? l10n.t('none')],
    [l10n.t('Grant name'), grant.name ?? l10n.t('none')],
    [l10n.t('Grant ID'), grant.grantId],
    [l10n.t('Key'), key.aliases.join(', ') || l10n.t('no alias')],
    [l10n.t('Key ARN'), key.arn],
    [l10n.t('Account'), account === undefined ? l10n.t('unknown') : named(account)],
    [l10n.t('Region'), connection.region],
    [l10n.t('Profile'), connectionName(connection.ref)],
    [l10n.t('Signed in as'), signedInAs ?? identity?.arn ?? l10n.t('unknown')],
    [
      l10n.t('Which is another account than the key’s'),
      identity === undefined || identity.account === account ? undefined : named(identity.account),
    ],
    [l10n.t('Custom endpoint'), connection.endpoint.kind === 'custom' ? connection.endpoint.url : undefined],
  ];
  // What says which grant it is stays whole.
  return fitting(lines, new Set([grant.grantId, key.arn]));
}

/** Of a row of VS Code's dialogs, in characters; and as many of them as leave question and buttons in sight. */
const rowLength = 68;
const rowsInSight = 22;

/** Cut to where a dialog has room for all of them: each long one, where there are several. */
function fitting(
  lines: readonly (readonly [string, string | undefined])[],
  whole: ReadonlySet<string | undefined>,
): readonly string[] {
  const cut = (max: number) =>
    lines.flatMap(([name, value]) =>
      value === undefined
        ? []
        : [printable(`${name}: ${value}`, whole.has(value) ? Math.max(max, 2 * rowLength) : max)],
    );
  const fits = (max: number) =>
    cut(max).reduce((rows, line) => rows + Math.ceil(line.length / rowLength), 0) <= rowsInSight;
  return cut([400, 272, 204, 136].find(fits) ?? rowLength);
}

function described(ref: PrincipalRef | undefined): string | undefined {
  return ref === undefined ? undefined : `${ref.value} (${principalKindName(readPrincipal(ref).kind)})`;
}

function pairs(context: Readonly<Record<string, string>> | undefined): string | undefined {
  if (context === undefined) {
    return undefined;
  }
  return Object.entries(context)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
