import { createHash } from 'node:crypto';

import vscode = require('vscode');

import { connectionsSetting, profileSetting, regionSetting } from './settings.ts';

/** What the settings say of connections, and whether the user agreed to it. */
export interface ConfirmedSettings {
  /** A folder can have set them, and the user has not agreed to their current value. */
  isUnconfirmed(): boolean;
  /** The user agrees to their current value. */
  confirm(): PromiseLike<void>;
}

/**
 * A workspace can't change settings of machine scope. But in a dev container or a codespace, devcontainer.json sets them,
 * so the user is asked there, once for each value.
 */
export function confirmedSettings(memento: vscode.Memento): ConfirmedSettings {
  const confirmed = () => memento.get<readonly string[]>(key, []);
  return {
    isUnconfirmed: () => {
      const value = digest();
      return value !== undefined && !confirmed().includes(value);
    },
    confirm: async () => {
      const value = digest();
      if (value !== undefined && !confirmed().includes(value)) {
        await memento.update(key, [...confirmed(), value].slice(-kept));
      }
    },
  };
}

const key = 'confirmedSettings';
const kept = 200;

/** Remotes on which no file of the workspace sets the settings of the machine. */
const ownMachines: ReadonlySet<string | undefined> = new Set([undefined, 'ssh-remote', 'tunnel', 'wsl']);

/** Of the current value; `undefined` if there is nothing to agree to. */
function digest(): string | undefined {
  const { remoteName } = vscode.env;
  const connections = connectionsSetting();
  const chosen = connections ?? [profileSetting(), regionSetting()].filter((text) => text !== '');
  if (ownMachines.has(remoteName) || chosen.length === 0) {
    return undefined;
  }
  const value = connections ?? { profile: profileSetting(), region: regionSetting() };
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
