import * as l10n from '@vscode/l10n';
import { isAbort } from '../../../core/base/abort.ts';
import { duration, printable } from '../../../core/base/text.ts';
import { type ListedOutcome, waitUntilListed } from '../../../core/changes/grantChanges.ts';
import type { Session } from '../../../core/connections/session.ts';
import type { CreateGrantInput } from '../../../core/kms/model.ts';
import { grantName, keyName } from '../../../core/words/describe.ts';
import { explain } from '../../../core/words/explain.ts';
import { withCancellableProgress } from '../../../platform/progress.ts';
import { showInformation, showWarning } from '../../../platform/prompts.ts';
import { propagationPolicy } from '../../../platform/settings.ts';
import type { Needs } from '../../context.ts';
import type { EndedGrant } from './endedGrant.ts';

/** Cancelling ends the wait, not the grant: the outcome is `undefined`. */
export async function waitCancellably(
  { clock }: Needs<'clock'>,
  session: Session,
  { keyArn }: CreateGrantInput,
  grantId: string,
): Promise<ListedOutcome | undefined> {
  try {
    return await withCancellableProgress(l10n.t('KMS accepted the grant. Waiting for KMS to list it…'), (cancelled) =>
      waitUntilListed(
        session.api,
        { keyArn, grantId },
        { clock, policy: propagationPolicy(), signal: AbortSignal.any([cancelled, session.closed]) },
      ),
    );
  } catch (error) {
    if (isAbort(error)) {
      return undefined;
    }
    throw error;
  }
}

export function showOutcome({ grant, key }: EndedGrant, grantId: string, outcome: ListedOutcome | undefined): void {
  const [name, label, id] = [grantName(grant), keyName(key), printable(grantId, 128)];
  if (grantId === grant.grantId) {
    void showWarning(
      l10n.t(
        'KMS created no new grant: it still has {0} on {1}, and returned it. Retry when KMS no longer lists it.',
        name,
        label,
      ),
    );
    return;
  }
  switch (outcome?.kind) {
    case undefined:
      void showInformation(
        l10n.t('KMS accepted grant {0} on {1}, as {2}. The wait for KMS to list it ended early.', name, label, id),
      );
      return;
    case 'listed':
      void showInformation(
        l10n.t(
          'Grant {0} on {1} is recreated as {2}: KMS lists it after {3}. It may take a while to work everywhere, usually less than five minutes in all.',
          name,
          label,
          id,
          duration(outcome.afterMs),
        ),
      );
      return;
    case 'timedOut':
      void showWarning(
        l10n.t(
          "KMS accepted grant {0} on {1}, as {2}, but doesn't list it yet after {3}.",
          name,
          label,
          id,
          duration(outcome.afterMs),
        ),
      );
      return;
    case 'unreadable':
      void showWarning(
        l10n.t(
          "KMS accepted grant {0} on {1}, as {2}. Couldn't check whether KMS lists it: {3}",
          name,
          label,
          id,
          printable(explain(outcome.error.details).sentence, 300),
        ),
      );
      return;
  }
}
