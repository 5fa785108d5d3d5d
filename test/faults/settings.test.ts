import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addRegion } from '../../src/commands/connections/addConnection.ts';
import { openConnections } from '../../src/commands/connections/openConnections.ts';
import { selectProfile } from '../../src/commands/connections/selectProfile.ts';
import { signIn } from '../../src/commands/connections/signIn.ts';
import type { ConnectionRef } from '../../src/core/kms/model.ts';
import { settings } from '../../src/manifest.ts';
import { confirmedSettings } from '../../src/platform/confirmedSettings.ts';
import { connectionsSetting } from '../../src/platform/settings.ts';
import { kmsError } from '../unit/core/fakes.ts';
import { contextOf, settingsOnDisk, watchDialogs } from './context.ts';
import { dialogs, env, workspace } from './vscode.ts';
import { anasRef, createTestWorld, type Window } from './world.ts';

interface Owner {
  after(act: () => void): void;
}

/** Picks the profile ana wherever one is asked for. What the test sets of `dialogs` ends with it. */
function pickAna(t: Owner): void {
  const { answer, press } = dialogs;
  t.after(() => Object.assign(dialogs, { answer, press }));
  dialogs.answer = (quickPick) => {
    quickPick.selectedItems = quickPick.items.filter(({ label }) => label === 'ana');
    quickPick.enter();
  };
}

/** As VS Code keeps it. */
function memento() {
  const values = new Map<string, unknown>();
  const get = <T>(key: string, fallback?: T) => (values.get(key) as T | undefined) ?? fallback;
  return { get, update: async (key: string, value: unknown) => void values.set(key, value), keys: () => [] } as never;
}

const asked = [{ profile: 'prod', region: 'eu-west-1' }];

test('what a folder can set is agreed to once for each value; what is the user’s own, never', async (t) => {
  const values = settingsOnDisk(t);
  const kept = memento();
  const { isUnconfirmed, confirm } = confirmedSettings(kept);
  for (const remoteName of ['dev-container', 'attached-container', 'codespaces', 'something-new']) {
    env.remoteName = remoteName;
    values.clear();
    assert.equal(isUnconfirmed(), false, 'Nothing is set.');
    for (const [id, value] of [
      [settings.connections, [{ profile: `${remoteName}-1`, region: 'eu-west-1' }]],
      [settings.connections, [{ profile: `${remoteName}-2`, region: 'eu-west-1' }]],
      [settings.profile, remoteName],
      [settings.region, `eu-${remoteName}`],
    ] as const) {
      values.clear();
      values.set(id, value);
      assert.equal(isUnconfirmed(), true, `${id} in ${remoteName}`);
      await confirm();
      assert.equal(isUnconfirmed(), false, `${id} in ${remoteName}`);
      // In another window, or after a reload.
      assert.equal(confirmedSettings(kept).isUnconfirmed(), false);
      assert.equal(confirmedSettings(memento()).isUnconfirmed(), true);
    }
  }
  values.set(settings.connections, asked);
  for (const remoteName of [undefined, 'wsl', 'ssh-remote', 'tunnel']) {
    if (remoteName === undefined) {
      delete env.remoteName;
    } else {
      env.remoteName = remoteName;
    }
    assert.equal(isUnconfirmed(), false, remoteName);
  }
});

test('connections of a dev container are opened by the user alone, who reads which they are', async (t) => {
  const values = settingsOnDisk(t);
  env.remoteName = 'dev-container';
  const world = await createTestWorld(t);
  const window = world.openWindow();
  let served = 0;
  world.onServed = () => {
    served += 1;
  };
  const confirmed = confirmedSettings(memento());
  values.set(settings.connections, [{ profile: 'ana', region: 'eu-west-1' }]);
  window.isUnconfirmed = confirmed.isUnconfirmed;
  const context = { ...contextOf(window), confirmedSettings: confirmed };

  const [row, ...others] = await window.rows();
  assert.ok(row?.kind === 'message' && others.length === 0);
  assert.deepEqual([row.error?.details.kind, row.actions[0]], ['notConfirmed', 'openConnections']);
  assert.match(row.sentence, /ana \(eu-west-1\)/);
  assert.equal(served, 0);

  const no = watchDialogs(t, { isYes: false });
  await world.finish(openConnections(context));
  assert.match(no.asked[0] ?? '', /ana \(eu-west-1\)/);
  assert.equal((await window.rows())[0]?.kind, 'message');
  watchDialogs(t, { isYes: true });
  await world.finish(openConnections(context));
  assert.deepEqual(
    (await window.rows()).map((one) => one.kind),
    ['connection'],
  );
});

/** Answers the list of Regions, after the setting was changed elsewhere. */
function whileAsked(t: Owner, change: () => void, regions: readonly string[]) {
  const { choose } = dialogs;
  dialogs.choose = (items) => {
    change();
    return items.filter((item) => 'value' in item && regions.includes(String(item.value)));
  };
  t.after(() => Object.assign(dialogs, { choose }));
}

const refOf = (region: string): ConnectionRef => ({ ...anasRef, region }) as ConnectionRef;
const chosen = (values: Map<string, unknown>) =>
  (values.get(settings.connections) as readonly { readonly region: string }[]).map(({ region }) => region);

