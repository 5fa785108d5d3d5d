import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { isAbort } from '../../../core/base/abort.ts';
import { askInSteps, keep, only, type Step } from '../../../core/base/steps.ts';
import { printable } from '../../../core/base/text.ts';
import { knownPrincipals, remarks } from '../../../core/changes/createGrant.ts';
import { attemptSentence, earlierCreation } from '../../../core/changes/earlierAttempts.ts';
import {
  type CreateCheck,
  checkCreate,
  create,
  existedBefore,
  keepCreatedByDryRun,
  noteListed,
  waitUntilListed,
} from '../../../core/changes/grantChanges.ts';
import type { ActingSession, Session } from '../../../core/connections/session.ts';
import { type Actor, identityOf } from '../../../core/kms/actor.ts';
import { isKind, isKmsError, type KmsError } from '../../../core/kms/errors.ts';
import { legalOperations } from '../../../core/kms/grantOperations.ts';
import {
  contextPairProblem,
  createGrantProblem,
  keyProblem,
  nameProblem,
  operationsProblem,
  principalProblem,
  principalRef,
  readContextPair,
  sourceArnProblem,
  takesContext,
} from '../../../core/kms/grantRules.ts';
import type { CreatedGrant } from '../../../core/kms/kmsApi.ts';
import {
  type Connection,
  type CreateGrantInput,
  type Grant,
  isAwsManaged,
  type KeyMetadata,
  type KmsKey,
  keyLabel,
  type PrincipalRef,
} from '../../../core/kms/model.ts';
import { principalKindName, readPrincipal } from '../../../core/kms/principal.ts';
import { retiringPrincipalsOf } from '../../../core/kms/retirement.ts';
import { keyName } from '../../../core/words/describe.ts';
import { explain } from '../../../core/words/explain.ts';
import { grantLines } from '../../../core/words/grantLines.ts';
import { UserError } from '../../../core/words/userError.ts';
import { views } from '../../../manifest.ts';
import { describeError } from '../../../platform/log.ts';
import { withCancellableProgress } from '../../../platform/progress.ts';
import { type PickItem, showInformation, showWarning } from '../../../platform/prompts.ts';
import { propagationPolicy } from '../../../platform/settings.ts';
import { askLineStep, askPick } from '../../../platform/steps.ts';
import type { KeyNode } from '../../../views/shared/nodes.ts';
import { namedAccount, unlessDenied } from '../../ask.ts';
import { pickConnection } from '../../connections/connectionCommands.ts';
import { type CommandContext, sessionOf } from '../../context.ts';
import { tellFailure } from '../../errorBoundary.ts';
import {
  actorSentences,
  askAndAct,
  changeableSession,
  confirmTyped,
  creationTyping,
  signedInAs,
  whoActs,
} from '../actingSession.ts';

type ContextKind = 'none' | 'includes' | 'equals';

/** The answers so far; what was not answered has the value with which its question begins. */
interface Answers {
  readonly key: KmsKey | undefined;
  readonly metadata: KeyMetadata | undefined;
  readonly operations: readonly string[];
  readonly grantee: PrincipalRef | undefined;
  readonly retiring: PrincipalRef | undefined;
  readonly contextKind: ContextKind;
  readonly context: Readonly<Record<string, string>>;
  readonly sourceArn: string;
  readonly name: string;
}

/** Answers that are complete. */
interface Wanted {
  readonly key: KmsKey;
  readonly metadata: KeyMetadata | undefined;
  readonly input: CreateGrantInput;
}

/** Asks step by step, checks, confirms, creates. Without a node, the key is the first question. */
export async function createGrant(context: CommandContext, node?: KeyNode): Promise<void> {
  const connection = node?.connection ?? (await openConnection(context));
  if (connection === undefined) {
    return;
  }
  const steps = stepsOf(() => sessionOf(context, connection), node !== undefined);
  let answers: Answers = {
    key: node?.key,
    metadata: undefined,
    operations: [],
    grantee: undefined,
    retiring: undefined,
    contextKind: 'none',
    context: {},
    sourceArn: '',
    name: '',
  };
  let start: 'first' | 'last' = 'first';
  for (;;) {
    const answered = await askInSteps(titleOf, steps, answers, start);
    if (answered === undefined) {
      return;
    }
    answers = answered;
    const wanted = wantedBy(answered);
    using _hold = context.connections.hold(connection);
    if ((await checkAndMake(context, connection, wanted)) === 'end') {
      return;
    }
    start = 'last';
  }
}

