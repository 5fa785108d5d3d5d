import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { commands as ids } from '../../src/manifest.ts';
import { contextOf, watchDialogs } from './context.ts';
import { dialogs, env, window as vscodeWindow } from './vscode.ts';
import {
  ana,
  anasOtherRef,
  anasRef,
  ben,
  bensRef,
  createTestWorld,
  noPinnedKeys,
  type WindowOptions,
} from './world.ts';

async function setUp(t: TestContext, options: WindowOptions = {}) {
  const world = await createTestWorld(t);
  const window = world.openWindow(options);
  const seen = watchDialogs(t, { isYes: true });
  const machine = { clipboard: '', selection: '' };
  /** What the question began with, or else its example. */
  const begun: string[] = [];
  /** What was offered to pick from, by description. */
  const picks: string[][] = [];
  const [revealed, pinned]: [string[], string[]] = [[], []];
  const before = { readText: env.clipboard.readText, showQuickPick: vscodeWindow.showQuickPick };
  env.clipboard.readText = async () => machine.clipboard;
  dialogs.type = async (_, value) => {
    begun.push(value);
    return value;
  };
  Object.assign(vscodeWindow, {
    activeTextEditor: { selections: [machine], document: { getText: () => machine.selection } },
    showQuickPick: async (items: readonly { readonly label: string; readonly description: string }[]) => {
      picks.push(items.map(({ label, description }) => `${label} ${description}`));
      return items[0];
    },
  });
  t.after(() => {
    env.clipboard.readText = before.readText;
    Object.assign(vscodeWindow, { activeTextEditor: undefined, showQuickPick: before.showQuickPick });
  });
  window.view.reveal = async (node) => {
    revealed.push(node.kind === 'key' ? node.key.arn : node.kind);
  };
  const add: typeof noPinnedKeys.add = async (ref, arn) => {
    pinned.push(`${'profile' in ref ? ref.profile : ''} ${'region' in ref ? ref.region : ''} ${arn}`);
  };
  const context = { ...contextOf(window), pinnedKeys: { ...noPinnedKeys, add } };
  const open = (argument?: unknown) => world.finish(run(context, ids.openKeyByArn, argument, undefined));
  /** Opens a connection, and learns whose it is. */
  const signedIn = (ref = anasRef) => world.finish(window.session(ref).then((session) => session.identity()));
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const foreign = key.arn.replace(`:${ana}:`, ':999988887777:');
  return { world, window, seen, machine, begun, picks, revealed, pinned, open, signedIn, key, foreign };
}

/** What the question shows before anything is typed into it. */
const example = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

test('the question begins with the ARN that is selected, else with the one that is all of the clipboard', async (t) => {
  const { machine, begun, open, foreign, revealed, key, signedIn } = await setUp(t);
  await signedIn();
  machine.clipboard = `${key.arn}\n`;
  machine.selection = `Resource: "${foreign}"`;
  await open();
  machine.selection = 'nothing of the kind';
  await open();
  machine.clipboard = `see ${key.arn}`;
  await open();
  assert.deepEqual(begun, [foreign, key.arn, example]);
  assert.equal(revealed[0], key.arn);
});

test('what the question begins with is not opened without Enter', async (t) => {
  const { window, machine, open, key, revealed, pinned } = await setUp(t);
  machine.selection = key.arn;
  dialogs.type = async () => undefined;
  await open();
  assert.deepEqual([revealed, pinned, window.calls], [[], [], []]);
});

test('a link to a key of an open connection reveals it; any other begins the question', async (t) => {
  const { begun, open, key, foreign, revealed, pinned, signedIn } = await setUp(t);
  await open(key.arn);
  assert.deepEqual([begun, revealed], [[key.arn], [key.arn]]);
  await signedIn();
  await open(key.arn);
  assert.deepEqual([begun, revealed, pinned], [[key.arn], [key.arn, key.arn], []]);
  await open(foreign);
  assert.deepEqual([begun.at(-1), pinned], [foreign, [`ana eu-west-1 ${foreign}`]]);
});

test('what is no ARN of a key or alias is not taken from whoever calls the command', async (t) => {
  const { begun, open, key, signedIn } = await setUp(t);
  await signedIn();
  const given: readonly unknown[] = [
    '',
    'x',
    `${key.arn} `,
    `${key.arn}/x`,
    7,
    null,
    true,
    [key.arn],
    { arn: key.arn },
  ];
  for (const one of given) {
    await open(one);
  }
  assert.deepEqual(
    begun,
    given.map(() => example),
  );
});

