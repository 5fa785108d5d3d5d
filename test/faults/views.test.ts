import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openKeyByArn } from '../../src/commands/connections/openKeyByArn.ts';
import { Emitter } from '../../src/core/base/emitter.ts';
import { signInNeeded } from '../../src/core/connections/signIn.ts';
import { LazyEvidence } from '../../src/core/evidence/lazyEvidence.ts';
import type { Arrangement } from '../../src/core/findings/arrangement.ts';
import type { KmsKey } from '../../src/core/kms/model.ts';
import { GranteesView } from '../../src/views/grantees/granteesView.ts';
import { KeysView } from '../../src/views/keys/keysView.ts';
import type { Node } from '../../src/views/shared/nodes.ts';
import { FakeClock, gate } from '../unit/core/fakes.ts';
import { contextOf } from './context.ts';
import { dialogs } from './vscode.ts';
import { createTestWorld, defaultFindings, noPinnedKeys, type Window } from './world.ts';

const byFinding: Arrangement = { grouping: 'finding', sorting: 'name' };

/** A Keys view of this window that waits by this clock. */
function keysView({ connections, revocations, terraform, tree }: Window, clock: FakeClock): KeysView {
  return new KeysView({
    connections,
    revocations,
    pinnedKeys: noPinnedKeys,
    accountName: () => undefined,
    evidence: new LazyEvidence(() => Promise.reject(new Error('not wanted'))),
    terraform,
    findings: defaultFindings,
    clock,
    tree,
    tooltip: async () => undefined,
  });
}

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
    evidence: window.evidence,
    terraform: window.terraform,
    findings: { ...defaultFindings, onDidChange: findingsChanged.event },
    arrangement: { get: () => byFinding, set: () => {} },
    clock: world.clock,
    tree: { description: '', message: '', reveal: async () => {} },
    tooltip: async () => undefined,
  });
  const keys = [];
  for (const row of await window.keyRows()) {
    const nodes = await window.rows(row);
    const grants = nodes.flatMap((node) => (node.kind === 'grant' ? [node.grant] : []));
    keys.push({ connection: row.connection, key: row.key, metadata: undefined, grants, isComplete: true });
  }
  const counts = { keysDone: keys.length, keysTotal: keys.length, grants: 0, unreadable: 0 };
  view.start().finish({ searched: [], keys, unreadable: [], counts, wasCancelled: false, startedAt: 0, endedAt: 0 });
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

test('while a sign-in waits for the user a row says so, which lets VS Code draw the others; the keys follow', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const { connections } = window;
  const clock = new FakeClock();
  const signedIn = gate();
  const open = connections.open.bind(connections);
  connections.open = async (ref) => {
    await signedIn.passed;
    return open(ref);
  };
  const view = keysView(window, clock);
  const changed: (Node | Node[] | undefined)[] = [];
  const next = () =>
    new Promise<void>((resolve) => {
      view.onDidChangeTreeData((node) => {
        changed.push(node);
        resolve();
      });
    });
  const [row] = await view.getChildren();
  assert.ok(row?.kind === 'connection');
  let isAnswered = false;
  const reading = view.getChildren(row).finally(() => {
    isAnswered = true;
  });
  await clock.advance(1999);
  assert.equal(isAnswered, false);
  await clock.advance(1);
  assert.deepEqual(
    (await reading).map((node) => node.kind === 'message' && [node.tone, node.title]),
    [['loading', 'Signing in…']],
  );
  const drawn = next();
  signedIn.open();
  await world.finish(drawn);
  assert.deepEqual(changed, [row]);
  const rows = await world.finish(view.getChildren(row));
  assert.ok(rows.some(({ kind }) => kind === 'key'));
  view.dispose();
  assert.equal(clock.sleeping, 0);
});

test('a key is revealed by its ARN also before it is known who is signed in', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const [listed] = world.keys;
  assert.ok(listed !== undefined);
  world
    .emulator()
    .setFaults([{ operation: 'GetCallerIdentity', fault: { kind: 'error', code: 'ThrottlingException' } }]);
  await window.session();
  const added: string[] = [];
  const revealed: string[] = [];
  window.view.reveal = async (node) => {
    revealed.push(node.kind === 'key' ? node.key.arn : node.kind);
  };
  dialogs.type = async () => listed.arn;
  const pinnedKeys = { ...noPinnedKeys, add: async (_: unknown, arn: string) => void added.push(arn) };
  await world.finish(openKeyByArn({ ...contextOf(window), pinnedKeys }, await window.connectionRow()));
  assert.deepEqual([revealed, added], [[listed.arn], []]);
});

test('a key of a connection that is not open is looked for there; one that cannot be opened leaves nothing behind', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const [listed] = world.keys;
  assert.ok(listed !== undefined);
  const row = await window.connectionRow();
  const [revealed, added]: [Node[], string[]] = [[], []];
  window.tree.reveal = async (node) => void revealed.push(node);
  const pinnedKeys = { ...noPinnedKeys, add: async (_: unknown, arn: string) => void added.push(arn) };
  dialogs.type = async () => listed.arn;
  const { open } = window.connections;
  window.connections.open = async () => {
    throw signInNeeded('dev', { kind: 'mfa', serial: 'arn:aws:iam::111122223333:mfa/dev' });
  };
  await assert.rejects(world.finish(openKeyByArn({ ...contextOf(window), pinnedKeys }, row)), { name: 'KmsError' });
  assert.deepEqual([revealed, added], [[], []]);
  window.connections.open = open;
  assert.equal(window.connections.session(row.ref), undefined);
  await world.finish(openKeyByArn({ ...contextOf(window), pinnedKeys }, row));
  assert.deepEqual([revealed.map((node) => node.kind === 'key' && node.key.arn), added], [[listed.arn], []]);
});

