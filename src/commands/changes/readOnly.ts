import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { UserError } from '../../core/words/userError.ts';
import { settings } from '../../manifest.ts';

/** Refuses every change while the setting `kmsGrants.readOnly` is on. */
export function refuseIfReadOnly(): void {
  if (isReadOnly()) {
    throw new UserError(
      l10n.t('KMS Grants is in read-only mode, so nothing was changed. The setting kmsGrants.readOnly turns it off.'),
    );
  }
}

export function isReadOnly(): boolean {
  return vscode.workspace.getConfiguration().get(settings.readOnly) === true;
}
