import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openKeyByArn } from '../../src/commands/connections/openKeyByArn.ts';
import { Emitter } from '../../src/core/base/emitter.ts';
import type { Arrangement } from '../../src/core/findings/grantGroups.ts';
import { GranteesView } from '../../src/views/grantees/granteesView.ts';
import type { Node } from '../../src/views/shared/nodes.ts';
import { contextOf } from './context.ts';
import { dialogs } from './vscode.ts';
import { createTestWorld, defaultFindings, noPinnedKeys, type Window } from './world.ts';

const byFinding: Arrangement = { grouping: 'finding', sorting: 'name' };

/** The titles of the groups that a grant stands in. */
function groupsOf(view: GranteesView, grantId: string): readonly string[] {
  return view.getChildren().flatMap((group) => {
    const rows = group.kind === 'group' ? view.getChildren(group) : [];
    const holds = rows.some((row) => row.kind === 'grant' && row.grant.grantId === grantId);
    return group.kind === 'group' && holds ? [group.group.title] : [];
  });
}

test('grouped by finding, a grant that is being revoked stays in its groups', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const findingsChanged = new Emitter();
  const view = new GranteesView({
    connections: window.connections,
    revocations: window.revocations,
    findings: { ...defaultFindings, onDidChange: findingsChanged.event },
    arrangement: { get: () => byFinding, set: () => {} },
    clock: world.clock,
    tree: { description: '', message: '' },
  });
  const keys = [];
  for (const row of await window.keyRows()) {
    const nodes = await window.rows(row);
    const grants = nodes.flatMap((node) => (node.kind === 'grant' ? [node.grant] : []));
    keys.push({ connection: row.connection, key: row.key, metadata: undefined, grants, isComplete: true });
  }
  const counts = { keysDone: keys.length, keysTotal: keys.length, grants: 0, unreadable: 0 };
  view.start().finish({ keys, unreadable: [], counts, wasCancelled: false, startedAt: 0, endedAt: 0 });
  const found = view
    .shownGrants()
    .held.find(({ findings, managedBy }) => findings.length > 0 && managedBy === undefined);
  assert.ok(found !== undefined);
  const { grantId } = found.grant;
  const before = groupsOf(view, grantId);

  await window.revoke(await window.grantRow(found.key.arn, grantId));
  assert.ok(window.revocations.state(found.connection.ref, found.key, grantId) !== undefined);
  findingsChanged.fire();
  assert.deepEqual(groupsOf(view, grantId), before);
  // Computed again, it stays.
  findingsChanged.fire();
  assert.deepEqual(groupsOf(view, grantId), before);
});

const described = (window: Window) => window.calls.filter(({ operation }) => operation === 'DescribeKey').length;

test('while somebody types in a filter, no key is described', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  window.view.setFilter('nothing has this');
  const row = await window.connectionRow();
  await window.rows(row);
  assert.equal(described(window), 0);
  window.view.setFilter('');
  assert.ok((await window.view.getChildren(row)).some(({ kind }) => kind === 'key'));
  await world.outside.idle();
  assert.equal(described(window), 0);
  // Half a second later.
  world.clock.step();
  await window.rows(row);
  await world.outside.idle();
  assert.ok(described(window) > 0);
});

test('a key that is listed is revealed by its ARN, out of a filter too, and nothing is added', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const [, second] = await window.keyRows();
  assert.ok(second !== undefined);
  const [revealed, added]: [Node[], string[]] = [[], []];
  window.tree.reveal = async (node) => void revealed.push(node);
  window.view.setFilter('nothing has this');
  const pinnedKeys = {
    ...noPinnedKeys,
    add: async (_: unknown, arn: string) => {
      added.push(arn);
    },
  };
  const context = { ...contextOf(window), pinnedKeys };
  const row = await window.connectionRow();
  const open = async (arn: string) => {
    const { type } = dialogs;
    dialogs.type = async () => arn;
    await world.finish(openKeyByArn(context, row));
    Object.assign(dialogs, { type });
  };
  await world.finish(window.connections.open(row.ref).then((session) => session.identity()));
  await open(second.key.arn);
  assert.deepEqual(added, []);
  assert.deepEqual(
    revealed.map((node) => node.kind === 'key' && node.key.arn),
    [second.key.arn],
  );
  assert.equal(window.view.filter, '');
  const foreign = second.key.arn.replace(/:\d{12}:/, ':999988887777:');
  await open(foreign);
  assert.deepEqual(added, [foreign]);
  assert.equal(revealed.length, 1);
});
