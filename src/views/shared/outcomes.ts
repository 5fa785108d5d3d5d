import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { duration } from '../../core/base/text.ts';
import type { RevocationOutcome, RevocationRecord } from '../../core/changes/revocation.ts';
import { connectionName, grantName, keyName } from '../../core/words/describe.ts';
import { explain } from '../../core/words/explain.ts';
import { commands } from '../../manifest.ts';
import { showInformation, showWarning } from '../../platform/prompts.ts';
import type { HistoryEntryNode } from '../history/historyItem.ts';

/** Grants that are seen gone within this time of another are told together, once no more come. */
const togetherMs = 3000;

type Ended = RevocationOutcome['kind'];
type OutcomeOf<K extends Ended> = Extract<RevocationOutcome, { readonly kind: K }>;

/** Tells what is true at the end of a wait, and no more; the actions are offered where they help. */
export class OutcomeMessages {
  #gathered: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  tell(record: RevocationRecord, outcome: RevocationOutcome, checkAgain: () => void): void {
    if (this.#isDisposed) {
      return;
    }
    switch (outcome.kind) {
      case 'gone':
        this.#tellGone(() => void tellGone(record, outcome));
        return;
      case 'stopped':
        return;
      case 'timedOut':
        void tellTimedOut(record, outcome, checkAgain);
        return;
      case 'unread':
        void tellUnread(record, outcome, checkAgain);
        return;
      case 'otherAccount':
        tellOtherAccount(record);
        return;
    }
  }

  /** What ends while the window closes is in the history. */
  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  /** The end of many revokes is not as many notifications: the first is told alone, the others together. */
  #tellGone(tell: () => void): void {
    if (this.#timer === undefined) {
      tell();
    } else {
      this.#gathered.push(tell);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const gathered = this.#gathered;
      this.#gathered = [];
      this.#timer = undefined;
      if (gathered.length === 1) {
        gathered[0]?.();
      } else if (gathered.length > 1) {
        void tellSeveralGone(gathered.length);
      }
    }, togetherMs);
  }
}

async function tellGone(record: RevocationRecord, { afterMs }: OutcomeOf<'gone'>): Promise<void> {
  const [name, label, after] = [grantName(record.grant), keyName(record.key), duration(afterMs)];
  const sentence =
    record.kind === 'revoke'
      ? l10n.t(
          'KMS no longer lists the grant {0} on {1}, {2} after the revoke. It may be honored a little longer, usually less than five minutes in all.',
          name,
          label,
          after,
        )
      : l10n.t(
          'KMS no longer lists the grant {0} on {1}, {2} after it was retired. It may be honored a little longer, usually less than five minutes in all.',
          name,
          label,
          after,
        );
  const button = l10n.t('Recreate Grant…');
  const { id } = record;
  // What could not be written to the history can't be made again from it.
  if ((await showInformation(sentence, ...(id === '' ? [] : [button]))) !== button) {
    return;
  }
  const entry: HistoryEntryNode = { kind: 'historyEntry', id };
  await vscode.commands.executeCommand(commands.recreateGrant, entry);
}

async function tellSeveralGone(count: number): Promise<void> {
  const button = l10n.t('Show History');
  const picked = await showInformation(
    l10n.t(
      'KMS no longer lists {0} more of the revoked grants. They may be honored a little longer, usually less than five minutes in all.',
      count,
    ),
    button,
  );
  if (picked === button) {
    await vscode.commands.executeCommand(commands.showHistory);
  }
}

async function tellTimedOut(
  record: RevocationRecord,
  { afterMs }: OutcomeOf<'timedOut'>,
  checkAgain: () => void,
): Promise<void> {
  const { kind, accepted } = record;
  const texts = [grantName(record.grant), keyName(record.key), duration(afterMs)];
  let sentence: string;
  if (kind === 'revoke') {
    sentence = accepted
      ? l10n.t('KMS still lists the grant {0} on {1}, {2} after it accepted the revoke.', ...texts)
      : l10n.t('KMS still lists the grant {0} on {1}. It may never have received the revoke, {2} ago.', ...texts);
  } else {
    sentence = accepted
      ? l10n.t('KMS still lists the grant {0} on {1}, {2} after it was retired.', ...texts)
      : l10n.t('KMS still lists the grant {0} on {1}. It may never have received the retirement, {2} ago.', ...texts);
  }
  await offerCheckAgain(sentence, checkAgain);
}

/** Of a wait in which KMS could not be read, only what was last seen, and when, is known. */
async function tellUnread(
  record: RevocationRecord,
  { afterMs, lastRead, trouble }: OutcomeOf<'unread'>,
  checkAgain: () => void,
): Promise<void> {
  const [name, label, after] = [grantName(record.grant), keyName(record.key), duration(afterMs)];
  const { title } = explain({ kind: trouble, operation: 'ListGrants', awsName: trouble, message: '' });
  const last = {
    listed: l10n.t('KMS last listed it {0} after the request.', after),
    absent: l10n.t('KMS last did not list it, {0} after the request.', after),
    none: l10n.t('KMS has not answered since the request.'),
  }[lastRead];
  const sentence = l10n.t("Couldn't check the grant {0} on {1}: {2}. {3}", name, label, title, last);
  await offerCheckAgain(sentence, checkAgain);
}

async function offerCheckAgain(sentence: string, checkAgain: () => void): Promise<void> {
  const button = l10n.t('Check Again');
  if ((await showWarning(sentence, button)) === button) {
    checkAgain();
  }
}

function tellOtherAccount(record: RevocationRecord): void {
  void showWarning(
    l10n.t(
      'The end of the grant {0} on {1} is not followed: {2} now signs in to another account than {3}.',
      grantName(record.grant),
      keyName(record.key),
      connectionName(record.connection),
      record.account ?? l10n.t('unknown'),
    ),
  );
}
