import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { commands } from '../manifest.ts';
import { showsLinks } from '../platform/settings.ts';
import type { CommandsBundle } from './register.ts';

/** In characters. Longer texts have no links. */
const longestDocument = 1 << 20;
const longestLine = 1 << 14;

interface KeyLink extends vscode.TerminalLink {
  readonly arn: string;
}

/** Makes the ARNs of keys in documents and terminals links, while the setting is on. The search is loaded with the first. */
export function registerKeyLinks(bundle: () => Promise<Pick<CommandsBundle, 'findKeyArns'>>): vscode.Disposable {
  const find = async (text: string) => (text.includes(':kms:') ? (await bundle()).findKeyArns(text) : []);
  const tooltip = l10n.t('Open in KMS Grants');
  const inTerminals: vscode.TerminalLinkProvider<KeyLink> = {
    provideTerminalLinks: async ({ line }) =>
      line.length > longestLine
        ? []
        : (await find(line)).map(({ index, arn }) => ({ startIndex: index, length: arn.length, tooltip, arn })),
    handleTerminalLink: ({ arn }) => vscode.commands.executeCommand(commands.openKeyByArn, arn),
  };
  const inDocuments: vscode.DocumentLinkProvider = {
    async provideDocumentLinks(document) {
      const { end } = document.lineAt(document.lineCount - 1).range;
      if (document.offsetAt(end) > longestDocument) {
        return [];
      }
      return (await find(document.getText())).map(({ index, arn }) => ({
        range: new vscode.Range(document.positionAt(index), document.positionAt(index + arn.length)),
        target: vscode.Uri.parse(`command:${commands.openKeyByArn}?${encodeURIComponent(JSON.stringify([arn]))}`),
        tooltip,
      }));
    },
  };
  const register = () =>
    vscode.Disposable.from(
      vscode.languages.registerDocumentLinkProvider('*', inDocuments),
      vscode.window.registerTerminalLinkProvider(inTerminals),
    );
  // VS Code asks for links again when who gives them changes.
  let registered = showsLinks.get() ? register() : undefined;
  const changes = showsLinks.onDidChange(() => {
    registered?.dispose();
    registered = showsLinks.get() ? register() : undefined;
  });
  return {
    dispose() {
      changes.dispose();
      registered?.dispose();
    },
  };
}
