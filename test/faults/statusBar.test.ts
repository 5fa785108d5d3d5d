import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusBar } from '../../src/views/shared/statusBar.ts';
import { window as vscodeWindow } from './vscode.ts';
import { anasOtherRef, anasRef, bensRef, configOf, createTestWorld } from './world.ts';

/** The one item of the status bar. */
function itemOf(t: { after(act: () => void): void }) {
  const item = { text: '', tooltip: '', isShown: false };
  const before = vscodeWindow.createStatusBarItem;
  vscodeWindow.createStatusBarItem = () =>
    Object.assign(item, {
      show: () => {
        item.isShown = true;
      },
      hide: () => {
        item.isShown = false;
      },
      dispose: () => {},
    });
  t.after(() => {
    vscodeWindow.createStatusBarItem = before;
  });
  return item;
}

test('the status bar follows the connections, their sign-ins and their failures at once', async (t) => {
  const world = await createTestWorld(t);
  const item = itemOf(t);
  const window = world.openWindow({ connections: [anasRef, bensRef] });
  const { connections } = window;
  const bar = new StatusBar(connections);
  t.after(() => bar.dispose());
  const change = async (chosen: typeof window.chosen) => {
    window.chosen = chosen;
    await world.finish(connections.list());
  };

  await world.finish(connections.list());
  assert.deepEqual([item.isShown, item.text], [true, '$(key) KMS: ana and 1 more']);
  await (await window.session(anasRef)).identity();
  assert.match(item.tooltip, /^ana · eu-west-1 · 111122223333\nben · eu-west-1/);

  // Each profile once, in however many Regions.
  await change([anasRef, anasOtherRef]);
  assert.equal(item.text, '$(key) KMS: ana');

  await change([bensRef]);
  assert.equal(item.text, '$(key) KMS: ben');

  await world.writeConfig(configOf({ ana: 'ana' }));
  await world.finish(connections.filesChanged());
  await world.finish(connections.open(bensRef).catch(() => {}));
  // A profile that is missing is nothing that signing in mends.
  assert.equal(item.text, '$(warning) KMS: ben');
  assert.doesNotMatch(item.tooltip, /sign-in/);

  await change([]);
  assert.equal(item.isShown, false);
});
