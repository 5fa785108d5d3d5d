import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import type { CommandContext } from './commands/context.ts';
import { registerKeyLinks } from './commands/keyLinks.ts';
import { pagesBundle } from './commands/pagesBundle.ts';
import type { CommandsBundle } from './commands/register.ts';
import { terraformBundle } from './commands/terraformBundle.ts';
import { systemClock } from './core/base/clock.ts';
import { lazy } from './core/base/lazy.ts';
import { printable } from './core/base/text.ts';
import { FollowUps } from './core/changes/followUps.ts';
import { Journal } from './core/changes/journal.ts';
import { Revocations } from './core/changes/revocations.ts';
import { Connections } from './core/connections/connections.ts';
import { mfaPrompt, PromptPermissions } from './core/connections/signIn.ts';
import type { EvidenceOptions } from './core/evidence/evidence.ts';
import { type EvidenceBundle, LazyEvidence } from './core/evidence/lazyEvidence.ts';
import type { Aws } from './core/kms/kmsApi.ts';
import { connectionId } from './core/kms/model.ts';
import { RequestLimiter } from './core/pacing/limiter.ts';
import { LazyTerraform } from './core/terraform/lazyTerraform.ts';
import { jsonScheme } from './manifest.ts';
import { confirmedSettings } from './platform/confirmedSettings.ts';
import { FileWatch } from './platform/fileWatch.ts';
import { findingSettings } from './platform/findingSettings.ts';
import { JournalFileOnDisk } from './platform/journalFile.ts';
import { describeError, logCall } from './platform/log.ts';
import { readPreferences } from './platform/preferences.ts';
import { isWindowRunning } from './platform/processes.ts';
import { askMfaCode } from './platform/prompts.ts';
import { accountName, onDidChangeConnectionSettings, propagationPolicy, requestBudget } from './platform/settings.ts';
import { keptArrangement, keptBaseline, pinnedKeys as pinnedKeysIn, setShowsSample } from './platform/store.ts';
import { GranteesView } from './views/grantees/granteesView.ts';
import { HistoryView } from './views/history/historyView.ts';
import { KeysView } from './views/keys/keysView.ts';
import { JsonDocuments } from './views/shared/jsonDocuments.ts';
import { noteReadOnly } from './views/shared/readOnlyNote.ts';
import { StatusBar } from './views/shared/statusBar.ts';
import type { Rows, Trees } from './views/shared/trees.ts';

export interface Product {
  readonly rows: Rows;
  /** What the commands work on. */
  readonly context: CommandContext;
  readonly commands: () => Promise<CommandsBundle>;
}

