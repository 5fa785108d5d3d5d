import * as l10n from '@vscode/l10n';
import { localTime, printable, roughDuration } from '../base/text.ts';
import type { Grant } from '../kms/model.ts';
import { externalAccountOf, grantee } from '../kms/principal.ts';
import { errorSentence } from '../words/explain.ts';
import type { FoundEvent, Looked } from './eventSearch.ts';
import { callerText } from './evidenceText.ts';
import type { KeyUse } from './kmsEvent.ts';
import { useSearch } from './useSearch.ts';

/** Searches for uses that a grant would allow, and what a person reads of them. */
export const useSearches = {
  start: useSearch,
  progressText,
  foundText,
  lookedText,
};

function progressText({ events, backTo }: Looked): string {
  return backTo === undefined
    ? l10n.t('Reading the events of the key')
    : l10n.t('Events: {0}, back to {1}', events, localTime(backTo));
}

/** @param now milliseconds since the epoch */
function foundText({ what: use, event, source }: FoundEvent<KeyUse>, grant: Grant, now: number): string {
  const found = l10n.t(
    'Found a use that this grant would allow: {0}, {1} ago ({2}), by {3}.',
    printable(use.operation),
    roughDuration(now - source.time.getTime()),
    localTime(source.time),
    callerText(event.caller),
  );
  return [
    found,
    l10n.t("Events don't name grants, so another grant or policy may have allowed it."),
    ...limits(grant),
  ].join(' ');
}

/** How a search stands that has found nothing more. @param failure why it stopped early, if it failed */
function lookedText({ events, matches, backTo, since, isWhole }: Looked, grant: Grant, failure?: unknown): string {
  const looked =
    backTo !== undefined
      ? matches === 0
        ? l10n.t('Events of this key read: {0}, back to {1}. No match.', events, localTime(backTo))
        : l10n.t('Events of this key read: {0}, back to {1}. No further match.', events, localTime(backTo))
      : isWhole
        ? l10n.t('CloudTrail listed no events of this key.')
        : l10n.t('No events were read.');
  const end =
    since === undefined
      ? l10n.t('The CloudTrail event history goes back only 90 days.')
      : l10n.t('The search goes back to the creation of the grant, {0}.', localTime(since));
  return [
    ...(failure === undefined ? [] : [errorSentence(failure)]),
    looked,
    ...(isWhole ? [end] : []),
    l10n.t('This proves nothing: events can be late, or missing from the list of their key.'),
    ...limits(grant),
  ].join(' ');
}

/** What the events leave open for this grant. */
function limits(grant: Grant): readonly string[] {
  const principal = grantee(grant);
  return [
    ...(grant.constraints.sourceArn === undefined
      ? []
      : [l10n.t("Events don't record source ARNs, so the one that the grant requires couldn't be checked.")]),
    ...(principal.kind === 'awsInternal' ? [l10n.t('AWS uses the name AWS Internal for several services.')] : []),
    ...(principal.kind !== 'accountRoot' &&
    principal.account !== undefined &&
    externalAccountOf(principal, grant.keyArn) !== undefined
      ? [l10n.t("Events of calls from another account don't name the principal.")]
      : []),
  ];
}
