import * as l10n from '@vscode/l10n';
import { printable } from '../../../core/base/text.ts';
import { runWizard, type WizardStep } from '../../../core/base/wizard.ts';
import { dryRunCreate } from '../../../core/changes/grantChanges.ts';
import type { Session } from '../../../core/connections/session.ts';
import { createGrantProblem, supportsEncryptionContext } from '../../../core/kms/grantRules.ts';
import { type Connection, type CreateGrantInput, keyLabel } from '../../../core/kms/model.ts';
import { withCancellableProgress } from '../../../platform/progress.ts';
import type { KeyNode } from '../../../views/shared/nodes.ts';
import { pickConnection } from '../../connections/pickConnection.ts';
import { type Needs, sessionOf, whileOpen } from '../../context.ts';
import { askAndAct, changeableSession, whoActs } from '../actingSession.ts';
import { createdByDryRun } from '../newGrant.ts';
import { type Answers, toWanted, type Wanted } from './answers.ts';
import { contextKindStep } from './contextKindStep.ts';
import { contextStep } from './contextStep.ts';
import { keyStep } from './keyStep.ts';
import { type MakeContext, make } from './make.ts';
import { nameStep } from './nameStep.ts';
import { operationsStep } from './operationsStep.ts';
import { granteeStep, retiringStep } from './principalSteps.ts';
import { confirmed, type Next, refused, refusedBy } from './question.ts';
import { sourceArnStep } from './sourceArnStep.ts';

/** Answers that the questions begin with. */
export type FirstAnswers = Partial<Pick<Answers, 'operations' | 'grantee' | 'contextKind' | 'context'>>;

/** Asks step by step, checks, confirms, creates. Without a row, it asks for the key first. */
export async function createGrant(context: MakeContext, node?: KeyNode, first: FirstAnswers = {}): Promise<void> {
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
    ...first,
  };
  let start: 'first' | 'last' = 'first';
  for (;;) {
    const session = sessionOf(context, connection);
    const answered = await whileOpen(session, undefined, () => runWizard(titleOf, steps, answers, start));
    if (answered === undefined) {
      return;
    }
    answers = answered;
    const wanted = toWanted(answered);
    using _hold = context.connections.hold(connection);
    if ((await checkAndMake(context, connection, wanted)) === 'end') {
      return;
    }
    start = 'last';
  }
}

async function openConnection(context: Needs<'connections'>): Promise<Connection | undefined> {
  const ref = await pickConnection(context);
  return ref === undefined ? undefined : (await context.connections.open(ref)).connection;
}

function titleOf({ key }: Answers): string {
  return key === undefined ? l10n.t('Create Grant') : l10n.t('Create Grant on {0}', printable(keyLabel(key)));
}

function stepsOf(session: () => Session, isKeyGiven: boolean): readonly WizardStep<Answers>[] {
  const always = () => true;
  const mayTakeContext = ({ operations, metadata }: Answers) => supportsEncryptionContext(operations, metadata);
  const isForService = ({ grantee }: Answers) => grantee?.kind === 'servicePrincipal';
  return [
    ...(isKeyGiven ? [] : [{ shouldPrompt: always, prompt: keyStep(session) }]),
    { shouldPrompt: always, prompt: operationsStep(session) },
    { shouldPrompt: always, prompt: granteeStep(session) },
    { shouldPrompt: isForService, goesOn: true, prompt: sourceArnStep },
    { shouldPrompt: always, prompt: retiringStep(session) },
    { shouldPrompt: mayTakeContext, prompt: contextKindStep },
    {
      shouldPrompt: (answers) => mayTakeContext(answers) && answers.contextKind !== 'none',
      goesOn: true,
      prompt: contextStep,
    },
    { shouldPrompt: always, prompt: nameStep },
  ];
}

async function checkAndMake(
  context: MakeContext,
  connection: Connection,
  { key, metadata, input }: Wanted,
): Promise<Next> {
  // An early answer can contradict a later one.
  const problem = createGrantProblem(input, metadata);
  if (problem !== undefined) {
    return refused(problem, '');
  }
  const session = changeableSession(context, connection);
  // A grant like it may be younger than the list that is on screen.
  context.view.refreshGrants(connection, key.arn);
  let checked: Awaited<ReturnType<typeof check>>;
  try {
    checked = await withCancellableProgress(l10n.t('Checking the new grant…'), (signal) =>
      whileOpen(session, signal, (either) => check(session, input, either)),
    );
  } catch (error) {
    return refusedBy(error, context);
  }
  const { outcome, actor, listed } = checked;
  if (outcome === 'created') {
    await createdByDryRun(context, { session, actor }, { key, input });
    return 'end';
  }
  return askAndAct<Next, Next>(
    context,
    { connection, actor },
    (shown, earlier) => confirmed(context, connection, { key, input }, { shown, earlier, outcome, listed }),
    (acting) => make(context, acting, { key, input }, listed),
  );
}

async function check(session: Session, input: CreateGrantInput, signal: AbortSignal) {
  const [outcome, actor, listing] = await Promise.all([
    dryRunCreate(session, input, signal),
    whoActs(session, signal),
    session.inventory.grants(input.keyArn),
  ]);
  signal.throwIfAborted();
  return { outcome, actor, listed: listing.grants };
}
