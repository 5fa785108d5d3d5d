import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LateRows } from '../../src/views/shared/lateRows.ts';
import { gate } from '../unit/core/fakes.ts';
import { EventEmitter, TreeItemCollapsibleState } from './vscode.ts';

interface Row {
  readonly name: string;
}

/**
 * A view of rows by name; below `''` are its roots. A row named `…` stands in for others.
 * @param wait awaited before the children of a row are returned
 */
function createRows(below: Record<string, readonly string[]>, wait = async (_: Row | undefined): Promise<void> => {}) {
  const { Collapsed } = TreeItemCollapsibleState;
  const rows = new LateRows<Row>(async () => ({
    onDidChangeTreeData: new EventEmitter<Row | undefined>().event,
    getChildren: async (row) => {
      const names = below[row?.name ?? ''] ?? [];
      await wait(row);
      return names.map((name) => ({ name }));
    },
    getTreeItem: ({ name }) => ({ id: name, label: name, collapsibleState: Collapsed }),
    getParent: () => undefined,
    tooltip: async () => undefined,
    idOf: ({ name }) => (name === '…' ? undefined : name),
  }));
  const roots = () => rows.getChildren();
  const show = async (names: readonly string[]) => {
    below[''] = names;
    await roots();
  };
  return { rows, roots, show };
}

test('the neighbor of a row that went is known once, also when another row came in its place', async () => {
  const { rows, show } = createRows({});
  await show(['a', 'b', 'c']);
  assert.equal(rows.hasGone, false);
  await show(['a', 'c']);
  assert.equal(rows.takeNeighbor()?.name, 'c');
  assert.equal(rows.hasGone, false);
  await show(['nothing']);
  assert.equal(rows.takeNeighbor()?.name, 'nothing');
});

test('a row is one of the view until its list no longer has it', async () => {
  const { rows, roots, show } = createRows({});
  await show(['a', 'b']);
  const [a, b] = await roots();
  assert.deepEqual(
    [a, b, { name: 'a' }, undefined, 'a'].map((row) => rows.has(row)),
    [true, true, false, false, false],
  );
  await show(['b']);
  assert.deepEqual(
    [a, b].map((row) => rows.has(row)),
    [false, true],
  );
});

test('rows that wait for others are no rows that went', async () => {
  const { rows, show } = createRows({});
  await show(['a', 'b']);
  await show(['…']);
  assert.equal(rows.hasGone, false);
  await show(['a', 'b']);
  assert.equal(rows.hasGone, false);
  await show(['b']);
  assert.equal(rows.takeNeighbor()?.name, 'b');
});

/** Reads the list as VS Code does: with the items of its rows, and then the rows below those that are open. */
async function readAll(rows: LateRows<Row>, closed = new Set<string>()) {
  const states = new Map<string, number | undefined>();
  for (const row of await rows.getChildren()) {
    const { collapsibleState } = await rows.getTreeItem(row);
    states.set(row.name, collapsibleState);
    if (collapsibleState === TreeItemCollapsibleState.Expanded && !closed.has(row.name)) {
      await rows.getChildren(row);
    }
  }
  return states;
}

test('a row that went and returns is as open as it was, also when it was opened while its list was read', async () => {
  const { rows, show } = createRows({ '': ['a', 'b'], a: ['x'] });
  const { Collapsed, Expanded } = TreeItemCollapsibleState;
  assert.equal((await readAll(rows)).get('a'), Collapsed);
  // VS Code requests what is below, and fires no event.
  await rows.getChildren({ name: 'a' });
  await show(['b']);
  await show(['a', 'b']);
  await rows.getChildren({ name: 'a' });
  assert.equal((await readAll(rows)).get('a'), Expanded);
  rows.noteExpanded({ name: 'a' }, false);
  const states = await readAll(rows);
  assert.deepEqual([states.get('a'), states.get('b')], [Collapsed, Collapsed]);
});

test('a row that was closed while its list was read, of which VS Code fires no event, returns closed', async () => {
  const { rows, show } = createRows({ '': ['a', 'b'], a: ['x'] });
  const { Collapsed, Expanded } = TreeItemCollapsibleState;
  rows.noteExpanded((await rows.getChildren())[0] ?? assert.fail(), true);
  assert.equal((await readAll(rows)).get('a'), Expanded);
  await readAll(rows, new Set(['a']));
  await show(['b']);
  await show(['a', 'b']);
  assert.equal((await readAll(rows)).get('a'), Collapsed);
  // Requested after all, since it is open.
  await rows.getChildren({ name: 'a' });
  assert.equal((await readAll(rows)).get('a'), Expanded);
});