async function openConnection(context: CommandContext): Promise<Connection | undefined> {
  const ref = await pickConnection(context);
  return ref === undefined ? undefined : (await context.connections.open(ref)).connection;
}

function titleOf({ key }: Answers): string {
  return key === undefined ? l10n.t('Create Grant') : l10n.t('Create Grant on {0}', printable(keyLabel(key)));
}

function stepsOf(session: () => Session, isKeyGiven: boolean): readonly Step<Answers>[] {
  const always = () => true;
  const mayTakeContext = ({ operations, metadata }: Answers) => takesContext(operations, metadata);
  const isForService = ({ grantee }: Answers) => grantee?.kind === 'servicePrincipal';
  return [
    { isAsked: () => !isKeyGiven, ask: keyStep(session) },
    { isAsked: always, ask: operationsStep(session) },
    { isAsked: always, ask: granteeStep(session) },
    { isAsked: isForService, ask: sourceArnStep },
    { isAsked: always, ask: retiringStep(session) },
    { isAsked: mayTakeContext, ask: contextKindStep },
    { isAsked: (answers) => mayTakeContext(answers) && answers.contextKind !== 'none', ask: contextStep },
    { isAsked: always, ask: nameStep },
  ];
}

type Ask = Step<Answers>['ask'];

function keyStep(session: () => Session): Ask {
  return async (answers, frame) => {
    const { connection, inventory } = session();
    let keys: readonly KmsKey[] = [];
    const answer = await askPick<KmsKey>(frame, {
      placeholder: l10n.t('Key in {0}; those that AWS manages take no grants of yours', connection.region),
      items: () => keys.map((value) => ({ label: printable(keyLabel(value)), description: value.keyId, value })),
      selected: ({ arn }) => arn === answers.key?.arn,
      load: async (redraw) => {
        for await (const listing of inventory.allKeys()) {
          if (listing.state.kind === 'failed') {
            throw listing.state.error;
          }
          keys = listing.keys.filter((key) => !isAwsManaged(key, inventory.metadata(key.arn)));
          redraw();
        }
      },
      decide: () => 'accept',
    });
    return keep(only(answer), (key) =>
      // Another key may be of another kind.
      key.arn === answers.key?.arn ? answers : { ...answers, key, metadata: undefined },
    );
  };
}

function operationsStep(session: () => Session): Ask {
  return async (answers, frame) => {
    const { api, inventory, closed } = session();
    const { arn } = keyOf(answers);
    let { metadata } = answers;
    const answer = await askPick<string>(frame, {
      placeholder: l10n.t('What the grantee may do with the key'),
      canSelectMany: true,
      items: () =>
        legalOperations(metadata).map(({ name, description }) => ({ label: name, description, value: name })),
      selected: (operation) => answers.operations.includes(operation),
      load: async (_, signal) => {
        const any = AbortSignal.any([signal, closed]);
        metadata ??= await unlessDenied(inventory.metadata(arn) ?? api.describeKey(arn, any));
        const problem = keyProblem(metadata);
        if (problem !== undefined) {
          throw new UserError(problem);
        }
      },
      decide: (picked) => {
        const problem = operationsProblem(picked, metadata);
        return problem === undefined ? 'accept' : { problem };
      },
    });
    return keep(answer, (operations) => ({ ...answers, metadata, operations }));
  };
}

function granteeStep(session: () => Session): Ask {
  return async (answers, frame) => {
    const answer = await askPrincipal(session(), answers, {
      frame,
      placeholder: l10n.t('Grantee: pick one, or enter the ARN of a principal or the name of a service'),
      before: answers.grantee,
      none: undefined,
    });
    return keep(answer, (grantee) => ({ ...answers, grantee }));
  };
}

