import type * as vscode from 'vscode';
import type { ConnectionRef } from '../core/model.ts';
import { type RecordStore, recordId, reviveRecord } from '../core/revocation.ts';

const prefix = 'revocation:';

/**
 * Revokes that are not seen through yet, one key of the extension's global state each: two windows that write at the same
 * time never overwrite each other's records.
 */
export function recordStore(memento: vscode.Memento): RecordStore {
  return {
    all: () =>
      memento
        .keys()
        .filter((key) => key.startsWith(prefix))
        .flatMap((key) => reviveRecord(memento.get(key)) ?? []),
    put: (record) => memento.update(prefix + recordId(record), record),
    remove: (record) => memento.update(prefix + recordId(record), undefined),
  };
}

const choiceKey = 'connection';

/** The connection chosen in this workspace, if any; it lasts over a reload. */
export function rememberedChoice(memento: vscode.Memento): ConnectionRef | undefined {
  const stored = memento.get<ConnectionRef>(choiceKey);
  return stored?.kind === 'profile' || stored?.kind === 'environment' || stored?.kind === 'sample' ? stored : undefined;
}

export function rememberChoice(memento: vscode.Memento, ref: ConnectionRef | undefined): PromiseLike<void> {
  return memento.update(choiceKey, ref);
}
