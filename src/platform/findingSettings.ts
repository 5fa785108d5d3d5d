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
  noSuchGrantee: settings.findingsNoSuchGrantee,
  granteeRecreated: settings.findingsGranteeRecreated,
  possiblyOrphaned: settings.findingsPossiblyOrphaned,
  duplicate: settings.findingsDuplicate,
  accountRoot: settings.findingsAccountRoot,
  otherAccount: settings.findingsOtherAccount,
  mayCreateGrants: settings.findingsMayCreateGrants,
  roleNotUsed: settings.findingsRoleNotUsed,
  nearQuota: settings.findingsNearQuota,
  keyPendingDeletion: settings.findingsKeyPendingDeletion,
  keyDisabled: settings.findingsKeyDisabled,
  keyNotUsed: settings.findingsKeyNotUsed,
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
  const days = (setting: string, fallback: number) => {
    const value: unknown = configuration.get(setting);
    return typeof value === 'number' && value >= 1 ? value : fallback;
  };
  const { olderThanDays, keyUnusedDays } = defaultFindingOptions;
  return {
    off: new Set(findingKinds.filter((kind) => configuration.get(settingOf[kind]) === false)),
    olderThanDays: days(settings.findingsOlderThanDays, olderThanDays),
    keyUnusedDays: days(settings.findingsKeyUnusedDays, keyUnusedDays),
  };
}
