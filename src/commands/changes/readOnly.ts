import * as l10n from '@vscode/l10n';

import { UserError } from '../../core/words/userError.ts';
import { readOnly } from '../../platform/settings.ts';

/** Refuses every change while the setting `kmsGrants.readOnly` is on. */
export function refuseIfReadOnly(): void {
  if (readOnly.get()) {
    throw new UserError(
      l10n.t(
        'Nothing was changed, because KMS Grants is in read-only mode. To allow changes, turn off kmsGrants.readOnly.',
      ),
    );
  }
}
