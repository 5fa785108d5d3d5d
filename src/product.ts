import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import type { CommandContext } from './commands/context.ts';
import type { CommandsRoom } from './commands/register.ts';
import { systemClock } from './core/base/clock.ts';
import { lazy } from './core/base/lazy.ts';
import { printable } from './core/base/text.ts';
import { FollowUps } from './core/changes/followUps.ts';
import { Journal } from './core/changes/journal.ts';
import { longestWaitMs, Revocations } from './core/changes/revocation.ts';
import type { Preferences } from './core/connections/chooseConnections.ts';
import { Connections, mfaPrompt } from './core/connections/connections.ts';
import type { Arrangement } from './core/findings/grantGroups.ts';
import type { Aws } from './core/kms/kmsApi.ts';
import { connectionId } from './core/kms/model.ts';
import { RequestLimiter } from './core/pacing/limiter.ts';
import { jsonScheme } from './manifest.ts';
import { type ConfirmedSettings, confirmedSettings } from './platform/confirmedSettings.ts';
import { FileWatch } from './platform/fileWatch.ts';
import { findingOptions, onFindingSettings } from './platform/findingSettings.ts';
import { JournalFileOnDisk } from './platform/journalFile.ts';
import { describeError, logCall } from './platform/log.ts';
import { isWindowRunning } from './platform/processes.ts';
import { askMfaCode } from './platform/prompts.ts';
import {
  accountName,
  connectionsSetting,
  onConnectionSettings,
  onRequestBudget,
  profileSetting,
  propagationPolicy,
  regionSetting,
  requestBudget,
} from './platform/settings.ts';
import {
  type Kept,
  keptArrangement,
  pinnedKeys as pinnedKeysIn,
  setShowsSample,
  showsSample,
} from './platform/store.ts';
import { GranteesView } from './views/grantees/granteesView.ts';
import { HistoryView } from './views/history/historyView.ts';
import { KeysView } from './views/keys/keysView.ts';
import { JsonDocuments } from './views/shared/jsonDocuments.ts';
import { showOutcomes } from './views/shared/outcomes.ts';
import { StatusBar } from './views/shared/statusBar.ts';
import type { Rows, Trees } from './views/shared/trees.ts';

export interface Product {
  readonly rows: Rows;
  /** What the commands work on. */
  readonly context: CommandContext;
  readonly commands: () => Promise<CommandsRoom>;
}

