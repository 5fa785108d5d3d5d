import vscode = require('vscode');

import { registerCommands } from './commands/register.ts';
import { lazy } from './core/base/lazy.ts';
import { createTrees } from './views/shared/trees.ts';

/** Registers what VS Code calls us by. What answers is a bundle of its own, loaded with the first call. */
export function activate(extension: vscode.ExtensionContext): void {
  const product = lazy(async () => (await import('./product.ts')).createProduct(extension, trees));
  const trees = createTrees(async () => (await product()).rows);
  extension.subscriptions.push(trees, registerCommands(product));
}
