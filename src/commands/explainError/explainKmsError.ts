import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import type { ErrorText } from '../../core/errorText/errorText.ts';
import { reportOf } from '../../core/errorText/report.ts';
import { pageMarkdown } from '../../core/words/page.ts';
import { withCancellableProgress } from '../../platform/progress.ts';
import type { Needs } from '../context.ts';
import { findErrorText, findInTerminal } from './findText.ts';
import { type LeadContext, leadToKey } from './leadToKey.ts';
import { type NextSteps, offerNext } from './offerNext.ts';

type ExplainContext = LeadContext & Needs<'documents'>;

/** Explains an error of KMS in a document, then offers what can be done. Changes nothing. */
export async function explainKmsError(context: ExplainContext, next: NextSteps): Promise<void> {
  await explainText(context, await findErrorText(), next);
}

export async function explainTerminalSelection(context: ExplainContext, next: NextSteps): Promise<void> {
  await explainText(context, await findInTerminal(), next);
}

async function explainText(context: ExplainContext, error: ErrorText | undefined, next: NextSteps): Promise<void> {
  if (error === undefined) {
    return;
  }
  const found = await withCancellableProgress(l10n.t('Looking for the key…'), (signal) =>
    leadToKey(context, error, signal),
  );
  const report = reportOf(error, found.lead);
  await context.documents.showMarkdown(printable(report.title, 80), pageMarkdown(report));
  // A notification waits for nobody.
  void offerNext({ error, report, ...found }, next);
}