/** Builds and wires. Nothing here touches disk or network: the AWS room is loaded when a view first asks. */
export function createProduct(extension: vscode.ExtensionContext, trees: Trees): Product {
  const { subscriptions, workspaceState } = extension;
  if (vscode.l10n.bundle !== undefined) {
    l10n.config({ contents: vscode.l10n.bundle });
  }
  const log = vscode.window.createOutputChannel('KMS Grants', { log: true });
  const room = lazy(loadCommands);
  const core = createCore(extension, log, room, () => shown);
  const shown = createViews(core, keptArrangement(workspaceState));
  const { connections } = core;
  const { view, grantees, history, documents } = shown;
  view.attach(trees.keys);
  grantees.attach(trees.grantees);
  const context: CommandContext = {
    ...core,
    ...shown,
    setShowsSample: (isShown) => setShowsSample(workspaceState, isShown),
    selection: trees.selection,
    log,
  };
  subscriptions.push(log, ...core.owned, ...shown.owned);
  subscriptions.push(
    onConnectionSettings(() => connections.preferencesChanged()),
    onRequestBudget((percent) => core.limiter.setBudget(percent)),
    onFindingSettings(() => {
      view.onFindingOptions();
      grantees.onFindingOptions();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => core.logged(connections.filesChanged())),
    vscode.workspace.registerTextDocumentContentProvider(jsonScheme, documents),
    vscode.workspace.onDidCloseTextDocument((document) => documents.forget(document)),
  );
  return { rows: { keys: view, grantees, history }, context, commands: room };
}

/** What the product is; it tells the views, which are made after it. */
function createCore(
  { globalState, workspaceState, globalStorageUri }: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  room: () => Promise<CommandsRoom>,
  shown: () => Pick<ReturnType<typeof createViews>, 'view' | 'grantees' | 'statusBar'>,
) {
  const onJournalError = (error: unknown) => log.warn(describeError(error));
  const logged = (task: Promise<void>) => void task.catch(onJournalError);
  const both = (tell: (one: KeysView | GranteesView) => void) => [shown().view, shown().grantees].forEach(tell);
  /** What fails before any call is in no record of a call. */
  const noteFailure = (id: string) => {
    const failed = connections.known.find((ref) => connectionId(ref) === id);
    const failure = failed === undefined ? undefined : connections.failure(failed);
    if (failure?.details.operation === 'Connect') {
      log.warn(`${printable(id)} ${describeError(failure)}`);
    }
  };
  const aws = lazy(() => loadAws(log, (profile) => connections.takeLeaveToPrompt(profile)));
  const settings = confirmedSettings(globalState);
  const preferences = () => readPreferences(workspaceState, settings);
  const pinnedKeys = pinnedKeysIn(globalState);
  const journal = new Journal(
    new JournalFileOnDisk(vscode.Uri.joinPath(globalStorageUri, 'history.jsonl').fsPath),
    systemClock,
    { pid: process.pid, isRunning: isWindowRunning },
  );
  const limiter = new RequestLimiter(systemClock, requestBudget());
  const revocations = new Revocations({
    journal,
    clock: systemClock,
    random: Math.random,
    policy: propagationPolicy,
    onChange: (record) => both((one) => one.onRevocationChange(record)),
    onOutcome: (record, outcome) => {
      both((one) => one.onRevocationOutcome(record, outcome));
      followUps.ended({ record, outcome });
    },
    mayFollow: (record) => journal.mayFollow(record, longestWaitMs(propagationPolicy())),
    onJournalError,
  });
  const followUps = new FollowUps(systemClock, (ended) => {
    void showOutcomes(ended, ({ connection, key, grant }) => {
      const current = connections.session(connection);
      if (current !== undefined) {
        revocations.checkAgain(current, key, grant.grantId);
      }
    });
  });
  const files = new FileWatch(() => logged(connections.filesChanged()));
  const connections = new Connections({
    aws,
    limiter,
    clock: systemClock,
    preferences,
    onListChanged: () => shown().view.onListChanged(),
    onShownChanged: () => shown().statusBar.update(),
    onStateChanged: (id) => {
      noteFailure(id);
      shown().view.onStateChanged(id);
      shown().statusBar.update();
    },
    onAccountChanged: (id) => both((one) => one.onAccountChanged(id)),
    onOpened: (session) => {
      logged(revocations.resume(session));
      logged(room().then(({ checkUnanswered }) => checkUnanswered(journal, session, systemClock)));
    },
    onChange: (session, change) => {
      shown().view.onSessionChange(session, change);
      if (change.kind === 'identity') {
        shown().statusBar.update();
      }
    },
    watch: (paths) => files.watch(paths),
  });
  const owned: readonly vscode.Disposable[] = [connections, revocations, followUps, files, journal];
  return {
    aws,
    preferences,
    confirmedSettings: settings,
    pinnedKeys,
    journal,
    limiter,
    revocations,
    followUps,
    connections,
    logged,
    owned,
  };
}

function createViews(
  { connections, revocations, pinnedKeys, journal }: ReturnType<typeof createCore>,
  arrangement: Kept<Arrangement>,
) {
  const now = Date.now;
  const view = new KeysView({
    connections,
    revocations,
    pinnedKeys,
    accountName,
    findingOptions,
    clock: systemClock,
  });
  const grantees = new GranteesView({ revocations, findingOptions, arrangement, now });
  const history = new HistoryView(journal);
  const statusBar = new StatusBar(connections);
  const owned: readonly vscode.Disposable[] = [view, grantees, history, statusBar];
  return { view, grantees, history, statusBar, documents: new JsonDocuments(), owned };
}

function readPreferences(workspaceState: vscode.Memento, confirmed: ConfirmedSettings): Preferences {
  return {
    connections: connectionsSetting(),
    sample: showsSample(workspaceState),
    profile: profileSetting(),
    region: regionSetting(),
    isUnconfirmed: confirmed.isUnconfirmed(),
    env: process.env,
  };
}

/** The commands, the AWS room and the sample data are bundles of their own, loaded on first use. */
async function loadCommands(): Promise<CommandsRoom> {
  const room = await import('./commands/index.ts');
  if (vscode.l10n.bundle !== undefined) {
    room.configureStrings({ contents: vscode.l10n.bundle });
  }
  return room;
}

async function loadAws(log: vscode.LogOutputChannel, mayPrompt: (profile: string) => boolean): Promise<Aws> {
  const { configureStrings, createAws } = await import('./aws/index.ts');
  if (vscode.l10n.bundle !== undefined) {
    configureStrings({ contents: vscode.l10n.bundle });
  }
  return createAws({
    env: process.env,
    log: (call) => logCall(log, call),
    sample: async () => (await import('./emulator/index.ts')).createSample(),
    mfaCode: mfaPrompt(mayPrompt, askMfaCode),
    mayRunProcesses: () => vscode.workspace.isTrusted,
  });
}
