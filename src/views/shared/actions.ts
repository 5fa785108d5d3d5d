import * as l10n from '@vscode/l10n';
import type { HelpfulAction } from '../../core/words/userError.ts';
import { commands } from '../../manifest.ts';

/** What each action that helps after a failure runs. */
export const actionCommands: Readonly<Record<HelpfulAction, string>> = {
  signIn: commands.signIn,
  openConnections: commands.openConnections,
  manageTrust: commands.manageTrust,
  retry: commands.retry,
  selectProfile: commands.selectProfile,
  selectRegion: commands.selectRegion,
  openKeyByArn: commands.openKeyByArn,
  showLog: commands.showLog,
};

export function actionTitle(action: HelpfulAction): string {
  switch (action) {
    case 'signIn':
      return l10n.t('Sign In');
    case 'openConnections':
      return l10n.t('Open…');
    case 'manageTrust':
      return l10n.t('Manage Workspace Trust');
    case 'openKeyByArn':
      return l10n.t('Open Key by ARN…');
    case 'retry':
      return l10n.t('Retry');
    case 'selectProfile':
      return l10n.t('Select Profile…');
    case 'selectRegion':
      return l10n.t('Select Region…');
    case 'showLog':
      return l10n.t('Show Log');
  }
}
