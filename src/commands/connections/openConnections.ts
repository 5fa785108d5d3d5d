import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import { isKind } from '../../core/kms/errors.ts';
import { explain } from '../../core/words/explain.ts';
import { confirm, showInformation } from '../../platform/prompts.ts';
import type { Needs } from '../context.ts';

/** Opens the connections that the settings of a dev container name, if the user agrees. */
export async function openConnections({
  connections,
  confirmedSettings,
}: Needs<'connections' | 'confirmedSettings'>): Promise<void> {
  try {
    await connections.list();
    void showInformation(l10n.t('No connections of a dev container are waiting to be opened.'));
    return;
  } catch (error) {
    if (!isKind(error, 'notConfirmed')) {
      throw error;
    }
    const { sentence, advice } = explain(error.details);
    const question = l10n.t('Open the AWS connections that this dev container requests?');
    const detail = printable(`${sentence} ${advice}`, 2000);
    if (!(await confirm({ question, detail, button: l10n.t('Open') }))) {
      return;
    }
    await confirmedSettings.confirm();
  }
  connections.preferencesChanged();
}

export async function openSampleData(context: Needs<'connections' | 'setShowsSample' | 'view'>): Promise<void> {
  await context.setShowsSample(true);
  context.connections.preferencesChanged();
  await context.view.reveal({ kind: 'connection', ref: { kind: 'sample' } });
}
