import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { inTurn, type TurnResult } from '../../../core/base/inTurn.ts';
import { drawnLines, localDay, localTime, printable } from '../../../core/base/text.ts';
import { attemptSentence, earlierEnding } from '../../../core/changes/earlierAttempts.ts';
import { preflight } from '../../../core/changes/preflight.ts';
import type { ActingSession } from '../../../core/connections/session.ts';
import { managerOf } from '../../../core/findings/findings.ts';
import type { Actor } from '../../../core/kms/actor.ts';
import { isKind, isKmsError } from '../../../core/kms/errors.ts';
import { accountOfArn, type Connection, keyLabel } from '../../../core/kms/model.ts';
import { grantee } from '../../../core/kms/principal.ts';
import { serviceOfGrant, usedBySentence, usedByText } from '../../../core/kms/serviceGrant.ts';
import { connectionName, grantName, keyName } from '../../../core/words/describe.ts';
import { explain } from '../../../core/words/explain.ts';
import { isUnanswered, isUserError } from '../../../core/words/userError.ts';
import { pickSeveral } from '../../../platform/pick.ts';
import { withCancellableProgress } from '../../../platform/progress.ts';
import { confirm, confirmByTyping, showInformation, showWarning } from '../../../platform/prompts.ts';
import { isGrouped } from '../../../views/grantees/granteeItem.ts';
import { shortOperations } from '../../../views/keys/grantFields.ts';
import type { GrantNode } from '../../../views/shared/nodes.ts';
import { namedAccount } from '../../ask.ts';
import type { CommandContext } from '../../context.ts';
import { actingSession, changeableSession, otherActor, whoActs } from '../actingSession.ts';
import { actorSentences, signedInAs } from '../changeQuestion.ts';
import { isUnderWay } from '../endGrant/endGrant.ts';
import { isReadOnly, refuseIfReadOnly } from '../readOnly.ts';
import { revokeGrant } from '../revokeGrant.ts';

const checksAtOnce = 4;
/** What a dialog of VS Code shows of its text at once, on a small screen. */
const dialog = { lines: 30, columns: 80 };
/** Of one kind, where they are counted. */
const keysShown = 10;

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
  readonly actor: Actor | undefined;
}

/** One that KMS said it would revoke, and who we are there. */
interface Ready {
  readonly node: GrantNode;
  readonly actor: Actor;
}

/** One to ask about. */
interface Asked extends Ready {
  /** Who the last question showed, when it is asked again. */
  readonly earlier?: Actor;
}

/** Several grants in one go: pick, check, one confirmation, one result for each. */
export async function revokeSeveral(context: CommandContext, selected: readonly GrantNode[]): Promise<void> {
  refuseIfReadOnly();
  const nodes = await pickOf(context, selected);
  if (nodes.length === 0) {
    return;
  }
  using _holds = holdAll(context, nodes);
  using followUp = followUpOf(context);
  const checked = await withCancellableProgress(l10n.t('Checking {0} grants…', nodes.length), (signal) =>
    checkAll(context, nodes, followUp, signal),
  );
  for (const { node, outcome } of checked) {
    if (outcome === 'gone') {
      context.view.refreshGrants(node.connection, node.key.arn);
    }
  }
  const ready = checked.flatMap(({ node, outcome, actor }): Ready[] =>
    outcome === 'ready' && actor !== undefined ? [{ node, actor }] : [],
  );
  const [only] = ready;
  // One alone has the question of one: for a grant of an AWS service, that asks for more than a click.
  if (only !== undefined && ready.length === 1 && checked.length === 1) {
    await revokeGrant(context, only.node);
    return;
  }
  if (ready.length === 0) {
    followUp.close();
    await tellResults(context, [], checked);
    return;
  }
  const notTicked = selected.filter((node) => !nodes.includes(node));
  const results: TurnResult<Ready>[] = [];
  for (let asked: readonly Asked[] = ready; asked.length > 0; ) {
    if (!(await confirmed(context, asked, checked, notTicked))) {
      if (results.length === 0) {
        return;
      }
      results.push(...asked.map((item) => ({ kind: 'skipped', item }) as const));
      break;
    }
    refuseIfReadOnly();
    const round = await revokeAll(context, asked, followUp);
    results.push(...round.results);
    asked = round.again;
  }
  followUp.close();
  await tellResults(context, results, checked);
}