function retiringStep(session: () => Session): Ask {
  return async (answers, frame) => {
    const answer = await askPrincipal(session(), answers, {
      frame,
      placeholder: l10n.t('Retiring principal, which may end the grant: pick one, or enter its ARN or name'),
      before: answers.retiring,
      none: answers.grantee?.kind === 'servicePrincipal' ? undefined : l10n.t('No retiring principal'),
    });
    return keep(answer, (retiring) => ({ ...answers, retiring }));
  };
}

interface PrincipalQuestion {
  readonly frame: Parameters<Ask>[1];
  readonly placeholder: string;
  /** The answer when it was asked before. */
  readonly before: PrincipalRef | undefined;
  /** What the choice of no principal is called; `undefined` where there has to be one. */
  readonly none: string | undefined;
}

/** Offers the caller and the principals of the key's grants; whatever else is typed is checked and can be taken too. */
async function askPrincipal(
  session: Session,
  answers: Answers,
  { frame, placeholder, before, none }: PrincipalQuestion,
) {
  const { arn } = keyOf(answers);
  const offered = new Map<string, PickItem<string>>();
  const offer = (value: string, note: string) => {
    if (principalProblem(value, arn) === undefined && !offered.has(value)) {
      offered.set(value, principalItem(value, note));
    }
  };
  const nobody: readonly PickItem<string>[] = none === undefined ? [] : [{ label: none, value: '' }];
  const isUnfinished = before !== undefined && principalProblem(before.value, arn) !== undefined;
  const answer = await askPick<string>(frame, {
    placeholder,
    typed: isUnfinished ? before.value : '',
    left: (typed) => (typed === '' ? [] : [typed]),
    items: (typed) => [...typedItem(typed, arn, offered), ...nobody, ...offered.values()],
    selected: (value) => value === (before?.value ?? ''),
    load: async () => {
      if (before !== undefined) {
        offer(before.value, l10n.t('as entered'));
      }
      const [identity, listing] = await Promise.all([unlessDenied(session.identity()), session.inventory.grants(arn)]);
      if (identity !== undefined) {
        offer(identity.arn, l10n.t('you'));
        for (const own of retiringPrincipalsOf(identity.arn, session.connection.region)) {
          offer(own, l10n.t('your role, if this is its path'));
        }
      }
      for (const { ref, grants } of knownPrincipals(listing.grants, arn)) {
        offer(ref.value, grants === 1 ? l10n.t('in 1 grant of this key') : l10n.t('in {0} grants of this key', grants));
      }
    },
    decide: ([value = '']) => {
      if (value === '' && none !== undefined) {
        return 'accept';
      }
      const problem = principalProblem(value, arn);
      return problem === undefined ? 'accept' : { problem };
    },
  });
  // Nothing was typed on the way back: what was answered before holds.
  if (answer?.kind === 'back' && answer.value?.length === 0) {
    return { kind: 'back' } as const;
  }
  return keep(answer, ([value = '']) => (value === '' ? undefined : principalRef(value)));
}

function principalItem(value: string, note: string): PickItem<string> {
  const { kind, shortName } = readPrincipal(principalRef(value));
  return { label: shortName, description: `${principalKindName(kind)} · ${note}`, detail: printable(value), value };
}

function typedItem(typed: string, keyArn: string, offered: ReadonlyMap<string, unknown>): readonly PickItem<string>[] {
  if (typed === '' || offered.has(typed)) {
    return [];
  }
  const problem = principalProblem(typed, keyArn);
  if (problem === undefined) {
    return [{ ...principalItem(typed, l10n.t('as entered')), alwaysShow: true }];
  }
  // A part of a name is a search, too: what is wrong with it stops nobody from picking what it finds.
  return [
    {
      label: printable(typed),
      detail: problem,
      value: typed,
      alwaysShow: true,
      iconPath: new vscode.ThemeIcon('warning'),
    },
  ];
}

const sourceArnStep: Ask = async (answers, frame) => {
  const answer = await askLineStep(frame, {
    prompt: l10n.t('ARN of the resource that the service acts for: KMS takes no grant to a service without it'),
    placeholder: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
    value: answers.sourceArn,
    problem: sourceArnProblem,
  });
  return keep(answer, (sourceArn) => ({ ...answers, sourceArn }));
};

