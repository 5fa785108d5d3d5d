import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { connectionName, isAwsManaged } from '../core/describe.ts';
import { explain, isKind, isKmsError, isOutcomeUnknown, isUserError } from '../core/errors.ts';
import { inTurn, type TurnResult } from '../core/inTurn.ts';
import { accountOfArn, type CallerIdentity, keyLabel } from '../core/model.ts';
import { grantee, isAwsService } from '../core/principal.ts';
import { preflight } from '../core/revocation.ts';
import { printable } from '../core/text.ts';
import { withCancellableProgress } from '../platform/progress.ts';
import { confirm, confirmByTyping, pickSeveral, showInformation, showWarning } from '../platform/prompts.ts';
import { shortOperations } from '../views/grantFields.ts';
import type { GrantNode } from '../views/nodes.ts';
import { namedAccount } from './ask.ts';
import { type CommandContext, sessionOf } from './context.ts';
import { isUnderWay } from './endGrant.ts';
import { isReadOnly, refuseIfReadOnly } from './readOnly.ts';
import { revokeGrant } from './revokeGrant.ts';

const checksAtOnce = 4;
/** As many lines as a dialog has room for. */
const linesShown = 20;

type Outcome =
  | 'ready'
  | 'gone'
  /** A revoke of it was sent before. */
  | 'underWay'
  /** The server ignored the dry run. */
  | 'doneByDryRun'
  | { readonly error: unknown };

interface Checked {
  readonly node: GrantNode;
  readonly outcome: Outcome;
  readonly identity: CallerIdentity | undefined;
}

/** One that KMS said it would revoke, and who we are there. */
interface Ready {
  readonly node: GrantNode;
  readonly identity: CallerIdentity;
}

/** Several grants in one go: pick, check, one confirmation, one result for each. */
export async function revokeSeveral(context: CommandContext, selected: readonly GrantNode[]): Promise<void> {
  refuseIfReadOnly();
  const nodes = await pickOf(context, selected);
  if (nodes.length === 0) return;
  const checked = await withCancellableProgress(l10n.t('Checking {0} grants…', nodes.length), (signal) =>
    checkAll(context, nodes, signal),
  );
  for (const { node, outcome } of checked) {
    if (outcome === 'gone') context.view.refreshGrants(node.connection, node.key.arn);
  }
  const ready = checked.flatMap(({ node, outcome, identity }): Ready[] =>
    outcome === 'ready' && identity !== undefined ? [{ node, identity }] : [],
  );
  const [only] = ready;
  // One alone has the question of one: for a grant of an AWS service, that asks for more than a click.
  if (only !== undefined && ready.length === 1 && checked.length === 1) {
    await revokeGrant(context, only.node);
    return;
  }
  if (ready.length === 0) {
    await tellResults(context, [], checked);
    return;
  }
  const kept = selected.filter((node) => !nodes.includes(node));
  const refused = checked.filter(({ outcome }) => typeof outcome === 'object');
  if (!(await confirmed(ready, refused, kept))) return;
  refuseIfReadOnly();
  await tellResults(context, await revokeAll(context, ready), checked);
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

/** Reads the grant again, and asks by dry run where that is safe. Without knowing who we are, nothing goes on. */
async function checkOne(context: CommandContext, node: GrantNode, signal: AbortSignal): Promise<Checked> {
  const { connection, key, grant } = node;
  if (isUnderWay(context, node)) return { node, outcome: 'underWay', identity: undefined };
  try {
    const session = sessionOf(context, connection);
    const either = AbortSignal.any([signal, session.closed]);
    const identity = await session.identity();
    const result = await preflight(session, { keyArn: key.arn, grantId: grant.grantId }, either);
    if (result.kind === 'doneByDryRun') {
      await context.revocations.followDone('revoke', session, key, result.grant, identity.account);
    }
    return { node, outcome: result.kind, identity };
  } catch (error) {
    if (signal.aborted) throw error;
    return { node, outcome: { error }, identity: undefined };
  }
}

async function confirmed(
  ready: readonly Ready[],
  refused: readonly Checked[],
  kept: readonly GrantNode[],
): Promise<boolean> {
  const places = [...new Set(ready.map(placeOf))];
  const sections = [
    l10n.t('A revoked grant cannot be restored.'),
    `${l10n.t('To be revoked:')}\n${list(ready.map(({ node }) => lineOf(node)))}`,
    `${l10n.t('Connections:')}\n${places.join('\n')}`,
    kept.length === 0 ? '' : `${l10n.t('Kept, since not ticked:')}\n${list(kept.map(lineOf))}`,
    refused.length === 0
      ? ''
      : `${l10n.t('Kept, since the check failed:')}\n${list(refused.map(({ node }) => lineOf(node)))}`,
  ];
  const count = String(ready.length);
  const agreed = await confirm({
    question: ready.length === 1 ? l10n.t('Revoke 1 grant?') : l10n.t('Revoke {0} grants?', count),
    detail: sections.filter((section) => section !== '').join('\n\n'),
    button: l10n.t('Continue…'),
  });
  if (!agreed) return false;
  return confirmByTyping(
    l10n.t('Revoke Grants: {0}', count),
    l10n.t('Type {0}, the number of grants, to revoke them.', count),
    [count],
  );
}

function revokeAll(context: CommandContext, ready: readonly Ready[]): Promise<readonly TurnResult<Ready>[]> {
  const confirmedOpenings = new Set<string>();
  const revokeOne = async ({ node, identity: { account } }: Ready) => {
    refuseIfReadOnly();
    const session = sessionOf(context, node.connection);
    // Once for each opening of a connection: another opening asks anew, and the old one acts no more.
    const opening = `${session.connection.id}#${session.connection.opening}`;
    if (!confirmedOpenings.has(opening)) {
      await session.confirmAccount(account, session.closed);
      confirmedOpenings.add(opening);
    }
    await context.revocations.revoke(session, node.key, node.grant, account);
  };
  return Promise.resolve(
    vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: l10n.t('Revoking'), cancellable: true },
      (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        return inTurn(ready, revokeOne, {
          signal: controller.signal,
          onResult: (_, done) =>
            progress.report({ message: l10n.t('{0} of {1}', done, ready.length), increment: 100 / ready.length }),
          stopAt: (error) => isKind(error, 'accountChanged') || (isUserError(error) && isReadOnly()),
        });
      },
    ),
  );
}

