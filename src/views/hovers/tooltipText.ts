import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { escapeMarkdown, printable } from '../../core/base/text.ts';
import type { Finding } from '../../core/findings/finding.ts';
import type { KmsError } from '../../core/kms/errors.ts';
import { findingSections } from '../shared/findingText.ts';
import type { EvidenceLineNode, EvidenceNode } from '../shared/nodes.ts';

/** A title and a text; for a failure also AWS's own text, for a search or a request to AWS. */
export function plain(title: string, text: string, error?: KmsError): vscode.MarkdownString {
  return table(title, error === undefined ? [] : answerLines(error), text);
}

/** AWS's own text about a failure. */
export function answerLines({ details }: KmsError): Lines {
  return [
    [l10n.t('Answer'), `${details.awsName}: ${details.message}`],
    [l10n.t('Request ID'), details.requestId],
  ];
}

/** Names and values; those without a value are left out. */
export type Lines = readonly (readonly [string, string | undefined])[];

/** A title, lines, a text, and what is remarkable. Text from AWS is escaped; no commands and no HTML are trusted. */
export function table(
  title: string,
  lines: Lines,
  note?: string,
  findings: readonly Finding[] = [],
  impact?: string,
): vscode.MarkdownString {
  const paragraphs = [
    `**${data(title)}**`,
    joined(lines),
    data(note ?? ''),
    ...findingSections(findings, impact).map((section) => `**${data(section.title)}**  \n${joined(section.lines)}`),
  ];
  const markdown = new vscode.MarkdownString(paragraphs.filter((paragraph) => paragraph !== '').join('\n\n'));
  markdown.isTrusted = false;
  markdown.supportHtml = false;
  return markdown;
}

function joined(lines: Lines): string {
  const shown = lines.filter(([, value]) => value !== undefined && value !== '');
  return shown.map(([name, value = '']) => `${data(name)}: ${data(value)}`).join('  \n');
}

function data(text: string): string {
  return escapeMarkdown(printable(text, 2048));
}

export function evidenceTooltip(node: EvidenceNode | EvidenceLineNode): vscode.MarkdownString | string {
  if (node.kind === 'evidence') {
    return l10n.t('What CloudTrail, IAM, and KMS say about this grant. AWS is asked when you open it.');
  }
  const { title, text, source, more } = node.line;
  return table(title, [[l10n.t('Source'), source]], [text, ...more].join('\n'));
}
