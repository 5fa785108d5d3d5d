import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { systemClock } from '../core/clock.ts';
import type { Session } from '../core/connections.ts';
import { principalProblem } from '../core/createGrant.ts';
import { isAwsManaged } from '../core/describe.ts';
import { UserError } from '../core/errors.ts';
import { checkRetire, mayHaveBeenDone, retire } from '../core/grantChanges.ts';
import { grantLines } from '../core/grantLines.ts';
import {
  accountOfArn,
  type CallerIdentity,
  type Connection,
  type Grant,
  type KeyMetadata,
  type KmsKey,
  keyLabel,
} from '../core/model.ts';
import { keyOfArn, readKeyArn } from '../core/pinnedKeys.ts';
import { grantee, impactOfRevoke, isAwsService } from '../core/principal.ts';
import { PropagationPoller } from '../core/propagation.ts';
import { retirableGrants, retiredListed, retireRight, retiringPrincipalsOf } from '../core/retirement.ts';
import { duration, printable, withoutIcons } from '../core/text.ts';
import { withCancellableProgress } from '../platform/progress.ts';
import { askText, confirm, confirmByTyping, type PickItem, pick } from '../platform/prompts.ts';
import { propagationPolicy } from '../platform/settings.ts';
import { shortOperations } from '../views/grantFields.ts';
import type { ConnectionNode, GrantNode } from '../views/nodes.ts';
import { namedAccount, unlessDenied } from './ask.ts';
import { pickConnection } from './connectionCommands.ts';
import { type CommandContext, sessionOf } from './context.ts';
import { tellFailure } from './errorBoundary.ts';
import { refuseIfReadOnly } from './readOnly.ts';

interface Target {
  readonly connection: Connection;
  readonly key: KmsKey;
  readonly grant: Grant;
}

/** Retires the grant of a row; from the palette, one of those that the caller may retire. */
export async function retireGrant(context: CommandContext, node?: GrantNode): Promise<void> {
  if (node === undefined) await showRetirableGrants(context);
  else await checkAndRetire(context, node);
}

/** What the caller may retire, of whatever account's keys in the connection's Region, to pick one and retire it. */
export async function showRetirableGrants(context: CommandContext, node?: ConnectionNode): Promise<void> {
  refuseIfReadOnly();
  const ref = node?.ref ?? (await pickConnection(context));
  if (ref === undefined) return;
  const session = await context.connections.open(ref);
  const { arn } = await session.identity();
  let principals = retiringPrincipalsOf(arn, session.connection.region);
  for (;;) {
    const picked = await pickRetirable(session, principals);
    if (picked === undefined) return;
    if (picked !== 'otherPrincipal') {
      const key = readKeyArn(picked.keyArn);
      if (key === undefined) throw new UserError(l10n.t('{0} is no ARN of a key.', printable(picked.keyArn)));
      await checkAndRetire(context, { connection: session.connection, key: keyOfArn(key), grant: picked });
      return;
    }
    const principal = await askText(
      l10n.t('Grants I Can Retire: Principal'),
      l10n.t('ARN of a role or user of your account, with the path that STS leaves out of the ARN of a session'),
      'arn:aws:iam::111122223333:role/platform/grant-janitor',
      (text) => principalProblem(text, arn),
    );
    if (principal === undefined) return;
    principals = [principal];
  }
}

function pickRetirable(session: Session, principals: readonly string[]): Promise<Grant | 'otherPrincipal' | undefined> {
  const { connection, api, closed } = session;
  const other: PickItem<Grant | 'otherPrincipal'> = {
    label: l10n.t('Of another principal…'),
    description: l10n.t('asked for: {0}', principals.map((principal) => printable(principal)).join(', ')),
    alwaysShow: true,
    value: 'otherPrincipal',
  };
  return pick({
    title: l10n.t('Grants I Can Retire in {0}', connection.region),
    placeholder: l10n.t('Grant to retire'),
    empty: l10n.t('There are none.'),
    load: async (show, signal) => {
      const items: PickItem<Grant | 'otherPrincipal'>[] = [];
      for await (const grants of retirableGrants(api, principals, AbortSignal.any([signal, closed]))) {
        items.push(...grants.map(retirableItem));
        show(items);
      }
      show([...items, other]);
    },
  });
}

