import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { type CommandId, commands } from '../manifest.ts';
import { showsLinks } from '../platform/settings.ts';
import type { CommandsBundle } from './register.ts';
import type { resourceLinks } from './terraform/openGrant.ts';

/** In characters. Longer texts have no links. */
const longestDocument = 1 << 20;
const longestLine = 1 << 14;

interface KeyLink extends vscode.TerminalLink {
  readonly arn: string;
}

/** The bundles that search, each loaded with the first text that may have what it finds. */
interface Searches {
  readonly keys: () => Promise<Pick<CommandsBundle, 'findKeyArns'>>;
  readonly resources: () => Promise<{ readonly resourceLinks: typeof resourceLinks }>;
}

/**
 * Makes the ARNs of keys in documents and terminals links, and the names of resources that make grants in Terraform files,
 * while the setting is on.
 */
export function registerKeyLinks({ keys, resources }: Searches): vscode.Disposable {
  const find = async (text: string) => (text.includes(':kms:') ? (await keys()).findKeyArns(text) : []);
  const findResources = async ({ uri }: vscode.TextDocument, text: string) =>
    /\.tf(\.json)?$/.test(uri.path) && text.includes('aws_kms_grant')
      ? (await resources()).resourceLinks(uri.path, text)
      : [];
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
      const link = (start: number, end: number, command: CommandId, argument: string) => ({
        range: new vscode.Range(document.positionAt(start), document.positionAt(end)),
        target: vscode.Uri.parse(`command:${command}?${encodeURIComponent(JSON.stringify([argument]))}`),
        tooltip,
      });
      const text = document.getText();
      const toGrant = ({ name }: { readonly name: string }) => document.uri.with({ fragment: name }).toString();
      return [
        ...(await find(text)).map(({ index, arn }) => link(index, index + arn.length, commands.openKeyByArn, arn)),
        ...(await findResources(document, text)).map((one) =>
          link(one.start, one.end, commands.openGrantOfResource, toGrant(one)),
        ),
      ];
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
