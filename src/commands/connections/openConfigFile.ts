import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import type { Needs } from '../context.ts';

/** Opens the AWS config file. One that is missing or empty begins with an example, which is written once it is saved. */
export async function openConfigFile({ aws }: Needs<'aws'>): Promise<void> {
  // Without refs, `files` returns the config and credentials files, in this order.
  const [path] = await (await aws()).files([]);
  if (path === undefined) {
    return;
  }
  const uri = vscode.Uri.file(path);
  const document = await vscode.workspace.openTextDocument(
    (await isMissing(uri)) ? uri.with({ scheme: 'untitled' }) : uri,
  );
  const editor = await vscode.window.showTextDocument(document);
  if (document.getText() === '') {
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), example()));
  }
}

/** A file that can't be examined counts as there: opening it says why it can't be read. */
function isMissing(uri: vscode.Uri): Promise<boolean> {
  return Promise.resolve(vscode.workspace.fs.stat(uri)).then(
    () => false,
    (error: unknown) => error instanceof vscode.FileSystemError && error.code === 'FileNotFound',
  );
}

const example = () =>
  [
    `# ${l10n.t('Profiles of the AWS CLI and SDKs. Change the example, remove the # signs, and save the file.')}`,
    '# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html',
    '#',
    '# [profile my-profile]',
    '# sso_session = my-session',
    '# sso_account_id = 111122223333',
    '# sso_role_name = ReadOnly',
    '# region = eu-west-1',
    '#',
    '# [sso-session my-session]',
    '# sso_start_url = https://example.awsapps.com/start',
    '# sso_region = eu-west-1',
    '# sso_registration_scopes = sso:account:access',
    '',
  ].join('\n');