function retirableItem(grant: Grant): PickItem<Grant> {
  const who = grantee(grant);
  const account = accountOfArn(grant.keyArn);
  return {
    label: printable(grant.name ?? who.shortName),
    description: [
      ...(grant.name === undefined ? [] : [who.shortName]),
      shortOperations(grant.operations, 3),
      ...(account === undefined ? [] : [printable(namedAccount(account))]),
    ].join(' · '),
    detail: printable(grant.keyArn),
    value: grant,
  };
}

interface Checked {
  readonly outcome: Awaited<ReturnType<typeof checkRetire>>;
  readonly identity: CallerIdentity | undefined;
  readonly metadata: KeyMetadata | undefined;
}

async function checkAndRetire(context: CommandContext, target: Target): Promise<void> {
  refuseIfReadOnly();
  const { connection, key } = target;
  const session = sessionOf(context, connection);
  if (context.revocations.state(connection.ref, key, target.grant.grantId)?.kind === 'confirming') {
    void vscode.window.showInformationMessage(l10n.t('This grant is ended already. The view follows the change.'));
    return;
  }
  const checked = await withCancellableProgress(l10n.t('Checking the grant…'), (signal) =>
    check(session, target, AbortSignal.any([signal, session.closed])),
  );
  const { outcome, identity } = checked;
  if (outcome.kind === 'gone') {
    tellGone(context, target);
    return;
  }
  if (outcome.kind === 'retiredByDryRun') {
    const made = await context.changeLog.intent(session, { kind: 'retire', grant: outcome.grant }, identity?.account);
    await made.done({ kind: 'accepted' });
    void follow(context, session, target, outcome.grant, systemClock.now());
    void vscode.window.showWarningMessage(
      l10n.t(
        'The server does not know dry runs: it retired the grant {0} on {1} when it was only asked whether it would.',
        nameOf(outcome.grant),
        labelOf(target),
      ),
    );
    return;
  }
  if (!(await confirmed(target, outcome.grant, checked))) return;
  // The dialog may have been open for long: act only on the connection, and in the account, that it named.
  refuseIfReadOnly();
  const current = sessionOf(context, connection);
  if (identity !== undefined) await current.confirmAccount(identity.account, current.closed);
  await end(context, target, outcome.grant, identity);
}

/** Everything that the confirmation needs to know, asked at once; nothing is asked of KMS that it is sure to refuse. */
async function check(session: Session, { key, grant }: Target, signal: AbortSignal): Promise<Checked> {
  const identity = await unlessDenied(session.identity());
  if (identity !== undefined && retireRight(identity.arn, grant) === 'no') {
    throw new UserError(
      l10n.t(
        'KMS lets only whom the grant names retire it: {0}. You are signed in as {1}.',
        printable(grant.retiringPrincipal?.value ?? l10n.t('nobody')),
        printable(identity.arn),
      ),
    );
  }
  const [outcome, metadata] = await Promise.all([
    checkRetire(session, grant, signal),
    unlessDenied(session.inventory.metadata(key.arn) ?? session.api.describeKey(key.arn, signal)),
  ]);
  signal.throwIfAborted();
  return { outcome, identity, metadata };
}

