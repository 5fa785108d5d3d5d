import vscode = require('vscode');

import {
  defaultFindingOptions,
  type FindingKind,
  type FindingOptions,
  findingKinds,
} from '../core/findings/finding.ts';
import { settings } from '../manifest.ts';
import { onDidChangeSettings, type Setting } from './settings.ts';

const settingOf: Readonly<Record<FindingKind, string>> = {
  possiblyOrphaned: settings.findingsPossiblyOrphaned,
  duplicate: settings.findingsDuplicate,
  accountRoot: settings.findingsAccountRoot,
  otherAccount: settings.findingsOtherAccount,
  mayCreateGrants: settings.findingsMayCreateGrants,
  nearQuota: settings.findingsNearQuota,
  keyPendingDeletion: settings.findingsKeyPendingDeletion,
  keyDisabled: settings.findingsKeyDisabled,
  onlyAdminsCanEnd: settings.findingsOnlyAdminsCanEnd,
  noEncryptionContext: settings.findingsNoEncryptionContext,
  olderThan: settings.findingsOlderThan,
};

/** Which findings are wanted. */
export const findingSettings: Setting<FindingOptions> = {
  get: findingOptions,
  onDidChange: onDidChangeSettings('kmsGrants.findings'),
};

/** A value of another type than the setting's is ignored. */
function findingOptions(): FindingOptions {
  const configuration = vscode.workspace.getConfiguration();
  const days: unknown = configuration.get(settings.findingsOlderThanDays);
  return {
    off: new Set(findingKinds.filter((kind) => configuration.get(settingOf[kind]) === false)),
    olderThanDays: typeof days === 'number' && days >= 1 ? days : defaultFindingOptions.olderThanDays,
  };
}
