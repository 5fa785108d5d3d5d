import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { commands as ids, rows, settings } from '../../src/manifest.ts';
import type { EvidenceLineNode, GrantNode, Node } from '../../src/views/shared/nodes.ts';
import { contextOf, settingsOnDisk, watchDialogs } from './context.ts';
import { commands, dialogs, type TextDocument, Uri, window as vscodeWindow, watched, workspace } from './vscode.ts';
import { addGrants, ana, createTestWorld, type WindowOptions } from './world.ts';

const reader = `arn:aws:iam::${ana}:role/app/Reader`;

/** A resource that may make the grants of {@link addGrants}. */
const block = (name = 'reader') =>
  `resource "aws_kms_grant" "${name}" {\n  grantee_principal = "${reader}"\n  operations = ["Decrypt"]\n}\n`;

const asDocument = (path: string, text: string): TextDocument => ({
  uri: Uri.file(path),
  getText: () => text,
  positionAt: (offset) => offset,
});

/** A world with one key and some grants, in a window with these Terraform files. */
async function setUp(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  { grants = 1, ...options }: WindowOptions & { readonly grants?: number } = {},
) {
  const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: 0 } });
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const grantIds = addGrants(world.emulator().account, key.id, grants);
  const window = world.openWindow(options);
  const folder = await mkdtemp(join(tmpdir(), 'kms-grants-terraform-'));
  /** The files that VS Code finds. */
  const listed = new Set<string>();
  const searches: (readonly [pattern: string, exclude: string, most: number])[] = [];
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    listed.add(join(folder, name));
    watched.fire(Uri.file(join(folder, name)));
  };
  for (const [name, text] of Object.entries(files)) {
    await write(name, text);
  }
  const values = settingsOnDisk(t);
  const seen = watchDialogs(t, { isYes: true });
  const before = { ...workspace };
  const { showTextDocument } = vscodeWindow;
  const { executeCommand } = commands;
  /** What was opened, and where. */
  const opened: string[] = [];
  Object.assign(workspace, {
    workspaceFolders: [{}],
    findFiles: async (...search: (typeof searches)[number]) => {
      searches.push(search);
      return [...listed].map((path) => Uri.file(path)).slice(0, search[2]);
    },
  });
  vscodeWindow.showTextDocument = async (document: unknown, options: unknown) => {
    const { uri, getText } = document as TextDocument;
    const { start, end } = (options as { selection: { start: number; end: number } }).selection;
    opened.push(`${workspace.asRelativePath(uri)} ${getText().slice(start, end)}`);
  };
  t.after(async () => {
    Object.assign(workspace, before);
    Object.assign(vscodeWindow, { showTextDocument });
    Object.assign(commands, { executeCommand });
    await rm(folder, { recursive: true, force: true });
  });
  const press = (id: Parameters<typeof run>[1], argument?: unknown, selected?: unknown) =>
    world.finish(run(contextOf(window), id, argument, selected));
  const grantRow = () => window.grantRow(key.arn, grantIds[0] ?? '');
  const contextValue = async () => window.view.getTreeItem(await grantRow()).contextValue;
  /** Once all files have been read. */
  const read = async () => {
    const terraform = await window.terraform.load();
    await terraform.read();
    return terraform;
  };
  return {
    world,
    window,
    key,
    grantIds,
    folder,
    listed,
    searches,
    write,
    values,
    seen,
    opened,
    press,
    grantRow,
    contextValue,
    read,
  };
}

async function evidenceRows(
  { window, world }: Pick<Awaited<ReturnType<typeof setUp>>, 'window' | 'world'>,
  grant: GrantNode,
): Promise<readonly EvidenceLineNode[]> {
  const [evidence] = await window.rows(grant);
  assert.ok(evidence?.kind === 'evidence');
  await window.rows(evidence);
  await world.pass(1000);
  return (await window.rows(evidence)).filter((row) => row.kind === 'evidenceLine');
}

