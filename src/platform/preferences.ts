import type * as vscode from 'vscode';
import type { Preferences } from '../core/connections/chooseConnections.ts';
import type { ConfirmedSettings } from './confirmedSettings.ts';
import { connectionsSetting, profileSetting, regionSetting } from './settings.ts';
import { showsSample } from './store.ts';

/** What decides which connections the view shows, as it is now. */
export function readPreferences(workspaceState: vscode.Memento, confirmed: ConfirmedSettings): Preferences {
  return {
    connections: connectionsSetting(),
    sample: showsSample(workspaceState),
    profile: profileSetting(),
    region: regionSetting(),
    isUnconfirmed: confirmed.isUnconfirmed(),
    env: process.env,
  };
}
