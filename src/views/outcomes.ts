import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { connectionName } from '../core/describe.ts';
import { keyLabel } from '../core/model.ts';
import { grantee } from '../core/principal.ts';
import type { RevocationOutcome, RevocationRecord } from '../core/revocation.ts';
import { duration, printable } from '../core/text.ts';
import { commands } from '../manifest.ts';
import { showInformation, showWarning } from '../platform/prompts.ts';
import type { HistoryEntryNode } from './historyItem.ts';

/** What is true at the end of a wait, and no more; the actions are offered where they help. */
export async function tellOutcome(
  { id, kind, grant, key, connection, accepted, account }: RevocationRecord,
  outcome: RevocationOutcome,
  checkAgain: () => void,
): Promise<void> {
  const name = printable(grant.name ?? grantee(grant).shortName);
  const label = printable(keyLabel(key));
  switch (outcome.kind) {
    case 'gone': {
      const button = l10n.t('Recreate Grant…');
      const picked = await showInformation(
        kind === 'revoke'
          ? l10n.t(
              'KMS no longer lists the grant {0} on {1}, {2} after the revoke. It may be honored a little longer, usually less than five minutes in all.',
              name,
              label,
              duration(outcome.afterMs),
            )
          : l10n.t(
              'KMS no longer lists the grant {0} on {1}, {2} after it was retired. It may be honored a little longer, usually less than five minutes in all.',
              name,
              label,
              duration(outcome.afterMs),
            ),
        // What could not be written to the history can't be made again from it.
        ...(id === '' ? [] : [button]),
      );
      if (picked === button) {
        const entry: HistoryEntryNode = { kind: 'historyEntry', id };
        await vscode.commands.executeCommand(commands.recreateGrant, entry);
      }
      return;
    }
    case 'stopped':
      return;
    case 'timedOut': {
      const after = duration(outcome.afterMs);
      const sentences =
        kind === 'revoke'
          ? {
              listed: accepted
                ? l10n.t('KMS still lists the grant {0} on {1}, {2} after it accepted the revoke.', name, label, after)
                : l10n.t(
                    'KMS still lists the grant {0} on {1}. It may never have received the revoke, {2} ago.',
                    name,
                    label,
                    after,
                  ),
              absent: l10n.t(
                'KMS lists the grant {0} on {1} at some times and not at others, {2} after the revoke.',
                name,
                label,
                after,
              ),
              none: l10n.t('The grant {0} on {1} could not be checked since the revoke, {2} ago.', name, label, after),
            }
          : {
              listed: accepted
                ? l10n.t('KMS still lists the grant {0} on {1}, {2} after it was retired.', name, label, after)
                : l10n.t(
                    'KMS still lists the grant {0} on {1}. It may never have received the retirement, {2} ago.',
                    name,
                    label,
                    after,
                  ),
              absent: l10n.t(
                'KMS lists the grant {0} on {1} at some times and not at others, {2} after it was retired.',
                name,
                label,
                after,
              ),
              none: l10n.t(
                'The grant {0} on {1} could not be checked since it was retired, {2} ago.',
                name,
                label,
                after,
              ),
            };
      const button = l10n.t('Check Again');
      if ((await showWarning(sentences[outcome.lastRead], button)) === button) checkAgain();
      return;
    }
    case 'otherAccount':
      void showWarning(
        l10n.t(
          'The end of the grant {0} on {1} is not followed: {2} now signs in to another account than {3}.',
          name,
          label,
          connectionName(connection),
          account ?? l10n.t('unknown'),
        ),
      );
      return;
  }
}
