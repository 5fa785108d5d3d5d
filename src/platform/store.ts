import type * as vscode from 'vscode';
import { type ConnectionRef, connectionId } from '../core/model.ts';
import type { PinnedKeys } from '../core/pinnedKeys.ts';

const sampleKey = 'sample';

/** Whether this workspace shows sample data; lasts over a reload. */
export function showsSample(memento: vscode.Memento): boolean {
  return memento.get(sampleKey) === true;
}

export function setShowsSample(memento: vscode.Memento, shown: boolean): PromiseLike<void> {
  return memento.update(sampleKey, shown || undefined);
}

const pinnedPrefix = 'pinned:';

/** Keys of other accounts that were opened by ARN, by the connection that they stand below. */
export function pinnedKeys(memento: vscode.Memento): PinnedKeys {
  const read = (ref: ConnectionRef): readonly string[] => {
    const stored: unknown = memento.get(pinnedPrefix + connectionId(ref));
    return Array.isArray(stored) ? stored.filter((arn) => typeof arn === 'string') : [];
  };
  const write = (ref: ConnectionRef, arns: readonly string[]) =>
    memento.update(pinnedPrefix + connectionId(ref), arns.length === 0 ? undefined : arns);
  return {
    of: read,
    add: (ref, arn) => write(ref, [...new Set([...read(ref), arn])].sort()),
    remove: (ref, arn) =>
      write(
        ref,
        read(ref).filter((other) => other !== arn),
      ),
  };
}
