import * as l10n from '@vscode/l10n';
import { localTime, printable, roughDuration } from '../base/text.ts';
import { errorSentence } from '../words/explain.ts';
import { endSearch } from './endSearch.ts';
import type { FoundEvent, Looked } from './eventSearch.ts';
import { callerText } from './evidenceText.ts';

/** Searches for who ended a grant, and what a person reads of them. */
export const endSearches = { start: endSearch, progressText, foundText, lookedText, whoText };

function progressText({ events, backTo }: Looked): string {
  return backTo === undefined
    ? l10n.t('Reading RevokeGrant and RetireGrant events')
    : l10n.t('Events: {0}, back to {1}', events, localTime(backTo));
}

/** `RevokeGrant · ana (IAM user)`: for a row. */
function whoText({ event, source }: FoundEvent<true>): string {
  return `${printable(source.name)} · ${callerText(event.caller)}`;
}

/** @param now milliseconds since the epoch */
function foundText({ event, source }: FoundEvent<true>, now: number): string {
  return l10n.t(
    '{0}, {1} ago ({2}), by {3}.',
    printable(source.name),
    roughDuration(now - source.time.getTime()),
    localTime(source.time),
    callerText(event.caller),
  );
}

/** How a search stands that has found nothing. @param failure why it stopped early, if it failed */
function lookedText({ events, since, isWhole }: Looked, failure?: unknown): string {
  const looked = l10n.t(
    'RevokeGrant and RetireGrant events read: {0}. None is known to have ended this grant.',
    events,
  );
  const range =
    since === undefined
      ? l10n.t('The CloudTrail event history goes back only 90 days.')
      : l10n.t('The search goes back to an hour before the grants of the baseline were read, {0}.', localTime(since));
  return [
    ...(failure === undefined ? [] : [errorSentence(failure)]),
    looked,
    ...(isWhole ? [range] : [l10n.t('There may be more.')]),
    l10n.t("This proves nothing: events can be 15 minutes late, and those of another account aren't listed."),
  ].join(' ');
}
