import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { iamPolicy, type PolicyPurpose } from '../../core/words/iamPolicy.ts';
import { showInformation } from '../../platform/prompts.ts';

interface PurposeItem extends vscode.QuickPickItem {
  readonly purposes: readonly PolicyPurpose[];
}

/** Copies an IAM policy for what the extension is to be used for. */
export async function copyIamPolicy(): Promise<void> {
  const items: readonly PurposeItem[] = [
    { label: l10n.t('Read keys and grants'), purposes: ['read'] },
    { label: l10n.t('Read and revoke'), purposes: ['read', 'revoke'] },
    { label: l10n.t('Read and load evidence'), purposes: ['read', 'evidence'] },
    { label: l10n.t('Read, load evidence, and revoke'), purposes: ['read', 'evidence', 'revoke'] },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Copy IAM Policy'),
    placeHolder: l10n.t('What should the policy allow?'),
  });
  if (picked !== undefined) {
    await vscode.env.clipboard.writeText(iamPolicy(picked.purposes));
    void showInformation(l10n.t('Policy copied. Replace 111122223333 with your account ID, or name individual keys.'));
  }
}
