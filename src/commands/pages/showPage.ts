import * as l10n from '@vscode/l10n';
import { type Page, pageMarkdown } from '../../core/words/page.ts';
import type { Needs } from '../context.ts';

/** Shows a page, with a link to the same as JSON. */
export async function showPage(
  { documents }: Needs<'documents'>,
  name: string,
  page: Page,
  json: unknown,
): Promise<void> {
  const markdown = (url: string) => pageMarkdown(page, { text: l10n.t('Show as JSON'), url });
  await documents.showWithJson(name, markdown, json);
}
