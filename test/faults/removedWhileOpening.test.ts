import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { runTool } from '../../src/commands/tools/tools.ts';
import { commands, languageModelTools } from '../../src/manifest.ts';
import { contextOf, watchDialogs } from './context.ts';
import { CancellationTokenSource } from './vscode.ts';
import { ana, anasRef, createTestWorld, roleRef } from './world.ts';

/** Of two connections, one is removed while it opens. */
async function setUp(t: TestContext) {
  const world = await createTestWorld(t);
  const window = world.openWindow({ connections: [anasRef, roleRef] });
  watchDialogs(t, { isYes: true });
  await window.session(anasRef);
  const { aws } = window;
  const { open } = aws;
  aws.open = async (ref) => {
    const opened = await open(ref);
    window.chosen = [anasRef];
    window.connections.preferencesChanged();
    await window.connections.list();
    return opened;
  };
  return { world, window };
}

test('a connection that is removed while it opens keeps no other from being searched', async (t) => {
  const { world, window } = await setUp(t);
  await world.finish(run(contextOf(window), commands.findGrants, undefined, undefined));
  const { result } = window.grantees.shownGrants();
  assert.ok((result?.counts.grants ?? 0) > 0);
  assert.deepEqual(result?.unreadable, []);
});

test('a connection that is removed while it opens keeps no error from being explained', async (t) => {
  const { world, window } = await setUp(t);
  const [key] = world.keys;
  const text = `AccessDeniedException: User: arn:aws:iam::${ana}:user/ana is not authorized to perform: kms:Decrypt on resource: ${key?.arn}`;
  const answer = await world.finish(
    runTool(contextOf(window), languageModelTools.explainKmsError, { text }, new CancellationTokenSource().token),
  );
  assert.match(answer, /"entries"/);
});
