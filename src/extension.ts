import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { CommandContext } from './commands/context.ts';
import { registerCommands } from './commands/table.ts';
import { systemClock } from './core/clock.ts';
import { Connections, type Preferences } from './core/connections.ts';
import type { Aws } from './core/kmsApi.ts';
import { Revocations } from './core/revocation.ts';
import { jsonScheme, views } from './manifest.ts';
import { logCall } from './platform/log.ts';
import { askMfaCode } from './platform/prompts.ts';
import { onConnectionSettings, profileSetting, propagationPolicy, regionSetting } from './platform/settings.ts';
import { recordStore, rememberChoice, rememberedChoice } from './platform/store.ts';
import { JsonDocuments } from './views/jsonDocuments.ts';
import { KeysView } from './views/keysView.ts';

/** Builds and wires. Nothing here touches disk or network: the AWS room is loaded when the view first asks. */
export function activate({ subscriptions, globalState, workspaceState }: vscode.ExtensionContext): void {
  if (vscode.l10n.bundle !== undefined) l10n.config({ contents: vscode.l10n.bundle });
  const log = vscode.window.createOutputChannel('KMS Grants', { log: true });
  const aws = lazy(() => loadAws(log));
  const preferences = (): Preferences => ({
    remembered: rememberedChoice(workspaceState),
    profile: profileSetting(),
    region: regionSetting(),
    env: process.env,
  });
  const revocations = new Revocations({
    store: recordStore(globalState),
    clock: systemClock,
    random: Math.random,
    policy: propagationPolicy,
    onChange: (record) => view.onRevocationChange(record),
    onOutcome: (record, outcome) => view.onRevocationOutcome(record, outcome),
  });
  const connections = new Connections({
    aws,
    preferences,
    remember: (ref) => void rememberChoice(workspaceState, ref),
    onReplaced: () => view.reset(),
    onOpened: (session) => void revocations.resume(session).catch((error: unknown) => log.warn(String(error))),
    onChange: (session, change) => view.onSessionChange(session, change),
  });
  const view = new KeysView(connections, revocations);
  const tree = vscode.window.createTreeView(views.keys, { treeDataProvider: view, showCollapseAll: true });
  const documents = new JsonDocuments();
  const context: CommandContext = {
    aws,
    preferences,
    connections,
    revocations,
    view,
    documents,
    log,
    selection: () => tree.selection,
  };
  subscriptions.push(
    log,
    connections,
    revocations,
    view,
    tree,
    registerCommands(context),
    onConnectionSettings(() => connections.forgetChoice()),
  );
  subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(jsonScheme, documents),
    vscode.workspace.onDidCloseTextDocument((document) => documents.forget(document)),
  );
}

/** The AWS room and the sample data are bundles of their own, loaded on first use. */
async function loadAws(log: vscode.LogOutputChannel): Promise<Aws> {
  const { createAws } = await import('./aws/index.ts');
  return createAws({
    env: process.env,
    log: (call) => logCall(log, call),
    sample: async () => (await import('./emulator/index.ts')).createSample(),
    mfaCode: askMfaCode,
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
