import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ConnectionRef, connectionId } from '../../src/core/kms/model.ts';
import { StatusBar } from '../../src/views/shared/statusBar.ts';
import { kmsError } from '../unit/core/fakes.ts';
import { dialogs, type StatusBarItem, statusBarItems } from './vscode.ts';
import { ana, anasOtherRef, anasRef, bensRef, configOf, createTestWorld, type Window, type World } from './world.ts';

const guardedRef: ConnectionRef = { kind: 'profile', profile: 'guarded', region: 'eu-west-1' };
const missingRef: ConnectionRef = { kind: 'profile', profile: 'gone', region: 'eu-west-1' };

interface Bar {
  readonly world: World;
  readonly window: Window;
  readonly item: StatusBarItem;
  /** The text after each event of the connections, in order; nothing that stayed as it was. */
  readonly texts: readonly string[];
}

/** A window with a status bar, whose profile `guarded` asks for an MFA code. */
async function openBar(t: TestContext, connections: readonly ConnectionRef[]): Promise<Bar> {
  const world = await createTestWorld(t);
  const role = `arn:aws:iam::${ana}:role/Admin`;
  await world.writeConfig(
    `${configOf({ ana: 'ana', ben: 'ben' })}[profile guarded]\nrole_arn = ${role}\nsource_profile = ana\nmfa_serial = arn:aws:iam::${ana}:mfa/ana\n`,
  );
  const window = world.openWindow({ connections });
  const bar = new StatusBar(window.connections);
  t.after(() => bar.dispose());
  const item = statusBarItems.at(-1) ?? assert.fail();
  const texts: string[] = [];
  // It subscribed first, so it has to have followed already.
  const note = () => {
    const text = item.isShown ? item.text : '';
    if (text !== (texts.at(-1) ?? '')) {
      texts.push(text);
    }
  };
  window.connections.onDidChangeShown(note);
  window.connections.onDidChangeState(note);
  window.connections.onDidChangeSession(note);
  return { world, window, item, texts };
}

async function show({ world, window }: Bar, ...connections: readonly ConnectionRef[]): Promise<void> {
  window.chosen = connections;
  window.connections.preferencesChanged();
  await world.outside.idle();
}

const failure = (opening: Promise<unknown>) =>
  opening.then(
    () => assert.fail('It opened.'),
    () => {},
  );

test('the status bar names the connections that are shown, as soon as others are', async (t) => {
  const bar = await openBar(t, [anasRef]);
  assert.equal(bar.item.isShown, false, 'before the view asked for any');
  await show(bar, anasRef);
  await show(bar, anasRef, bensRef);
  // Each profile once, in however many Regions.
  await show(bar, anasRef, anasOtherRef);
  await show(bar, bensRef);
  await show(bar);
  assert.deepEqual(bar.texts, [
    '$(key) KMS: ana',
    '$(key) KMS: ana and 1 more',
    '$(key) KMS: ana',
    '$(key) KMS: ben',
    '',
  ]);
});

test('the status bar has the account of a connection as soon as it is known', async (t) => {
  const bar = await openBar(t, [anasRef]);
  await show(bar, anasRef);
  assert.equal(bar.item.tooltip, 'ana · eu-west-1');
  const session = await bar.window.session();
  await bar.world.finish(session.identity());
  assert.equal(bar.item.tooltip, `ana · eu-west-1 · ${ana}`);
});

test('the status bar counts a connection that waits for a sign-in, until it opens', async (t) => {
  const bar = await openBar(t, [anasRef, guardedRef]);
  const { world, window, item, texts } = bar;
  const { connections } = window;
  await show(bar, anasRef, guardedRef);
  await failure(window.session(guardedRef));
  assert.equal(item.text, '$(sign-in) KMS: guarded needs sign-in');
  assert.match(item.tooltip, /^ana · eu-west-1\nguarded · eu-west-1 · needs sign-in$/);
  assert.match(item.accessibilityInformation?.label ?? '', /guarded needs sign-in$/);
  assert.ok(item.backgroundColor !== undefined);

  // The box is closed without a code.
  connections.signIn(guardedRef);
  assert.equal(item.text, '$(key) KMS: ana and 1 more', 'while it is asked for');
  const session = await window.session(guardedRef);
  await failure(world.finish(session.identity()));
  const listing = await window.rows(await window.connectionRow(guardedRef));
  assert.ok(
    listing.some((row) => row.kind === 'message' && row.actions.includes('signIn')),
    JSON.stringify(listing),
  );
  assert.equal(item.text, '$(sign-in) KMS: guarded needs sign-in');

  const { type } = dialogs;
  dialogs.type = async () => '123456';
  t.after(() => Object.assign(dialogs, { type }));
  connections.signIn(guardedRef);
  await world.finish((await window.session(guardedRef)).identity());
  assert.equal(item.text, '$(key) KMS: ana and 1 more');
  assert.deepEqual(texts, [
    '$(key) KMS: ana and 1 more',
    '$(sign-in) KMS: guarded needs sign-in',
    '$(key) KMS: ana and 1 more',
    '$(sign-in) KMS: guarded needs sign-in',
    '$(key) KMS: ana and 1 more',
  ]);
});

test('the status bar asks for a sign-in only where signing in can mend it', async (t) => {
  const bar = await openBar(t, [anasRef, missingRef]);
  const { window, item } = bar;
  await show(bar, anasRef, missingRef);
  await failure(window.session(missingRef));
  assert.equal(item.text, '$(warning) KMS: ana and 1 more');
  assert.equal(item.tooltip, 'ana · eu-west-1\ngone · eu-west-1 · Profile not found');

  const { connection } = await window.session(anasRef);
  assert.equal(connection.id, connectionId(anasRef));
  window.connections.reportSignInProblem(connection, kmsError('unrecognizedClient', { profile: 'ana' }));
  assert.equal(item.text, '$(warning) KMS: ana and 1 more');
  window.connections.reconnect(anasRef);
  window.connections.reportSignInProblem((await window.session(anasRef)).connection, kmsError('expiredToken'));
  assert.equal(item.text, '$(sign-in) KMS: ana needs sign-in');
});
