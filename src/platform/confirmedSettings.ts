import { createHash } from 'node:crypto';

import vscode = require('vscode');

import { connectionsSetting, profileSetting, regionSetting } from './settings.ts';

/** What the settings say of connections, and whether the user agreed to it. */
export interface ConfirmedSettings {
  /** They come with a folder, and nobody has agreed to them as they are now. */
  isUnconfirmed(): boolean;
  /** The user agrees to them as they are now. */
  confirm(): PromiseLike<void>;
}

/**
 * A workspace can't change a setting of machine scope. But in a dev container or a codespace, the settings of the machine
 * are what a file of the folder says (devcontainer.json), so there the user is asked, once for each value.
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

/** Here the settings of the machine are the user's own, or are written by who runs the machine. */
const ownMachines: ReadonlySet<string | undefined> = new Set([undefined, 'ssh-remote', 'tunnel', 'wsl']);

/** `undefined`: there is nothing to agree to. */
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