/** One notification for what becomes of all that is sent. */
function followUpOf({ followUps }: Pick<CommandContext, 'followUps'>): FollowUp & Disposable {
  const batch = followUps.batch();
  const placeOfNode = ({ connection: { ref }, key, grant }: GrantNode) => ({ connection: ref, key, grant });
  return {
    add: (node) => batch.add(placeOfNode(node)),
    drop: (node) => batch.drop(placeOfNode(node)),
    close: () => batch.close(),
    [Symbol.dispose]: () => batch.close(),
  };
}

interface FollowUp {
  /** Before it is sent. */
  add(node: GrantNode): void;
  /** It was not carried out. */
  drop(node: GrantNode): void;
  /** All is sent. */
  close(): void;
}

function holdAll({ connections }: CommandContext, nodes: readonly GrantNode[]): Disposable {
  const holds = nodes.map(({ connection }) => connections.hold(connection));
  return {
    [Symbol.dispose]: () => {
      for (const hold of holds) {
        hold[Symbol.dispose]();
      }
    },
  };
}

/** The tick: grants that AWS keeps for a service begin without one, and say so. */
async function pickOf(context: CommandContext, nodes: readonly GrantNode[]): Promise<readonly GrantNode[]> {
  const items = nodes.map((node) => {
    const { key, grant } = node;
    const isService = isOfService(context, node);
    return {
      label: grantName(node.grant),
      description: `${printable(keyLabel(key))} · ${shortOperations(grant.operations)}`,
      detail: [
        ...(isService ? [cautionOf(node)] : []),
        printable(grantee(grant).value),
        ...marksOf(context, node),
      ].join(' · '),
      picked: !isService,
      ...(isService ? { iconPath: new vscode.ThemeIcon('warning') } : {}),
      value: node,
    };
  });
  const picked = await pickSeveral(
    l10n.t('Revoke {0} Grants: Choose', nodes.length),
    l10n.t('Grants to revoke; those of AWS services are not ticked'),
    items,
    // What is typed here looks for a grant. It ticks none.
    'accept',
  );
  return picked ?? [];
}

/** What tells a grant from its look-alikes: its date, findings and ID. */
function marksOf(context: Pick<CommandContext, 'view'>, node: GrantNode, id = shortId(node)): readonly string[] {
  const created = node.grant.creationDate;
  return [...(created === undefined ? [] : [localTime(created)]), ...findingTitles(context, node), id];
}

/** As {@link marksOf}, where a line has little room: the day, and the first finding. */
function shortMarksOf(context: Pick<CommandContext, 'view'>, node: GrantNode): readonly string[] {
  const created = node.grant.creationDate;
  const [first, ...others] = findingTitles(context, node);
  return [
    ...(created === undefined ? [] : [localDay(created)]),
    ...(first === undefined ? [] : [others.length === 0 ? first : `${first} +${others.length}`]),
    shortId(node),
  ];
}

function findingTitles({ view }: Pick<CommandContext, 'view'>, node: GrantNode): readonly string[] {
  const findings = isGrouped(node) ? node.held.findings : view.findings(node);
  return findings.map(({ title }) => title);
}

function shortId({ grant }: GrantNode): string {
  return grant.grantId.slice(0, 8);
}

function cautionOf({ grant }: GrantNode): string {
  const used = serviceOfGrant(grant);
  return used === undefined
    ? l10n.t('An AWS service uses this grant: revoking it can break a resource. Tick it only if you mean it.')
    : l10n.t('{0} Revoking it can break a resource. Tick it only if you mean it.', usedBySentence(used));
}

/** `used by AWS Lambda for function orders`, for a grant of a service. */
function usedBy({ grant }: GrantNode): readonly string[] {
  const used = serviceOfGrant(grant);
  return used === undefined ? [] : [usedByText(used)];
}

function isOfService({ connections }: CommandContext, { connection, key, grant }: GrantNode): boolean {
  const metadata = connections.find(connection)?.inventory.metadata(key.arn);
  return managerOf(grant, key, metadata) !== undefined;
}

async function checkAll(
  context: CommandContext,
  nodes: readonly GrantNode[],
  followUp: FollowUp,
  signal: AbortSignal,
): Promise<Checked[]> {
  const checked: Checked[] = [];
  const waiting = [...nodes];
  // Asked once for each opening of a connection.
  const actors = new Map<string, Promise<Actor>>();
  const worker = async () => {
    for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
      signal.throwIfAborted();
      checked.push(await checkOne(context, node, actors, followUp, signal));
    }
  };
  await Promise.all(Array.from({ length: checksAtOnce }, worker));
  return checked.sort((left, right) => nodes.indexOf(left.node) - nodes.indexOf(right.node));
}

