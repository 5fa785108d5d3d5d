import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import { grantee } from '../../core/kms/principal.ts';
import type { GrantNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf } from '../context.ts';
import { lookForEvent } from './lookForEvent.ts';

type LookContext = Needs<'clock' | 'connections' | 'documents' | 'evidence'>;

/** Looks through the events of the key, newest first, for uses that the grant would allow. */
export async function lookForUses(context: LookContext, { connection, key, grant }: GrantNode): Promise<void> {
  const session = sessionOf(context, connection);
  const { uses } = await context.evidence.load();
  const now = () => session.awsTime() ?? context.clock.now();
  await lookForEvent(context, {
    session,
    search: uses.start(await session.evidence(), grant, key.arn, now()),
    title: l10n.t('Looking for uses by {0}', printable(grantee(grant).shortName, 60)),
    progressText: uses.progressText,
    foundText: (found) => uses.foundText(found, grant, now()),
    lookedText: (looked, failure) => uses.lookedText(looked, grant, failure),
    hasOthers: true,
  });
}
