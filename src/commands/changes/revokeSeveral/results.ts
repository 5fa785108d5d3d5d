import * as l10n from '@vscode/l10n';
import { formatCount } from '../../../core/base/text.ts';
import { grantCountText } from '../../../core/words/describe.ts';
import { isUnanswered } from '../../../core/words/userError.ts';
import { showInformation, showWarning } from '../../../platform/prompts.ts';
import type { GrantNode } from '../../../views/shared/nodes.ts';
import type { Needs } from '../../context.ts';
import { pagesBundle } from '../../pagesBundle.ts';
import type { Checked, Outcome } from './check.ts';
import type { Result } from './revokeAll.ts';

/**
 * Says what became of each grant. One whose revoke got no answer is followed, and not offered for retry.
 * @returns those to retry, if the user wants to
 */
export async function showResults(
  context: Needs<'documents'>,
  results: readonly Result[],
  checked: readonly Checked[],
): Promise<readonly GrantNode[]> {
  const broken = [
    ...results.flatMap((result) => (result.kind === 'failed' ? [{ node: result.item.node, error: result.error }] : [])),
    ...checked.flatMap(({ node, outcome }) => (typeof outcome === 'object' ? [{ node, error: outcome.error }] : [])),
  ];
  const unanswered = broken.filter(({ error }) => isUnanswered(error));
  const failed = broken.filter(({ error }) => !isUnanswered(error));
  const that = (kind: Result['kind']) => results.filter((result) => result.kind === kind).map(({ item }) => item.node);
  const [revoked, notFound, skipped] = [that('done'), that('notFound'), that('skipped')];
  const of = (outcome: Outcome) => checked.filter((one) => one.outcome === outcome).map(({ node }) => node);
  const [gone, byDryRun] = [of('gone'), of('doneByDryRun')];
  const underWay = [...of('underWay'), ...that('underWay')];
  const counts: readonly (readonly [number, (count: string) => string])[] = [
    [unanswered.length, (count) => l10n.t('Outcome unknown, possibly revoked, still being checked: {0}.', count)],
    [byDryRun.length, (count) => l10n.t('Revoked by a server that ignored the dry run: {0}.', count)],
    [notFound.length, (count) => l10n.t('Not found by KMS: {0}.', count)],
    [gone.length, (count) => l10n.t('No longer listed before the revoke: {0}.', count)],
    [underWay.length, (count) => l10n.t('Revoke or retirement sent earlier: {0}.', count)],
    [failed.length, (count) => l10n.t('Failed: {0}.', count)],
    [skipped.length, (count) => l10n.t('Not started: {0}.', count)],
  ];
  const sentence = [
    revoked.length === checked.length
      ? l10n.t('Revoked {0}.', grantCountText(revoked.length))
      : l10n.t('Revoked {0} of {1}.', formatCount(revoked.length), grantCountText(checked.length)),
    ...waitingText(revoked.length),
    ...counts.filter(([count]) => count > 0).map(([count, say]) => say(formatCount(count))),
  ].join(' ');
  const retry = l10n.t('Retry Failed Revokes');
  const details = l10n.t('Show Results');
  for (let offered = failed.length > 0 ? [retry, details] : [details]; offered.length > 0; ) {
    const picked =
      failed.length > 0 ? await showWarning(sentence, ...offered) : await showInformation(sentence, ...offered);
    if (picked === undefined) {
      return [];
    }
    if (picked === retry) {
      return failed.map(({ node }) => node);
    }
    const { showRevokeResults } = await pagesBundle();
    await showRevokeResults(context, {
      failed,
      unanswered,
      notBegun: skipped,
      byCheck: byDryRun,
      revoked,
      notFound,
      gone,
      sentEarlier: underWay,
    });
    // With the results open, what failed can still be retried.
    offered = offered.filter((button) => button !== details);
  }
  return [];
}

/** Nothing where no grant was revoked. */
function waitingText(revoked: number): readonly string[] {
  if (revoked === 0) {
    return [];
  }
  return [
    revoked === 1 ? l10n.t('Waiting for KMS to stop listing it…') : l10n.t('Waiting for KMS to stop listing them…'),
  ];
}