/** Builds from the bottom up, and wires. Nothing here touches disk or network: AWS's SDK is loaded when a view first asks. */
export function createProduct(extension: vscode.ExtensionContext, trees: Trees): Product {
  const { subscriptions, globalState, workspaceState, globalStorageUri } = extension;
  if (vscode.l10n.bundle !== undefined) {
    l10n.config({ contents: vscode.l10n.bundle });
  }
  const own = <T extends vscode.Disposable>(one: T): T => {
    subscriptions.push(one);
    return one;
  };
  const log = own(vscode.window.createOutputChannel('KMS Grants', { log: true }));
  const warn = (error: unknown) => log.warn(describeError(error));
  const logged = (task: Promise<void>) => void task.catch(warn);
  const clock = systemClock;

  const confirmed = confirmedSettings(globalState);
  const preferences = () => readPreferences(workspaceState, confirmed);
  const pinnedKeys = pinnedKeysIn(globalState);
  const files = own(new FileWatch());
  const permissions = new PromptPermissions();
  const aws = lazy(() => loadAws(log, permissions));
  const limiter = new RequestLimiter(clock, requestBudget.get());
  const watch = (paths: readonly string[]) => files.watch(paths);
  const connections = own(new Connections({ aws, limiter, clock, preferences, permissions, watch }));
  const journal = own(
    new Journal(new JournalFileOnDisk(vscode.Uri.joinPath(globalStorageUri, 'history.jsonl').fsPath), clock, {
      pid: process.pid,
      isRunning: isWindowRunning,
    }),
  );
  const revocations = own(new Revocations({ journal, clock, random: Math.random, policy: propagationPolicy, warn }));

  const found: EvidenceOptions['found'] = ({ connection }, keyArn) => grantees.listed(connection, keyArn);
  const evidence = new LazyEvidence(() => loadEvidence(connections, { clock, found }));
  const terraform = new LazyTerraform(
    () => (vscode.workspace.workspaceFolders ?? []).length > 0,
    async () => own(new (await terraformBundle()).TerraformFiles(clock)),
  );
  const shared = { connections, revocations, evidence, terraform, findings: findingSettings, clock };
  const view = own(
    new KeysView({
      ...shared,
      pinnedKeys,
      accountName,
      tree: trees.keys,
      tooltip: async (node, known) => (await pagesBundle()).keysTooltip(node, known),
    }),
  );
  const arrangement = keptArrangement(workspaceState);
  const grantees = own(
    new GranteesView({
      ...shared,
      arrangement,
      tree: trees.grantees,
      tooltip: async (node, known) => (await pagesBundle()).granteesTooltip(node, known),
    }),
  );
  const history = own(
    new HistoryView({
      journal,
      tree: trees.history,
      tooltip: async (node, entry) => (await pagesBundle()).historyTooltip(node, entry),
    }),
  );
  own(new StatusBar(connections));
  own(noteReadOnly([trees.keys, trees.history]));
  const documents = new JsonDocuments();
  const followUps = own(new FollowUps(clock, revocations));
  const commands = lazy(loadCommands);
  own(registerKeyLinks({ keys: commands, resources: terraformBundle }));

  subscriptions.push(
    connections.onDidOpen((session) => {
      logged(revocations.resume(session));
      logged(commands().then(({ checkUnanswered }) => checkUnanswered(journal, session, clock)));
    }),
    connections.onDidChangeState((id) => logFailure(log, connections, id)),
    files.onDidChange(() => logged(connections.filesChanged())),
    vscode.workspace.onDidGrantWorkspaceTrust(() => logged(connections.filesChanged())),
    onDidChangeConnectionSettings(() => connections.preferencesChanged()),
    requestBudget.onDidChange(() => limiter.setBudget(requestBudget.get())),
    followUps.onDidReport((ended) => {
      logged(commands().then(({ showOutcomes }) => showOutcomes(context, ended)));
    }),
    vscode.workspace.registerTextDocumentContentProvider(jsonScheme, documents),
    vscode.workspace.onDidCloseTextDocument((document) => documents.forget(document)),
  );

  const context: CommandContext = {
    clock,
    aws,
    preferences,
    setShowsSample: (isShown) => setShowsSample(workspaceState, isShown),
    confirmedSettings: confirmed,
    connections,
    revocations,
    followUps,
    pinnedKeys,
    evidence,
    terraform,
    version: String(extension.extension.packageJSON.version),
    lastBaseline: keptBaseline(workspaceState),
    journal,
    view,
    grantees,
    history,
    selection: trees.selection,
    selected: trees.selected,
    focusNeighbor: trees.focusNeighbor,
    contributes: extension.extension.packageJSON.contributes,
    documents,
    log,
  };
  return { rows: { keys: view, grantees, history }, context, commands };
}

/** What fails before any call is in no record of a call. */
function logFailure(log: vscode.LogOutputChannel, connections: Connections, id: string): void {
  const failed = connections.known.find((ref) => connectionId(ref) === id);
  const failure = failed === undefined ? undefined : connections.failure(failed);
  if (failure?.details.operation === 'Connect') {
    log.warn(`${printable(id)} ${describeError(failure)}`);
  }
}

/** The commands, AWS's SDK and the sample data are bundles of their own, loaded on first use. */
async function loadCommands(): Promise<CommandsBundle> {
  const bundle = await import('./commands/index.ts');
  if (vscode.l10n.bundle !== undefined) {
    bundle.configureStrings({ contents: vscode.l10n.bundle });
  }
  return bundle;
}

async function loadEvidence(
  connections: Connections,
  options: Omit<EvidenceOptions, 'sessionsOf'>,
): Promise<EvidenceBundle> {
  const { configureStrings, evidenceBundle } = await import('./core/evidence/index.ts');
  if (vscode.l10n.bundle !== undefined) {
    configureStrings({ contents: vscode.l10n.bundle });
  }
  const sessionsOf = (account: string) =>
    connections.sessions.filter(({ knownIdentity }) => knownIdentity?.account === account);
  return evidenceBundle({ ...options, sessionsOf });
}

async function loadAws(log: vscode.LogOutputChannel, permissions: PromptPermissions): Promise<Aws> {
  const { configureStrings, createAws } = await import('./aws/index.ts');
  if (vscode.l10n.bundle !== undefined) {
    configureStrings({ contents: vscode.l10n.bundle });
  }
  return createAws({
    env: process.env,
    log: (call) => logCall(log, call),
    sample: async () => (await import('./emulator/index.ts')).createSample(),
    mfaCode: mfaPrompt(permissions, askMfaCode),
    mayRunProcesses: () => vscode.workspace.isTrusted,
  });
}
