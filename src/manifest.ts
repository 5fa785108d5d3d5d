/** Every id that package.json and the code share. A test holds the two together. */

export const extensionName = 'kms-grants';

export const container = 'kmsGrants';

/** The view of grants keeps the ID of its former name, by which users' settings and keybindings know it. */
export const views = { keys: 'kmsGrants.keys', grantees: 'kmsGrants.grantees', history: 'kmsGrants.history' } as const;

/** With the publisher, as VS Code opens it. */
export const walkthrough = 'kms-grants.kms-grants#kmsGrants.getStarted';

/** Commands of the palette, menus and keybindings, and (last group) those that only rows and keys use. */
export const commands = {
  selectProfile: 'kmsGrants.selectProfile',
  selectRegion: 'kmsGrants.selectRegion',
  addConnection: 'kmsGrants.addConnection',
  sortConnections: 'kmsGrants.sortConnections',
  openKeyByArn: 'kmsGrants.openKeyByArn',
  explainKmsError: 'kmsGrants.explainKmsError',
  openSampleData: 'kmsGrants.openSampleData',
  refresh: 'kmsGrants.refresh',
  revokeGrant: 'kmsGrants.revokeGrant',
  findGrants: 'kmsGrants.findGrants',
  exportGrants: 'kmsGrants.exportGrants',
  saveBaseline: 'kmsGrants.saveBaseline',
  compareWithBaseline: 'kmsGrants.compareWithBaseline',
  loadEvidence: 'kmsGrants.loadEvidence',
  groupBy: 'kmsGrants.groupBy',
  sortBy: 'kmsGrants.sortBy',
  filterKeys: 'kmsGrants.filterKeys',
  filterGrantees: 'kmsGrants.filterGrantees',
  clearKeysFilter: 'kmsGrants.clearKeysFilter',
  clearGranteesFilter: 'kmsGrants.clearGranteesFilter',
  openConfigFile: 'kmsGrants.openConfigFile',
  openWalkthrough: 'kmsGrants.openWalkthrough',
  copyIamPolicy: 'kmsGrants.copyIamPolicy',
  showLog: 'kmsGrants.showLog',
  refreshNode: 'kmsGrants.refreshNode',
  explainTerminalSelection: 'kmsGrants.explainTerminalSelection',
  signIn: 'kmsGrants.signIn',
  addRegion: 'kmsGrants.addRegion',
  removeConnection: 'kmsGrants.removeConnection',
  removeKey: 'kmsGrants.removeKey',
  openConsole: 'kmsGrants.openConsole',
  copyAccountId: 'kmsGrants.copyAccountId',
  stopWaiting: 'kmsGrants.stopWaiting',
  checkAgain: 'kmsGrants.checkAgain',
  showAsJson: 'kmsGrants.showAsJson',
  copyKeyArn: 'kmsGrants.copyKeyArn',
  copyKeyId: 'kmsGrants.copyKeyId',
  copyAlias: 'kmsGrants.copyAlias',
  copyGrantId: 'kmsGrants.copyGrantId',
  copyGrantee: 'kmsGrants.copyGrantee',
  copyValue: 'kmsGrants.copyValue',
  retry: 'kmsGrants.retry',
  openConnections: 'kmsGrants.openConnections',
  manageTrust: 'kmsGrants.manageTrust',
  loadMore: 'kmsGrants.loadMore',
  copySelection: 'kmsGrants.copySelection',
  focusNext: 'kmsGrants.focusNext',
  focusPrevious: 'kmsGrants.focusPrevious',
  createGrant: 'kmsGrants.createGrant',
  retireGrant: 'kmsGrants.retireGrant',
  showRetirableGrants: 'kmsGrants.showRetirableGrants',
  showKeyDetails: 'kmsGrants.showKeyDetails',
  showGrantDetails: 'kmsGrants.showGrantDetails',
  showInCloudTrail: 'kmsGrants.showInCloudTrail',
  lookForUses: 'kmsGrants.lookForUses',
  lookForEnd: 'kmsGrants.lookForEnd',
  recreateGrant: 'kmsGrants.recreateGrant',
  revealInKeys: 'kmsGrants.revealInKeys',
  revokeTheseGrants: 'kmsGrants.revokeTheseGrants',
  copyAsCli: 'kmsGrants.copyAsCli',
  copyAsTerraform: 'kmsGrants.copyAsTerraform',
  copyRevokeAsCli: 'kmsGrants.copyRevokeAsCli',
  goToTerraformResource: 'kmsGrants.goToTerraformResource',
  openGrantOfResource: 'kmsGrants.openGrantOfResource',
  clearHistory: 'kmsGrants.clearHistory',
  exportHistory: 'kmsGrants.exportHistory',
  showHistory: 'kmsGrants.showHistory',
} as const;

export type CommandId = (typeof commands)[keyof typeof commands];

/** The commands that change grants: hidden and refused in read-only mode. No other sends a change. */
export const changingCommands: ReadonlySet<CommandId> = new Set([
  commands.revokeGrant,
  commands.revokeTheseGrants,
  commands.createGrant,
  commands.retireGrant,
  commands.showRetirableGrants,
  commands.recreateGrant,
]);