/** Reads the grant again, and asks by dry run where that is safe. */
async function checkOne(
  context: CommandContext,
  node: GrantNode,
  actors: Map<string, Promise<Actor>>,
  followUp: FollowUp,
  signal: AbortSignal,
): Promise<Checked> {
  const { connection, key, grant } = node;
  if (isUnderWay(context, node)) {
    return { node, outcome: 'underWay', actor: undefined };
  }
  try {
    const session = changeableSession(context, connection);
    const either = AbortSignal.any([signal, session.closed]);
    const actor = await once(actors, openingOf(connection), () => whoActs(session, either));
    const result = await preflight(session, key.arn, grant, either);
    if (result.kind === 'doneByDryRun') {
      followUp.add(node);
      await context.revocations.followDone('revoke', { session, actor }, key, result.grant);
    }
    return { node, outcome: result.kind, actor };
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    return { node, outcome: { error }, actor: undefined };
  }
}

function openingOf({ id, opening }: Connection): string {
  return `${id}#${opening}`;
}

function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const asked = known.get(key) ?? ask();
  known.set(key, asked);
  return asked;
}

/** Grants of which the same is true. */
interface Section {
  readonly title: string;
  readonly grants: readonly { readonly node: GrantNode; readonly reason?: string }[];
}

/** All that was selected is accounted for: in the dialog if it has room, else in an editor that stays open. */
async function confirmed(
  context: CommandContext,
  ready: readonly Asked[],
  checked: readonly Checked[],
  notTicked: readonly GrantNode[],
): Promise<boolean> {
  const of = (outcome: Outcome) => checked.filter((one) => one.outcome === outcome).map(({ node }) => ({ node }));
  const refused = checked.flatMap(({ node, outcome }) =>
    typeof outcome === 'object' ? [{ node, reason: reasonOf(outcome.error) }] : [],
  );
  const sections: readonly Section[] = [
    { title: l10n.t('To be revoked'), grants: ready.map(({ node }) => withAttempt(context, node)) },
    { title: l10n.t('Kept, since not ticked'), grants: notTicked.map((node) => ({ node })) },
    { title: l10n.t('Kept, since the check failed'), grants: refused },
    { title: l10n.t('No longer listed by KMS'), grants: of('gone') },
    { title: l10n.t('Revoked before'), grants: of('underWay') },
    { title: l10n.t('Revoked by the check, since the server does not know dry runs'), grants: of('doneByDryRun') },
  ].filter(({ grants }) => grants.length > 0);
  const places = [...new Set(ready.map(placeOf))];
  const count = String(ready.length);
  const question = ready.length === 1 ? l10n.t('Revoke 1 grant?') : l10n.t('Revoke {0} grants?', count);
  const ofServices = ready.filter(({ node }) => isOfService(context, node)).length;
  const warnings = [
    ...new Set(ready.flatMap(({ actor, earlier }) => actorSentences(actor, earlier))),
    l10n.t('A revoked grant cannot be restored.'),
    ...(ofServices === 0
      ? []
      : [l10n.t('Used by AWS services, whose resources can break: {0} of {1}.', ofServices, count)]),
  ];
  const connections = `${l10n.t('Connections:')}\n${places.join('\n')}`;
  const whole = [warnings.join(' '), ...sections.map((section) => inLines(context, section)), connections].join('\n\n');
  const fits = fitsDialog(whole);
  if (!fits) {
    const text = [
      [question, ...warnings].join(' '),
      connections,
      ...sections.map((section) => inFull(context, section)),
    ].join('\n\n');
    await context.documents.showText(l10n.t('Grants to revoke'), `${text}\n`);
  }
  const inEditor = [
    warnings.join(' '),
    l10n.t('Every grant is listed in the editor behind this dialog. It stays open while you type the number.'),
  ];
  const counted = [...inEditor, ...sections.map(inCounts), connections].join('\n\n');
  const totals = [...sections.map(total), l10n.t('Connections: {0}', places.length)].join('\n');
  const detail = [whole, counted].find(fitsDialog) ?? [...inEditor, totals].join('\n\n');
  const agreed = await confirm({ question, detail, button: l10n.t('Continue…') });
  if (!agreed) {
    return false;
  }
  return confirmByTyping(
    l10n.t('Revoke Grants: {0}', count),
    l10n.t('Type {0}, the number of grants, to revoke them.', count),
    [count],
    { ignoreFocusOut: !fits },
  );
}

