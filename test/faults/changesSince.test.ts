import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { viewItemOf } from '../../src/commands/shownRow.ts';
import { run } from '../../src/commands/table.ts';
import { commands, rows, settings } from '../../src/manifest.ts';
import type { GranteesNode, GroupedGrantNode, GroupNode } from '../../src/views/grantees/granteesNodes.ts';
import { JsonDocuments } from '../../src/views/shared/jsonDocuments.ts';
import type { MessageNode } from '../../src/views/shared/nodes.ts';
import { contextOf, settingsOnDisk } from './context.ts';
import { changeElsewhere, createDesk, type Desk } from './desk.ts';
import { env } from './vscode.ts';
import { ana, anasRef, bensRef, configOf } from './world.ts';

const groupsOf = ({ window: { grantees } }: Desk): readonly GroupNode[] =>
  grantees.getChildren().filter((row): row is GroupNode => row.kind === 'group');

/** Each group with how many rows it has. */
const shape = (desk: Desk) =>
  groupsOf(desk).map((group) => `${group.group.title} ${desk.window.grantees.getTreeItem(group).description}`);

function rowsOf(desk: Desk, title: string): readonly GranteesNode[] {
  const group = groupsOf(desk).find((one) => one.group.title === title);
  return group === undefined ? [] : desk.window.grantees.getChildren(group);
}

function grantsOf(desk: Desk, title: string): readonly GroupedGrantNode[] {
  return rowsOf(desk, title).filter((row) => row.kind === 'grant');
}

const notesOf = (rows: readonly GranteesNode[]) =>
  rows
    .filter((row): row is MessageNode => row.kind === 'message')
    .map(({ title, sentence }) => `${title}: ${sentence}`);

function fieldsOf(desk: Desk, row: GroupedGrantNode): ReadonlyMap<string, string> {
  const below = desk.window.grantees.getChildren(row);
  return new Map(below.flatMap((one) => (one.kind === 'field' ? [[one.name, one.value]] : [])));
}

function described(desk: Desk, row: GranteesNode) {
  const { description, contextValue, accessibilityInformation } = desk.window.grantees.getTreeItem(row);
  return { description: String(description), contextValue, spoken: accessibilityInformation?.label ?? '' };
}

/** What the list of groupings offers. */
async function offered(desk: Desk): Promise<readonly string[]> {
  desk.offered.length = 0;
  await run(contextOf(desk.window), commands.groupBy, undefined, undefined);
  return desk.offered[0] ?? [];
}

async function compared(t: TestContext) {
  const desk = await createDesk(t);
  desk.button = '';
  await desk.find();
  await desk.save();
  const change = changeElsewhere(desk.world);
  desk.world.clock.suspend(60_000);
  await desk.find();
  await desk.compare();
  return { desk, ...change };
}

test('a comparison groups the grants by what changed, and only then is that offered', async (t) => {
  const desk = await createDesk(t);
  desk.button = '';
  await desk.find();
  await desk.save();
  const { found } = desk;
  assert.ok(!(await offered(desk)).includes('What changed'));
  const { gone, made } = changeElsewhere(desk.world);
  desk.world.clock.suspend(60_000);
  await desk.find();
  await desk.compare();
  assert.deepEqual(shape(desk), ['Appeared 1', 'Gone 1', `Unchanged ${found - 1}`]);
  const [appeared, went] = [grantsOf(desk, 'Appeared'), grantsOf(desk, 'Gone')].map((all) =>
    all.map(({ grant }) => grant.grantId),
  );
  assert.deepEqual([appeared, went], [[made], [gone]]);
  assert.ok((await offered(desk)).includes('What changed'));
  assert.deepEqual(desk.shown, [], 'the report is shown when it is wanted');

  desk.window.grantees.setGrouping('key');
  assert.ok(!shape(desk).some((text) => text.startsWith('Gone')));
  desk.window.grantees.setGrouping('change');
  assert.equal(grantsOf(desk, 'Gone').length, 1);
});

test('the row of a gone grant says so, offers what needs no grant, and asks AWS for nothing', async (t) => {
  const { desk } = await compared(t);
  const [gone] = grantsOf(desk, 'Gone');
  const [live] = grantsOf(desk, 'Unchanged');
  assert.ok(gone !== undefined && live !== undefined);
  const { description, contextValue, spoken } = described(desk, gone);
  assert.equal(contextValue, rows.grantGoneRecreatable);
  assert.match(description, /^gone · /);
  assert.match(spoken, /, gone/);
  assert.equal(described(desk, live).contextValue, rows.grant);
  const below = desk.window.grantees.getChildren(gone);
  assert.ok(below.length > 3 && below.every(({ kind }) => kind === 'field'));
  assert.doesNotMatch(String(Reflect.get((await desk.window.grantees.tooltip(gone)) ?? {}, 'value')), /If revoked/);
});

