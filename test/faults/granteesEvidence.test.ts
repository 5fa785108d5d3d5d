import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import type { ScannedKey } from '../../src/core/findings/scan.ts';
import { commands } from '../../src/manifest.ts';
import { type GranteesNode, type GroupedGrantNode, granteesNodeId } from '../../src/views/grantees/granteesNodes.ts';
import type { GranteesView } from '../../src/views/grantees/granteesView.ts';
import type { EvidenceNode } from '../../src/views/shared/nodes.ts';
import { contextOf, watchDialogs } from './context.ts';
import { createTestWorld, type Window, type World } from './world.ts';

const day = 24 * 60 * 60_000;

/** The view after a search, by finding: a grant can stand in several groups. */
async function searched(world: World, window: Window): Promise<readonly ScannedKey[]> {
  const { account } = world.emulator();
  for (const { lastUsage: _, ...key } of [...account.keys.values()]) {
    const createdAt = world.clock.now() - 900 * day;
    account.keys.set(key.id, { ...key, createdAt, trackedFrom: world.clock.now() - 200 * day });
  }
  const keys: ScannedKey[] = [];
  for (const row of await window.keyRows()) {
    const grants = (await window.rows(row)).flatMap((node) => (node.kind === 'grant' ? [node.grant] : []));
    keys.push({ connection: row.connection, key: row.key, metadata: undefined, grants, isComplete: true });
  }
  const counts = { keysDone: keys.length, keysTotal: keys.length, grants: 0, unreadable: 0 };
  window.grantees.setGrouping('finding');
  const result = { searched: [], keys, unreadable: [], counts, wasCancelled: false, startedAt: 0, endedAt: 0 };
  window.grantees.start().finish(result);
  return keys;
}

function grantRows(view: GranteesView): readonly GroupedGrantNode[] {
  return view
    .getChildren()
    .flatMap((group) => (group.kind === 'group' ? view.getChildren(group) : []))
    .filter((row) => row.kind === 'grant');
}

/** The first row of a grant that no service manages. */
function firstRow(view: GranteesView): GroupedGrantNode {
  const row = grantRows(view).find(({ held }) => held.managedBy === undefined && held.findings.length > 0);
  assert.ok(row !== undefined);
  return row;
}

function evidenceOf(view: GranteesView, grant: GroupedGrantNode): EvidenceNode {
  const [evidence] = view.getChildren(grant);
  assert.ok(evidence?.kind === 'evidence');
  return evidence;
}

const asked = (world: World) =>
  world
    .emulator()
    .requests.filter(({ operation }) => /GetKeyLastUsage|GetKeyPolicy/.test(operation))
    .map(({ operation }) => operation);

/** Opens the row of evidence until all of it is there. */
async function openEvidence(world: World, view: GranteesView, node: EvidenceNode): Promise<readonly GranteesNode[]> {
  for (let seconds = 0; seconds < 30; seconds += 1) {
    const rows = await view.getChildren(node);
    if (rows.every(({ kind }) => kind === 'evidenceLine')) {
      return rows;
    }
    await world.pass(1000);
  }
  assert.fail('AWS is asked for ever.');
}

test('evidence below a grant of the Grants view is asked for when it is opened, and adds findings in both views', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const { grantees, view } = window;
  await searched(world, window);
  const grant = firstRow(grantees);
  assert.ok(!grant.held.findings.some(({ kind }) => kind === 'keyNotUsed'));
  const evidence = evidenceOf(grantees, grant);
  assert.equal(grantees.getParent(evidence), grant);
  grantees.setSorting('age');
  grantees.setSorting('name');
  await world.outside.idle();
  assert.deepEqual(asked(world), [], 'grouping, sorting and findings ask nothing');

  const changed: unknown[] = [];
  grantees.onDidChangeTreeData((node) => changed.push(node));
  const [loading] = await grantees.getChildren(evidence);
  assert.ok(loading?.kind === 'message');
  assert.equal(grantees.idOf(loading), undefined);
  assert.equal(grantees.getParent(loading), evidence);
  const lines = await openEvidence(world, grantees, evidence);
  assert.deepEqual(
    lines.map((node) => grantees.getTreeItem(node).label),
    ['Created by', 'Key last used', 'Grantee', 'Other grants', 'Key policy'],
  );
  assert.ok(changed.includes(evidence), 'each piece is drawn below its row');
  assert.equal(new Set(lines.map(granteesNodeId)).size, lines.length);
  assert.ok(lines.every((line) => grantees.getParent(line) === evidence));

  await world.pass(2000);
  const same = ({
    key,
    grant: { grantId },
  }: {
    readonly key: { readonly arn: string };
    readonly grant: { readonly grantId: string };
  }) => key.arn === grant.key.arn && grantId === grant.grant.grantId;
  const rows = grantRows(grantees).filter(same);
  assert.ok(rows.every(({ held }) => held.findings.some(({ kind }) => kind === 'keyNotUsed')));
  assert.ok(
    rows.some(({ group }) => group.group.subject.kind === 'finding' && group.group.subject.finding === 'keyNotUsed'),
  );
  assert.ok(view.findings(grant).some(({ kind }) => kind === 'keyNotUsed'));
  // In another group it is the same evidence, in a row of its own.
  const ids = rows.map((row) => granteesNodeId(evidenceOf(grantees, row)));
  assert.equal(new Set(ids).size, rows.length);
  const before = asked(world).length;
  for (const row of rows) {
    assert.equal((await grantees.getChildren(evidenceOf(grantees, row))).length, lines.length);
  }
  assert.equal(asked(world).length, before);
});

