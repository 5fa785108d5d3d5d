import * as l10n from '@vscode/l10n';
import { isAbort } from '../../core/base/abort.ts';
import { printable } from '../../core/base/text.ts';
import type { Session } from '../../core/connections/session.ts';
import type { EventSearch, FoundEvent, Looked } from '../../core/evidence/eventSearch.ts';
import { isKmsError } from '../../core/kms/errors.ts';
import { withCancellableProgress } from '../../platform/progress.ts';
import { showInformation } from '../../platform/prompts.ts';
import { usePages } from '../../platform/settings.ts';
import { type Needs, whileOpen } from '../context.ts';

export interface EventLook<T> {
  readonly session: Session;
  readonly search: EventSearch<T>;
  /** Of the progress. */
  readonly title: string;
  readonly progressText: (looked: Looked) => string;
  readonly foundText: (found: FoundEvent<T>) => string;
  /** @param failure why it stopped early, if it failed */
  readonly lookedText: (looked: Looked, failure: unknown) => string;
  readonly onFound?: (found: FoundEvent<T>) => void;
  /** Others may match, too. */
  readonly hasOthers: boolean;
}

/** Looks through events for as long as the user wants to, and offers to show what is found. */
export async function lookForEvent<T>({ documents }: Needs<'documents'>, look: EventLook<T>): Promise<void> {
  const { session, search, title } = look;
  for (let goesOn = true; goesOn; ) {
    let failure: unknown;
    const looking = withCancellableProgress(title, (signal, report) =>
      search.look({
        pages: usePages(),
        signal: AbortSignal.any([signal, session.closed]),
        progress: (looked) => report(look.progressText(looked)),
      }),
    ).catch((error: unknown) => {
      const isPartial = search.looked.events > 0 && (isAbort(error) || isKmsError(error));
      if (!isPartial) {
        throw error;
      }
      failure = error;
      return undefined;
    });
    const found = await whileOpen(session, undefined, () => looking);
    const mayGoOn = !search.looked.isWhole && !session.closed.aborted;
    if (found === undefined) {
      const text = look.lookedText(search.looked, isKmsError(failure) ? failure : undefined);
      goesOn = (await showInformation(text, ...(mayGoOn ? [lookFurther()] : []))) !== undefined;
    } else {
      look.onFound?.(found);
      const { name, eventId, json } = found.source;
      const show = () => documents.show(printable(`${name} ${eventId}`, 60), JSON.parse(json));
      goesOn = await offerEvent(look.foundText(found), show, mayGoOn && look.hasOthers ? [lookFurther()] : []);
    }
  }
}

const lookFurther = () => l10n.t('Look Further');

/** @returns whether one of the other buttons was pressed, also after the event was shown */
async function offerEvent(text: string, show: () => Promise<void>, others: readonly string[]): Promise<boolean> {
  const showEvent = l10n.t('Show Event');
  const pressed = await showInformation(text, showEvent, ...others);
  if (pressed !== showEvent) {
    return pressed !== undefined;
  }
  await show();
  return others.length > 0 && (await showInformation(text, ...others)) !== undefined;
}