function fitsDialog(text: string): boolean {
  return drawnLines(text, dialog.columns) <= dialog.lines;
}

function total({ title, grants }: Section): string {
  return `${title}: ${grants.length}`;
}

function withAttempt({ journal }: CommandContext, node: GrantNode): Section['grants'][number] {
  const { connection, key, grant } = node;
  const attempt = earlierEnding(journal.records, { connection: connection.ref, key, grant });
  return attempt === undefined ? { node } : { node, reason: attemptSentence(attempt) };
}

function inLines(context: Pick<CommandContext, 'view'>, { title, grants }: Section): string {
  return [`${title}:`, ...grants.flatMap(({ node, reason }) => [lineOf(context, node), ...indented(reason)])].join(
    '\n',
  );
}

/** How many of each key; of very many keys, just how many. */
function inCounts(section: Section): string {
  const keys = [...byKey(section.grants).values()].map((ofKey) => {
    const [first] = ofKey;
    return first === undefined ? '' : `• ${printable(keyLabel(first.node.key))}: ${ofKey.length}`;
  });
  const rest = keys.length - keysShown;
  return [
    total(section),
    ...(rest > 0 ? [...keys.slice(0, keysShown), l10n.t('… and of {0} more keys', rest)] : keys),
  ].join('\n');
}

/** Every grant with what tells it from all others. */
function inFull(context: Pick<CommandContext, 'view'>, { title, grants }: Section): string {
  const keys = [...byKey(grants)].map(([arn, ofKey]) => {
    const rows = ofKey.map(({ node, reason }) => {
      const { grant } = node;
      const fields = [
        ...(grant.name === undefined ? [] : [printable(grantee(grant).value, 1000)]),
        grant.operations.map((operation) => printable(operation)).join(', '),
        ...marksOf(context, node, printable(grant.grantId, 128)),
        ...usedBy(node),
      ];
      return [`• ${grantName(node.grant)}`, ...fields.map((field) => `  ${field}`), ...indented(reason)].join('\n');
    });
    return [printable(arn, 1000), ...rows].join('\n');
  });
  return [`${title}: ${grants.length}`, ...keys].join('\n\n');
}

function indented(reason: string | undefined): readonly string[] {
  return reason === undefined ? [] : [`  ${printable(reason, 600)}`];
}

/** By what a key is called. */
function byKey(grants: Section['grants']): ReadonlyMap<string, Section['grants']> {
  const keys = new Map<string, Section['grants'][number][]>();
  for (const one of grants) {
    const { key } = one.node;
    const name = [keyLabel(key), key.arn].join(' · ');
    const ofKey = keys.get(name);
    if (ofKey === undefined) {
      keys.set(name, [one]);
    } else {
      ofKey.push(one);
    }
  }
  return keys;
}

interface Round {
  readonly results: readonly TurnResult<Ready>[];
  /** Not sent, since another than the question showed would act: to ask about again. */
  readonly again: readonly Asked[];
}

function revokeAll(context: CommandContext, ready: readonly Ready[], followUp: FollowUp): Promise<Round> {
  return Promise.resolve(
    vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: l10n.t('Revoking'), cancellable: true },
      (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        return revokeInTurn(context, ready, followUp, controller.signal, (done) =>
          progress.report({ message: l10n.t('{0} of {1}', done, ready.length), increment: 100 / ready.length }),
        );
      },
    ),
  );
}

