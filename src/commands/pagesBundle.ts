import vscode = require('vscode');

import { lazy } from '../core/base/lazy.ts';

/** Hovers, pages and the explanation of errors are a bundle of their own, with its own copy of `@vscode/l10n`. */
export const pagesBundle = lazy(async () => {
  const bundle = await import('./pages/index.ts');
  if (vscode.l10n.bundle !== undefined) {
    bundle.configureStrings({ contents: vscode.l10n.bundle });
  }
  return bundle;
});