const contextKindStep: Ask = async (answers, frame) => {
  const items: readonly PickItem<ContextKind>[] = [
    {
      label: l10n.t('No encryption context'),
      description: l10n.t('the grant holds for everything that the key encrypted'),
      value: 'none',
    },
    {
      label: l10n.t('The encryption context includes…'),
      description: l10n.t('requests must have these pairs, and may have others'),
      value: 'includes',
    },
    {
      label: l10n.t('The encryption context equals…'),
      description: l10n.t('requests must have exactly these pairs'),
      value: 'equals',
    },
  ];
  const answer = await askPick(frame, {
    placeholder: l10n.t('Constraint'),
    items: () => items,
    selected: (kind) => kind === answers.contextKind,
    decide: () => 'accept',
  });
  return keep(only(answer), (contextKind) => ({ ...answers, contextKind }));
};

type PairChoice =
  | { readonly kind: 'add'; readonly text: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'done' };

const contextStep: Ask = async (answers, frame) => {
  const pairs = new Map(Object.entries(answers.context));
  const others = () => Object.fromEntries(pairs);
  const answer = await askPick<PairChoice>(frame, {
    placeholder: l10n.t('Enter key=value; not secret, since it is shown in CloudTrail'),
    left: () => [],
    items: (typed) => [
      ...(typed === '' ? [] : [pairItem(typed, others())]),
      ...(pairs.size > 0 && typed === ''
        ? [{ label: l10n.t('Continue'), iconPath: new vscode.ThemeIcon('check'), value: { kind: 'done' } as const }]
        : []),
      ...[...pairs].map(([name, value]) => ({
        label: printable(`${name}=${value}`, 1000),
        description: l10n.t('press Enter to remove'),
        iconPath: new vscode.ThemeIcon('trash'),
        value: { kind: 'remove', name } as const,
      })),
    ],
    decide: ([choice]) => {
      if (choice === undefined || choice.kind === 'done') {
        return 'accept';
      }
      if (choice.kind === 'remove') {
        pairs.delete(choice.name);
        return 'stay';
      }
      const problem = contextPairProblem(choice.text, others());
      const pair = readContextPair(choice.text);
      if (problem !== undefined || pair === undefined) {
        return { problem: problem ?? '' };
      }
      pairs.set(...pair);
      return 'stay';
    },
  });
  return keep(answer, () => ({ ...answers, context: others() }));
};

function pairItem(typed: string, others: Readonly<Record<string, string>>): PickItem<PairChoice> {
  const problem = contextPairProblem(typed, others);
  return {
    label: printable(typed, 1000),
    alwaysShow: true,
    iconPath: new vscode.ThemeIcon(problem === undefined ? 'add' : 'warning'),
    ...(problem === undefined ? { description: l10n.t('press Enter to add') } : { detail: problem }),
    value: { kind: 'add', text: typed },
  };
}

const nameStep: Ask = async (answers, frame) => {
  const answer = await askLineStep(frame, {
    prompt: l10n.t(
      'Name (optional): with one, the same request made again gives the same grant. Not secret, since it is shown in CloudTrail',
    ),
    placeholder: 'orders-export',
    value: answers.name,
    problem: nameProblem,
  });
  return keep(answer, (name) => ({ ...answers, name }));
};

function keyOf({ key }: Answers): KmsKey {
  if (key === undefined) {
    throw new Error('The key is asked for first.');
  }
  return key;
}

function wantedBy(answers: Answers): Wanted {
  const { metadata, operations, grantee, retiring, contextKind, name } = answers;
  const key = keyOf(answers);
  if (grantee === undefined) {
    throw new Error('The grantee is asked for.');
  }
  const context = takesContext(operations, metadata) ? answers.context : undefined;
  const input: CreateGrantInput = {
    keyArn: key.arn,
    operations,
    granteePrincipal: grantee,
    retiringPrincipal: retiring,
    constraints: {
      encryptionContextEquals: contextKind === 'equals' ? context : undefined,
      encryptionContextSubset: contextKind === 'includes' ? context : undefined,
      sourceArn: grantee.kind === 'servicePrincipal' ? answers.sourceArn : undefined,
    },
    name: name === '' ? undefined : name,
  };
  return { key, metadata, input };
}

