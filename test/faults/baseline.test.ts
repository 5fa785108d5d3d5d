import assert from 'node:assert/strict';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { changeElsewhere, createDesk } from './desk.ts';
import { ana, anasRef, bensRef, configOf } from './world.ts';

test('without a search there is nothing to save and nothing to compare', async (t) => {
  const desk = await createDesk(t);
  await desk.save();
  await desk.compare();
  const sentence = 'No grants for a baseline yet. Find grants first.';
  assert.deepEqual([desk.said, desk.shown], [[sentence, sentence], []]);
});

test('what others changed since the baseline is in the report, and only that', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  await desk.save();
  const { found } = desk;
  assert.equal(desk.said.at(-1), `Saved ${found} grants to the baseline baseline.jsonl.`);
  const { gone, made } = changeElsewhere(desk.world);
  await desk.find();
  await desk.compare();
  assert.deepEqual(desk.sections, ['Appeared', 'Gone']);
  assert.deepEqual([desk.count('Appeared'), desk.count('Gone'), desk.count('Changed')], [1, 1, 0]);
  assert.deepEqual([desk.count('Unchanged'), desk.count('Not compared')], [found - 1, 0]);
  const [, appeared = '', went = ''] = (desk.shown[0] ?? '').split(/^## /m);
  assert.ok(appeared.includes(made) && went.includes(gone));
  assert.equal(desk.said.at(-1), `Grants since the baseline: 1 appeared, 1 gone, 0 changed, ${found - 1} unchanged.`);
});

test('the header names the account that STS named, and nothing in the file is a secret', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  await desk.save();
  const text = await readFile(desk.path('baseline.jsonl'), 'utf8');
  const header = JSON.parse(text.split('\n')[0] ?? '');
  // The tests' server is taken for AWS itself.
  const connection = { Kind: 'profile', Profile: 'ana', Region: 'eu-west-1', Account: ana, Endpoint: 'aws' };
  assert.deepEqual(header.Connections, [connection]);
  assert.doesNotMatch(text, /secret|AKIA|Token"/);
});

test('two searches of the same state give the same file but for its first line', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  await desk.save();
  const first = await readFile(desk.path('baseline.jsonl'), 'utf8');
  desk.world.clock.suspend(60_000);
  await desk.find();
  await desk.save();
  const second = await readFile(desk.path('baseline.jsonl'), 'utf8');
  assert.notEqual(first, second);
  assert.deepEqual(first.split('\n').slice(1), second.split('\n').slice(1));
});

test('the last baseline is offered first, and another file can be chosen', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  await desk.compare();
  assert.deepEqual([desk.offered, desk.shown], [[], []], 'no file was chosen');
  await desk.save();
  desk.source = 'baseline.jsonl';
  await desk.compare();
  assert.deepEqual(desk.offered, [['baseline.jsonl', 'Choose a File…']]);
  assert.equal(desk.shown.length, 1);
});

test('a filter narrows neither the baseline nor the comparison', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  const [first] = desk.window.grantees.shownGrants().held;
  desk.window.grantees.setFilter(first?.key.keyId ?? '');
  assert.ok(desk.window.grantees.shownGrants().held.length < desk.found);
  await desk.save();
  await desk.compare();
  assert.deepEqual([desk.count('Unchanged'), desk.sections], [desk.found, []]);
});

test('grants that AWS does not let us read now are not gone', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  await desk.save();
  const { found } = desk;
  desk.world.emulator().setDenials([{ operation: 'kms:ListGrants' }]);
  await desk.find();
  await desk.compare();
  assert.deepEqual(desk.sections, ['Not Compared']);
  assert.deepEqual([desk.count('Gone'), desk.count('Not compared')], [0, found]);
  assert.match(desk.shown[0] ?? '', /Not read completely by this search: .*kms:ListGrants/);
  assert.match(desk.said.at(-1) ?? '', / 0 unchanged\. Not everything could be compared\./);
});

test('grants that a baseline could not read are not new, and saving it says so', async (t) => {
  const desk = await createDesk(t);
  desk.world
    .emulator()
    .setFaults([
      { operation: 'ListGrants', times: 2, fault: { kind: 'error', code: 'AccessDeniedException', message: 'No.' } },
    ]);
  await desk.find();
  await desk.save();
  assert.match(
    desk.said.at(-1) ?? '',
    /^Saved \d+ grants to the baseline baseline\.jsonl\. The baseline lists what is missing: /,
  );
  const { found: some } = desk;
  await desk.find();
  assert.ok(some > 0 && some < desk.found);
  await desk.compare();
  const counts = [desk.count('Appeared'), desk.count('Unchanged'), desk.count('Not compared')];
  assert.deepEqual(counts, [0, some, desk.found - some]);
});

