import type * as vscode from 'vscode';
import { Emitter } from '../core/base/emitter.ts';
import type { PinnedKeys } from '../core/connections/pinnedKeys.ts';
import { type Arrangement, groupings, sortings } from '../core/findings/arrangement.ts';
import { type ConnectionRef, connectionId } from '../core/kms/model.ts';

/** A value that is kept over reloads. */
export interface Kept<T> {
  get(): T;
  set(value: T): void;
}

const sampleKey = 'sample';

/** Whether this workspace shows sample data. Kept over reloads. */
export function showsSample(memento: vscode.Memento): boolean {
  return memento.get(sampleKey) === true;
}

export function setShowsSample(memento: vscode.Memento, shown: boolean): PromiseLike<void> {
  return memento.update(sampleKey, shown || undefined);
}

/** How the Grants view is arranged in this workspace. By finding and name until the user chose. */
export function keptArrangement(memento: vscode.Memento): Kept<Arrangement> {
  const key = 'grantees.arrangement';
  const stored = memento.get<Partial<Arrangement>>(key);
  let arrangement: Arrangement = {
    grouping: groupings.find((known) => known === stored?.grouping) ?? 'finding',
    sorting: sortings.find((known) => known === stored?.sorting) ?? 'name',
  };
  return {
    get: () => arrangement,
    set: (value) => {
      arrangement = value;
      void memento.update(key, value);
    },
  };
}

/** The file of the baseline that was last saved or compared in this workspace, as a URI. */
export function keptBaseline(memento: vscode.Memento): Kept<string | undefined> {
  const key = 'grantees.baseline';
  return {
    get: () => {
      const stored: unknown = memento.get(key);
      return typeof stored === 'string' ? stored : undefined;
    },
    set: (value) => void memento.update(key, value),
  };
}

const pinnedPrefix = 'pinned:';

/** Keys that were opened by ARN, by the connection that they are shown below. */
export function pinnedKeys(memento: vscode.Memento): PinnedKeys {
  const read = (ref: ConnectionRef): readonly string[] => {
    const stored: unknown = memento.get(pinnedPrefix + connectionId(ref));
    return Array.isArray(stored) ? stored.filter((arn) => typeof arn === 'string') : [];
  };
  const changed = new Emitter<ConnectionRef>();
  const write = async (ref: ConnectionRef, arns: readonly string[]) => {
    await memento.update(pinnedPrefix + connectionId(ref), arns.length === 0 ? undefined : arns);
    changed.fire(ref);
  };
  return {
    of: read,
    onDidChange: changed.event,
    add: (ref, arn) => write(ref, [...new Set([...read(ref), arn])].sort()),
    remove: (ref, arn) =>
      write(
        ref,
        read(ref).filter((other) => other !== arn),
      ),
  };
}