/** `change`: back to the questions, with the answers as they are. */
type Next = 'change' | 'end';

async function checkAndMake(
  context: CommandContext,
  connection: Connection,
  { key, metadata, input }: Wanted,
): Promise<Next> {
  // What was answered early can stand against what was answered late.
  const problem = createGrantProblem(input, metadata);
  if (problem !== undefined) {
    return refused(problem, '');
  }
  const session = changeableSession(context, connection);
  let checked: Awaited<ReturnType<typeof check>>;
  try {
    checked = await withCancellableProgress(l10n.t('Checking the new grant…'), (signal) =>
      check(session, input, AbortSignal.any([signal, session.closed])),
    );
  } catch (error) {
    return refusedBy(error, context);
  }
  const { outcome, actor, listed } = checked;
  if (outcome === 'created') {
    await keepCreatedByDryRun(context.journal, { session, actor }, { key, input });
    context.view.refreshGrants(connection, key.arn);
    void showWarning(
      l10n.t('The server does not know dry runs: it created the grant when it was only asked whether it would.'),
    );
    return 'end';
  }
  return askAndAct<Next, Next>(
    context,
    { connection, actor },
    (shown, earlier) => confirmed(context, connection, { key, input }, { shown, earlier, outcome, listed }),
    (acting) => make(context, acting, { key, input }, listed),
  );
}

async function confirmed(
  { journal }: CommandContext,
  connection: Connection,
  { key, input }: Pick<Wanted, 'key' | 'input'>,
  {
    shown,
    earlier,
    outcome,
    listed,
  }: {
    readonly shown: Actor;
    readonly earlier: Actor | undefined;
    readonly outcome: CreateCheck;
    readonly listed: readonly Grant[];
  },
): Promise<'agreed' | Next> {
  const attempt = earlierCreation(journal.records, input);
  const sentences = [
    ...actorSentences(shown, earlier),
    ...(attempt === undefined ? [] : [attemptSentence(attempt)]),
    ...remarks(input, listed),
    ...(outcome === 'notAsked' ? [l10n.t('The server was not asked whether it would allow it.')] : []),
  ];
  const lines = grantLines(input, {
    connection,
    key,
    identity: identityOf(shown),
    signedInAs: signedInAs(shown),
    named: namedAccount,
  });
  const yes = shown.kind === 'unverified' ? l10n.t('Continue…') : l10n.t('Create Grant');
  const change = l10n.t('Change…');
  const picked = await vscode.window.showWarningMessage(
    l10n.t('Create this grant on {0}?', keyName(key)),
    { modal: true, detail: [sentences.join(' '), lines.join('\n')].filter((part) => part !== '').join('\n\n') },
    yes,
    change,
  );
  if (picked === yes) {
    return (await confirmTyped(shown, creationTyping(connection, key))) ? 'agreed' : 'end';
  }
  return picked === change ? 'change' : 'end';
}

/** @throws what is no answer of KMS */
async function refusedBy(error: unknown, { log }: CommandContext): Promise<Next> {
  if (!isKmsError(error)) {
    throw error;
  }
  log.error(describeError(error));
  const { sentence, detail } = explainRefusal(error);
  return refused(sentence, detail);
}

async function refused(sentence: string, detail: string): Promise<Next> {
  const change = l10n.t('Change…');
  const picked = await vscode.window.showErrorMessage(printable(sentence, 600), { modal: true, detail }, change);
  return picked === change ? 'change' : 'end';
}

async function check(session: Session, input: CreateGrantInput, signal: AbortSignal) {
  const [outcome, actor, listing] = await Promise.all([
    checkCreate(session, input, signal),
    whoActs(session, signal),
    session.inventory.grants(input.keyArn),
  ]);
  signal.throwIfAborted();
  return { outcome, actor, listed: listing.grants };
}

