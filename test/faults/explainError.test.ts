import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { runTool } from '../../src/commands/tools/tools.ts';
import { commands as ids, languageModelTools, settings } from '../../src/manifest.ts';
import { JsonDocuments } from '../../src/views/shared/jsonDocuments.ts';
import { contextOf, settingsOnDisk, watchDialogs } from './context.ts';
import { CancellationTokenSource, commands, dialogs, env, window as vscodeWindow } from './vscode.ts';
import { ana, anasOtherRef, anasRef, bensRef, createTestWorld, type WindowOptions } from './world.ts';

const reader = `arn:aws:iam::${ana}:role/Reader`;
const session = `arn:aws:sts::${ana}:assumed-role/Reader/orders`;

const deniedOn = (keyArn: string, who = session) =>
  `AccessDeniedException: User: ${who} is not authorized to perform: kms:Decrypt on resource: ${keyArn} because no identity-based policy allows the kms:Decrypt action\n  EncryptionContext: { tenant: 'a1' }`;

interface Machine {
  clipboard: string;
  /** What is selected in the editor, and in the terminal. */
  selection: string;
  terminal: string;
  /** The title of the button of a notification that is pressed. */
  button: string;
}

async function setUp(t: TestContext, options: WindowOptions = {}) {
  const world = await createTestWorld(t, { sample: { keys: 2, grantsPerKey: 0 } });
  const window = world.openWindow(options);
  const seen = watchDialogs(t, { isYes: true });
  const machine: Machine = { clipboard: '', selection: '', terminal: '', button: '' };
  const shown: string[] = [];
  const offered: (readonly string[])[] = [];
  const documents = new JsonDocuments();
  const before = { ...commands, ...vscodeWindow, clipboard: { ...env.clipboard } };
  commands.executeCommand = async (id, uri) => {
    if (id === 'workbench.action.terminal.copySelection') {
      machine.clipboard = machine.terminal || machine.clipboard;
    }
    if (id === 'markdown.showPreview') {
      shown.push(documents.provideTextDocumentContent(uri as never) ?? assert.fail('It has no content.'));
    }
    return undefined;
  };
  env.clipboard.readText = async () => machine.clipboard;
  env.clipboard.writeText = async (text = '') => {
    machine.clipboard = text;
  };
  Object.assign(vscodeWindow, {
    activeTextEditor: { selections: [machine], document: { getText: () => machine.selection } },
    showInformationMessage: async (message: string, ...buttons: readonly string[]) => {
      seen.said.push(message);
      offered.push(buttons);
      return buttons.find((button) => button === machine.button);
    },
  });
  t.after(() => {
    commands.executeCommand = before.executeCommand;
    Object.assign(env.clipboard, before.clipboard);
    Object.assign(vscodeWindow, { activeTextEditor: undefined, showInformationMessage: before.showInformationMessage });
  });
  const errors: string[] = [];
  const log = { error: (text: string) => errors.push(text), warn: () => {}, show: () => {} };
  const context = { ...contextOf(window), documents, log };
  const [key, other] = world.keys;
  assert.ok(key !== undefined && other !== undefined);
  const addGrant = (id: string, principal: string, operations: readonly string[]) =>
    world.emulator().account.addGrant({
      id: id.repeat(64),
      keyId: key.id,
      createdAt: Date.UTC(2026, 0, 1),
      granteePrincipal: principal,
      issuingAccount: world.emulator().account.rootArn,
      operations: [...operations],
    });
  const explain = async (id: 'explainKmsError' | 'explainTerminalSelection' = 'explainKmsError') => {
    await world.finish(run(context, ids[id], undefined, undefined));
    await world.pass(1000);
    assert.deepEqual(errors, []);
    // As text, without the escapes of Markdown.
    return (shown.at(-1) ?? '').replace(/\\([!-/:-@[-`{-~])/g, '$1');
  };
  const asked = () => world.emulators.flatMap(({ requests }) => requests.map(({ operation }) => operation));
  return { world, window, seen, machine, shown, offered, context, key, other, addGrant, explain, asked };
}

test('an error in the clipboard is explained by the key as it is: state, grants, key policy; and nothing is changed', async (t) => {
  const { machine, key, addGrant, explain, offered, world } = await setUp(t);
  addGrant('a', reader, ['Encrypt']);
  addGrant('b', `arn:aws:iam::${ana}:role/another`, ['Decrypt']);
  machine.clipboard = deniedOn(key.arn);
  const text = await explain();
  assert.match(text, /^# KMS Error: AccessDeniedException\n\n## What Happened\n/);
  assert.match(text, /read through connection ana\./);
  assert.match(text, /Key state now: Enabled\./);
  assert.match(text, /Grants of this principal on the key: 1\.\n {2}- a{64}: allows other operations only: Encrypt/);
  assert.match(text, /Key policy: /);
  assert.match(text, /with Decrypt for arn:aws:iam::111122223333:role\/Reader/);
  assert.deepEqual(offered.at(-1), ['Create Grant…', 'Open Key', 'Key Details', 'Copy Command']);
  assert.deepEqual(world.writes, []);
});

test('grants that came after the view read them are in the explanation', async (t) => {
  const { window, machine, key, addGrant, explain } = await setUp(t);
  await window.rows(await window.keyRow(key.arn));
  addGrant('a', reader, ['Decrypt']);
  machine.clipboard = deniedOn(key.arn);
  assert.match(await explain(), /a{64}: would allow it\./);
});

test('what is selected in the editor comes before the clipboard, where it is an error', async (t) => {
  const { machine, key, other, explain } = await setUp(t);
  machine.clipboard = deniedOn(key.arn);
  machine.selection = deniedOn(other.arn);
  assert.match(await explain(), new RegExp(`Key: ${other.arn}`));
  machine.selection = 'const answer = 42;';
  assert.match(await explain(), new RegExp(`Key: ${key.arn}`));
});

test('without an error anywhere, one is asked for, and closing the question ends it', async (t) => {
  const { machine, shown, explain } = await setUp(t);
  machine.clipboard = 'nothing of it';
  const prompts: string[] = [];
  dialogs.type = async (prompt) => {
    prompts.push(prompt);
    return undefined;
  };
  await explain();
  assert.deepEqual([prompts.length, shown.length], [1, 0]);
  dialogs.type = async () => deniedOn('arn:aws:kms:eu-west-1:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab');
  assert.match(await explain(), /No open connection leads to 999988887777, eu-west-1/);
});

test('what is selected in a terminal is read by the clipboard, which is left as it was', async (t) => {
  const { machine, key, explain } = await setUp(t);
  machine.clipboard = 'a password';
  machine.terminal = deniedOn(key.arn);
  assert.match(await explain('explainTerminalSelection'), new RegExp(`Key: ${key.arn}`));
  assert.equal(machine.clipboard, 'a password');
});

test('a key that no connection leads to is explained from the text, and no key is asked for', async (t) => {
  const { machine, explain, offered, asked } = await setUp(t);
  machine.clipboard = deniedOn('arn:aws:kms:eu-west-1:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab');
  const text = await explain();
  assert.match(text, /no IAM policy of the principal allows it/);
  assert.match(text, /run AWS KMS: Add Connection for its account\./);
  assert.deepEqual(offered.at(-1), ['Open Key by ARN…', 'Add Connection…', 'Copy Command']);
  assert.ok(!asked().some((operation) => /DescribeKey|ListGrants|GetKeyPolicy/.test(operation)), asked().join());
});

test('without any connection the text is explained, and the command to copy names no profile', async (t) => {
  const { machine, explain, offered, asked } = await setUp(t, { connections: [] });
  machine.button = 'Copy Command';
  machine.clipboard = deniedOn(
    'arn:aws-eusc:kms:eusc-de-east-1:999988887777:key/mrk-1234abcd12ab34cd56ef1234567890ab',
    'arn:aws-eusc:sts::999988887777:assumed-role/Reader/orders',
  );
  assert.match(await explain(), /no IAM policy of the principal allows it/);
  assert.deepEqual(offered.at(-1), ['Open Key by ARN…', 'Add Connection…', 'Copy Command']);
  assert.match(machine.clipboard, /^aws kms create-grant/);
  assert.match(machine.clipboard, /--region eusc-de-east-1/);
  assert.doesNotMatch(machine.clipboard, /--profile/);
  assert.deepEqual(asked(), []);
});

test('connections to the account in another Region are named', async (t) => {
  const { window, machine, explain } = await setUp(t, { connections: [anasOtherRef] });
  await window.session(anasOtherRef);
  machine.clipboard = deniedOn(`arn:aws:kms:eu-west-1:${ana}:key/1234abcd-12ab-34cd-56ef-1234567890ab`);
  assert.match(await explain(), /run Add Region on a connection to its account: ana\./);
});

test('a connection that would ask for a code is not opened: nothing is asked, and the text is explained', async (t) => {
  const mfa = { kind: 'profile', profile: 'mfa', region: 'eu-west-1' } as const;
  const { world, machine, key, explain, asked } = await setUp(t, { connections: [mfa] });
  await world.writeConfig(
    `[profile ana]\naws_access_key_id = AKIAANA\naws_secret_access_key = secret-of-ana\n[profile mfa]\nrole_arn = arn:aws:iam::${ana}:role/Admin\nsource_profile = ana\nmfa_serial = arn:aws:iam::${ana}:mfa/ana\n`,
  );
  const prompts: string[] = [];
  dialogs.type = async (prompt) => {
    prompts.push(prompt);
    return undefined;
  };
  machine.clipboard = deniedOn(key.arn);
  const text = await explain();
  assert.match(text, /No open connection leads to 111122223333, eu-west-1/);
  assert.match(text, /sign in where needed: mfa\./);
  assert.deepEqual([prompts, asked()], [[], []]);
});

test('a key ID and an alias are looked for in the account and the Region of the error', async (t) => {
  const { world, machine, key, explain } = await setUp(t);
  const named = (name: string) =>
    `aws kms encrypt --region eu-west-1 --key-id ${name}\nAn error occurred (DisabledException) when calling the Encrypt operation (KMS)`;
  machine.clipboard = named(key.id);
  assert.match(await explain(), /Key state now: /);
  const alias = [...world.emulator().account.aliases.values()].find(({ targetKeyId }) => targetKeyId === key.id);
  assert.ok(alias !== undefined);
  machine.clipboard = named(alias.name);
  assert.match(await explain(), /Key state now: /);
  machine.clipboard = named('alias/nobody-has-it');
  assert.match(await explain(), /Connection ana lists no such key/);
});

const namedAlone = (name: string) =>
  `aws kms encrypt --region eu-west-1 --key-id ${name}\nAn error occurred (DisabledException) when calling the Encrypt operation (KMS)`;

test('of a list that could not be read, a key is not called missing', async (t) => {
  const { world, window, machine, key, explain } = await setUp(t);
  for (const [operation, name] of [
    ['ListKeys', key.id],
    ['ListAliases', 'alias/nobody-has-it'],
  ] as const) {
    world.emulator().setDenials([{ operation }]);
    (await window.session()).inventory.forgetAll();
    machine.clipboard = namedAlone(name);
    const text = await explain();
    assert.doesNotMatch(text, /lists no such key/);
    assert.match(text, new RegExp(`ana couldn't list all keys.*: .*${operation}`));
  }
});

test('an alias that several connections list is not called missing: which one is meant is not in the text', async (t) => {
  const { world, window, machine, explain, offered } = await setUp(t, { connections: [anasRef, bensRef] });
  await Promise.all([window.session(anasRef), window.session(bensRef)]);
  const shared = world.emulators.map(({ account }) => [...account.aliases.values()].map(({ name }) => name));
  const name = shared[0]?.find((alias) => shared[1]?.includes(alias)) ?? assert.fail();
  machine.clipboard = namedAlone(name);
  const text = await explain();
  assert.doesNotMatch(text, /lists no such key/);
  assert.match(text, /Several connections list such a key: ana \(eu-west-1\), ben \(eu-west-1\)\./);
  assert.ok(!offered.at(-1)?.includes('Open Key'));
});

test('what can not be read is named in the explanation, which comes all the same', async (t) => {
  const { world, window, machine, key, explain } = await setUp(t);
  await window.session();
  await world.down();
  machine.clipboard = deniedOn(key.arn);
  const text = await explain();
  assert.match(text, /Key state couldn't be read: /);
  assert.match(text, /Grants couldn't be read: /);
  assert.match(text, /Key policy couldn't be read: /);
  assert.match(text, /no IAM policy of the principal allows it/);
});

test('Copy as AWS CLI copies the grant that could allow the call', async (t) => {
  const { machine, key, explain } = await setUp(t);
  machine.button = 'Copy Command';
  machine.clipboard = deniedOn(key.arn);
  await explain();
  assert.match(machine.clipboard, /^aws kms create-grant/);
  assert.match(machine.clipboard, new RegExp(`--key-id ${key.arn}`));
  assert.match(machine.clipboard, new RegExp(`--grantee-principal ${reader}`));
  assert.match(machine.clipboard, /--operations Decrypt/);
  assert.match(machine.clipboard, /EncryptionContextSubset.*tenant.*a1/);
});

test('Create Grant begins with the key, grantee, operation and context of the error, and asks as ever', async (t) => {
  const { world, seen, machine, key, explain } = await setUp(t);
  world.emulator().account.addGrant({
    id: 'c'.repeat(64),
    keyId: key.id,
    createdAt: Date.UTC(2026, 0, 1),
    granteePrincipal: reader,
    issuingAccount: world.emulator().account.rootArn,
    operations: ['Encrypt'],
  });
  const { answer } = dialogs;
  t.after(() => Object.assign(dialogs, { answer }));
  // What the questions begin with is taken as it is; a list that begins with nothing gives its first item.
  dialogs.answer = (quickPick) => {
    const ready = quickPick.items.filter(({ label }) => label === 'Continue');
    const begun = [ready, quickPick.selectedItems, quickPick.activeItems].find(({ length }) => length > 0);
    quickPick.selectedItems = begun ?? quickPick.items.slice(0, 1);
    quickPick.enter();
  };
  machine.button = 'Create Grant…';
  machine.clipboard = deniedOn(key.arn);
  await explain();
  assert.equal(seen.asked.length, 1, seen.said.join('\n'));
  const [question = ''] = seen.asked;
  assert.match(question, /Decrypt/);
  assert.match(question, /role\/Reader/);
  assert.match(question, /tenant/);
  assert.deepEqual(
    world.writes.map(({ operation, keyArn }) => [operation, keyArn]),
    [['CreateGrant', key.arn]],
  );
});

test('in read-only mode no grant is offered', async (t) => {
  const values = settingsOnDisk(t);
  values.set(settings.readOnly, true);
  const { machine, key, explain, offered } = await setUp(t);
  machine.clipboard = deniedOn(key.arn);
  await explain();
  assert.deepEqual(offered.at(-1), ['Open Key', 'Key Details', 'Copy Command']);
});

test('a language model reads the same, and changes nothing', async (t) => {
  const { world, context, key } = await setUp(t);
  const { token } = new CancellationTokenSource();
  const answer = JSON.parse(
    await world.finish(runTool(context, languageModelTools.explainKmsError, { text: deniedOn(key.arn) }, token)),
  );
  assert.deepEqual(answer.found.action, 'kms:Decrypt');
  assert.deepEqual(answer.grantThatCouldAllowIt, {
    keyArn: key.arn,
    grantee: reader,
    operations: ['Decrypt'],
    context: { tenant: 'a1' },
  });
  assert.match(JSON.stringify(answer.entries), /Key state now: Enabled\./);
  const long = Array.from({ length: 400 }, (_, index) => `${deniedOn(key.arn)} x${index}`).join('\n');
  const input = { text: long };
  const bounded = await world.finish(runTool(context, languageModelTools.explainKmsError, input, token));
  assert.ok(bounded.length <= 16_000, `${bounded.length}`);
  assert.equal(JSON.parse(bounded).found.action, 'kms:Decrypt');
  const none = await world.finish(runTool(context, languageModelTools.explainKmsError, { text: 'Hello' }, token));
  assert.deepEqual(JSON.parse(none), { error: 'No KMS error found in this text.' });
  assert.deepEqual(world.writes, []);
});
