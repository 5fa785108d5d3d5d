import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { effectOfRevoke } from '../../core/findings/effect.ts';
import type { Finding, FindingKind } from '../../core/findings/finding.ts';
import { guidesOf } from '../../core/findings/guides.ts';
import { findingMeaning } from '../../core/findings/meaning.ts';
import type { KmsError } from '../../core/kms/errors.ts';
import { grantCountText } from '../../core/words/describe.ts';
import { linkMarkdown, markdownText } from '../../core/words/page.ts';
import { findingName } from '../shared/findingText.ts';
import type { EvidenceLineNode, EvidenceNode } from '../shared/nodes.ts';

/** A title and a text, a line each; for a failure also the error's own text, for a search or a request to AWS. */
export function plain(title: string, text: string | readonly string[], error?: KmsError): vscode.MarkdownString {
  const lines = typeof text === 'string' ? [text] : text;
  return hover(title, error === undefined ? [] : joined(errorLines(error)), lines.map(markdownText));
}

/** The error's name and text, from AWS or from what failed before AWS answered. */
export function errorLines({ details }: KmsError): Lines {
  return [
    [l10n.t('Error'), `${details.awsName}: ${details.message}`],
    [l10n.t('Request ID'), details.requestId],
  ];
}

/** Names and values; those without a value are left out. */
export type Lines = readonly (readonly [string, string | undefined])[];

/** A title, lines, and a text. */
export function table(title: string, lines: Lines, note = ''): vscode.MarkdownString {
  return hover(title, joined(lines), [markdownText(note)]);
}

/** A title, what is remarkable, and lines. */
export function verdictTable(title: string, verdict: readonly string[], lines: Lines): vscode.MarkdownString {
  return hover(title, verdict, joined(lines));
}

/** Findings beyond so many are only named: each has a row of its own below the grant. */
const findingsShown = 3;

/**
 * What is remarkable, what a revoke would do, and where AWS says so: a line each, as Markdown.
 * @param impact what a revoke would do without the findings; nothing for a key
 */
export function verdict(findings: readonly Finding[], impact: string | undefined): readonly string[] {
  const shown = findings.slice(0, findingsShown);
  const rest = findings.slice(findingsShown);
  const effect = effectOfRevoke(impact, findings);
  const condition = impact === undefined ? l10n.t('Effect of a revoke') : l10n.t('If revoked');
  return [
    ...shown.map((finding) => named(findingName(finding), finding.reason)),
    ...(rest.length === 0 ? [] : [named(l10n.t('More findings'), rest.map(({ title }) => title).join(', '))]),
    ...(effect === '' ? [] : [named(condition, effect)]),
    ...guideLine(findings),
  ];
}

/** What all grants of a group have in common. */
export function findingTooltip(title: string, kind: FindingKind | 'none', count: number): vscode.MarkdownString {
  const meaning =
    kind === 'none' ? l10n.t('No findings. A grant without one can still be unneeded.') : findingMeaning(kind);
  const guides = kind === 'none' ? [] : guideLine([{ kind }]);
  return hover(`${title} · ${grantCountText(count)}`, [markdownText(meaning)], guides);
}

function guideLine(findings: readonly { readonly kind: FindingKind }[]): readonly string[] {
  const links = guidesOf(findings).map(linkMarkdown).join(' · ');
  return links === '' ? [] : [`${markdownText(l10n.t('AWS guides'))}: ${links}`];
}

function named(name: string, text: string): string {
  return `**${markdownText(name)}:** ${markdownText(text)}`;
}

function joined(lines: Lines): readonly string[] {
  const shown = lines.filter(([, value]) => value !== undefined && value !== '');
  return shown.map(([name, value = '']) => `${markdownText(name)}: ${markdownText(value)}`);
}

/** Paragraphs of lines that are Markdown already. No commands and no HTML are trusted; links are ours alone. */
function hover(title: string, ...paragraphs: readonly (readonly string[])[]): vscode.MarkdownString {
  const all = [`**${markdownText(title)}**`, ...paragraphs.map((lines) => lines.filter(Boolean).join('  \n'))];
  const markdown = new vscode.MarkdownString(all.filter((paragraph) => paragraph !== '').join('\n\n'));
  markdown.isTrusted = false;
  markdown.supportHtml = false;
  return markdown;
}

export function evidenceTooltip(node: EvidenceNode | EvidenceLineNode): vscode.MarkdownString | string {
  if (node.kind === 'evidence') {
    return l10n.t('What CloudTrail, IAM, and KMS say about this grant. Opening it asks AWS.');
  }
  const { title, text, source, more } = node.line;
  return hover(title, joined([[l10n.t('Source'), source]]), [text, ...more].map(markdownText));
}
