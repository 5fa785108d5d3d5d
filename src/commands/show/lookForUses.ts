import * as l10n from '@vscode/l10n';
import { isAbort } from '../../core/base/abort.ts';
import { printable } from '../../core/base/text.ts';
import { isKmsError } from '../../core/kms/errors.ts';
import { grantee } from '../../core/kms/principal.ts';
import { withCancellableProgress } from '../../platform/progress.ts';
import { showInformation } from '../../platform/prompts.ts';
import { usePages } from '../../platform/settings.ts';
import type { GrantNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf } from '../context.ts';

type LookContext = Needs<'clock' | 'connections' | 'documents' | 'evidence'>;

/** Looks through the events of the key, newest first, for uses that the grant would allow. */
export async function lookForUses(context: LookContext, { connection, key, grant }: GrantNode): Promise<void> {
  const session = sessionOf(context, connection);
  const { uses } = await context.evidence.load();
  const now = () => session.awsTime() ?? context.clock.now();
  const search = uses.start(await session.evidence(), grant, key.arn, now());
  const title = l10n.t('Looking for uses by {0}', printable(grantee(grant).shortName, 60));

  for (let goesOn = true; goesOn; ) {
    const pages = usePages();
    let failure: unknown;
    const found = await withCancellableProgress(title, (signal, report) =>
      search.look({
        pages,
        signal: AbortSignal.any([signal, session.closed]),
        progress: (looked) => report(uses.progressText(looked)),
      }),
    ).catch((error: unknown) => {
      const isPartial = search.looked.events > 0 && (isAbort(error) || isKmsError(error));
      if (!isPartial) {
        throw error;
      }
      failure = error;
      return undefined;
    });
    const mayGoOn = !search.looked.isWhole && !session.closed.aborted;
    if (found === undefined) {
      const more = failure === undefined ? l10n.t('Look at {0} More Pages', pages) : lookFurther();
      const text = uses.lookedText(search.looked, grant, isKmsError(failure) ? failure : undefined);
      goesOn = (await showInformation(text, ...(mayGoOn ? [more] : []))) === more;
    } else {
      const text = uses.foundText(found, grant, now());
      const { name, eventId, json } = found.source;
      const show = () => context.documents.show(printable(`${name} ${eventId}`, 60), JSON.parse(json));
      goesOn = await offerEvent(text, show, mayGoOn ? [lookFurther()] : []);
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
