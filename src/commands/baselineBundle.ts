import vscode = require('vscode');

import { lazy } from '../core/base/lazy.ts';

/** Exports and baselines are a bundle of their own, with its own copy of `@vscode/l10n`. */
export const baselineBundle = lazy(async () => {
  const bundle = await import('./baseline/index.ts');
  if (vscode.l10n.bundle !== undefined) {
    bundle.configureStrings({ contents: vscode.l10n.bundle });
  }
  return bundle;
});
