import * as l10n from '@vscode/l10n';
import { formatCount, printable } from '../base/text.ts';
import { connectionName, grantCountText } from '../words/describe.ts';
import { explain } from '../words/explain.ts';
import type { EvidenceKind } from './answer.ts';
import type { LoadedMany } from './loadedMany.ts';
import type { LoadProgress } from './loadState.ts';

/** How far a load of many grants is: `42 of 300 grants; about 20 more requests`. */
export function loadingText({ done, grants, requests }: LoadProgress): string {
  const [loaded, all] = [formatCount(done), grantCountText(grants)];
  return requests === 1
    ? l10n.t('{0} of {1}; about 1 more request', loaded, all)
    : l10n.t('{0} of {1}; about {2} more requests', loaded, all, formatCount(requests));
}

/** What is known after a load of many grants, and what is not. Printable. */
export function loadedText(loaded: LoadedMany): string {
  const { grants, wasCancelled, known, tooOld, notFound, notInIam, incomplete, denied, notSupported, failures } =
    loaded;
  const sentences = [
    wasCancelled ? l10n.t('Canceled. Loaded evidence is kept.') : undefined,
    l10n.t(
      'Evidence on {0}: the creator of {1}, the last use of the key of {2}, the grantee of {3}, the key policy of {4}.',
      grantCountText(grants),
      ...[known.creator, known.keyLastUsed, known.holder, known.remains].map(formatCount),
    ),
    tooOld > 0
      ? l10n.t('Older than the CloudTrail event history, which goes back 90 days: {0}.', formatCount(tooOld))
      : undefined,
    notFound > 0 ? l10n.t('Creator not in the events that were read: {0}.', formatCount(notFound)) : undefined,
    notInIam > 0
      ? l10n.t(
          'Grantee is neither a role nor a user, or its account has no open connection: {0}.',
          formatCount(notInIam),
        )
      : undefined,
    denied.size > 0 ? l10n.t('Not allowed: {0}.', [...denied].toSorted().join(', ')) : undefined,
    notSupported.size > 0
      ? l10n.t('Not available at this endpoint: {0}.', [...notSupported].map((kind) => operations[kind]).join(', '))
      : undefined,
    ...failures
      .slice(0, mostFailures)
      .map(({ connection, error }) => `${connectionName(connection.ref)}: ${explain(error.details).sentence}`),
    failures.length > mostFailures ? l10n.t('More failures: {0}.', failures.length - mostFailures) : undefined,
    incomplete > 0
      ? l10n.t('Incomplete: {0}. Run Load Evidence to load the rest.', formatCount(incomplete))
      : undefined,
  ];
  return printable(sentences.filter((sentence) => sentence !== undefined).join(' '), 2000);
}

const mostFailures = 2;

const operations: Readonly<Record<EvidenceKind, string>> = {
  creator: 'LookupEvents (CloudTrail)',
  keyLastUsed: 'GetKeyLastUsage',
  holder: 'IAM',
  remains: 'GetKeyPolicy',
};
