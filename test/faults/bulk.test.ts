import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { renderedLineCount } from '../../src/core/base/text.ts';
import { commands } from '../../src/manifest.ts';
import type { Node } from '../../src/views/shared/nodes.ts';
import { contextOf, watchDialogs } from './context.ts';
import { window as vscodeWindow } from './vscode.ts';
import { addGrants, assertJournalTrue, createTestWorld } from './world.ts';

/** Presses Cancel of the notification whose title is `title`. */
function cancels(t: { after(act: () => void): void }) {
  const cancel = new Map<string, () => void>();
  const before = vscodeWindow.withProgress;
  vscodeWindow.withProgress = async (options: unknown, task) => {
    const { title = '' } = options as { readonly title?: string };
    const onCancellationRequested = (listener: () => void) => {
      cancel.set(title, listener);
      return { dispose: () => {} };
    };
    return task({ report: () => {} }, { isCancellationRequested: false, onCancellationRequested });
  };
  t.after(() => {
    vscodeWindow.withProgress = before;
  });
  return (title: string) => {
    const press = [...cancel].find(([shown]) => shown.startsWith(title))?.[1];
    assert.ok(press !== undefined, `Nothing can be cancelled that begins with ${title}.`);
    press();
  };
}

test('Cancel ends a bulk revoke that gets no answer: one may have been done, the others are not begun', async (t) => {
  const world = await createTestWorld(t);
  const cancel = cancels(t);
  // Nothing else would end it while this test runs.
  const window = world.openWindow({ timeouts: { connectMs: 600_000, requestMs: 600_000, callMs: 600_000 } });
  const { arn: keyArn, grantIds } = world.keys.find((key) => key.grantIds.length > 2) ?? assert.fail();
  const rows = (await window.rows(await window.keyRow(keyArn))).filter((row) => row.kind === 'grant').slice(0, 3);
  assert.ok(grantIds.length > 2 && rows.length === 3);
  const seen = watchDialogs(t, { isYes: true });
  await (await window.session()).identity();
  // Once it was confirmed, no revoke is answered any more.
  seen.onConfirmed = () =>
    world.emulator().setFaults([{ operation: 'RevokeGrant', stage: 'after', fault: { kind: 'hang' } }]);
  world.onServed = (operation) => {
    if (operation === 'RevokeGrant' && seen.isConfirmed) {
      cancel('Revoking');
    }
  };
  await world.finish(run(contextOf(window), commands.revokeGrant, undefined, rows));
  assert.match(seen.said.at(-1) ?? '', /^Revoked 0 of 3 grants.* possibly revoked.*: 1\. Not started: 2\.$/);
  assert.deepEqual(
    (await world.journal()).map(({ grant, outcome }) => [grant.grantId, outcome?.kind]),
    [[rows[0]?.grant.grantId, 'unknown']],
  );
  await assertJournalTrue(world);
});

test('a bulk revoke on two keys is followed up by one report, without those that were refused', async (t) => {
  const world = await createTestWorld(t, { emulator: { propagation: { minMs: 1000, maxMs: 60_000 } } });
  const window = world.openWindow();
  const keys = world.keys.filter((key) => key.grantIds.length > 1).slice(0, 2);
  assert.equal(keys.length, 2);
  const rows: Node[] = [];
  for (const { id, arn } of keys) {
    const added = addGrants(world.emulator().account, id, 2);
    const grants = await window.rows(await window.keyRow(arn));
    rows.push(...grants.filter((row) => row.kind === 'grant' && added.includes(row.grant.grantId)));
  }
  const seen = watchDialogs(t, { isYes: true });
  seen.onConfirmed = () => {
    const fault = { kind: 'error', code: 'AccessDeniedException' } as const;
    world.emulator().setFaults([{ operation: 'RevokeGrant', times: 1, fault }]);
  };
  await world.finish(run(contextOf(window), commands.revokeGrant, undefined, rows));
  assert.match(seen.said.at(-1) ?? '', /^Revoked 3 of 4 grants\..* Failed: 1\.$/);
  for (let minutes = 0; minutes < 10; minutes += 1) {
    await world.pass(60_000);
  }
  assert.deepEqual(
    window.reports.map((ended) => ended.map(({ outcome }) => outcome.kind)),
    [['gone', 'gone', 'gone']],
  );
});

test('a grant of a bulk revoke that KMS no longer knows is not counted as revoked', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: 0 } });
  const window = world.openWindow();
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const { account } = world.emulator();
  const [other = ''] = addGrants(account, key.id, 2);
  const rows = (await window.rows(await window.keyRow(key.arn))).filter((row) => row.kind === 'grant');
  const seen = watchDialogs(t, { isYes: true });
  seen.onConfirmed = () => {
    const stored = account.grantsOf(key.id).get(other);
    account.removeGrant(stored ?? assert.fail());
  };
  await world.finish(run(contextOf(window), commands.revokeGrant, undefined, rows));
  assert.match(seen.said.at(-1) ?? '', /^Revoked 1 of 2 grants\..* Not found by KMS: 1\.$/);
});

test('the question of several grants distinguishes look-alikes by date and finding', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: 0 } });
  const window = world.openWindow();
  const [key] = world.keys;
  assert.ok(key !== undefined);
  addGrants(world.emulator().account, key.id, 3);
  const rows = (await window.rows(await window.keyRow(key.arn))).filter((row) => row.kind === 'grant');
  const seen = watchDialogs(t, { isYes: false });
  await world.finish(run(contextOf(window), commands.revokeGrant, undefined, rows));
  const lines = (seen.asked[0] ?? '').split('\n').filter((line) => line.startsWith('• ') && line.includes('Decrypt'));
  assert.equal(lines.length, 3);
  for (const line of lines) {
    assert.match(line, / · \d{4}-\d\d-\d\d · .* · a{8}$/);
  }
  assert.ok(
    lines.some((line) => line.includes(' · Duplicate')),
    lines.join('\n'),
  );
});

for (const [count, refused, isInDialog] of [
  [9, 0, true],
  [12, 0, false],
  [12, 10, false],
] as const) {
  test(`the question of ${count} grants, ${refused} of them refused, fits on a screen`, async (t) => {
    const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: count } });
    const window = world.openWindow();
    const [key] = world.keys;
    assert.ok(key !== undefined);
    const added = addGrants(world.emulator().account, key.id, count);
    const row = await window.keyRow(key.arn);
    const isAdded = (one: Node) => one.kind === 'grant' && added.includes(one.grant.grantId);
    const rows = (await window.rows(row)).filter(isAdded);
    assert.equal(rows.length, count);
    const message = `User: arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:RevokeGrant on resource: ${row.key.arn} because no resource-based policy allows the kms:RevokeGrant action`;
    const fault = { kind: 'error', code: 'AccessDeniedException', message } as const;
    if (refused > 0) {
      world.emulator().setFaults([{ operation: 'RevokeGrant', times: refused, fault }]);
    }
    const seen = watchDialogs(t, { isYes: false });
    await world.finish(run(contextOf(window), commands.revokeGrant, undefined, rows));
    const [question = ''] = seen.asked;
    assert.equal(question.includes('Every grant is listed in the editor'), !isInDialog, question);
    assert.ok(renderedLineCount(question, 56) <= 32, question);
    assert.match(question, refused === 0 ? /To be revoked:/ : new RegExp(`Check failed: ${refused}$`, 'm'));
  });
}