const ofTerraform = (lines: readonly EvidenceLineNode[]) => lines.filter(({ line }) => line.kind === 'terraform');

test('a grant on screen begins to read, and then its row has the way to the resource', async (t) => {
  const { window, contextValue, searches, read } = await setUp(t, { 'main.tf': block() });
  assert.deepEqual(searches, [], 'Nothing is read before.');
  let redrawn = 0;
  window.view.onDidChangeTreeData((row) => {
    redrawn += row === undefined ? 1 : 0;
  });
  assert.equal(await contextValue(), rows.grantRetirable);
  await read();
  assert.equal(searches.length, 1);
  assert.equal(redrawn, 1);
  assert.equal(await contextValue(), rows.grantRetirableTerraform);
});

test('in the view Grants the row has it, too; from the palette, the command asks for the grant', async (t) => {
  const set = await setUp(t, { 'main.tf': block() });
  await set.press(ids.findGrants);
  await set.read();
  const { grantees } = set.window;
  const found = grantees.getChildren().flatMap((group) => (group.kind === 'group' ? grantees.getChildren(group) : []));
  const contexts = found.map((row) => grantees.getTreeItem(row).contextValue);
  assert.deepEqual([...new Set(contexts)], [rows.grantTerraform]);
  const { answer } = dialogs;
  t.after(() => Object.assign(dialogs, { answer }));
  dialogs.answer = (quickPick) => {
    quickPick.selectedItems = quickPick.items.slice(0, 1);
    quickPick.enter();
  };
  await set.press(ids.goToTerraformResource);
  assert.deepEqual(set.opened, ['main.tf reader']);
});

test('a row of evidence names file and line; a click goes to where the resource is now', async (t) => {
  const set = await setUp(t, { 'main.tf': `# first\n${block()}` });
  await set.read();
  const lines = await evidenceRows(set, await set.grantRow());
  const [line, ...others] = ofTerraform(lines);
  assert.ok(line !== undefined && others.length === 0 && lines.length > 1);
  const { label, description, command, contextValue } = set.window.view.getTreeItem(line);
  assert.deepEqual([label, description, contextValue], ['May be defined by', 'main.tf:2', rows.evidenceTerraform]);
  assert.ok(command !== undefined);
  // Edited since it was read.
  await writeFile(join(set.folder, 'main.tf'), `\n\n\n${block()}`);
  await set.press(ids.goToTerraformResource, command.arguments?.[0]);
  assert.deepEqual(set.opened, ['main.tf reader']);
});

test('of several resources one is chosen; with none it says what was read, and what was not', async (t) => {
  const set = await setUp(t, { 'a.tf': block('one'), 'b.tf': block('two') });
  const { answer } = dialogs;
  t.after(() => Object.assign(dialogs, { answer }));
  const offered: string[] = [];
  dialogs.answer = (quickPick) => {
    offered.push(...quickPick.items.map(({ label }) => label));
    quickPick.selectedItems = quickPick.items.slice(1);
    quickPick.enter();
  };
  await set.press(ids.goToTerraformResource, await set.grantRow());
  assert.deepEqual([offered, set.opened], [['aws_kms_grant.one', 'aws_kms_grant.two'], ['b.tf two']]);
  await set.write('a.tf', '');
  await set.write('b.tf', `${block()}${'#'.repeat(2 ** 20)}`);
  await set.press(ids.goToTerraformResource, await set.grantRow());
  const [said = ''] = set.seen.said.slice(-1);
  assert.match(said, /Files read: 1\./);
  assert.match(said, /Too large or not readable, so not read: 1\./);
});

test('the question of a revoke says that Terraform may create the grant again, whatever the setting for evidence', async (t) => {
  const set = await setUp(t, { 'main.tf': block() });
  const expected = 'Terraform may create it again at the next apply: main.tf:1';
  set.values.set(settings.evidenceBeforeRevoke, false);
  await set.press(ids.revokeGrant, await set.grantRow());
  assert.ok(set.seen.asked[0]?.split('\n').includes(expected), set.seen.asked[0]);
  const [record] = await set.world.journal();
  assert.deepEqual([record?.accepted, record?.evidence], [true, [expected]]);
});

