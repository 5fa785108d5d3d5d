import vscode = require('vscode');

import { registerCommands } from './commands/register.ts';
import { lazy } from './core/base/lazy.ts';
import { createTrees } from './views/shared/trees.ts';

/** Registers what VS Code calls us by. What answers is a bundle of its own, loaded with the first call. */
export async function activate(extension: vscode.ExtensionContext): Promise<void> {
  const product = lazy(async () => (await import('./product.ts')).createProduct(extension, trees));
  const trees = createTrees({
    firstKeys: async () => (await import('./firstRows.ts')).firstRows(extension),
    rows: async () => (await product()).rows,
  });
  extension.subscriptions.push(trees);
  // The views are sent first: VS Code then asks for the first row while it still hears of the commands.
  await new Promise<void>((resolve) => setImmediate(resolve));
  extension.subscriptions.push(registerCommands(product));
}