test('a changed grant says in its row, below it and in its tooltip what changed', async (t) => {
  const desk = await createDesk(t);
  desk.button = '';
  await desk.find();
  await desk.save();
  const { account } = desk.world.emulator();
  const stored = [...account.grantsOf(desk.world.keys[0]?.id ?? '').values()][0];
  assert.ok(stored !== undefined);
  account.removeGrant(stored);
  account.addGrant({ ...stored.grant, granteePrincipal: 'AROADELETEDROLE12345' });
  await desk.find();
  await desk.compare();
  const [changed] = grantsOf(desk, 'Changed');
  assert.ok(changed !== undefined);
  const { description, spoken, contextValue } = described(desk, changed);
  assert.match(description, /^changed: GranteePrincipal · /);
  assert.match(spoken, /changed: GranteePrincipal/);
  assert.equal(contextValue, rows.grant);
  const value = `${stored.grant.granteePrincipal} → AROADELETEDROLE12345`;
  assert.equal(fieldsOf(desk, changed).get('Changed: GranteePrincipal'), value);
  const tooltip = String(Reflect.get((await desk.window.grantees.tooltip(changed)) ?? {}, 'value'));
  assert.ok(tooltip.replaceAll('\\', '').includes(value), tooltip);
});

test('the description names both times, and each later search takes the place of the one before', async (t) => {
  const { desk } = await compared(t);
  const { grantees } = desk.window;
  const period = () => /^what changed from (\S+ \S+) to (\S+ \S+) · /.exec(desk.window.granteesTree.description) ?? [];
  const [, from, to] = period();
  assert.ok(from !== undefined && to !== undefined && from < to);
  changeElsewhere(desk.world, 1);
  desk.world.clock.suspend(60_000);
  const run = grantees.start();
  assert.deepEqual(
    grantees.getChildren().map(({ kind }) => kind),
    ['scanState'],
    'while it searches, nothing is claimed',
  );
  assert.equal(period().length, 0);
  run.fail();
  await desk.find();
  const [, same, later] = period();
  assert.equal(same, from);
  assert.ok(later !== undefined && later > to);
  assert.deepEqual([grantsOf(desk, 'Appeared').length, grantsOf(desk, 'Gone').length], [2, 2]);
});

test('what this search could not read is not compared, and never gone', async (t) => {
  const desk = await createDesk(t);
  desk.button = '';
  await desk.find();
  await desk.save();
  const { found } = desk;
  desk.world.emulator().setDenials([{ operation: 'kms:ListGrants' }]);
  await desk.find();
  await desk.compare();
  assert.deepEqual(shape(desk), [`Not compared ${found}`]);
  const notes = notesOf(rowsOf(desk, 'Not compared'));
  assert.ok(notes.length > 1);
  assert.ok(
    notes.every((text) => /: \d+ grants? · Not read completely by this search: .*kms:ListGrants/.test(text)),
    notes[0],
  );
});

test('what the baseline could not read has rows, and is not new', async (t) => {
  const desk = await createDesk(t);
  desk.button = '';
  const fault = { kind: 'error', code: 'AccessDeniedException', message: 'No.' } as const;
  desk.world.emulator().setFaults([{ operation: 'ListGrants', times: 2, fault }]);
  await desk.find();
  await desk.save();
  const { found: some } = desk;
  await desk.find();
  await desk.compare();
  const missing = desk.found - some;
  assert.deepEqual(shape(desk), [`Not compared ${missing}`, `Unchanged ${some}`]);
  assert.equal(grantsOf(desk, 'Not compared').length, missing);
});

test('another account and a missing connection are said above all groups', async (t) => {
  const desk = await createDesk(t, [anasRef, bensRef]);
  desk.button = '';
  await desk.find();
  await desk.save();
  desk.window.chosen = [anasRef];
  desk.window.connections.preferencesChanged();
  await desk.find();
  const text = await readFile(desk.path('baseline.jsonl'), 'utf8');
  await writeFile(desk.path('baseline.jsonl'), text.replaceAll(ana, '999988887777'));
  await desk.compare();
  const kinds = desk.window.grantees.getChildren().map(({ kind }) => kind);
  assert.deepEqual(kinds.slice(0, 4), ['scanState', 'message', 'message', 'group']);
  assert.deepEqual(notesOf(desk.window.grantees.getChildren()), [
    'Not compared: ana, eu-west-1 led to account 999988887777 when the grants of the baseline were read, and leads to account 111122223333 now.',
    'Not compared: ben, eu-west-1, 444455556666 is in the baseline, but not in this search.',
  ]);
  assert.equal(grantsOf(desk, 'Gone').length, 0);
});