/** Nothing is sent before it is known for all connections that who was shown would act. */
async function revokeInTurn(
  context: CommandContext,
  ready: readonly Ready[],
  followUp: FollowUp,
  signal: AbortSignal,
  report: (done: number) => void,
): Promise<Round> {
  const sessions = new Map<string, Promise<ActingSession>>();
  const others = new Map<string, Actor>();
  const actingFor = ({ node: { connection }, actor }: Ready) =>
    once(sessions, openingOf(connection), () => actingSession(context, connection, actor, signal));
  for (const one of ready) {
    // What goes wrong is reported for each grant, in its turn.
    const acting = await actingFor(one).catch(() => undefined);
    if (acting !== undefined && acting.actor !== one.actor) {
      others.set(openingOf(one.node.connection), acting.actor);
    }
  }
  const askAgain = (items: readonly Ready[]): readonly Asked[] =>
    items.map(({ node, actor }) => {
      const other = others.get(openingOf(node.connection));
      return other === undefined ? { node, actor } : { node, actor: other, earlier: actor };
    });
  if (others.size > 0) {
    return { results: [], again: askAgain(ready) };
  }

  let stopped: Ready | undefined;
  const revokeOne = async (one: Ready, cancelled: AbortSignal) => {
    const acting = await actingFor(one);
    const { connection, key, grant } = one.node;
    changeableSession(context, connection);
    followUp.add(one.node);
    try {
      await context.revocations.revoke(acting, key, grant, cancelled);
    } catch (error) {
      if (!isUnanswered(error)) {
        followUp.drop(one.node);
      }
      others.set(openingOf(connection), await otherActor(error, acting));
      stopped = one;
      throw error;
    }
  };
  const results = await inTurn(ready, revokeOne, {
    signal,
    report: (_, done) => report(done),
    stopAt: (error) => others.size > 0 || isKind(error, 'accountChanged') || (isUserError(error) && isReadOnly()),
  });
  if (stopped === undefined || signal.aborted) {
    return { results, again: [] };
  }
  const isAgain = ({ kind, item }: TurnResult<Ready>) => kind === 'skipped' || item === stopped;
  return {
    results: results.filter((result) => !isAgain(result)),
    again: askAgain(results.filter(isAgain).map(({ item }) => item)),
  };
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
  const unanswered = broken.filter(({ error }) => isUnanswered(error));
  const failed = broken.filter(({ error }) => !isUnanswered(error));
  const revoked = results.flatMap((result) => (result.kind === 'done' ? [result.item.node] : []));
  const skipped = results.flatMap((result) => (result.kind === 'skipped' ? [result.item.node] : []));
  const of = (outcome: Outcome) => checked.filter((one) => one.outcome === outcome).map(({ node }) => node);
  const [gone, underWay, byDryRun] = [of('gone'), of('underWay'), of('doneByDryRun')];
  const counts: readonly (readonly [number, (count: number) => string])[] = [
    [unanswered.length, (count) => l10n.t('May have been revoked, since no answer came, and followed: {0}.', count)],
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
  for (let offered = failed.length > 0 ? [retry, details] : [details]; offered.length > 0; ) {
    const picked =
      failed.length > 0 ? await showWarning(sentence, ...offered) : await showInformation(sentence, ...offered);
    if (picked === undefined) {
      return;
    }
    if (picked === retry) {
      await revokeSeveral(
        context,
        failed.map(({ node }) => node),
      );
      return;
    }
    await context.documents.show(l10n.t('Revoke results'), {
      revoked: revoked.map(resultOf),
      sentWithoutAnswer: unanswered.map(({ node, error }) => ({ ...resultOf(node), reason: reasonOf(error) })),
      revokedByCheck: byDryRun.map(resultOf),
      noLongerListed: gone.map(resultOf),
      revokedBefore: underWay.map(resultOf),
      failed: failed.map(({ node, error }) => ({ ...resultOf(node), reason: reasonOf(error) })),
      notBegun: skipped.map(resultOf),
    });
    // The results seen, what failed can still be tried again.
    offered = offered.filter((button) => button !== details);
  }
}

function resultOf({ key, grant, connection }: GrantNode) {
  return { grantId: grant.grantId, name: grant.name, keyArn: key.arn, connection: connection.id };
}

function reasonOf(error: unknown): string {
  if (isKmsError(error)) {
    return explain(error.details).sentence;
  }
  return error instanceof Error ? error.message : String(error);
}

function lineOf(context: Pick<CommandContext, 'view'>, node: GrantNode): string {
  const { key, grant } = node;
  const parts = [grantName(grant), keyName(key), shortOperations(grant.operations), ...shortMarksOf(context, node)];
  return `• ${[...parts, ...usedBy(node)].join(' · ')}`;
}

/** Whose keys they are, and who we are there. */
function placeOf({ node: { connection, key }, actor }: Ready): string {
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  const { endpoint } = connection;
  const parts = [
    l10n.t('{0}, account {1}, {2}', connectionName(connection.ref), namedAccount(account), connection.region),
    l10n.t('signed in as {0}', signedInAs(actor)),
    ...(endpoint.kind === 'custom' ? [l10n.t('custom endpoint {0}', printable(endpoint.url))] : []),
  ];
  return `• ${parts.join(', ')}`;
}
