import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { test } from 'node:test';

import { commands, settings } from '../../src/manifest.ts';
import { settingsOnDisk } from './context.ts';
import { createDesk, type Desk } from './desk.ts';
import { env, window as vscodeWindow } from './vscode.ts';
import { ana, anasRef } from './world.ts';

// In read-only mode, in an untrusted workspace and without a connection, each command does what it can, and says the rest.

/** Signs in with a program, which an untrusted workspace doesn't start. */
const toolRef = { kind: 'profile', profile: 'tool', region: 'eu-west-1' } as const;
const config = `[profile ana]\naws_access_key_id = AKIAANA\naws_secret_access_key = secret-of-ana\n[profile tool]\ncredential_process = /no/such/program\n`;

const groups = (desk: Desk) =>
  desk.window.grantees.getChildren().flatMap((row) => (row.kind === 'group' ? [row.group] : []));
const titles = (desk: Desk) => groups(desk).map(({ title }) => title);
const notes = (desk: Desk) =>
  desk.window.grantees.getChildren().flatMap((row) => (row.kind === 'message' ? [row.sentence] : []));

/** What a command says when it fails. */
function failures(): string[] {
  const said: string[] = [];
  vscodeWindow.showErrorMessage = async (message) => {
    said.push(message);
    return undefined;
  };
  return said;
}

const denied = `AccessDeniedException: User: arn:aws:sts::${ana}:assumed-role/Reader/orders is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:${ana}:key/1234abcd-12ab-34cd-56ef-1234567890ab because no identity-based policy allows the kms:Decrypt action`;

async function explain(desk: Desk): Promise<string> {
  const { readText } = env.clipboard;
  env.clipboard.readText = async () => denied;
  await desk.run(commands.explainKmsError);
  env.clipboard.readText = readText;
  return desk.shown.at(-1) ?? '';
}

test('without a connection, searches and comparisons say what is missing, and an error is explained from its text', async (t) => {
  const desk = await createDesk(t, []);
  const failed = failures();
  await desk.find();
  assert.match(failed.at(-1) ?? '', /^No AWS profile is selected\./);
  for (const command of [commands.saveBaseline, commands.compareWithBaseline]) {
    await desk.run(command);
    assert.match(failed.at(-1) ?? '', /Find grants first\./);
  }
  assert.match(await explain(desk), /^No open connection leads to/m);
  assert.match(desk.shown.at(-1) ?? '', /run AWS KMS: Add Connection for its account\./);
  assert.deepEqual(desk.world.emulator().requests, []);
});

test('without a connection to the key, Open Key by ARN takes an ARN, and says that no profile is selected', async (t) => {
  const desk = await createDesk(t, []);
  const failed = failures();
  vscodeWindow.showInputBox = async ({ value } = {}) => value;
  await desk.run(commands.openKeyByArn, `arn:aws:kms:eu-west-1:${ana}:key/1234abcd-12ab-34cd-56ef-1234567890ab`);
  assert.match(failed.at(-1) ?? '', /^No AWS profile is selected\./);
});

test('in read-only mode a baseline is saved and compared, and an error explained without a grant to create', async (t) => {
  settingsOnDisk(t).set(settings.readOnly, true);
  const desk = await createDesk(t);
  desk.button = '';
  await desk.find();
  await desk.save();
  await stat(desk.path('baseline.jsonl'));
  await desk.compare();
  assert.deepEqual(titles(desk), ['Unchanged']);
  assert.match(await explain(desk), /kms:Decrypt/);
  assert.deepEqual(desk.world.writes, []);
});

test('in an untrusted workspace a connection that would start a program is not compared, and nothing of it is gone', async (t) => {
  const desk = await createDesk(t, [anasRef], { isTrusted: false });
  desk.button = '';
  const failed = failures();
  await desk.world.writeConfig(config);
  await desk.find();
  const { found } = desk;
  await desk.save();
  desk.window.chosen = [anasRef, toolRef];
  desk.window.connections.preferencesChanged();
  await desk.find();
  await desk.compare();
  assert.equal(desk.found, found);
  assert.deepEqual(titles(desk), ['Unchanged']);
  assert.match(notes(desk).join('\n'), /^This search didn't read tool, eu-west-1 completely: .*credential_process/);
  assert.match(await explain(desk), /kms:Decrypt/);
  assert.deepEqual(failed, []);
});

test('in an untrusted workspace alone with such a connection, the search says why, and the last comparison stays', async (t) => {
  const desk = await createDesk(t, [anasRef], { isTrusted: false });
  desk.button = '';
  const failed = failures();
  await desk.find();
  await desk.save();
  await desk.compare();
  await desk.world.writeConfig(config);
  desk.window.chosen = [toolRef];
  desk.window.connections.preferencesChanged();
  await desk.find();
  assert.match(failed.at(-1) ?? '', /credential_process/);
  assert.deepEqual(titles(desk), ['Unchanged']);
  assert.match(desk.window.granteesTree.description, /^what changed from /);
});
