import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { chooseConnections } from './core/connections/chooseConnections.ts';
import type { Profile } from './core/kms/kmsApi.ts';
import { connectionId } from './core/kms/model.ts';
import { confirmedSettings } from './platform/confirmedSettings.ts';
import { readPreferences } from './platform/preferences.ts';
import { connectionItem } from './views/keys/connectionItem.ts';
import type { FirstRows } from './views/shared/lateRows.ts';
import type { ConnectionNode } from './views/shared/nodes.ts';

/**
 * The connections of the Keys view before the product is loaded, none of them open.
 * @returns `undefined` where there is none, or they can't be read: the product says so in the view
 */
export async function firstRows(extension: vscode.ExtensionContext): Promise<FirstRows<ConnectionNode> | undefined> {
  if (vscode.l10n.bundle !== undefined) {
    l10n.config({ contents: vscode.l10n.bundle });
  }
  const { workspaceState, globalState } = extension;
  const preferences = readPreferences(workspaceState, confirmedSettings(globalState));
  try {
    const profiles = preferences.connections === undefined ? await readProfiles() : [];
    const rows = chooseConnections(preferences, profiles).map((ref): ConnectionNode => ({ kind: 'connection', ref }));
    return rows.length === 0 ? undefined : { rows, idOf, getTreeItem };
  } catch {
    return undefined;
  }
}

async function readProfiles(): Promise<readonly Profile[]> {
  const { profilesOf } = await import('./aws/index.ts');
  return profilesOf(process.env);
}

function idOf({ ref }: ConnectionNode): string {
  return connectionId(ref);
}

function getTreeItem(node: ConnectionNode): vscode.TreeItem {
  const region = node.ref.kind === 'sample' ? undefined : node.ref.region;
  const item = connectionItem(node, { region, identity: undefined, accountName: undefined, endpoint: undefined });
  item.id = idOf(node);
  return item;
}
