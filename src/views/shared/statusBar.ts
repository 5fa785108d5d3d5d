import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { escapeIcons } from '../../core/base/text.ts';
import type { Connections } from '../../core/connections/connections.ts';
import type { ConnectionRef } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { explain, needsSignIn } from '../../core/words/explain.ts';
import { views } from '../../manifest.ts';

/** Names the connections on screen and those that need a sign-in. Shown once the view has been opened. */
export class StatusBar {
  readonly #item = vscode.window.createStatusBarItem('kmsGrants.connections', vscode.StatusBarAlignment.Left);
  readonly #connections: Connections;
  readonly #subscriptions: vscode.Disposable;

  constructor(connections: Connections) {
    this.#connections = connections;
    this.#item.name = l10n.t('KMS Grants');
    this.#item.command = `${views.keys}.focus`;
    this.#subscriptions = vscode.Disposable.from(
      connections.onDidChangeShown(() => this.#update()),
      connections.onDidChangeState(() => this.#update()),
      connections.onDidChangeSession(({ change }) => {
        if (change.kind === 'identity') {
          this.#update();
        }
      }),
    );
  }

  #update(): void {
    const refs = this.#connections.shown;
    if (refs.length === 0) {
      this.#item.hide();
      return;
    }
    const failures = refs.map((ref) => this.#connections.failure(ref));
    const waiting = refs.filter((_, place) => needsSignIn(failures[place]));
    const isBroken = failures.some((failure) => failure !== undefined);
    const icon = waiting.length > 0 ? 'sign-in' : isBroken ? 'warning' : 'key';
    const names = namesOf(refs);
    const text = waiting.length > 0 ? waitingText(namesOf(waiting)) : l10n.t('KMS: {0}', shortList(names));
    this.#item.text = `$(${icon}) ${text}`;
    this.#item.backgroundColor = isBroken ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.tooltip = refs.map((ref) => this.#line(ref)).join('\n');
    this.#item.accessibilityInformation = {
      label: [l10n.t('KMS Grants, connections: {0}', names.join(', ')), ...(waiting.length > 0 ? [text] : [])].join(
        '. ',
      ),
    };
    this.#item.show();
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#item.dispose();
  }

  #line(ref: ConnectionRef): string {
    const account = this.#connections.session(ref)?.knownIdentity?.account;
    const failure = this.#connections.failure(ref);
    const problem = failure === undefined ? undefined : explain(failure.details).title;
    const state = needsSignIn(failure) ? l10n.t('needs sign-in') : (problem ?? account);
    const region = ref.kind === 'sample' ? undefined : ref.region;
    return [connectionName(ref), region, state].filter((part) => part !== undefined).join(' · ');
  }
}

/** Each name once: a profile can be shown in several Regions. */
function namesOf(refs: readonly ConnectionRef[]): readonly string[] {
  return [...new Set(refs.map(connectionName))];
}

function waitingText(names: readonly string[]): string {
  return names.length === 1
    ? l10n.t('KMS: {0} needs sign-in', shortList(names))
    : l10n.t('KMS: {0} need sign-in', shortList(names));
}

/** The first name, and how many more. */
function shortList(names: readonly string[]): string {
  const first = escapeIcons(names[0] ?? '');
  return names.length > 1 ? l10n.t('{0} and {1} more', first, names.length - 1) : first;
}