/** What KMS has against a new grant. */
function explainRefusal({ details }: KmsError): { readonly sentence: string; readonly detail: string } {
  const { sentence, advice } = explain(details);
  return { sentence, detail: `${advice}\n\n${l10n.t('KMS said: {0}', printable(details.message, 600))}` };
}

async function make(
  context: CommandContext,
  acting: ActingSession,
  { key, input }: Pick<Wanted, 'key' | 'input'>,
  listed: readonly Grant[],
): Promise<Next> {
  const { session } = acting;
  const { connection } = session;
  const warn = (error: unknown) => void tellFailure(error, context.log);
  let created: Awaited<ReturnType<typeof create>>;
  try {
    created = await create({ journal: context.journal, warn }, acting, { key, input });
  } catch (error) {
    if (isKmsError(error) && error.details.operation === 'CreateGrant') {
      return refusedBy(error, context);
    }
    context.view.refreshGrants(connection, key.arn);
    throw error;
  }
  context.view.refreshGrants(connection, key.arn);
  const existed = existedBefore(
    created.grantId,
    new Set(listed.map(({ grantId }) => grantId)),
    undefined,
    created.awsAt,
  );
  void tellCreated(key, input, created, existed);
  void follow(context, session, key, created, existed).catch((error: unknown) => {
    if (!isAbort(error)) {
      context.log.warn(describeError(error));
    }
  });
  return 'end';
}

/** The one time that the token is offered; nothing keeps it when the message is gone. */
async function tellCreated(
  key: KmsKey,
  input: CreateGrantInput,
  { grantId, grantToken }: CreatedGrant,
  existed: boolean,
): Promise<void> {
  const name = printable(input.name ?? readPrincipal(input.granteePrincipal).shortName);
  const what = existed
    ? l10n.t(
        'There was a grant {0} with the same parameters on {1} already. KMS answered with it, and created no other.',
        name,
        printable(keyLabel(key)),
      )
    : l10n.t(
        'KMS created the grant {0} on {1}. AWS says that it takes usually less than five minutes until it holds everywhere; with the grant token it can be used at once.',
        name,
        printable(keyLabel(key)),
      );
  const [copyToken, copyId] = [l10n.t('Copy Grant Token'), l10n.t('Copy Grant ID')];
  const buttons = grantToken === '' ? [copyId] : [copyToken, copyId];
  const picked = await showInformation(what, ...buttons);
  if (picked === copyToken) {
    await vscode.env.clipboard.writeText(grantToken);
  }
  if (picked === copyId) {
    await vscode.env.clipboard.writeText(grantId);
  }
}

/** Waits until KMS lists the grant, and shows it then. */
async function follow(
  context: CommandContext,
  session: Session,
  key: KmsKey,
  { id, grantId, awsAt }: { readonly id: string; readonly grantId: string; readonly awsAt: number | undefined },
  existed: boolean,
): Promise<void> {
  const waiting = waitUntilListed(
    session.background,
    { keyArn: key.arn, grantId },
    { clock: context.clock, policy: propagationPolicy(), signal: session.closed },
  );
  void vscode.window.withProgress({ location: { viewId: views.keys } }, () =>
    waiting.then(
      () => {},
      () => {},
    ),
  );
  const outcome = await waiting;
  context.view.refreshGrants(session.connection, key.arn);
  await noteListed(context.journal, id, outcome);
  switch (outcome.kind) {
    case 'listed':
      if (!existed && existedBefore(grantId, new Set(), outcome.grant, awsAt)) {
        void showInformation(
          l10n.t(
            'The grant {0} is older than your request: KMS answered with a grant of the same name and parameters, and created no other.',
            printable(outcome.grant.name ?? grantId),
          ),
        );
      }
      return;
    case 'timedOut':
      void showWarning(
        l10n.t(
          'KMS took the new grant on {0}, and does not list it yet. Refresh the key later to see it.',
          printable(keyLabel(key)),
        ),
      );
      return;
    case 'unreadable':
      if (isKind(outcome.error, 'accessDenied')) {
        return;
      }
      throw outcome.error;
  }
}
