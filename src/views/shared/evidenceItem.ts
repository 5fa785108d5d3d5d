import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { commands, rows } from '../../manifest.ts';
import type { EvidenceLineNode, EvidenceNode } from './nodes.ts';
import { icon, row } from './row.ts';

export function evidenceItem(node: EvidenceNode | EvidenceLineNode): vscode.TreeItem {
  if (node.kind === 'evidence') {
    return row(l10n.t('Evidence'), {
      collapsibleState: vscode.TreeItemCollapsibleState.Collapsed,
      iconPath: icon('search'),
      contextValue: rows.evidence,
    });
  }
  const { title, text, tone } = node.line;
  return row(title, {
    description: text,
    ...(tone === 'failed' ? { iconPath: icon('warning', 'warning') } : {}),
    ...(node.line.kind === 'terraform'
      ? {
          contextValue: rows.evidenceTerraform,
          command: {
            command: commands.goToTerraformResource,
            title: l10n.t('Go to Terraform Resource'),
            arguments: [node],
          },
        }
      : { contextValue: rows.evidenceLine }),
    spoken: [`${title}: ${text}`],
  });
}