/** What is true of each grant that was ticked. What was sent without an answer is followed, and not for a second try. */
async function tellResults(
  context: CommandContext,
  results: readonly TurnResult<Ready>[],
  checked: readonly Checked[],
): Promise<void> {
  const broken = [
    ...results.flatMap((result) => (result.kind === 'failed' ? [{ node: result.item.node, error: result.error }] : [])),
    ...checked.flatMap(({ node, outcome }) => (typeof outcome === 'object' ? [{ node, error: outcome.error }] : [])),
  ];
  const isUnanswered = ({ node, error }: (typeof broken)[number]) =>
    isOutcomeUnknown(error) && isUnderWay(context, node);
  const unanswered = broken.filter(isUnanswered);
  const failed = broken.filter((one) => !isUnanswered(one));
  const revoked = results.flatMap((result) => (result.kind === 'done' ? [result.item.node] : []));
  const skipped = results.flatMap((result) => (result.kind === 'skipped' ? [result.item.node] : []));
  const of = (outcome: Outcome) => checked.filter((one) => one.outcome === outcome).map(({ node }) => node);
  const [gone, underWay, byDryRun] = [of('gone'), of('underWay'), of('doneByDryRun')];
  const counts: readonly (readonly [number, (count: number) => string])[] = [
    [unanswered.length, (count) => l10n.t('Sent without an answer, and followed: {0}.', count)],
    [byDryRun.length, (count) => l10n.t('Revoked by the check, since the server does not know dry runs: {0}.', count)],
    [gone.length, (count) => l10n.t('No longer listed before: {0}.', count)],
    [underWay.length, (count) => l10n.t('Revoked before: {0}.', count)],
    [failed.length, (count) => l10n.t('Failed: {0}.', count)],
    [skipped.length, (count) => l10n.t('Not begun: {0}.', count)],
  ];
  const sentence = [
    l10n.t('{0} of {1} grants revoked; their rows follow the change.', revoked.length, checked.length),
    ...counts.filter(([count]) => count > 0).map(([count, say]) => say(count)),
  ].join(' ');
  const retry = l10n.t('Retry Failed');
  const details = l10n.t('Show Results');
  const picked =
    failed.length > 0 ? await showWarning(sentence, retry, details) : await showInformation(sentence, details);
  if (picked === retry) {
    await revokeSeveral(
      context,
      failed.map(({ node }) => node),
    );
  } else if (picked === details) {
    await context.documents.show(l10n.t('Revoke results'), {
      revoked: revoked.map(resultOf),
      sentWithoutAnswer: unanswered.map(({ node, error }) => ({ ...resultOf(node), reason: reasonOf(error) })),
      revokedByCheck: byDryRun.map(resultOf),
      noLongerListed: gone.map(resultOf),
      revokedBefore: underWay.map(resultOf),
      failed: failed.map(({ node, error }) => ({ ...resultOf(node), reason: reasonOf(error) })),
      notBegun: skipped.map(resultOf),
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

/** Whose keys they are, and who we are there. */
function placeOf({ node: { connection, key }, identity }: Ready): string {
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  const { endpoint } = connection;
  const parts = [
    l10n.t('{0}, account {1}, {2}', connectionName(connection.ref), namedAccount(account), connection.region),
    l10n.t('signed in as {0}', printable(identity.arn)),
    ...(endpoint.kind === 'custom' ? [l10n.t('custom endpoint {0}', printable(endpoint.url))] : []),
  ];
  return `• ${parts.join(', ')}`;
}