test('the question of several grants counts those that Terraform may create again', async (t) => {
  const set = await setUp(t, { 'main.tf': block() }, { grants: 3 });
  set.values.set(settings.evidenceBeforeRevoke, false);
  const all = (await set.window.rows(await set.window.keyRow(set.key.arn))).filter((row) => row.kind === 'grant');
  await set.press(ids.revokeGrant, undefined, all);
  assert.match(set.seen.asked[0] ?? '', /^Terraform may create 3 of these again at the next apply\.$/m);
  for (const { evidence } of await set.world.journal()) {
    assert.deepEqual(evidence, ['Terraform may create it again at the next apply: main.tf:1']);
  }
});

test('a question does not wait for files longer than for evidence, and does without them', async (t) => {
  const set = await setUp(t, { 'main.tf': block() });
  set.values.set(settings.evidenceBeforeRevoke, false);
  Object.assign(workspace, { findFiles: () => new Promise(() => {}) });
  const row = await set.grantRow();
  const start = set.world.clock.monotonic();
  await set.press(ids.revokeGrant, row);
  assert.doesNotMatch(set.seen.asked[0] ?? '', /Terraform/);
  assert.ok(set.world.clock.monotonic() - start >= 3000);
});

test('rows follow the files: changed, added and gone', async (t) => {
  const set = await setUp(t, { 'main.tf': '' });
  await set.read();
  assert.equal(await set.contextValue(), rows.grantRetirable);
  const settle = async () => {
    await set.world.pass(1000);
    await set.read();
  };
  await set.write('main.tf', block());
  await settle();
  assert.equal(await set.contextValue(), rows.grantRetirableTerraform);
  set.listed.clear();
  watched.fire(Uri.file(join(set.folder, 'main.tf')));
  await settle();
  assert.equal(await set.contextValue(), rows.grantRetirable);
  await set.write(
    'other.tf.json',
    JSON.stringify({ resource: { aws_kms_grant: { x: { grantee_principal: reader } } } }),
  );
  await settle();
  assert.equal(await set.contextValue(), rows.grantRetirableTerraform);
});

test('with a folder its files are gone: VS Code has an event for the folder alone', async (t) => {
  const set = await setUp(t, { 'main.tf': block() });
  await set.read();
  assert.equal(await set.contextValue(), rows.grantRetirableTerraform);
  set.listed.clear();
  watched.fire(Uri.file(join(set.folder, 'other')));
  await set.world.pass(1000);
  assert.equal(set.searches.length, 1);
  watched.fire(Uri.file(set.folder));
  await set.world.pass(1000);
  assert.equal(await set.contextValue(), rows.grantRetirable);
});

test('what the settings leave out of searches is left out, and a bounded number of files is read', async (t) => {
  const set = await setUp(t, {});
  set.values.set('search.exclude', {
    '**/old': true,
    '**/{a,b}/{c,d}': true,
    '**/kept': false,
    '**/with': { when: 'x' },
  });
  for (let index = 0; index <= 2000; index += 1) {
    set.listed.add(join(set.folder, `${String(index).padStart(4, '0')}.tf`));
  }
  const { reading } = await set.read();
  assert.deepEqual(reading, { files: 0, notRead: 2000, isCut: true });
  assert.deepEqual(set.searches, [
    ['**/*.{tf,tf.json}', '{**/.terraform/**,**/old,**/a/c,**/b/c,**/a/d,**/b/d}', 2001],
  ]);
});

