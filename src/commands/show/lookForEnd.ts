import * as l10n from '@vscode/l10n';
import { localTime } from '../../core/base/text.ts';
import { grantName } from '../../core/words/describe.ts';
import { isGone } from '../../views/grantees/granteesNodes.ts';
import type { GrantNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf } from '../context.ts';
import { lookForEvent } from './lookForEvent.ts';

type LookContext = Needs<'clock' | 'connections' | 'documents' | 'evidence' | 'grantees'>;

/** Looks for the event by which a grant ended that is gone since a baseline. Its row then has it. */
export async function lookForEnd(context: LookContext, node: GrantNode): Promise<void> {
  const { grantees } = context;
  const time = grantees.changeTime;
  if (!isGone(node) || time === undefined) {
    return;
  }
  const { connection, grant } = node;
  const session = sessionOf(context, connection);
  const { ends } = await context.evidence.load();
  const now = () => session.awsTime() ?? context.clock.now();
  await lookForEvent(context, {
    session,
    search: ends.start(await session.evidence(), grant, time, now()),
    title: l10n.t('Looking for who revoked or retired {0}', grantName(grant)),
    progressText: ends.progressText,
    foundText: (found) => ends.foundText(found, now()),
    lookedText: ends.lookedText,
    onFound: (found) => {
      const { time: at = found.source.time } = found.event;
      const field = { name: l10n.t('CloudTrail'), value: `${ends.whoText(found)} · ${localTime(at)}` };
      grantees.noteEnd(node, { short: `${l10n.t('gone')} · ${ends.whoText(found)}`, fields: [field] });
    },
    hasOthers: false,
  });
}
