import { strict as assert } from 'node:assert';
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/manifest.ts';
import { extension } from './window.ts';

/** Bundles of the extension that this process has loaded. */
function loadedBundles(): string[] {
  const dist = join(extension().extensionPath, 'dist');
  return Object.keys(require.cache)
    .filter((path) => dirname(path) === dist)
    .map((path) => basename(path));
}

export function activation(): void {
  describe('Activation', () => {
    it('waits until somebody opens the view or runs a command', () => {
      assert.equal(extension().isActive, false);
    });

    it('loads what registers, and neither the rows, nor the AWS SDK, nor the sample data', async () => {
      await extension().activate();
      assert.deepEqual(loadedBundles(), ['extension.js']);
    });

    it('registers every command of the manifest', async () => {
      const registered = new Set(await vscode.commands.getCommands(true));
      assert.deepEqual(
        Object.values(commands).filter((id) => !registered.has(id)),
        [],
      );
    });
  });
}
