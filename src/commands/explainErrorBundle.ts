import vscode = require('vscode');

import { lazy } from '../core/base/lazy.ts';

/** The explanation of errors is a bundle of its own, with its own copy of `@vscode/l10n`. */
export const explainErrorBundle = lazy(async () => {
  const bundle = await import('./explainError/index.ts');
  if (vscode.l10n.bundle !== undefined) {
    bundle.configureStrings({ contents: vscode.l10n.bundle });
  }
  return bundle;
});