test('a profile that leads to another account now is said before everything else', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  await desk.save();
  const text = await readFile(desk.path('baseline.jsonl'), 'utf8');
  await writeFile(desk.path('baseline.jsonl'), text.replaceAll(ana, '999988887777'));
  await desk.compare();
  const first = /^## Not Compared\n[^-]*- (.*)$/m.exec(desk.shown[0] ?? '')?.[1];
  assert.equal(
    first,
    'ana, eu-west-1 led to account 999988887777 when the grants of the baseline were read, and leads to account 111122223333 now.',
  );
  assert.deepEqual([desk.count('Gone'), desk.count('Appeared'), desk.count('Not compared')], [0, 0, 2 * desk.found]);
});

test('a search whose connection has changed its account since is not compared as the other account', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  await desk.save();
  const { found } = desk;
  await desk.world.writeConfig(configOf({ ana: 'ben', ben: 'ben' }));
  await desk.world.finish(desk.window.connections.filesChanged());
  await desk.window.session();
  await desk.compare();
  assert.match(desk.shown[0] ?? '', /^- ana, eu-west-1, 111122223333 is in the baseline, but not in this search\.$/m);
  assert.deepEqual([desk.count('Gone'), desk.count('Appeared'), desk.count('Not compared')], [0, 0, found]);
  await desk.find();
  await desk.compare();
  const other = /^- ana, eu-west-1 led to account 111122223333 when .*, and leads to account 444455556666 now\.$/m;
  assert.match(desk.shown[1] ?? '', other);
  assert.deepEqual([desk.count('Gone'), desk.count('Appeared')], [0, 0]);
});

test('a connection that was not searched now takes no grant away', async (t) => {
  const desk = await createDesk(t, [anasRef, bensRef]);
  await desk.find();
  await desk.save();
  const { found: both } = desk;
  desk.window.chosen = [anasRef];
  desk.window.connections.preferencesChanged();
  await desk.find();
  await desk.compare();
  assert.match(desk.shown[0] ?? '', /^- ben, eu-west-1, 444455556666 is in the baseline, but not in this search\.$/m);
  const counts = [desk.count('Gone'), desk.count('Unchanged'), desk.count('Not compared')];
  assert.ok(desk.found < both);
  assert.deepEqual(counts, [0, desk.found, both - desk.found]);
});

test('the report is exported in three formats', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  await desk.save();
  const { gone, made } = changeElsewhere(desk.world);
  await desk.find();
  desk.button = 'Export…';
  for (const format of ['csv', 'jsonl', 'md'] as const) {
    Object.assign(desk, { format, target: `changes.${format}` });
    await desk.compare();
    assert.equal(desk.said.at(-1), `Exported the report to changes.${format}.`);
    const text = await readFile(desk.path(`changes.${format}`), 'utf8');
    assert.ok(text.includes(gone) && text.includes(made), text);
  }
  assert.equal(desk.window.lastBaseline.get(), desk.path('baseline.jsonl'));
});

test('a file that is missing, cut off or something else ends in a sentence, and the last baseline stays', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  await desk.save();
  const last = desk.window.lastBaseline.get();
  await truncate(desk.path('baseline.jsonl'), 3000);
  await desk.compare();
  assert.match(desk.shown.at(-1) ?? '', /^- Lines of the baseline that can't be read, and are left out: 1\.$/m);
  assert.equal(desk.count('Appeared'), 0);
  await writeFile(desk.path('baseline.jsonl'), '{"not": "one"}\n');
  await desk.compare();
  assert.match(desk.said.at(-1) ?? '', /^The file isn't a KMS Grants baseline/);
  await rm(desk.path('baseline.jsonl'));
  await desk.compare();
  assert.match(desk.said.at(-1) ?? '', /^baseline\.jsonl couldn't be read: ENOENT/);
  assert.equal(desk.shown.length, 1);
  assert.equal(desk.window.lastBaseline.get(), last);
});

test('a file that could not be written is said, and is not the last baseline', async (t) => {
  const desk = await createDesk(t);
  await desk.find();
  desk.target = 'no/such/folder.jsonl';
  await desk.save();
  assert.match(desk.said.at(-1) ?? '', /^Couldn't write folder\.jsonl: ENOENT/);
  desk.target = undefined;
  await desk.save();
  assert.equal(desk.window.lastBaseline.get(), undefined);
});
