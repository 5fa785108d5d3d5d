import vscode = require('vscode');

import { lazy } from '../core/base/lazy.ts';

/** What has to do with Terraform is a bundle of its own, with its own copy of `@vscode/l10n`. */
export const terraformBundle = lazy(async () => {
  const bundle = await import('./terraform/index.ts');
  if (vscode.l10n.bundle !== undefined) {
    bundle.configureStrings({ contents: vscode.l10n.bundle });
  }
  return bundle;
});
