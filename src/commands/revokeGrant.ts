import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Session } from '../core/connections.ts';
import { connectionName, isAwsManaged } from '../core/describe.ts';
import { isKmsError } from '../core/errors.ts';
import { accountOfArn, type CallerIdentity, type Grant, type KeyMetadata, keyLabel } from '../core/model.ts';
import { grantee, impactOfRevoke, isAwsService, principalKindName } from '../core/principal.ts';
import { type Preflight, preflight } from '../core/revocation.ts';
import { printable } from '../core/text.ts';
import { withCancellableProgress } from '../platform/progress.ts';
import { confirm, confirmByTyping } from '../platform/prompts.ts';
import { accountName } from '../platform/settings.ts';
import type { GrantNode } from '../views/nodes.ts';
import { type CommandContext, sessionOf } from './context.ts';
import { pickGrant } from './pickGrant.ts';

/** Checks, confirms, revokes; what follows is the view's. Without a node, the palette asks for key and grant. */
export async function revokeGrant(context: CommandContext, node?: GrantNode): Promise<void> {
  const target = node ?? (await pickGrant(context));
  if (target === undefined) return;
  const session = sessionOf(context, target.connection);
  const { connection, key } = target;
  if (context.revocations.state(connection.ref, key, target.grant.grantId)?.kind === 'confirming') {
    void vscode.window.showInformationMessage(l10n.t('This grant is revoked already. The view follows the change.'));
    return;
  }

  const checked = await withCancellableProgress(l10n.t('Checking the grant…'), (signal) =>
    check(session, target, AbortSignal.any([signal, session.closed])),
  );
  const { outcome, identity } = checked;
  if (outcome.kind === 'gone') {
    context.view.refreshGrants(connection, key.arn);
    void vscode.window.showInformationMessage(
      l10n.t(
        'KMS no longer lists the grant {0} on {1}. There is nothing to revoke.',
        nameOf(target.grant),
        labelOf(target),
      ),
    );
    return;
  }
  if (outcome.kind === 'revokedByDryRun') {
    await context.revocations.followRevoked(session, key, outcome.grant, identity?.account);
    void vscode.window.showWarningMessage(
      l10n.t(
        'The server does not know dry runs: it revoked the grant {0} on {1} when it was only asked whether it would.',
        nameOf(outcome.grant),
        labelOf(target),
      ),
    );
    return;
  }

  if (!(await confirmed(target, outcome.grant, checked))) return;
  // The dialog may have been open for long: act only on the connection, and in the account, that it named.
  const current = sessionOf(context, connection);
  if (identity !== undefined) await current.confirmAccount(identity.account, current.closed);
  await context.revocations.revoke(sessionOf(context, connection), key, outcome.grant, identity?.account);
}

interface Checked {
  readonly outcome: Preflight;
  readonly identity: CallerIdentity | undefined;
  readonly metadata: KeyMetadata | undefined;
}

/** Everything that the confirmation needs to know, asked at once. */
async function check(session: Session, { key, grant }: GrantNode, signal: AbortSignal): Promise<Checked> {
  const [outcome, identity, metadata] = await Promise.all([
    preflight(session, { keyArn: key.arn, grantId: grant.grantId }, signal),
    unlessDenied(session.identity()),
    unlessDenied(session.inventory.metadata(key.arn) ?? session.api.describeKey(key.arn, signal)),
  ]);
  signal.throwIfAborted();
  return { outcome, identity, metadata };
}

/** The confirmation does without what AWS refuses to tell. */
async function unlessDenied<T>(asked: T | Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isKmsError(error)) return undefined;
    throw error;
  }
}

async function confirmed(target: GrantNode, grant: Grant, { identity, metadata }: Checked): Promise<boolean> {
  const { connection, key } = target;
  const who = grantee(grant);
  const managed = isAwsManaged(key, metadata);
  const typed = managed || isAwsService(who);
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  const named = (id: string) => (accountName(id) === undefined ? id : `${accountName(id)} (${id})`);
  const lines = [
    line(l10n.t('Grantee'), `${who.value} (${principalKindName(who.kind)})`),
    line(l10n.t('Operations'), grant.operations.join(', ')),
    line(l10n.t('Grant name'), grant.name ?? l10n.t('none')),
    line(l10n.t('Grant ID'), grant.grantId),
    line(l10n.t('Key'), key.aliases.join(', ') || l10n.t('no alias')),
    line(l10n.t('Key ARN'), key.arn),
    line(l10n.t('Account'), named(account)),
    line(l10n.t('Region'), connection.region),
    line(l10n.t('Profile'), connectionName(connection.ref)),
    line(l10n.t('Signed in as'), identity?.arn ?? l10n.t('unknown')),
    ...(identity !== undefined && identity.account !== account
      ? [line(l10n.t('Which is another account than the key’s'), named(identity.account))]
      : []),
    ...(connection.endpoint.kind === 'custom' ? [line(l10n.t('Custom endpoint'), connection.endpoint.url)] : []),
  ];
  const warnings = [
    impactOfRevoke(grant),
    ...(managed ? [l10n.t('AWS manages this key for a service, which may stop working.')] : []),
    l10n.t('A revoked grant cannot be restored.'),
  ];
  const agreed = await confirm({
    question: l10n.t('Revoke the grant {0} on {1}?', nameOf(grant), labelOf(target)),
    detail: `${warnings.join(' ')}\n\n${lines.join('\n')}`,
    button: typed ? l10n.t('Continue…') : l10n.t('Revoke Grant'),
  });
  if (!agreed || !typed) return agreed;
  const reason = managed ? l10n.t('This key is managed by AWS.') : l10n.t('An AWS service holds this grant.');
  return confirmByTyping(
    l10n.t('Revoke the grant {0}', nameOf(grant)),
    l10n.t('{0} Type {1} to revoke in account {2}, {3}.', reason, labelOf(target), account, connection.region),
    [keyLabel(key), ...key.aliases, key.keyId],
  );
}

function line(name: string, value: string): string {
  return `${name}: ${printable(value, 1000)}`;
}

function nameOf(grant: Grant): string {
  return printable(grant.name ?? grantee(grant).shortName);
}

function labelOf({ key }: GrantNode): string {
  return printable(keyLabel(key));
}