test('a connection that leads elsewhere now takes its grants out of the comparison at once', async (t) => {
  const { desk } = await compared(t);
  await desk.world.writeConfig(configOf({ ana: 'ben', ben: 'ben' }));
  await desk.world.finish(desk.window.connections.filesChanged());
  await desk.window.session();
  assert.equal(grantsOf(desk, 'Gone').length, 0);
  assert.match(notesOf(desk.window.grantees.getChildren()).join(), /is in the baseline, but not in this search/);
});

test('of a grant that we revoked, the row says that it was here, and by which principal', async (t) => {
  const { desk, gone: others } = await compared(t);
  const [live] = grantsOf(desk, 'Unchanged');
  assert.ok(live !== undefined);
  await desk.window.revoke(live);
  await desk.world.pass(10 * 60_000);
  await new Promise((resolve) => setImmediate(resolve));
  const gone = new Map(grantsOf(desk, 'Gone').map((row) => [row.grant.grantId, row]));
  assert.deepEqual([...gone.keys()].sort(), [live.grant.grantId, others].sort());
  const [ours, theirs] = [gone.get(live.grant.grantId), gone.get(others)];
  assert.ok(ours !== undefined && theirs !== undefined);
  assert.match(described(desk, ours).description, /^gone · Revoked here · /);
  Object.assign(desk, { button: 'Export…', format: 'csv', target: 'changes.csv' });
  await desk.compare();
  assert.match(await readFile(desk.path('changes.csv'), 'utf8'), /,Revoked here: \d{4}-.*user\/ana,/);
  assert.match(fieldsOf(desk, ours).get('Revoked here') ?? '', /^\d{4}-.* · arn:aws:iam::111122223333:user\/ana$/);
  assert.equal(fieldsOf(desk, theirs).has('Revoked here'), false);
  assert.equal(described(desk, ours).contextValue, rows.grantGoneRecreatable);
});

test('a filter narrows gone grants too, and an export has only grants that there are', async (t) => {
  const { desk, gone, made } = await compared(t);
  const { grantees } = desk.window;
  assert.ok(grantees.shownGrants().held.every(({ grant }) => grant.grantId !== gone));
  grantees.setFilter(gone);
  assert.match(desk.window.granteesTree.message, new RegExp(`: 1 of ${desk.found + 1} grants$`));
  assert.deepEqual(
    groupsOf(desk).map(({ group }) => group.title),
    ['Gone'],
  );
  grantees.setFilter(made);
  assert.deepEqual(
    groupsOf(desk).map(({ group }) => group.title),
    ['Appeared'],
  );
});

test('a gone grant is recreated with what the baseline has of it, and can be copied; there is nothing to revoke', async (t) => {
  const { desk, gone } = await compared(t);
  const [row] = grantsOf(desk, 'Gone');
  assert.ok(row !== undefined);
  const context = contextOf(desk.window);
  const copied: string[] = [];
  env.clipboard.writeText = async (text = '') => void copied.push(text);
  await run(context, commands.copyGrantId, row, undefined);
  await run(context, commands.copyAsCli, row, undefined);
  assert.equal(copied[0], gone);
  assert.match(copied[1] ?? '', /aws kms create-grant/);
  await run(context, commands.copyAsTerraform, row, undefined);
  assert.match(copied[2] ?? '', /^resource "aws_kms_grant"/m);
  assert.doesNotMatch(copied[2] ?? '', /^import/m, 'there is nothing to import');
  await desk.world.finish(run(context, commands.revokeGrant, row, undefined));
  assert.match(desk.said.at(-1) ?? '', /^Nothing to revoke: /);
  const before = new Set(desk.world.keys[0]?.grantIds);
  await desk.world.finish(run(context, commands.recreateGrant, row, undefined));
  const [made, ...others] = (desk.world.keys[0]?.grantIds ?? []).filter((id) => !before.has(id));
  assert.ok(made !== undefined && others.length === 0, desk.said.at(-1));
  assert.match(desk.asked.join(), /come from the baseline, a file/);
  const { account } = desk.world.emulator();
  const stored = account.grantsOf(desk.world.keys[0]?.id ?? '').get(made)?.grant;
  assert.deepEqual([stored?.granteePrincipal, stored?.name], [row.grant.granteePrincipal?.value, row.grant.name]);
});

