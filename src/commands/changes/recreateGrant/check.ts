import * as l10n from '@vscode/l10n';
import { printable } from '../../../core/base/text.ts';
import { type CreateCheck, dryRunCreate } from '../../../core/changes/grantChanges.ts';
import { type Obstacle, planRecreate, type RecreatePlan } from '../../../core/changes/recreate.ts';
import type { Session } from '../../../core/connections/session.ts';
import { type Actor, identityOf } from '../../../core/kms/actor.ts';
import { isKind, isKmsError } from '../../../core/kms/errors.ts';
import type { CreateGrantInput } from '../../../core/kms/model.ts';
import { findGrant } from '../../../core/kms/readGrant.ts';
import { connectionName, grantName } from '../../../core/words/describe.ts';
import { explain } from '../../../core/words/explain.ts';
import { UserError } from '../../../core/words/userError.ts';
import { ifAnswered } from '../../ask.ts';
import { whoActs } from '../actingSession.ts';
import type { EndedGrant } from './endedGrant.ts';

export interface Checked {
  readonly plan: RecreatePlan;
  readonly actor: Actor;
  /** KMS's answer to a dry run, where that is safe. */
  readonly answer: CreateCheck;
  /** KMS lists the old grant now. */
  readonly isListed: boolean;
}

/** Everything that the confirmation shows. If the account is another than the entry's, KMS is not asked. */
export async function check(session: Session, record: EndedGrant, signal: AbortSignal): Promise<Checked> {
  const actor = await whoActs(session, signal);
  refuseOtherAccount(record, identityOf(actor)?.account);
  const { key, grant } = record;
  const [metadata, listed] = await Promise.all([
    ifAnswered(session.api.describeKey(key.arn, signal)),
    ifAnswered(findGrant(session.api, { keyArn: key.arn, grantId: grant.grantId }, signal)),
  ]);
  signal.throwIfAborted();
  const plan = planRecreate(key, grant, metadata);
  const certain = plan.obstacles.filter(({ isCertain }) => isCertain);
  if (plan.input === undefined || certain.length > 0) {
    throw impossible(record, certain);
  }
  return {
    plan,
    actor,
    answer: await askByDryRun(session, record, plan, plan.input, signal),
    isListed: listed !== undefined,
  };
}

/** The dry run. A refusal is reported with the obstacles that explain it. */
async function askByDryRun(
  session: Session,
  record: EndedGrant,
  { obstacles }: RecreatePlan,
  input: CreateGrantInput,
  signal: AbortSignal,
): Promise<CreateCheck> {
  try {
    return await dryRunCreate(session, input, signal);
  } catch (error) {
    const isRefusal = isKind(error, 'accessDenied', 'invalidArn', 'invalidPrincipal', 'validation', 'invalidState');
    if (isRefusal && obstacles.length > 0) {
      throw impossible(record, obstacles, error);
    }
    throw error;
  }
}

export function impossible(record: EndedGrant, obstacles: readonly Obstacle[], cause?: unknown): UserError {
  const reasons = obstacles.map(({ sentence }) => printable(sentence, 500));
  if (isKmsError(cause)) {
    reasons.unshift(printable(explain(cause.details).sentence, 500));
  }
  return new UserError(
    l10n.t("Grant {0} can't be recreated. {1}", grantName(record.grant), reasons.join(' ')),
    ['retry', 'showLog'],
    cause,
  );
}

export function refuseOtherAccount({ account, connection }: EndedGrant, actual: string | undefined): void {
  if (account === undefined || actual === undefined || account === actual) {
    return;
  }
  throw new UserError(
    l10n.t(
      'Nothing was sent: {1} signed in to account {0} in the history, but now signs in to account {2}.',
      account,
      connectionName(connection),
      actual,
    ),
    ['selectProfile', 'showLog'],
  );
}