test('a grant stays where its evidence is read, until somebody arranges the grants', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const { grantees } = window;
  const { account } = world.emulator();
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const id = 'c'.repeat(64);
  account.addGrant({
    id,
    keyId: key.id,
    createdAt: world.clock.now() - day,
    granteePrincipal: 'AROADBQP57FF2AEXAMPLE',
    issuingAccount: account.rootArn,
    operations: ['Decrypt'],
  });
  await searched(world, window);
  const rows = () => grantRows(grantees).filter(({ grant }) => grant.grantId === id);
  const groups = () => rows().map(({ group }) => group.group.title);
  const before = groups();
  assert.ok(before.includes('Possibly orphaned'));
  const [row] = rows();
  assert.ok(row !== undefined);
  const evidence = evidenceOf(grantees, row);
  await openEvidence(world, grantees, evidence);
  await world.pass(2000);
  const ids = rows().map((one) => granteesNodeId(evidenceOf(grantees, one)));
  assert.ok(ids.includes(granteesNodeId(evidence)), 'what VS Code holds open is there');
  assert.deepEqual(groups().toSorted(), [...before, 'Not found in IAM', 'No recent key use recorded'].toSorted());
  assert.ok(rows().every(({ held }) => !held.findings.some(({ kind }) => kind === 'possiblyOrphaned')));
  grantees.setSorting('age');
  assert.ok(!groups().includes('Possibly orphaned'));
});

test('a line of evidence in the Grants view can be copied, and asked for again', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const { grantees } = window;
  const seen = watchDialogs(t, { isYes: false });
  await searched(world, window);
  const evidence = evidenceOf(grantees, firstRow(grantees));
  const usage = (await openEvidence(world, grantees, evidence))[1];
  assert.ok(usage?.kind === 'evidenceLine');
  const press = (id: (typeof commands)['retry'] | (typeof commands)['copyValue']) =>
    world.finish(run(contextOf(window), id, usage, undefined));
  await press(commands.copyValue);
  assert.match(seen.copied.join(), /No use recorded since/);
  const before = asked(world).length;
  const changed: unknown[] = [];
  grantees.onDidChangeTreeData((node) => changed.push(node));
  await press(commands.retry);
  assert.equal(asked(world).length, before + 1);
  assert.ok(changed.includes(evidence));
});

test('evidence that comes for many grants arranges them in bundles', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const { grantees } = window;
  const [scanned] = await searched(world, window);
  assert.ok(scanned !== undefined);
  const session = await window.session();
  const { evidence } = await window.evidence.load();
  let pieces = 0;
  let redrawn = 0;
  window.evidence.onDidChange(() => {
    pieces += 1;
  });
  grantees.onDidChangeTreeData((node) => {
    redrawn += node === undefined ? 1 : 0;
  });
  const place = { session, key: scanned.key };
  const before = world.clock.monotonic();
  await world.finish(Promise.all(scanned.grants.map((grant) => evidence.load({ ...place, grant }))));
  await world.pass(1000);
  const seconds = (world.clock.monotonic() - before) / 1000;
  assert.ok(pieces >= 4 * scanned.grants.length && scanned.grants.length > 1);
  assert.ok(redrawn >= 1 && redrawn <= seconds + 1, `${redrawn} times in ${seconds} seconds, for ${pieces} pieces`);
});

test('where the connection of a search is closed, its evidence says so', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const { grantees } = window;
  await searched(world, window);
  const evidence = evidenceOf(grantees, firstRow(grantees));
  window.connections.reconnect(evidence.parent.connection.ref);
  await world.outside.idle();
  const [row, ...others] = await grantees.getChildren(evidence);
  assert.ok(row?.kind === 'message' && others.length === 0);
  assert.match(row.sentence, /closed or reopened/);
  assert.deepEqual(asked(world), []);
});
