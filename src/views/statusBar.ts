import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import type { Connections } from '../core/connections.ts';
import { connectionName } from '../core/describe.ts';
import { isSignInProblem } from '../core/errors.ts';
import type { ConnectionRef } from '../core/model.ts';
import { withoutIcons } from '../core/text.ts';
import { views } from '../manifest.ts';

/** Names the connections on screen, and those that wait for a sign-in. There from the first opening of the view on. */
export class StatusBar {
  readonly #item = vscode.window.createStatusBarItem('kmsGrants.connections', vscode.StatusBarAlignment.Left);
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
    this.#item.name = l10n.t('KMS Grants');
    this.#item.command = `${views.keys}.focus`;
  }

  update(): void {
    const refs = this.#connections.shown;
    if (refs.length === 0) {
      this.#item.hide();
      return;
    }
    const waiting = refs.filter((ref) => isSignInProblem(this.#connections.failure(ref)));
    const names = [...new Set(refs.map(connectionName))];
    this.#item.text =
      waiting.length > 0
        ? `$(sign-in) ${l10n.t('KMS: {0} needs sign-in', shortList(waiting))}`
        : `$(key) ${l10n.t('KMS: {0}', shortList(refs))}`;
    this.#item.backgroundColor =
      waiting.length > 0 ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.tooltip = refs.map((ref) => this.#line(ref)).join('\n');
    this.#item.accessibilityInformation = {
      label: l10n.t('KMS Grants, {0} connections of {1}', refs.length, names.join(', ')),
    };
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }

  #line(ref: ConnectionRef): string {
    const account = this.#connections.session(ref)?.knownIdentity?.account;
    const state = isSignInProblem(this.#connections.failure(ref)) ? l10n.t('needs sign-in') : account;
    const region = ref.kind === 'sample' ? undefined : ref.region;
    return [connectionName(ref), region, state].filter((part) => part !== undefined).join(' · ');
  }
}

/** The first name, and how many more. */
function shortList(refs: readonly ConnectionRef[]): string {
  const names = [...new Set(refs.map(connectionName))];
  const first = withoutIcons(names[0] ?? '');
  return names.length > 1 ? l10n.t('{0} and {1} more', first, names.length - 1) : first;
}