test('AWS is asked for evidence when it is opened; what the endpoint does not have is a quiet row', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const [row] = await window.keyRows();
  assert.ok(row !== undefined);
  const [grant] = (await window.rows(row)).filter(({ kind }) => kind === 'grant');
  assert.ok(grant?.kind === 'grant');
  const [evidence] = await window.view.getChildren(grant);
  assert.ok(evidence?.kind === 'evidence');
  await world.outside.idle();
  const asked = () =>
    world
      .emulator()
      .requests.filter(({ operation }) => /GetKeyLastUsage|GetKeyPolicy|LookupEvents|GetRole/.test(operation))
      .map(({ operation }) => operation);
  assert.deepEqual(asked(), []);

  assert.ok((await window.view.getChildren(evidence)).some(({ kind }) => kind === 'message'));
  const lines = async () =>
    (await window.view.getChildren(evidence)).flatMap((node) => (node.kind === 'evidenceLine' ? [node] : []));
  let all = await lines();
  for (let seconds = 0; all.length < 5 && seconds < 30; seconds += 1) {
    await world.pass(1000);
    all = await lines();
  }
  assert.deepEqual(
    all.map(({ line }) => line.title),
    ['Created by', 'Key last used', 'Grantee', 'Other grants', 'Key policy'],
  );
  assert.equal(all[0]?.line.text, 'Older than the CloudTrail event history, which goes back 90 days.');
  const before = asked().length;
  await lines();
  assert.equal(asked().length, before, 'what is known is not asked for again');
  const usage = all[1];
  assert.ok(usage !== undefined);
  await world.finish(window.view.retryEvidence(usage));
  assert.equal(asked().length, before + 1);
});

test('a key beyond "Load more…" is among the rows before it is revealed; one of AWS is below its group', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 520, grantsPerKey: 0 } });
  const window = world.openWindow();
  const session = await window.session();
  const shown = new Set((await window.keyRows()).map(({ key }) => key.arn));
  assert.equal(shown.size, 500);
  let keys: readonly KmsKey[] = [];
  const readAll = async () => {
    for await (const listing of session.inventory.allKeys()) {
      keys = listing.keys;
    }
  };
  await world.finish(readAll());
  const { connection } = session;
  const key = keys.find(({ arn }) => !shown.has(arn));
  assert.ok(key !== undefined);
  const revealed: Node[] = [];
  window.tree.reveal = async (node) => void revealed.push(node);
  await world.finish(window.view.reveal({ kind: 'key', connection, key }));
  assert.equal(revealed.length, 1);
  assert.ok((await window.keyRows()).some(({ key: { arn } }) => arn === key.arn));
  const ofAws = { ...key, aliases: ['alias/aws/s3'] };
  assert.equal(window.view.getParent({ kind: 'key', connection, key: ofAws })?.kind, 'awsManagedKeys');
});

test('a connection that is closed while AWS is asked for evidence leaves nothing behind', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const [row] = await window.keyRows();
  assert.ok(row !== undefined);
  const [grant] = (await window.rows(row)).filter(({ kind }) => kind === 'grant');
  assert.ok(grant !== undefined);
  const [evidence] = await window.view.getChildren(grant);
  assert.ok(evidence?.kind === 'evidence');
  await window.view.getChildren(evidence);
  window.connections.reconnect(row.connection.ref);
  await world.outside.idle();
  assert.deepEqual(await window.view.getChildren(evidence), [], 'the row is of the opening that is over');
});

test('grants that are on screen stay there while they are read again, however long that takes', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const { connections } = window;
  const session = await window.session();
  const clock = new FakeClock();
  const view = keysView(window, clock);
  const [row] = await view.getChildren();
  const keyRow = (await world.finish(view.getChildren(row))).find(({ kind }) => kind === 'key');
  assert.ok(keyRow?.kind === 'key');
  const before = await world.finish(view.getChildren(keyRow));
  assert.ok(before.length > 0 && before.every(({ kind }) => kind === 'grant'));

  const answered = gate();
  const grants = session.inventory.grants.bind(session.inventory);
  session.inventory.grants = async (keyArn) => {
    await answered.passed;
    return grants(keyArn);
  };
  const reading = view.getChildren(keyRow);
  await clock.advance(2000);
  assert.deepEqual(await reading, before);
  const drawn = new Promise<unknown>((resolve) => view.onDidChangeTreeData(resolve));
  answered.open();
  assert.equal(await world.finish(drawn), keyRow);

  connections.reconnect(keyRow.connection.ref);
  assert.deepEqual(await view.getChildren(keyRow), [], 'nothing of an opening that is over');
  view.dispose();
});
