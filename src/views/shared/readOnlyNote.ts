import * as l10n from '@vscode/l10n';

import type vscode = require('vscode');

import type { Subscription } from '../../core/base/emitter.ts';
import { readOnly } from '../../platform/settings.ts';

/** What a view's description says besides `text`: read-only mode is on. */
export function withReadOnlyNote(text: string): string {
  return [text, readOnly.get() ? l10n.t('read-only') : ''].filter((part) => part !== '').join(' · ');
}

/** For views whose description says nothing else. */
export function noteReadOnly(trees: readonly Pick<vscode.TreeView<unknown>, 'description'>[]): Subscription {
  const describe = () => {
    for (const tree of trees) {
      tree.description = withReadOnlyNote('');
    }
  };
  describe();
  return readOnly.onDidChange(describe);
}