test('the page of a gone grant says that it is gone, and not what a revoke would do', async (t) => {
  const { desk } = await compared(t);
  const [row] = grantsOf(desk, 'Gone');
  const documents = new JsonDocuments();
  let page = '';
  documents.showWithJson = async (_, markdown) => {
    page = markdown('');
  };
  await run({ ...contextOf(desk.window), documents }, commands.showGrantDetails, row, undefined);
  assert.deepEqual(page.match(/^## .*$/gm), ['## Gone', '## Grant', '## Key']);
});

test('a row that was forged as gone changes nothing', async (t) => {
  const { desk } = await compared(t);
  const [live] = grantsOf(desk, 'Unchanged');
  const forged = { ...live, held: { ...live?.held, change: { kind: 'gone', fields: [] } } };
  const { writes } = desk.world;
  await desk.world.finish(run(contextOf(desk.window), commands.recreateGrant, forged, undefined));
  assert.equal(writes.length, 0);
});

/** The grant that is gone was revoked by somebody, as CloudTrail has it from then on. */
function recordRevoke(desk: Desk, grantId: string): void {
  const [key] = desk.world.keys;
  assert.ok(key !== undefined);
  const now = desk.world.clock.now();
  desk.world.emulator().account.events.record(
    {
      id: 'event-1',
      requestId: 'request-1',
      at: now - 30_000,
      name: 'RevokeGrant',
      isReadOnly: false,
      caller: { principalArn: `arn:aws:iam::${ana}:user/eve` },
      key: { arn: key.arn, accountId: ana },
      requestParameters: { keyId: key.arn, grantId },
    },
    now,
  );
}

test('who revoked a grant is looked for only when that is asked, and is in its row from then on', async (t) => {
  const { desk, gone } = await compared(t);
  const lookups = () => desk.world.emulator().requests.filter(({ operation }) => operation === 'LookupEvents').length;
  const row = () => grantsOf(desk, 'Gone')[0] ?? assert.fail();
  const look = () => desk.world.finish(run(contextOf(desk.window), commands.lookForEnd, row(), undefined));
  assert.equal(lookups(), 0);
  await look();
  assert.match(desk.said.at(-1) ?? '', /None is known to have ended this grant\..* This proves nothing/);
  assert.doesNotMatch(described(desk, row()).description, /RevokeGrant/);

  recordRevoke(desk, gone);
  const before = lookups();
  await look();
  assert.equal(lookups(), before + 1, 'no RetireGrant is asked for where a RevokeGrant is found');
  assert.match(desk.said.at(-1) ?? '', /^RevokeGrant, .* ago \(.*\), by eve \(IAM user\)\.$/);
  assert.match(described(desk, row()).description, /^gone · RevokeGrant · eve \(IAM user\) · /);
  assert.match(fieldsOf(desk, row()).get('CloudTrail') ?? '', /^RevokeGrant · eve \(IAM user\) · \d{4}-/);
});

test('a gone grant that the Keys view still lists is the gone one to its commands', async (t) => {
  const desk = await createDesk(t);
  desk.button = '';
  await desk.find();
  await desk.save();
  const [key] = desk.world.keys;
  const { inventory } = await desk.window.session();
  await desk.world.finish(Promise.all([inventory.keys(), inventory.grants(key?.arn ?? '')]));
  const { gone } = changeElsewhere(desk.world);
  await desk.find();
  await desk.compare();
  const [row] = grantsOf(desk, 'Gone');
  assert.ok(row !== undefined);
  const context = contextOf(desk.window);
  await desk.world.finish(run(context, commands.lookForEnd, row, undefined));
  assert.match(desk.said.at(-1) ?? '', /This proves nothing/);
  await desk.world.finish(run(context, commands.recreateGrant, row, undefined));
  assert.match(desk.asked.join(), /come from the baseline, a file/);
  assert.equal(row.grant.grantId, gone);
  assert.equal(viewItemOf(context, row), rows.grantGoneRecreatable);
});

test('where CloudTrail may not be read, that is said, and the row stays as it is', async (t) => {
  const { desk } = await compared(t);
  desk.world.emulator().setDenials([{ operation: 'cloudtrail:LookupEvents' }]);
  const row = () => grantsOf(desk, 'Gone')[0] ?? assert.fail();
  const { description } = described(desk, row());
  await desk.world.finish(run(contextOf(desk.window), commands.lookForEnd, row(), undefined));
  assert.equal(described(desk, row()).description, description);
  const asked = desk.world.emulator().requests.filter(({ operation }) => operation === 'LookupEvents');
  assert.equal(asked.length, 1);
});

test('read-only mode keeps the comparison and the search for who ended a grant, and refuses to recreate it', async (t) => {
  const { desk } = await compared(t);
  settingsOnDisk(t).set(settings.readOnly, true);
  const [row] = grantsOf(desk, 'Gone');
  await desk.compare();
  assert.equal(grantsOf(desk, 'Gone').length, 1);
  await desk.world.finish(run(contextOf(desk.window), commands.recreateGrant, row, undefined));
  assert.equal(desk.world.writes.length, 0);
});
