/** Every id that package.json and the code share. A test holds the two together. */

export const extensionName = 'kms-grants';

export const container = 'kmsGrants';

export const views = { keys: 'kmsGrants.keys' } as const;

/** Commands of the palette, menus and keybindings, and (last group) those that only rows and keys use. */
export const commands = {
  selectProfile: 'kmsGrants.selectProfile',
  selectRegion: 'kmsGrants.selectRegion',
  addConnection: 'kmsGrants.addConnection',
  sortConnections: 'kmsGrants.sortConnections',
  openKeyByArn: 'kmsGrants.openKeyByArn',
  openSampleData: 'kmsGrants.openSampleData',
  refresh: 'kmsGrants.refresh',
  revokeGrant: 'kmsGrants.revokeGrant',
  showLog: 'kmsGrants.showLog',
  refreshNode: 'kmsGrants.refreshNode',
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
  loadMore: 'kmsGrants.loadMore',
  revokeSelectedGrant: 'kmsGrants.revokeSelectedGrant',
  copySelection: 'kmsGrants.copySelection',
} as const;

export type CommandId = (typeof commands)[keyof typeof commands];

export const settings = {
  profile: 'kmsGrants.profile',
  region: 'kmsGrants.region',
  connections: 'kmsGrants.connections',
  accountNames: 'kmsGrants.accountNames',
  propagationTimeoutSeconds: 'kmsGrants.propagation.timeoutSeconds',
  propagationIntervalSeconds: 'kmsGrants.propagation.intervalSeconds',
  propagationAbsentReads: 'kmsGrants.propagation.absentReads',
} as const;

/** Where "Show as JSON" documents live. */
export const jsonScheme = 'kms-grants';

/** `viewItem` of each kind of row, as the when clauses of package.json match it. */
export const rows = {
  connection: 'connection',
  connectionSample: 'connection.sample',
  awsManagedKeys: 'awsManagedKeys',
  otherAccounts: 'otherAccounts',
  key: 'key',
  keyWithAlias: 'key.alias',
  keyPinned: 'key.pinned',
  grant: 'grant',
  grantRevoking: 'grant.revoking',
  grantConfirming: 'grant.confirming',
  grantUnconfirmed: 'grant.unconfirmed',
  field: 'field',
  more: 'more',
  /** Followed by the helpful actions, as in `message.retry.showLog`. */
  message: 'message',
} as const;