async function confirmed(target: Target, grant: Grant, { identity, metadata }: Checked): Promise<boolean> {
  const { connection, key } = target;
  const managed = isAwsManaged(key, metadata);
  const typed = managed || isAwsService(grantee(grant));
  const sentences = [
    impactOfRevoke(grant),
    ...(managed ? [l10n.t('AWS manages this key for a service, which may stop working.')] : []),
    l10n.t('A retired grant cannot be restored.'),
  ];
  const lines = grantLines(grant, { connection, key, identity, named: namedAccount });
  const agreed = await confirm({
    question: l10n.t('Retire the grant {0} on {1}?', nameOf(grant), labelOf(target)),
    detail: `${sentences.join(' ')}\n\n${lines.join('\n')}`,
    button: typed ? l10n.t('Continue…') : l10n.t('Retire Grant'),
  });
  if (!agreed || !typed) return agreed;
  const reason = managed ? l10n.t('This key is managed by AWS.') : l10n.t('An AWS service holds this grant.');
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  return confirmByTyping(
    l10n.t('Retire the grant {0}', nameOf(grant)),
    l10n.t('{0} Type {1} to retire in account {2}, {3}.', reason, labelOf(target), account, connection.region),
    [keyLabel(key), ...key.aliases, key.keyId],
  );
}

/** Not cancellable: once sent, it can't be taken back. */
async function end(
  context: CommandContext,
  target: Target,
  grant: Grant,
  identity: CallerIdentity | undefined,
): Promise<void> {
  const { connection, key } = target;
  const session = sessionOf(context, connection);
  const requestedAt = systemClock.now();
  try {
    await retire(session, grant, identity?.account, context.changeLog, (error) => {
      void tellFailure(error, context.log);
    });
  } catch (error) {
    if (!mayHaveBeenDone(error)) throw error;
    context.view.refreshGrants(connection, key.arn);
    throw new UserError(
      l10n.t(
        'KMS gave no answer, so the grant {0} on {1} may or may not be retired. Refresh the key to see.',
        nameOf(grant),
        labelOf(target),
      ),
      ['showLog'],
      error,
    );
  }
  void follow(context, session, target, grant, requestedAt);
}

/** Waits until KMS no longer lists the grant, and says what is true then. */
async function follow(
  context: CommandContext,
  session: Session,
  target: Target,
  grant: Grant,
  requestedAt: number,
): Promise<void> {
  const { connection, key } = target;
  const poller = new PropagationPoller({
    read: retiredListed(session.api, grant),
    clock: systemClock,
    random: Math.random,
    policy: propagationPolicy(),
    onProgress: () => {},
  });
  const stop = () => poller.dispose();
  session.closed.addEventListener('abort', stop, { once: true });
  const following = poller.follow(grant.grantId, requestedAt);
  const name = nameOf(grant);
  const label = labelOf(target);
  vscode.window.setStatusBarMessage(
    `$(loading~spin) ${withoutIcons(l10n.t('Grant {0} on {1} is retired; KMS still lists it', name, label))}`,
    following,
  );
  const outcome = await following;
  session.closed.removeEventListener('abort', stop);
  if (outcome.kind === 'stopped') return;
  context.view.refreshGrants(connection, key.arn);
  const after = duration(outcome.afterMs);
  if (outcome.kind === 'gone') {
    void vscode.window.showInformationMessage(
      l10n.t(
        'KMS no longer lists the grant {0} on {1}, {2} after it was retired. It may be honored a little longer, usually less than five minutes in all.',
        name,
        label,
        after,
      ),
    );
    return;
  }
  const sentences = {
    listed: l10n.t('KMS still lists the grant {0} on {1}, {2} after it was retired.', name, label, after),
    absent: l10n.t(
      'KMS lists the grant {0} on {1} at some times and not at others, {2} after it was retired.',
      name,
      label,
      after,
    ),
    none: l10n.t('The grant {0} on {1} could not be checked since it was retired, {2} ago.', name, label, after),
  };
  void vscode.window.showWarningMessage(sentences[outcome.lastRead]);
}

function tellGone(context: CommandContext, target: Target): void {
  context.view.refreshGrants(target.connection, target.key.arn);
  void vscode.window.showInformationMessage(
    l10n.t(
      'KMS no longer lists the grant {0} on {1}. There is nothing to retire.',
      nameOf(target.grant),
      labelOf(target),
    ),
  );
}

function nameOf(grant: Grant): string {
  return printable(grant.name ?? grantee(grant).shortName);
}

function labelOf({ key }: Target): string {
  return printable(keyLabel(key));
}