async function windowOf(t: Parameters<typeof createTestWorld>[0]): Promise<Window> {
  return (await createTestWorld(t)).openWindow();
}

test('Regions are added to the list as it is by then', async (t) => {
  const values = settingsOnDisk(t);
  const window = await windowOf(t);
  const change = () => {
    window.chosen = [refOf('eu-west-1'), refOf('us-east-1'), refOf('eu-north-1')];
  };
  whileAsked(t, change, ['us-east-1', 'ap-south-1']);
  await addRegion(contextOf(window), { kind: 'connection', ref: anasRef });
  assert.deepEqual(chosen(values), ['eu-west-1', 'us-east-1', 'eu-north-1', 'ap-south-1']);
});

const entry = (region: string, profile = 'ana') => ({ profile, region });
/** What a newer version wrote, or a hand. */
const unreadable = [{ profile: 'ana', region: 7 }, 'later'];

/**
 * Select Profile…, of which ana is picked; in the notifications after it Show Only, then Undo is pressed.
 * @param since happens before Undo
 * @returns what was said, and the setting before each press and at the end
 */
async function selectAna(
  t: Parameters<typeof createTestWorld>[0],
  value: unknown,
  since = (_: Map<string, unknown>) => {},
) {
  const values = settingsOnDisk(t);
  if (value !== undefined) {
    values.set(settings.connections, value);
  }
  const world = await createTestWorld(t);
  const window = world.openWindow();
  let sample = value === undefined;
  const read = () => [...(connectionsSetting() ?? [anasRef]), ...(sample ? [{ kind: 'sample' as const }] : [])];
  Object.defineProperty(window, 'chosen', { get: read });
  pickAna(t);
  const said: string[] = [];
  const written: unknown[] = [];
  dialogs.press = async (message, buttons) => {
    said.push(message);
    written.push(values.get(settings.connections));
    if (said.length === 2) {
      since(values);
    }
    return buttons[0];
  };
  const isUndone = new Promise<void>((resolve, reject) => {
    const context = {
      ...contextOf(window),
      preferences: () => ({ connections: undefined, sample, profile: '', region: 'us-west-2', env: {} }),
      setShowsSample: async (shown: boolean) => {
        sample = shown;
      },
      confirmedSettings: {
        isUnconfirmed: () => false,
        confirm: async () => {
          if (said.length === 2) {
            resolve();
          }
        },
      },
    };
    world.finish(selectProfile(context)).catch(reject);
  });
  await isUndone;
  return { said, written: [...written, values.get(settings.connections)], isSampleShown: sample };
}

test('Select Profile adds to several connections, and its way back has what was added since', async (t) => {
  const before = [entry('eu-west-1'), entry('eu-west-1', 'ben'), ...unreadable];
  const { said, written } = await selectAna(t, before, (values) => {
    const now = values.get(settings.connections);
    values.set(settings.connections, [...(Array.isArray(now) ? now : []), entry('eu-north-1')]);
  });
  assert.match(said[0] ?? '', /^ana is shown. 2 other connections stay/);
  assert.match(said[1] ?? '', /^Only ana is shown. 2 other connections were removed/);
  const readable = [entry('eu-west-1'), entry('eu-west-1', 'ben'), entry('us-west-2')];
  assert.deepEqual(written, [
    [...readable, ...unreadable],
    [entry('us-west-2'), ...unreadable],
    [...readable, entry('eu-north-1'), ...unreadable],
  ]);
});

test('Undo of Show Only shows the sample data again', async (t) => {
  const { written, isSampleShown } = await selectAna(t, undefined);
  assert.deepEqual(written.at(-1), [entry('eu-west-1'), entry('us-west-2')]);
  assert.equal(isSampleShown, true);
});

test('Show Only says so when it can not be written', async (t) => {
  settingsOnDisk(t).set(settings.connections, [entry('us-west-2'), entry('eu-west-1', 'ben')]);
  const world = await createTestWorld(t);
  const window = world.openWindow();
  Object.defineProperty(window, 'chosen', { get: connectionsSetting });
  pickAna(t);
  const failed = new Promise<string>((resolve) => {
    dialogs.press = async (message, buttons) => {
      if (!message.startsWith('ana is shown.')) {
        resolve(message);
      }
      const { getConfiguration } = workspace;
      const update = () => Promise.reject(new Error('It has errors.'));
      Object.assign(workspace, { getConfiguration: () => ({ ...getConfiguration(), update }) });
      return buttons[0];
    };
  });
  const preferences = () => ({ connections: undefined, sample: false, profile: '', region: 'us-west-2', env: {} });
  await world.finish(selectProfile({ ...contextOf(window), preferences }));
  assert.match(await failed, /It has errors/);
});

test('Sign In opens a connection again whose session has been renewed since it was reported as expired', async (t) => {
  const { asked } = watchDialogs(t, { isYes: false });
  const window = await windowOf(t);
  const { connection } = await window.session(anasRef);
  window.connections.reportSignInProblem(connection, kmsError('ssoExpired'));
  await signIn(contextOf(window), { ref: anasRef });
  assert.deepEqual(asked, []);
  assert.notEqual((await window.session(anasRef)).connection.opening, connection.opening);
});
