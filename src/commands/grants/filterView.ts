import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { contextKeys } from '../../manifest.ts';
import type { Needs } from '../context.ts';

/** A view that can be narrowed by text. */
interface Filterable {
  /** As it was typed; empty while all is shown. */
  readonly filter: string;
  setFilter(text: string): void;
  /** Builds what a filter searches, so that the first keypress is as quick as the next. */
  prepareFilter(): unknown;
}

export function filterKeys({ view }: Needs<'view'>): void {
  ask(view, contextKeys.keysFiltered, {
    title: l10n.t('Filter Keys'),
    placeholder: l10n.t('Words from an alias, key ID, ARN, description, or loaded grant'),
  });
}

export function filterGrantees({ grantees }: Needs<'grantees'>): void {
  ask(grantees, contextKeys.granteesFiltered, {
    title: l10n.t('Filter Grants'),
    placeholder: l10n.t('Words from a grantee, key, grant, operation, encryption context, or finding'),
  });
}

export function clearKeysFilter({ view }: Needs<'view'>): void {
  apply(view, contextKeys.keysFiltered, '');
}

export function clearGranteesFilter({ grantees }: Needs<'grantees'>): void {
  apply(grantees, contextKeys.granteesFiltered, '');
}

function apply(view: Filterable, contextKey: string, text: string): void {
  if (text.trim() !== view.filter) {
    view.setFilter(text);
  }
  void vscode.commands.executeCommand('setContext', contextKey, view.filter !== '');
}

/** Filters while the user types. Enter keeps the filter, an empty one shows all, Escape restores the last one. */
function ask(
  view: Filterable,
  contextKey: string,
  texts: { readonly title: string; readonly placeholder: string },
): void {
  const before = view.filter;
  let wanted = before;
  let settling: NodeJS.Timeout | undefined;
  const box = vscode.window.createInputBox();
  box.title = texts.title;
  box.placeholder = texts.placeholder;
  box.prompt = l10n.t('All words must match, in any order. Leave empty to show all.');
  box.value = before;
  box.onDidChangeValue((text) => {
    clearTimeout(settling);
    // Keypresses that came while the view was filtered are read first, and only the last text is applied.
    settling = setTimeout(() => apply(view, contextKey, text));
  });
  box.onDidAccept(() => {
    wanted = box.value;
    box.hide();
  });
  box.onDidHide(() => {
    clearTimeout(settling);
    apply(view, contextKey, wanted);
    box.dispose();
  });
  box.show();
  // While the box opens.
  setTimeout(() => view.prepareFilter());
}
