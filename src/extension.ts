import vscode = require('vscode');

import { registerCommands } from './commands/register.ts';
import { lazy } from './core/base/lazy.ts';
import { createTrees } from './views/shared/trees.ts';

/**
 * Registers what VS Code calls us by. What answers is a bundle of its own. VS Code activates us for the sake of a call that
 * comes some milliseconds later, and the bundle is loaded by then.
 */
export function activate(extension: vscode.ExtensionContext): void {
  const product = lazy(async () => (await import('./product.ts')).createProduct(extension, trees));
  const trees = createTrees(async () => (await product()).rows);
  extension.subscriptions.push(trees, registerCommands(product));
  // Whoever calls is given the failure.
  setImmediate(() => void product().catch(() => {}));
}
