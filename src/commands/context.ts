import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { isAbort } from '../core/base/abort.ts';
import type { Clock } from '../core/base/clock.ts';
import type { FollowUps } from '../core/changes/followUps.ts';
import type { Journal } from '../core/changes/journal.ts';
import type { Revocations } from '../core/changes/revocations.ts';
import type { Preferences } from '../core/connections/chooseConnections.ts';
import type { Connections } from '../core/connections/connections.ts';
import type { PinnedKeys } from '../core/connections/pinnedKeys.ts';
import type { Session } from '../core/connections/session.ts';
import type { LazyEvidence } from '../core/evidence/lazyEvidence.ts';
import { isKmsError } from '../core/kms/errors.ts';
import type { Aws } from '../core/kms/kmsApi.ts';
import type { Connection } from '../core/kms/model.ts';
import type { LazyTerraform } from '../core/terraform/lazyTerraform.ts';
import { UserError } from '../core/words/userError.ts';
import type { ConfirmedSettings } from '../platform/confirmedSettings.ts';
import type { Kept } from '../platform/store.ts';
import type { GranteesView } from '../views/grantees/granteesView.ts';
import type { HistoryView } from '../views/history/historyView.ts';
import type { KeysView } from '../views/keys/keysView.ts';
import type { JsonDocuments } from '../views/shared/jsonDocuments.ts';
import type { Trees } from '../views/shared/trees.ts';

/** The part of package.json that says what commands are called, and which rows have them. */
interface Contributes {
  readonly commands: readonly { readonly command: string; readonly title: string }[];
  readonly menus: Readonly<Record<string, readonly { readonly command?: string; readonly when?: string }[]>>;
}

/** What commands work on. Each names the parts that it {@link Needs}. */
export interface CommandContext {
  readonly clock: Clock;
  readonly aws: () => Promise<Aws>;
  readonly preferences: () => Preferences;
  readonly setShowsSample: (shown: boolean) => PromiseLike<void>;
  readonly confirmedSettings: ConfirmedSettings;
  readonly connections: Connections;
  readonly revocations: Revocations;
  readonly followUps: Pick<FollowUps, 'batch'>;
  readonly pinnedKeys: PinnedKeys;
  readonly evidence: LazyEvidence;
  readonly terraform: LazyTerraform;
  /** Of the extension. */
  readonly version: string;
  readonly lastBaseline: Kept<string | undefined>;
  readonly journal: Journal;
  readonly view: KeysView;
  readonly grantees: GranteesView;
  readonly history: HistoryView;
  /** The rows that a key acts on: those selected, if the focused row is one of them, else the focused row. */
  readonly selection: (focused: unknown) => readonly unknown[];
  /** See {@link Trees}. */
  readonly selected: Trees['selected'];
  readonly focusNeighbor: Trees['focusNeighbor'];
  readonly contributes: Contributes;
  readonly documents: JsonDocuments;
  readonly log: Pick<vscode.LogOutputChannel, 'error' | 'warn' | 'show'>;
}

export type Needs<Part extends keyof CommandContext> = Pick<CommandContext, Part>;

/**
 * The session that a row was read by.
 * @throws UserError when the connection was closed or replaced since
 */
export function sessionOf({ connections }: Needs<'connections'>, connection: Connection): Session {
  const session = connections.find(connection);
  if (session !== undefined) {
    return session;
  }
  throw connectionChanged();
}

/**
 * Runs `task` until it is cancelled, or the connection closed.
 * @throws UserError when the latter ended it: only what the user cancels ends without a word
 */
export async function whileOpen<T>(
  { closed }: Session,
  cancelled: AbortSignal | undefined,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await task(cancelled === undefined ? closed : AbortSignal.any([cancelled, closed]));
  } catch (error) {
    // A list that the close cut off says so by its cause.
    const isCutOff = isAbort(error) || (isKmsError(error) && isAbort(error.cause));
    throw isCutOff && closed.aborted && cancelled?.aborted !== true ? connectionChanged(error) : error;
  }
}

function connectionChanged(cause?: unknown): UserError {
  return new UserError(l10n.t('Nothing was done, because the connection changed.'), [], cause);
}
