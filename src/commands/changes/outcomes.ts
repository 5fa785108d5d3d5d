import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { duration, formatCount } from '../../core/base/text.ts';
import { maxWaitMs } from '../../core/changes/propagation.ts';
import type { EndedWait, RevocationOutcome, RevocationRecord } from '../../core/changes/revocationRecord.ts';
import { connectionId } from '../../core/kms/model.ts';
import { connectionName, grantName, keyName } from '../../core/words/describe.ts';
import { explain } from '../../core/words/explain.ts';
import { commands } from '../../manifest.ts';
import { showInformation, showWarning } from '../../platform/prompts.ts';
import { propagationPolicy } from '../../platform/settings.ts';
import type { HistoryEntryNode } from '../../views/history/historyNodes.ts';
import type { Needs } from '../context.ts';
import { showFailure } from '../errorBoundary.ts';
import { type KnownOfGrants, offersToRecreate } from './recreateGrant/offersToRecreate.ts';

type Ended = RevocationOutcome['kind'];
type OutcomeOf<K extends Ended> = Extract<RevocationOutcome, { readonly kind: K }>;
type CheckAgain = (records: readonly RevocationRecord[]) => Promise<void>;
type OutcomeContext = KnownOfGrants & Needs<'log' | 'revocations'>;

/** Reports how one or more waits ended, claiming no more than is known. Actions are offered where they help. */
export async function showOutcomes(context: OutcomeContext, ended: readonly EndedWait[]): Promise<void> {
  const { connections, revocations, log } = context;
  const checkAgain: CheckAgain = async (records) => {
    const known = new Set(connections.known.map(connectionId));
    try {
      for (const { connection, key, grant } of records.filter(({ connection: ref }) => known.has(connectionId(ref)))) {
        // A change of its credentials closes a connection, which nothing opens while no view is on screen.
        revocations.checkAgain(await connections.open(connection), key, grant.grantId);
      }
    } catch (error) {
      await showFailure(error, log);
    }
  };
  const [only] = ended;
  if (only !== undefined && ended.length === 1) {
    await showOne(context, only, () => checkAgain([only.record]));
  } else {
    await showSeveral(ended, checkAgain);
  }
}

async function showOne(
  context: OutcomeContext,
  { record, outcome }: EndedWait,
  checkAgain: () => Promise<void>,
): Promise<void> {
  switch (outcome.kind) {
    case 'gone':
      return showGone(record, outcome, offersToRecreate(context, record));
    case 'stopped':
      return;
    case 'timedOut':
      return showTimedOut(record, outcome, checkAgain);
    case 'unread':
      return showUnread(record, outcome, checkAgain);
    case 'otherAccount':
      return showOtherAccount(record);
  }
}

async function showSeveral(ended: readonly EndedWait[], checkAgain: CheckAgain): Promise<void> {
  const of = (kind: Ended) => ended.filter(({ outcome }) => outcome.kind === kind).length;
  const gone = of('gone');
  const isAll = gone === ended.length;
  const parts: readonly (readonly [number, (count: string) => string])[] = [
    [of('timedOut'), (count) => l10n.t('Still listed: {0}.', count)],
    [of('unread'), (count) => l10n.t("Couldn't be checked: {0}.", count)],
    [
      of('otherAccount'),
      (count) => l10n.t('No longer checked: {0}, because the profile now signs in to another account.', count),
    ],
  ];
  const [stopped, total] = [formatCount(gone), formatCount(ended.length)];
  const isRevoke = ended.every(({ record }) => record.kind === 'revoke');
  const sentences = [
    isRevoke
      ? l10n.t('KMS stopped listing {0} of the {1} grants that a revoke was sent for.', stopped, total)
      : l10n.t('KMS stopped listing {0} of the {1} grants that a revoke or retirement was sent for.', stopped, total),
    ...(gone > 0 ? [lastingText(gone)] : []),
    ...parts.filter(([count]) => count > 0).map(([count, say]) => say(formatCount(count))),
  ];
  const again = ended.filter(({ outcome: { kind } }) => kind === 'timedOut' || kind === 'unread');
  const [check, history] = [l10n.t('Check Again'), l10n.t('Show History')];
  const buttons = again.length > 0 ? [check, history] : [history];
  const picked = await (isAll ? showInformation : showWarning)(sentences.join(' '), ...buttons);
  if (picked === check) {
    await checkAgain(again.map(({ record }) => record));
  } else if (picked === history) {
    await vscode.commands.executeCommand(commands.showHistory);
  }
}

