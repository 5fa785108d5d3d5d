import * as l10n from '@vscode/l10n';
import type { ScanResult } from '../../core/findings/scan.ts';
import { UserError } from '../../core/words/userError.ts';
import type { Needs } from '../context.ts';

/** @throws UserError before the first search */
export function lastResult(grantees: Needs<'grantees'>['grantees']): ScanResult {
  const { result } = grantees.shownGrants();
  if (result === undefined) {
    throw new UserError(l10n.t('No grants for a baseline yet. Find grants first.'));
  }
  return result;
}
