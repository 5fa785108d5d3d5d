import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Session } from '../core/connections.ts';
import { isAwsManaged } from '../core/describe.ts';
import { grantLines } from '../core/grantLines.ts';
import { accountOfArn, type CallerIdentity, type Grant, type KeyMetadata, keyLabel } from '../core/model.ts';
import { grantee, impactOfRevoke, isAwsService } from '../core/principal.ts';
import { type Preflight, preflight, type RevokeResult } from '../core/revocation.ts';
import { printable } from '../core/text.ts';
import { withCancellableProgress } from '../platform/progress.ts';
import { confirm, confirmByTyping } from '../platform/prompts.ts';
import type { GrantNode } from '../views/nodes.ts';
import { namedAccount, unlessDenied } from './ask.ts';
import { type CommandContext, sessionOf } from './context.ts';
import { pickGrant } from './pickGrant.ts';
import { refuseIfReadOnly } from './readOnly.ts';

/** What came of asking for a revoke. `declined`: the user did not confirm. `underWay`: it was revoked before. */
export type RevokeAnswer = 'declined' | 'gone' | 'underWay' | 'revokedByDryRun' | RevokeResult;

/** Checks, confirms, revokes; what follows is the view's. Without a node, the palette asks for key and grant. */
export async function revokeGrant(context: CommandContext, node?: GrantNode): Promise<RevokeAnswer> {
  refuseIfReadOnly();
  const target = node ?? (await pickGrant(context));
  if (target === undefined) return 'declined';
  const session = sessionOf(context, target.connection);
  const { connection, key } = target;
  if (isUnderWay(context, target)) {
    void vscode.window.showInformationMessage(l10n.t('This grant is revoked already. The view follows the change.'));
    return 'underWay';
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
    return 'gone';
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
    return 'revokedByDryRun';
  }

  if (!(await confirmed(target, outcome.grant, checked))) return 'declined';
  // The dialog may have been open for long: act only on the connection, and in the account, that it named.
  refuseIfReadOnly();
  const current = sessionOf(context, connection);
  if (identity !== undefined) await current.confirmAccount(identity.account, current.closed);
  return context.revocations.revoke(sessionOf(context, connection), key, outcome.grant, identity?.account);
}

/** A revoke of this grant was sent, or is about to be. */
export function isUnderWay({ revocations }: CommandContext, { connection, key, grant }: GrantNode): boolean {
  const kind = revocations.state(connection.ref, key, grant.grantId)?.kind;
  return kind === 'revoking' || kind === 'confirming';
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

async function confirmed(target: GrantNode, grant: Grant, { identity, metadata }: Checked): Promise<boolean> {
  const { connection, key } = target;
  const who = grantee(grant);
  const managed = isAwsManaged(key, metadata);
  const typed = managed || isAwsService(who);
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  const lines = grantLines(grant, { connection, key, identity, named: namedAccount });
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

function nameOf(grant: Grant): string {
  return printable(grant.name ?? grantee(grant).shortName);
}

function labelOf({ key }: GrantNode): string {
  return printable(keyLabel(key));
}
