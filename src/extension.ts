import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { CommandContext } from './commands/context.ts';
import { registerCommands } from './commands/table.ts';
import { systemClock } from './core/clock.ts';
import { Connections, type Preferences, signInNeeded } from './core/connections.ts';
import type { Aws } from './core/kmsApi.ts';
import { Revocations } from './core/revocation.ts';
import { jsonScheme, views } from './manifest.ts';
import { FileWatch } from './platform/fileWatch.ts';
import { describeError, logCall } from './platform/log.ts';
import { askMfaCode } from './platform/prompts.ts';
import {
  accountName,
  connectionsSetting,
  onConnectionSettings,
  profileSetting,
  propagationPolicy,
  regionSetting,
} from './platform/settings.ts';
import { pinnedKeys as pinnedKeysIn, recordStore, setShowsSample, showsSample } from './platform/store.ts';
import { JsonDocuments } from './views/jsonDocuments.ts';
import { KeysView } from './views/keysView.ts';
import { StatusBar } from './views/statusBar.ts';

/** Builds and wires. Nothing here touches disk or network: the AWS room is loaded when the view first asks. */
export function activate({ subscriptions, globalState, workspaceState }: vscode.ExtensionContext): void {
  if (vscode.l10n.bundle !== undefined) l10n.config({ contents: vscode.l10n.bundle });
  const log = vscode.window.createOutputChannel('KMS Grants', { log: true });
  const logged = (task: Promise<void>) => void task.catch((error: unknown) => log.warn(describeError(error)));
  const aws = lazy(() => loadAws(log, mayPrompt));
  const mayPrompt = (profile: string) => connections.takeLeaveToPrompt(profile);
  const preferences = () => readPreferences(workspaceState);
  const pinnedKeys = pinnedKeysIn(globalState);
  const revocations = new Revocations({
    store: recordStore(globalState),
    clock: systemClock,
    random: Math.random,
    policy: propagationPolicy,
    onChange: (record) => view.onRevocationChange(record),
    onOutcome: (record, outcome) => view.onRevocationOutcome(record, outcome),
  });
  const files = new FileWatch(() => logged(connections.filesChanged()));
  const connections = new Connections({
    aws,
    preferences,
    onListChanged: () => view.onListChanged(),
    onStateChanged: (id) => view.onStateChanged(id),
    onAccountChanged: (id) => view.onAccountChanged(id),
    onOpened: (session) => logged(revocations.resume(session)),
    onChange: (session, change) => view.onSessionChange(session, change),
    watch: (paths) => files.watch(paths),
  });
  const view = new KeysView({ connections, revocations, pinnedKeys, accountName });
  const statusBar = new StatusBar(connections);
  const tree = vscode.window.createTreeView(views.keys, { treeDataProvider: view, showCollapseAll: true });
  const documents = new JsonDocuments();
  const setSample = (shown: boolean) => setShowsSample(workspaceState, shown);
  const context: CommandContext = {
    aws,
    preferences,
    setShowsSample: setSample,
    connections,
    revocations,
    pinnedKeys,
    view,
    tree,
    documents,
    log,
  };
  subscriptions.push(log, connections, revocations, files, view, statusBar, tree, registerCommands(context));
  subscriptions.push(
    onConnectionSettings(() => connections.preferencesChanged()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => logged(connections.filesChanged())),
    view.onDidChangeTreeData(() => statusBar.update()),
    vscode.workspace.registerTextDocumentContentProvider(jsonScheme, documents),
    vscode.workspace.onDidCloseTextDocument((document) => documents.forget(document)),
  );
}

function readPreferences(workspaceState: vscode.Memento): Preferences {
  return {
    connections: connectionsSetting(),
    sample: showsSample(workspaceState),
    profile: profileSetting(),
    region: regionSetting(),
    env: process.env,
  };
}

/** The AWS room and the sample data are bundles of their own, loaded on first use. */
async function loadAws(log: vscode.LogOutputChannel, mayPrompt: (profile: string) => boolean): Promise<Aws> {
  const { createAws } = await import('./aws/index.ts');
  return createAws({
    env: process.env,
    log: (call) => logCall(log, call),
    sample: async () => (await import('./emulator/index.ts')).createSample(),
    mfaCode: async (serial, profile, signal) => {
      if (!mayPrompt(profile)) throw signInNeeded(profile, { kind: 'mfa', serial });
      return askMfaCode(serial, profile, signal);
    },
    mayRunProcesses: () => vscode.workspace.isTrusted,
  });
}

function lazy<T>(create: () => Promise<T>): () => Promise<T> {
  let created: Promise<T> | undefined;
  return () => {
    created ??= create();
    return created;
  };
}