test('a row stays open whose list VS Code reads again before it has it all, or gets with a row that waits', async () => {
  // Each read of the list waits for the next of these.
  const waits: Promise<void>[] = [];
  const { rows, roots, show } = createRows({ '': ['a', 'b'], a: ['x'] }, async (row) => {
    await (row === undefined ? waits.shift() : undefined);
  });
  const { Collapsed, Expanded } = TreeItemCollapsibleState;
  await readAll(rows);
  await rows.getChildren({ name: 'a' });

  const [first, second] = [gate(), gate()];
  waits.push(first.passed, second.passed);
  const [early, late] = [roots(), roots()];
  first.open();
  await early;
  const latest = roots();
  second.open();
  await Promise.all([late, latest]);
  assert.equal((await rows.getTreeItem({ name: 'a' })).collapsibleState, Expanded);
  assert.equal((await rows.getTreeItem({ name: 'b' })).collapsibleState, Collapsed);
  await rows.getChildren({ name: 'a' });

  await show(['…']);
  await show(['…']);
  await show(['a', 'b']);
  assert.equal((await rows.getTreeItem({ name: 'a' })).collapsibleState, Expanded);
});

/** Rows that come in two steps: `loaded` opens, and then there are all. What was adopted is in `adopted`. */
function createLateRows() {
  const { Collapsed } = TreeItemCollapsibleState;
  const loaded = gate();
  const adopted: string[] = [];
  let loads = 0;
  const common = { idOf: ({ name }: Row) => name };
  const item = (state: string) => (row: Row) => ({ id: row.name, label: state, collapsibleState: Collapsed });
  const rows = new LateRows<Row>(
    async () => {
      loads += 1;
      await loaded.passed;
      return {
        ...common,
        onDidChangeTreeData: new EventEmitter<Row | undefined>().event,
        getChildren: async (row) => (row === undefined ? [{ name: 'a' }, { name: 'b' }] : [{ name: 'x' }]),
        getTreeItem: item('all'),
        getParent: () => undefined,
        tooltip: async () => undefined,
        adopt: async (given) => void adopted.push(...given.map(({ name }) => name)),
      };
    },
    async () => ({ ...common, rows: [{ name: 'a' }], getTreeItem: item('first') }),
  );
  return { rows, loaded, adopted, loads: () => loads };
}

test('first rows are shown, opened and closed before the others are loaded, and taken over by them', async () => {
  const { rows, loaded, adopted, loads } = createLateRows();
  const [first] = await rows.getChildren();
  assert.ok(first !== undefined);
  assert.equal((await rows.getTreeItem(first)).label, 'first');
  assert.equal(rows.has(first), true);
  assert.deepEqual(await rows.getChildren(), [first], 'drawn again');
  rows.noteExpanded(first, true);
  assert.equal(loads(), 0);

  const below = rows.getChildren(first);
  const again = rows.getChildren();
  loaded.open();
  assert.deepEqual(await below, [{ name: 'x' }]);
  assert.deepEqual(adopted, ['a']);
  assert.deepEqual(await again, [{ name: 'a' }, { name: 'b' }], 'once they are being loaded, all are waited for');
  const item = await rows.getTreeItem(first);
  assert.equal(item.label, 'all');
  assert.equal(item.collapsibleState, TreeItemCollapsibleState.Expanded);
});

test('where a row is asked for by something else first, no first rows are shown', async () => {
  const { rows, loaded, adopted } = createLateRows();
  const parent = rows.getParent({ name: 'x' });
  const roots = rows.getChildren();
  loaded.open();
  await parent;
  assert.deepEqual(await roots, [{ name: 'a' }, { name: 'b' }]);
  assert.deepEqual(adopted, []);
});

test('the rows below a row that went are forgotten, however deep', async () => {
  const below: Record<string, readonly string[]> = { a: ['c'], c: ['x'] };
  const { rows, show } = createRows(below);
  const openBoth = async () => {
    await rows.getChildren({ name: 'a' });
    await rows.getChildren({ name: 'c' });
  };
  await show(['a', 'b']);
  await openBoth();
  await show(['b']);
  rows.takeNeighbor();
  below['c'] = ['y'];
  await show(['a', 'b']);
  await openBoth();
  assert.equal(rows.hasGone, false);
});

test('a row that went while its children were read keeps none of them', async () => {
  const opened = gate();
  const below: Record<string, readonly string[]> = { a: ['x', 'y'] };
  const { rows, show } = createRows(below, (row) => (row?.name === 'a' ? opened.passed : Promise.resolve()));
  await show(['a', 'b']);
  const reading = rows.getChildren({ name: 'a' });
  await show(['b']);
  rows.takeNeighbor();
  opened.open();
  await reading;
  await show(['a', 'b']);
  // If they had been kept, one of them would be missing now.
  below['a'] = ['y'];
  await rows.getChildren({ name: 'a' });
  assert.equal(rows.hasGone, false);
});