test('an alias leads to its key by the lists of its account and Region alone', async (t) => {
  const { world, window, open, key, revealed, signedIn, begun } = await setUp(t);
  const { account } = world.emulator();
  const alias = [...account.aliases.values()].find(({ targetKeyId }) => targetKeyId === key.id);
  assert.ok(alias !== undefined);
  await signedIn();
  await open(account.kmsArn(alias.name));
  assert.deepEqual([revealed, begun], [[key.arn], []]);
  assert.deepEqual(
    window.calls.map(({ operation }) => operation).filter((one) => !/^(Get|List)/.test(one)),
    [],
  );
});

test('an alias that is not listed, or is elsewhere, opens nothing, and the reason is said', async (t) => {
  const { window, open, seen, revealed, pinned, signedIn } = await setUp(t, { connections: [anasRef, bensRef] });
  const aliasOf = (account: string, region = 'eu-west-1') => `arn:aws:kms:${region}:${account}:alias/nobody-has-it`;
  await open(aliasOf(ana));
  assert.match(seen.said.at(-1) ?? '', /^The alias is in account 111122223333 in eu-west-1/);
  await signedIn();
  await open(aliasOf(ana));
  assert.match(seen.said.at(-1) ?? '', /^ana lists no key with the alias alias\/nobody-has-it\./);
  await open(aliasOf(ben));
  await open(aliasOf(ana, 'us-east-2'));
  assert.match(seen.said.at(-1) ?? '', /^The alias is in account 111122223333 in us-east-2/);
  assert.deepEqual([revealed, pinned], [[], []]);
  assert.equal(window.connections.session(bensRef), undefined);
});

test('an alias whose list can not be read is not called missing', async (t) => {
  const { world, open, seen, signedIn } = await setUp(t);
  await signedIn();
  world.emulator().setFaults([{ operation: 'ListAliases', fault: { kind: 'error', code: 'AccessDeniedException' } }]);
  await open(`arn:aws:kms:eu-west-1:${ana}:alias/nobody-has-it`);
  assert.equal(seen.said.length, 1);
  assert.doesNotMatch(seen.said[0] ?? '', /lists no key/);
});

test('the one connection of the account and Region is used; else all are offered, those that fit best first', async (t) => {
  const { picks, open, key, machine, foreign, pinned, signedIn } = await setUp(t, {
    connections: [bensRef, anasOtherRef, anasRef],
  });
  machine.selection = key.arn;
  await open();
  assert.deepEqual(picks, [['ben eu-west-1', 'ana eu-west-1', 'ana us-east-2']]);
  await signedIn();
  await open();
  assert.equal(picks.length, 1);
  await signedIn(bensRef);
  machine.selection = key.arn.replace('eu-west-1', 'us-west-1');
  await open();
  assert.deepEqual(picks[1], ['ana us-east-2', 'ana eu-west-1', 'ben eu-west-1']);
  machine.selection = foreign;
  await open();
  assert.deepEqual(picks[2], ['ben eu-west-1', 'ana eu-west-1', 'ana us-east-2']);
  assert.equal(pinned.at(-1), `ben eu-west-1 ${foreign}`);
});

test('a key whose list was cut off is neither pinned nor called missing; somebody who may list no keys can pin it', async (t) => {
  const { world, window, open, seen, key, revealed, pinned, signedIn } = await setUp(t);
  const { inventory } = await window.session();
  const fails = (code: string) => {
    inventory.forgetAll();
    seen.said.splice(0);
    world.emulator().setFaults([{ operation: 'ListKeys', fault: { kind: 'error', code } }]);
  };
  await signedIn();
  const row = await window.grantRow(key.arn, key.grantIds[0] ?? assert.fail());
  fails('KMSInternalException');
  await open(key.arn);
  assert.deepEqual([revealed, pinned, seen.said.length], [[], [], 1]);
  fails('KMSInternalException');
  await world.finish(run(contextOf(window), ids.revealInKeys, row, undefined));
  assert.doesNotMatch(seen.said.join(), /doesn't show key/);
  fails('AccessDeniedException');
  await open(key.arn);
  assert.deepEqual([pinned, seen.said], [[`ana eu-west-1 ${key.arn}`], []]);
});
