import assert from 'node:assert/strict';
import test from 'node:test';
import type * as vscode from 'vscode';
import { keptArrangement } from '../../../src/platform/store.ts';

function memento(stored: unknown): vscode.Memento & { readonly values: Map<string, unknown> } {
  const values = new Map<string, unknown>([['grantees.arrangement', stored]]);
  return {
    values,
    keys: () => [...values.keys()],
    get: <T>(key: string) => values.get(key) as T | undefined,
    update: async (key, value) => void values.set(key, value),
  };
}

test('an arrangement is kept; a value that this version does not know counts as not chosen', () => {
  const kept = memento({ grouping: 'creator', sorting: 'lastUse' });
  const arrangement = keptArrangement(kept);
  assert.deepEqual(arrangement.get(), { grouping: 'creator', sorting: 'lastUse' });
  arrangement.set({ grouping: 'key', sorting: 'age' });
  assert.deepEqual(kept.values.get('grantees.arrangement'), { grouping: 'key', sorting: 'age' });
  for (const stored of [undefined, {}, { grouping: 'color', sorting: 'size' }, 'creator', 7]) {
    assert.deepEqual(keptArrangement(memento(stored)).get(), { grouping: 'finding', sorting: 'name' });
  }
  assert.deepEqual(keptArrangement(memento({ grouping: 'color', sorting: 'age' })).get(), {
    grouping: 'finding',
    sorting: 'age',
  });
});
