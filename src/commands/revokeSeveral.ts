import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { systemClock } from '../core/clock.ts';
import { connectionName, isAwsManaged } from '../core/describe.ts';
import { explain, isAbort, isKind, isKmsError } from '../core/errors.ts';
import { inTurn, type TurnResult } from '../core/inTurn.ts';
import { accountOfArn, keyLabel } from '../core/model.ts';
import { grantee, isAwsService } from '../core/principal.ts';
import { preflight } from '../core/revocation.ts';
import { printable } from '../core/text.ts';
import { withCancellableProgress } from '../platform/progress.ts';
import { confirm, confirmByTyping, pickSeveral } from '../platform/prompts.ts';
import { shortOperations } from '../views/grantFields.ts';
import type { GrantNode } from '../views/nodes.ts';
import { type CommandContext, sessionOf } from './context.ts';

/** KMS takes 50 a second from a whole account; production needs some of them. */
const perSecond = 10;
const checksAtOnce = 4;
/** As many lines as a dialog has room for. */
const linesShown = 20;

interface Checked {
  readonly node: GrantNode;
  readonly outcome: 'ready' | 'gone' | 'revoked' | { readonly error: unknown };
  readonly account: string | undefined;
}

/** Several grants in one go: pick, check, one confirmation, one result for each. */
export async function revokeSeveral(context: CommandContext, selected: readonly GrantNode[]): Promise<void> {
  const nodes = await pickOf(context, selected);
  if (nodes.length === 0) return;
  const checked = await withCancellableProgress(l10n.t('Checking {0} grants…', nodes.length), (signal) =>
    checkAll(context, nodes, signal),
  );
  for (const { node, outcome, account } of checked) {
    if (outcome !== 'revoked') continue;
    await context.revocations.followRevoked(sessionOf(context, node.connection), node.key, node.grant, account);
  }
  const ready = checked.filter(({ outcome }) => outcome === 'ready');
  const refused = checked.filter(({ outcome }) => typeof outcome === 'object');
  const kept = selected.filter((node) => !nodes.includes(node));
  if (ready.length === 0) {
    await tellResults(context, [], refused, selected);
    return;
  }
  if (!(await confirmed(ready, refused, kept))) return;
  const results = await revokeAll(context, ready);
  await tellResults(context, results, refused, selected);
}

/** The tick: grants that AWS keeps for a service begin without one, and say so. */
async function pickOf({ connections }: CommandContext, nodes: readonly GrantNode[]): Promise<readonly GrantNode[]> {
  const items = nodes.map((node) => {
    const { connection, key, grant } = node;
    const who = grantee(grant);
    const metadata = connections.find(connection)?.inventory.metadata(key.arn);
    const isService = isAwsService(who) || isAwsManaged(key, metadata);
    return {
      label: nameOf(node),
      description: `${printable(keyLabel(key))} · ${shortOperations(grant.operations)}`,
      detail: isService
        ? l10n.t('An AWS service uses this grant: revoking it can break a resource. Tick it only if you mean it.')
        : printable(who.value),
      picked: !isService,
      ...(isService ? { iconPath: new vscode.ThemeIcon('warning') } : {}),
      value: node,
    };
  });
  const picked = await pickSeveral(
    l10n.t('Revoke {0} Grants: Choose', nodes.length),
    l10n.t('Grants to revoke; those of AWS services are not ticked'),
    items,
  );
  return picked ?? [];
}

async function checkAll(context: CommandContext, nodes: readonly GrantNode[], signal: AbortSignal): Promise<Checked[]> {
  const checked: Checked[] = [];
  const waiting = [...nodes];
  const worker = async () => {
    for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
      signal.throwIfAborted();
      checked.push(await checkOne(context, node, signal));
    }
  };
  await Promise.all(Array.from({ length: checksAtOnce }, worker));
  return checked.sort((left, right) => nodes.indexOf(left.node) - nodes.indexOf(right.node));
}

async function checkOne(context: CommandContext, node: GrantNode, signal: AbortSignal): Promise<Checked> {
  const session = sessionOf(context, node.connection);
  const ref = { keyArn: node.key.arn, grantId: node.grant.grantId };
  try {
    const result = await preflight(session, ref, AbortSignal.any([signal, session.closed]));
    const account = await session.identity().then(
      (identity) => identity.account,
      () => undefined,
    );
    const outcome = { ready: 'ready', gone: 'gone', revokedByDryRun: 'revoked' } as const;
    return { node, outcome: outcome[result.kind], account };
  } catch (error) {
    if (isAbort(error)) throw error;
    return { node, outcome: { error }, account: undefined };
  }
}

