import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { isAbort } from '../../../core/base/abort.ts';
import { printable } from '../../../core/base/text.ts';
import {
  createGrant,
  existedBefore,
  recordListedOutcome,
  waitUntilListed,
} from '../../../core/changes/grantChanges.ts';
import type { ActingSession, Session } from '../../../core/connections/session.ts';
import { isKind, isKmsError } from '../../../core/kms/errors.ts';
import type { CreatedGrant } from '../../../core/kms/kmsApi.ts';
import { type CreateGrantInput, type Grant, type KmsKey, keyLabel } from '../../../core/kms/model.ts';
import { parsePrincipal } from '../../../core/kms/principal.ts';
import { views } from '../../../manifest.ts';
import { describeError } from '../../../platform/log.ts';
import { showInformation, showWarning } from '../../../platform/prompts.ts';
import { propagationPolicy } from '../../../platform/settings.ts';
import type { Needs } from '../../context.ts';
import { showFailure } from '../../errorBoundary.ts';
import type { Wanted } from './answers.ts';
import { type Next, refusedBy } from './question.ts';

/** What making and following a grant needs. */
export type MakeContext = Needs<'clock' | 'connections' | 'journal' | 'log' | 'view'>;

export async function make(
  context: MakeContext,
  acting: ActingSession,
  { key, input }: Pick<Wanted, 'key' | 'input'>,
  listed: readonly Grant[],
): Promise<Next> {
  const { session } = acting;
  const { connection } = session;
  const warn = (error: unknown) => void showFailure(error, context.log);
  let created: Awaited<ReturnType<typeof createGrant>>;
  try {
    created = await createGrant({ journal: context.journal, warn }, acting, { key, input });
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
  void showCreated(key, input, created, existed);
  void follow(context, session, key, created, existed).catch((error: unknown) => {
    if (!isAbort(error)) {
      context.log.warn(describeError(error));
    }
  });
  return 'end';
}

/** The only time that the grant token is offered: it is not kept. */
async function showCreated(
  key: KmsKey,
  input: CreateGrantInput,
  { grantId, grantToken }: CreatedGrant,
  existed: boolean,
): Promise<void> {
  const name = printable(input.name ?? parsePrincipal(input.granteePrincipal).shortName);
  const what = existed
    ? l10n.t(
        'KMS returned the existing grant {0} with the same parameters on {1}, and created no other.',
        name,
        printable(keyLabel(key)),
      )
    : l10n.t(
        'KMS created grant {0} on {1}. It usually works everywhere in less than five minutes, or at once with the grant token.',
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

/** Shows the grant as soon as KMS lists it. */
async function follow(
  context: MakeContext,
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
  await recordListedOutcome(context.journal, id, outcome);
  switch (outcome.kind) {
    case 'listed':
      if (!existed && existedBefore(grantId, new Set(), outcome.grant, awsAt)) {
        void showInformation(
          l10n.t(
            'KMS returned the older grant {0} with the same name and parameters, and created no other.',
            printable(outcome.grant.name ?? grantId),
          ),
        );
      }
      await context.view.selectNew(session.connection, key.arn, grantId);
      return;
    case 'timedOut':
      void showWarning(
        l10n.t(
          "KMS accepted the new grant on {0}, but doesn't list it yet. Refresh the key later to see it.",
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