async function showGone(record: RevocationRecord, { afterMs }: OutcomeOf<'gone'>, mayRecreate: boolean): Promise<void> {
  const [name, label, after] = [grantName(record.grant), keyName(record.key), duration(afterMs)];
  // After longer, such as a night, nobody looked for most of it.
  const isTimed = afterMs <= maxWaitMs(propagationPolicy());
  const sentence = isTimed
    ? goneSentence(record, [name, label, after])
    : l10n.t('KMS no longer lists grant {0} on {1}.', name, label);
  const [history, recreate] = [l10n.t('Show History'), l10n.t('Recreate Grant…')];
  const picked = await showInformation(`${sentence} ${lastingText(1)}`, history, ...(mayRecreate ? [recreate] : []));
  if (picked === history) {
    await vscode.commands.executeCommand(commands.showHistory);
  } else if (picked === recreate) {
    const entry: HistoryEntryNode = { kind: 'historyEntry', id: record.id };
    await vscode.commands.executeCommand(commands.recreateGrant, entry);
  }
}

/** Without KMS's answer, whoever ended the grant is not known. */
function goneSentence({ kind, accepted }: RevocationRecord, texts: readonly string[]): string {
  if (!accepted) {
    return l10n.t('KMS stopped listing grant {0} on {1}, {2} after the request.', ...texts);
  }
  return kind === 'revoke'
    ? l10n.t('Grant {0} on {1} is revoked: KMS stopped listing it after {2}.', ...texts)
    : l10n.t('Grant {0} on {1} is retired: KMS stopped listing it after {2}.', ...texts);
}

async function showTimedOut(
  record: RevocationRecord,
  { afterMs }: OutcomeOf<'timedOut'>,
  checkAgain: () => Promise<void>,
): Promise<void> {
  const { kind, accepted } = record;
  const texts = [grantName(record.grant), keyName(record.key), duration(afterMs)];
  let sentence: string;
  if (kind === 'revoke') {
    sentence = accepted
      ? l10n.t('KMS still lists grant {0} on {1}, {2} after it accepted the revoke.', ...texts)
      : l10n.t(
          'KMS still lists grant {0} on {1}. It may never have received the revoke that was sent {2} ago.',
          ...texts,
        );
  } else {
    sentence = accepted
      ? l10n.t('KMS still lists grant {0} on {1}, {2} after it was retired.', ...texts)
      : l10n.t(
          'KMS still lists grant {0} on {1}. It may never have received the retirement that was sent {2} ago.',
          ...texts,
        );
  }
  await offerCheckAgain(sentence, checkAgain);
}

/** After a wait in which KMS could not be read, only the last successful check and its time are known. */
async function showUnread(
  record: RevocationRecord,
  { afterMs, lastRead, trouble }: OutcomeOf<'unread'>,
  checkAgain: () => Promise<void>,
): Promise<void> {
  const [name, label, after] = [grantName(record.grant), keyName(record.key), duration(afterMs)];
  const { title } = explain({ kind: trouble, operation: 'ListGrants', awsName: trouble, message: '' });
  const last = {
    listed: l10n.t('The last successful check was {0} after the request: KMS listed it.', after),
    absent: l10n.t("The last successful check was {0} after the request: KMS didn't list it.", after),
    none: l10n.t('No check has succeeded since the request.'),
  }[lastRead];
  const sentence = l10n.t("Couldn't check grant {0} on {1}: {2}. {3}", name, label, title, last);
  await offerCheckAgain(sentence, checkAgain);
}

async function offerCheckAgain(sentence: string, checkAgain: () => Promise<void>): Promise<void> {
  const button = l10n.t('Check Again');
  if ((await showWarning(sentence, button)) === button) {
    await checkAgain();
  }
}

async function showOtherAccount(record: RevocationRecord): Promise<void> {
  await showWarning(
    l10n.t(
      "Can't check grant {0} on {1}: {2} now signs in to a different account than {3}.",
      grantName(record.grant),
      keyName(record.key),
      connectionName(record.connection),
      record.account ?? l10n.t('unknown'),
    ),
  );
}

function lastingText(grants: number): string {
  return grants === 1
    ? l10n.t('It may keep working for a while after the request, usually less than five minutes.')
    : l10n.t('They may keep working for a while after the request, usually less than five minutes.');
}
