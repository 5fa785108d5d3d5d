import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { formatCount } from '../../core/base/text.ts';
import type { KmsError } from '../../core/kms/errors.ts';
import { needsSignIn } from '../../core/words/explain.ts';
import { rows } from '../../manifest.ts';
import { evidenceItem } from '../shared/evidenceItem.ts';
import { fieldItem, moreItem, shownText } from '../shared/items.ts';
import { messageItem } from '../shared/messageItem.ts';
import { type MoreNode, type Node, nodeId } from '../shared/nodes.ts';
import { icon, row } from '../shared/row.ts';
import { connectionItem } from './connectionItem.ts';
import { grantItem } from './grantItem.ts';
import { keyItem } from './keyItem.ts';
import type { Known } from './known.ts';

const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

/** The row of a node, without its tooltip: that is built on demand, in tooltip.ts. */
export function toTreeItem(node: Node, known: Known): vscode.TreeItem {
  const item = build(node, known);
  item.id = nodeId(node);
  return item;
}

function build(node: Node, known: Known): vscode.TreeItem {
  switch (node.kind) {
    case 'connection': {
      const connection = known.connection(node);
      return connectionItem(node, connection, connection.failure && problemIcon(connection.failure));
    }
    case 'awsManagedKeys':
      return row(l10n.t('AWS managed keys'), {
        collapsibleState: Collapsed,
        description: formatCount(node.keys.length),
        iconPath: icon('lock'),
        contextValue: rows.awsManagedKeys,
      });
    case 'pinnedKeys':
      return row(l10n.t('Opened by ARN'), {
        collapsibleState: Expanded,
        description: String(node.keyArns.length),
        iconPath: icon('references'),
        contextValue: rows.pinnedKeys,
      });
    case 'key':
      return keyItem(node, known.metadata(node), known.findings(node), known.grantCount(node));
    case 'grant':
      return grantItem(node, known);
    case 'field':
      return fieldItem(node);
    case 'evidence':
    case 'evidenceLine':
      return evidenceItem(node);
    case 'more':
      return moreItem(node, moreText(node));
    case 'message':
      return messageItem(node);
  }
}

function problemIcon(failure: KmsError): vscode.ThemeIcon {
  return icon(needsSignIn(failure) ? 'sign-in' : 'warning', 'warning');
}

function moreText({ shown, total, isFiltered }: MoreNode): string {
  if (isFiltered === true) {
    return l10n.t('{0} searched so far', formatCount(shown));
  }
  return total === undefined ? l10n.t('{0} shown', formatCount(shown)) : shownText(shown, total);
}