async function confirmed(
  ready: readonly Checked[],
  refused: readonly Checked[],
  kept: readonly GrantNode[],
): Promise<boolean> {
  const places = [...new Set(ready.map(({ node }) => placeOf(node)))];
  const sections = [
    l10n.t('A revoked grant cannot be restored.'),
    `${l10n.t('To be revoked:')}\n${list(ready.map(({ node }) => lineOf(node)))}`,
    `${l10n.t('Connections:')}\n${places.join('\n')}`,
    kept.length === 0 ? '' : `${l10n.t('Kept, since not ticked:')}\n${list(kept.map(lineOf))}`,
    refused.length === 0
      ? ''
      : `${l10n.t('Kept, since the check failed:')}\n${list(refused.map(({ node }) => lineOf(node)))}`,
  ];
  const several = ready.length > 1;
  const agreed = await confirm({
    question: several ? l10n.t('Revoke {0} grants?', ready.length) : l10n.t('Revoke 1 grant?'),
    detail: sections.filter((section) => section !== '').join('\n\n'),
    button: several ? l10n.t('Continue…') : l10n.t('Revoke Grant'),
  });
  if (!agreed || !several) return agreed;
  const count = String(ready.length);
  return confirmByTyping(
    l10n.t('Revoke {0} Grants', count),
    l10n.t('Type {0}, the number of grants, to revoke them.', count),
    [count],
  );
}

function revokeAll(context: CommandContext, ready: readonly Checked[]): Promise<readonly TurnResult<Checked>[]> {
  return Promise.resolve(
    vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: l10n.t('Revoking'), cancellable: true },
      async (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        const confirmedAccounts = new Set<string>();
        const revokeOne = async ({ node, account }: Checked) => {
          const session = sessionOf(context, node.connection);
          // Once for each opening of a connection: another opening asks anew, and the old one acts no more.
          const opening = `${session.connection.id}#${session.connection.opening}`;
          if (account !== undefined && !confirmedAccounts.has(opening)) {
            await session.confirmAccount(account, session.closed);
            confirmedAccounts.add(opening);
          }
          await context.revocations.revoke(session, node.key, node.grant, account);
        };
        return inTurn(ready, revokeOne, {
          clock: systemClock,
          perSecond,
          signal: controller.signal,
          onResult: (_, done) =>
            progress.report({
              message: l10n.t('{0} of {1}', done, ready.length),
              increment: 100 / ready.length,
            }),
          stopAt: (error) => isKind(error, 'accountChanged'),
        });
      },
    ),
  );
}

async function tellResults(
  context: CommandContext,
  results: readonly TurnResult<Checked>[],
  refused: readonly Checked[],
  selected: readonly GrantNode[],
): Promise<void> {
  const failed = [
    ...results.flatMap((result) => (result.kind === 'failed' ? [{ node: result.item.node, error: result.error }] : [])),
    ...refused.flatMap(({ node, outcome }) => (typeof outcome === 'object' ? [{ node, error: outcome.error }] : [])),
  ];
  const done = results.filter(({ kind }) => kind === 'done').length;
  const skipped = results.filter(({ kind }) => kind === 'skipped').length;
  const parts = [
    l10n.t('{0} of {1} grants revoked; their rows follow the change.', done, selected.length),
    failed.length === 0 ? '' : l10n.t('{0} failed.', failed.length),
    skipped === 0 ? '' : l10n.t('{0} not begun.', skipped),
  ];
  const sentence = parts.filter((part) => part !== '').join(' ');
  if (failed.length === 0) {
    void vscode.window.showInformationMessage(sentence);
    return;
  }
  const retry = l10n.t('Retry Failed');
  const details = l10n.t('Show Results');
  const picked = await vscode.window.showWarningMessage(sentence, retry, details);
  if (picked === retry) {
    await revokeSeveral(
      context,
      failed.map(({ node }) => node),
    );
  } else if (picked === details) {
    await context.documents.show(l10n.t('Revoke results'), {
      revoked: results.flatMap((result) => (result.kind === 'done' ? [resultOf(result.item.node)] : [])),
      failed: failed.map(({ node, error }) => ({ ...resultOf(node), reason: reasonOf(error) })),
      notBegun: results.flatMap((result) => (result.kind === 'skipped' ? [resultOf(result.item.node)] : [])),
    });
  }
}

function resultOf({ key, grant, connection }: GrantNode) {
  return { grantId: grant.grantId, name: grant.name, keyArn: key.arn, connection: connection.id };
}

function reasonOf(error: unknown): string {
  if (isKmsError(error)) return explain(error.details).sentence;
  return error instanceof Error ? error.message : String(error);
}

function list(lines: readonly string[]): string {
  const rest = lines.length - linesShown;
  return [...lines.slice(0, linesShown), ...(rest > 0 ? [l10n.t('… and {0} more', rest)] : [])].join('\n');
}

function lineOf(node: GrantNode): string {
  const { key, grant } = node;
  return `• ${nameOf(node)} · ${printable(keyLabel(key))} · ${shortOperations(grant.operations)} · ${grant.grantId.slice(0, 8)}`;
}

function nameOf({ grant }: GrantNode): string {
  return printable(grant.name ?? grantee(grant).shortName);
}

function placeOf({ connection, key }: GrantNode): string {
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  return `• ${l10n.t('{0}, account {1}, {2}', connectionName(connection.ref), account, connection.region)}`;
}
