import vscode = require('vscode');

import { registerCommands } from './commands/register.ts';
import { createTrees } from './views/trees.ts';

/** Registers what VS Code calls us by. What answers is a bundle of its own, loaded with the first call. */
export function activate(extension: vscode.ExtensionContext): void {
  const load = async () => (await import('./product.ts')).createProduct(extension, trees);
  let loading: ReturnType<typeof load> | undefined;
  const product = () => {
    loading ??= load();
    return loading;
  };
  const trees = createTrees(async () => (await product()).rows);
  extension.subscriptions.push(trees, registerCommands(product));
}
