import * as l10n from '@vscode/l10n';

import { UserError } from '../../core/words/userError.ts';
import { readOnly } from '../../platform/settings.ts';

/** Refuses every change while the setting `kmsGrants.readOnly` is on. */
export function refuseIfReadOnly(): void {
  if (readOnly.get()) {
    throw new UserError(
      l10n.t('KMS Grants is in read-only mode, so nothing was changed. The setting kmsGrants.readOnly turns it off.'),
    );
  }
}
