import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notSentError } from '../../src/core/base/abort.ts';
import { Journal } from '../../src/core/changes/journal.ts';
import { refusedOutcome } from '../../src/core/changes/journalRecord.ts';
import { KmsError, type KmsErrorKind } from '../../src/core/kms/errors.ts';
import type { HistoryEntryNode, HistoryNode } from '../../src/views/history/historyNodes.ts';
import { HistoryView } from '../../src/views/history/historyView.ts';
import { FakeClock, FakeJournalFile, grant, key } from '../unit/core/fakes.ts';

/** A history of as many changes, and a view of it. */
async function createHistory(count: number) {
  const journal = new Journal(new FakeJournalFile(), new FakeClock());
  const revoke = (index: number) =>
    journal.add({
      kind: 'revoke',
      connection: { kind: 'sample' },
      account: undefined,
      key: key(),
      grant: grant(`g${index}`),
    });
  for (let index = 0; index < count; index += 1) {
    await revoke(index);
  }
  const revealed: HistoryNode[] = [];
  const tree = {
    reveal: async (node: HistoryNode) => {
      revealed.push(node);
    },
  };
  const view = new HistoryView({ journal, tree, tooltip: async () => undefined });
  /** All rows of entries, newest first, as VS Code asks for them. */
  const entries = async (): Promise<readonly HistoryEntryNode[]> => {
    const days = (await view.getChildren()).filter(({ kind }) => kind === 'historyDay');
    const rows = (await Promise.all(days.map((day) => view.getChildren(day)))).flat();
    return rows.filter((row) => row.kind === 'historyEntry');
  };
  const grantOf = (row: HistoryNode | undefined) =>
    row?.kind === 'historyEntry' ? journal.record(row.id)?.grant.grantId : undefined;
  const more = async () => (await view.getChildren()).find((row) => row.kind === 'historyMore');
  return { journal, view, revealed, revoke, entries, more, grantOf };
}

test('"Load more…" of the history adds older entries, and the first of them gets the focus', async () => {
  const { view, revealed, entries, more, grantOf } = await createHistory(250);
  assert.equal((await entries()).length, 200);
  const button = await more();
  assert.ok(button?.kind === 'historyMore');
  await view.loadMore(button);
  assert.deepEqual(revealed.map(grantOf), ['g49']);
  const rows = await entries();
  assert.equal(rows.length, 250);
  assert.equal(rows[200], revealed[0]);
  assert.equal(await more(), undefined);
});

test('an entry keeps its row as long as it is shown, and no longer', async () => {
  const { view, revoke, entries, more } = await createHistory(200);
  const before = await entries();
  assert.deepEqual(
    (await entries()).map((row, index) => row === before[index]),
    before.map(() => true),
  );
  // The oldest entry leaves the window, and comes back by "Load more…".
  await revoke(200);
  assert.equal((await entries()).at(-1), before.at(-2));
  const button = await more();
  assert.ok(button?.kind === 'historyMore');
  await view.loadMore(button);
  const after = await entries();
  assert.deepEqual(after.at(-1), before.at(-1));
  assert.notEqual(after.at(-1), before.at(-1));
});

for (const [what, error] of [
  ['was canceled before it was sent', notSentError()],
  ['failed to sign in', kmsFailure('ssoExpired', 'GetRoleCredentials')],
  ['got no answer from STS', kmsFailure('network', 'GetCallerIdentity')],
  ['found no server', kmsFailure('hostNotFound', 'RevokeGrant')],
] as const) {
  test(`a change that ${what} is not said to be rejected, nor to have a message from KMS`, async () => {
    const { journal, view, entries } = await createHistory(1);
    const [row] = await entries();
    assert.ok(row !== undefined);
    await journal.addOutcome(row.id, refusedOutcome(error));
    assert.match(String(view.getTreeItem(row).description), /not sent$/);
    const fields = (await view.getChildren(row)).flatMap((field) => (field.kind === 'field' ? [field.name] : []));
    assert.ok(!fields.includes('Message from KMS'), fields.join());
  });
}

function kmsFailure(kind: KmsErrorKind, operation: string): KmsError {
  return new KmsError({ kind, operation, awsName: kind, message: kind });
}
