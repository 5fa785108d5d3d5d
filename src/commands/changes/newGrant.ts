import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import { type NewGrant, recordCreatedByDryRun } from '../../core/changes/grantChanges.ts';
import type { ActingSession } from '../../core/connections/session.ts';
import { accountOfArn, type Connection, type KmsKey, keyLabel } from '../../core/kms/model.ts';
import { showWarning } from '../../platform/prompts.ts';
import type { Needs } from '../context.ts';
import type { Question } from './changeQuestion.ts';

/** The typed confirmation of a new grant, if there is a reason for one. */
export function creationTyping({ region }: Connection, key: KmsKey): Question['typing'] {
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  return {
    reasons: [],
    title: l10n.t('Create Grant on {0}', printable(keyLabel(key))),
    prompt: (reason) =>
      l10n.t(
        '{0} Type {1} to create the grant in account {2}, {3}.',
        reason,
        printable(keyLabel(key)),
        account,
        region,
      ),
    accepted: [keyLabel(key), ...key.aliases, key.keyId],
  };
}

/** The server took the dry run for a request: the grant is in the history, in the view and in a notification. */
export async function createdByDryRun(
  { journal, view }: Needs<'journal' | 'view'>,
  acting: ActingSession,
  grant: NewGrant,
): Promise<void> {
  await recordCreatedByDryRun(journal, acting, grant);
  view.refreshGrants(acting.session.connection, grant.key.arn);
  void showWarning(l10n.t('The server ignored the dry run and created the grant.'));
}
