import * as vscode from 'vscode';
import { views } from '../manifest.ts';
import type { GranteesView } from './granteesView.ts';
import type { HistoryView } from './historyView.ts';
import type { KeysView } from './keysView.ts';

export interface Trees {
  /** The rows that are selected in a view; none for what is not one. */
  selection(view: unknown): readonly unknown[];
  dispose(): void;
}

/** The three views of the container. */
export function createTrees(keysView: KeysView, granteesView: GranteesView, historyView: HistoryView): Trees {
  const options = { showCollapseAll: true, canSelectMany: true };
  const keys = vscode.window.createTreeView(views.keys, { treeDataProvider: keysView, ...options });
  const grantees = vscode.window.createTreeView(views.grantees, { treeDataProvider: granteesView, ...options });
  const history = vscode.window.createTreeView(views.history, { treeDataProvider: historyView, showCollapseAll: true });
  keysView.attach(keys);
  granteesView.attach(grantees);
  return {
    selection: (view) => {
      if (view === views.keys) return keys.selection;
      return view === views.grantees ? grantees.selection : [];
    },
    dispose: () => vscode.Disposable.from(keys, grantees, history).dispose(),
  };
}