export const settings = {
  profile: 'kmsGrants.profile',
  region: 'kmsGrants.region',
  connections: 'kmsGrants.connections',
  accountNames: 'kmsGrants.accountNames',
  readOnly: 'kmsGrants.readOnly',
  links: 'kmsGrants.links',
  requestBudget: 'kmsGrants.requestBudget',
  propagationTimeoutSeconds: 'kmsGrants.propagation.timeoutSeconds',
  propagationIntervalSeconds: 'kmsGrants.propagation.intervalSeconds',
  propagationAbsentReads: 'kmsGrants.propagation.absentReads',
  evidenceUsePages: 'kmsGrants.evidence.usePages',
  findingsNoSuchGrantee: 'kmsGrants.findings.noSuchGrantee',
  findingsGranteeRecreated: 'kmsGrants.findings.granteeRecreated',
  evidenceBeforeRevoke: 'kmsGrants.evidence.beforeRevoke',
  findingsPossiblyOrphaned: 'kmsGrants.findings.possiblyOrphaned',
  findingsDuplicate: 'kmsGrants.findings.duplicate',
  findingsMayCreateGrants: 'kmsGrants.findings.mayCreateGrants',
  findingsOtherAccount: 'kmsGrants.findings.otherAccount',
  findingsAccountRoot: 'kmsGrants.findings.accountRoot',
  findingsNoEncryptionContext: 'kmsGrants.findings.noEncryptionContext',
  findingsOnlyAdminsCanEnd: 'kmsGrants.findings.onlyAdminsCanEnd',
  findingsOlderThan: 'kmsGrants.findings.olderThan',
  findingsRoleNotUsed: 'kmsGrants.findings.roleNotUsed',
  findingsKeyNotUsed: 'kmsGrants.findings.keyNotUsed',
  findingsKeyDisabled: 'kmsGrants.findings.keyDisabled',
  findingsKeyPendingDeletion: 'kmsGrants.findings.keyPendingDeletion',
  findingsNearQuota: 'kmsGrants.findings.nearQuota',
  findingsOlderThanDays: 'kmsGrants.findings.olderThanDays',
  findingsKeyUnusedDays: 'kmsGrants.findings.keyUnusedDays',
} as const;

/**
 * Set while a view is filtered, so that its button to show all is there; since a row went, until an arrow key; and once
 * evidence was opened, which ends a step of the walkthrough.
 */
export const contextKeys = {
  keysFiltered: 'kmsGrants.keysFiltered',
  granteesFiltered: 'kmsGrants.granteesFiltered',
  rowGone: 'kmsGrants.rowGone',
  evidenceOpened: 'kmsGrants.evidenceOpened',
} as const;

/** Where "Show as JSON" documents live. */
export const jsonScheme = 'kms-grants';

/** The color of warnings: VS Code's own is too pale for its light themes. */
export const warningColor = 'kmsGrants.warningForeground';

/** `viewItem` of each kind of row, as the when clauses of package.json match it. */
export const rows = {
  connection: 'connection',
  connectionSample: 'connection.sample',
  awsManagedKeys: 'awsManagedKeys',
  pinnedKeys: 'pinnedKeys',
  key: 'key',
  keyWithAlias: 'key.alias',
  keyPinned: 'key.pinned',
  /** Those above, with what can't be done there. */
  keyAwsManaged: 'key.awsManaged',
  keyWithAliasAwsManaged: 'key.alias.awsManaged',
  keyPinnedAwsManaged: 'key.pinned.awsManaged',
  keySample: 'key.sample',
  keyWithAliasSample: 'key.alias.sample',
  keyAwsManagedSample: 'key.awsManaged.sample',
  keyWithAliasAwsManagedSample: 'key.alias.awsManaged.sample',
  grant: 'grant',
  /** The caller may be allowed to retire it, judging by its principals. */
  grantRetirable: 'grant.retirable',
  /** A resource in a Terraform file of the workspace may make it. */
  grantTerraform: 'grant.terraform',
  grantRetirableTerraform: 'grant.retirable.terraform',
  grantRevoking: 'grant.revoking',
  grantConfirming: 'grant.confirming',
  grantUnconfirmed: 'grant.unconfirmed',
  /** In a baseline, and not listed any more. */
  grantGone: 'grant.gone',
  /** The baseline has who held it. */
  grantGoneRecreatable: 'grant.gone.recreatable',
  field: 'field',
  evidence: 'evidence',
  evidenceLine: 'evidence.line',
  evidenceTerraform: 'evidence.terraform',
  /** Of the grants with a finding. */
  groupOfFinding: 'group.finding',
  more: 'more',
  historyDay: 'history.day',
  /** A change that can't be taken back by making its grant again. */
  historyEntry: 'history.entry',
  historyRecreatable: 'history.recreatable',
  /** Those above whose grant KMS may still list. */
  historyEntryListed: 'history.entry.listed',
  historyRecreatableListed: 'history.recreatable.listed',
  /** Followed by the helpful actions, as in `message.retry.showLog`. */
  message: 'message',
} as const;

/** What a language model may ask. */
export const languageModelTools = {
  listConnections: 'kmsGrants_listConnections',
  listKeys: 'kmsGrants_listKeys',
  listGrants: 'kmsGrants_listGrants',
  listFindings: 'kmsGrants_listFindings',
  getEvidence: 'kmsGrants_getEvidence',
  explainKmsError: 'kmsGrants_explainKmsError',
  revokeGrant: 'kmsGrants_revokeGrant',
} as const;

export type ToolName = (typeof languageModelTools)[keyof typeof languageModelTools];