test('a file that can not be read, or is no file, costs no other; nor does a search that fails', async (t) => {
  const set = await setUp(t, { 'a.tf': block(), 'closed.tf': block() });
  await chmod(join(set.folder, 'closed.tf'), 0);
  await mkdir(join(set.folder, 'folder.tf'));
  set.listed.add(join(set.folder, 'folder.tf'));
  const terraform = await set.read();
  const isRoot = process.getuid?.() === 0;
  assert.deepEqual(terraform.reading, { files: isRoot ? 2 : 1, notRead: isRoot ? 1 : 2, isCut: false });
  Object.assign(workspace, { findFiles: () => Promise.reject(new Error('This file system has no search.')) });
  watched.fire(Uri.file(join(set.folder, 'a.tf')));
  await terraform.read();
  assert.deepEqual(terraform.reading, { files: 0, notRead: 0, isCut: false });
});

test('without a folder nothing is loaded, and the command says what it takes', async (t) => {
  const set = await setUp(t, { 'main.tf': block() });
  Object.assign(workspace, { workspaceFolders: [] });
  set.values.set(settings.evidenceBeforeRevoke, false);
  const row = await set.grantRow();
  await set.press(ids.goToTerraformResource, row);
  assert.match(set.seen.said[0] ?? '', /^No folder is open\./);
  await set.press(ids.revokeGrant, row);
  assert.doesNotMatch(set.seen.asked[0] ?? '', /Terraform/);
  assert.deepEqual(set.searches, []);
});

// From a file to its grant

async function withDocument(t: TestContext, text: string, options: Parameters<typeof setUp>[2] = {}) {
  const set = await setUp(t, {}, options);
  Object.assign(workspace, { textDocuments: [asDocument('/project/main.tf', text)] });
  const revealed: string[] = [];
  set.window.tree.reveal = async (node: Node) => {
    revealed.push(node.kind === 'grant' ? node.grant.grantId : node.kind);
  };
  const follow = (name: string) => set.press(ids.openGrantOfResource, `/project/main.tf#${name}`);
  return { ...set, revealed, follow };
}

test('the link of a resource opens the one grant that fits, and asks nothing that is known', async (t) => {
  const { window, world, key, grantIds, revealed, follow } = await withDocument(t, block());
  await window.rows(await window.keyRow(key.arn));
  const before = world.emulator().requests.length;
  await follow('reader');
  assert.deepEqual(revealed, [grantIds[0]]);
  assert.equal(world.emulator().requests.length, before);
});

test('of several grants that fit, one is chosen', async (t) => {
  const { window, key, grantIds, revealed, follow } = await withDocument(t, block(), { grants: 2 });
  await window.rows(await window.keyRow(key.arn));
  const { answer } = dialogs;
  t.after(() => Object.assign(dialogs, { answer }));
  dialogs.answer = (quickPick) => {
    assert.equal(quickPick.items.length, 2);
    quickPick.selectedItems = quickPick.items.slice(0, 1);
    quickPick.enter();
  };
  await follow('reader');
  assert.equal(revealed.length, 1);
  assert.ok(grantIds.includes(revealed[0] ?? ''));
});

test('where no grant is listed, the link asks nothing of AWS, and says what leads on', async (t) => {
  const { window, world, seen, revealed, follow } = await withDocument(t, block());
  await follow('reader');
  assert.match(seen.said[0] ?? '', /^No connection is open/);
  assert.deepEqual(world.emulator().requests, []);
  await window.session();
  const before = world.emulator().requests.length;
  await follow('reader');
  assert.match(seen.said[1] ?? '', /aws_kms_grant\.reader/);
  assert.equal(world.emulator().requests.length, before);
  assert.deepEqual(revealed, []);
});

test('anybody may call the command: what names no resource of an open document does nothing', async (t) => {
  const { window, key, seen, revealed, press } = await withDocument(t, block());
  await window.rows(await window.keyRow(key.arn));
  for (const argument of [
    '/project/main.tf#other',
    '/project/other.tf#reader',
    '',
    'x',
    undefined,
    7,
    { path: '/project/main.tf' },
  ]) {
    await press(ids.openGrantOfResource, argument);
  }
  assert.deepEqual([seen.said, revealed], [[], []]);
});
