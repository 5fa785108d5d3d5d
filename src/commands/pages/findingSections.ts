import * as l10n from '@vscode/l10n';
import type { Finding } from '../../core/findings/finding.ts';
import { guidesOf } from '../../core/findings/guides.ts';
import type { PageSection } from '../../core/words/page.ts';
import { findingName } from '../../views/shared/findingText.ts';

/** What is remarkable, and where AWS says why; nothing without findings. */
export function findingSections(findings: readonly Finding[]): readonly PageSection[] {
  if (findings.length === 0) {
    return [];
  }
  const lines = findings.map((finding) => ({ name: findingName(finding), text: finding.reason }));
  return [{ title: l10n.t('Findings'), lines, links: guidesOf(findings) }];
}
