import assert from 'node:assert/strict';
import { test } from 'node:test';
import type vscode from 'vscode';
import type { JournalRecord, RecordedOutcome } from '../../src/core/changes/journalRecord.ts';
import type { RevocationRecord, RevocationState } from '../../src/core/changes/revocationRecord.ts';
import { KmsError, kmsErrorKinds, signInServices } from '../../src/core/kms/errors.ts';
import { granteesItem } from '../../src/views/grantees/granteeItem.ts';
import type { GranteesNode } from '../../src/views/grantees/granteesNodes.ts';
import { historyFields, historyItem } from '../../src/views/history/historyItem.ts';
import type { HistoryNode } from '../../src/views/history/historyNodes.ts';
import { granteesTooltip } from '../../src/views/hovers/granteesTooltip.ts';
import { historyTooltip } from '../../src/views/hovers/historyTooltip.ts';
import { keysTooltip } from '../../src/views/hovers/keysTooltip.ts';
import type { Known } from '../../src/views/keys/known.ts';
import { toTreeItem } from '../../src/views/keys/treeItem.ts';
import { failure, message } from '../../src/views/shared/messages.ts';
import type { GrantNode, Node } from '../../src/views/shared/nodes.ts';
import { granteesRows, keysRows, openSample, search } from './sampleRows.ts';
import { anasRef, type Window } from './world.ts';

type Tooltip = vscode.MarkdownString | string | undefined;

/** What no text may have: a word twice, two stops, a gap, or what is no text. */
const faults: readonly RegExp[] = [
  /(?<![\w./:-])(\p{L}+) \1(?![\w./:-])/iu,
  /…\.|\.\.|,,|, \.|\. ,| [,.] | {2}/,
  /\b(?:undefined|null|NaN)\b|\[object/,
  /\(\)|""/,
];

function assertText(text: string): void {
  assert.notEqual(text.trim(), '');
  for (const fault of faults) {
    assert.doesNotMatch(text, fault);
  }
}

/** A row is said in sentences: each with its stop, so that there is a pause. */
function assertSpoken(item: vscode.TreeItem): void {
  const label = item.accessibilityInformation?.label ?? assert.fail(`${item.label} says nothing.`);
  assertText(label);
  assert.match(label, /^\S.*[.?!]$/);
  assert.doesNotMatch(label, / · /);
  assert.ok(typeof item.label === 'string');
  assertText(item.label);
  assert.ok(label.includes(item.label.replace(/[…:]$/, '')), `${label} leaves out ${item.label}`);
}

function assertTooltip(tooltip: Tooltip): void {
  if (typeof tooltip === 'string') {
    assertText(tooltip);
    assert.match(tooltip, /\.$/);
    return;
  }
  for (const line of tooltip?.value.split(/ {2}\n|\n+/) ?? []) {
    const text = line
      .replaceAll('**', '')
      .replace(/\]\([^)]*\)/g, '')
      .replace(/\\(.)/g, '$1')
      .replaceAll('&#32;', ' ');
    assertText(text);
    // A sentence that begins ends, too.
    if (/^(?:If revoked|Effect of a revoke|(?:Finding|Note): [^:]+): /.test(text)) {
      assert.match(text, /\.$/);
    }
  }
}

async function assertRow(window: Window, node: Node): Promise<void> {
  assertSpoken(window.view.getTreeItem(node));
  assertTooltip(await window.view.tooltip(node));
}

test('each row of the Keys view of the sample data is said in whole sentences, and so is its hover', async (t) => {
  const { world, window } = await openSample(t);
  const rows = await keysRows(window);
  for (const row of rows) {
    await assertRow(window, row);
  }
  // With the evidence that the first pass asked for, and what it found.
  await world.outside.idle();
  const again = await keysRows(window);
  for (const row of again) {
    await assertRow(window, row);
  }
  const kinds = new Set<string>(again.map(({ kind }) => kind));
  for (const kind of ['awsManagedKeys', 'connection', 'evidence', 'evidenceLine', 'field', 'grant', 'key']) {
    assert.ok(kinds.has(kind), kind);
  }

  window.view.setFilter('nothing has this');
  for (const row of await window.rows(await window.connectionRow())) {
    await assertRow(window, row);
  }
});

test('each row of the Grants view is said in whole sentences, however it is grouped', async (t) => {
  const { window } = await openSample(t);
  const rows = await keysRows(window, ({ kind }) => kind !== 'grant');
  await search({ window, rows });
  for (const grouping of ['principal', 'operation', 'key', 'creator', 'finding'] as const) {
    window.grantees.setGrouping(grouping);
    for (const row of granteesRows(window.grantees)) {
      assertSpoken(window.grantees.getTreeItem(row));
      assertTooltip(await window.grantees.tooltip(row));
    }
  }
  window.grantees.setFilter('nothing has this');
  for (const row of granteesRows(window.grantees)) {
    assertSpoken(window.grantees.getTreeItem(row));
  }
});

const records = (grant: GrantNode): readonly RevocationRecord[] =>
  (['revoke', 'retire'] as const).flatMap((kind) =>
    [
      { accepted: true },
      { accepted: false },
      { accepted: false, notFound: true },
      { accepted: true, unconfirmed: { reason: 'timedOut', lastRead: 'listed' } as const },
      { accepted: true, unconfirmed: { reason: 'unread', lastRead: 'none', trouble: 'accessDenied' } as const },
      { accepted: false, unconfirmed: { reason: 'stopped', lastRead: 'absent' } as const },
      { accepted: false, notFound: true, unconfirmed: { reason: 'stopped', lastRead: 'listed' } as const },
    ].map((state) => ({
      id: 'r1',
      kind,
      connection: anasRef,
      account: '111122223333',
      key: grant.key,
      grant: grant.grant,
      requestedAt: Date.UTC(2026, 10, 24),
      ...state,
    })),
  );

function states(grant: GrantNode): readonly RevocationState[] {
  return records(grant).flatMap((record): RevocationState[] => {
    const progress = { nextCheckAt: Date.UTC(2026, 10, 24, 0, 1), checks: 1 };
    return record.unconfirmed !== undefined
      ? [{ kind: 'unconfirmed', record }]
      : [
          { kind: 'revoking', record },
          { kind: 'confirming', record, progress: undefined },
          ...(['listed', 'absent', 'none'] as const).map(
            (lastRead): RevocationState => ({
              kind: 'confirming',
              record,
              progress: { ...progress, absences: 2, lastRead, trouble: lastRead === 'none' ? 'network' : undefined },
            }),
          ),
        ];
  });
}

test('a grant that is being revoked or retired, a key, a connection and a message are said in every state', async (t) => {
  const { window } = await openSample(t);
  const rows = await keysRows(window, ({ kind }) => kind !== 'grant');
  const grant = rows.find((row) => row.kind === 'grant') ?? assert.fail();
  const key = rows.find((row) => row.kind === 'key') ?? assert.fail();
  assert.ok(grant.kind === 'grant' && key.kind === 'key');
  const metadata = window.connections.find(key.connection)?.inventory.metadata(key.key.arn) ?? assert.fail();
  const error = (kind: (typeof kmsErrorKinds)[number], operation: string, message = 'Some text of AWS.') =>
    new KmsError({ kind, operation, awsName: 'SomeException', message, keyArn: key.key.arn });
  const known: Known = {
    connection: () => ({
      identity: undefined,
      region: 'eu-west-1',
      accountName: undefined,
      endpoint: undefined,
      failure: undefined,
    }),
    metadata: () => metadata,
    revocation: () => undefined,
    mayRetire: () => false,
    isInTerraform: () => false,
    findings: () => [],
    grantCount: () => undefined,
    now: () => Date.UTC(2026, 10, 24),
  };
  const check = (node: Node, more: Partial<Known> = {}) => {
    assertSpoken(toTreeItem(node, { ...known, ...more }));
    assertTooltip(keysTooltip(node, { ...known, ...more }));
  };
  for (const state of states(grant)) {
    check(grant, { revocation: () => state });
  }
  for (const state of [
    'Enabled',
    'Disabled',
    'PendingDeletion',
    'PendingReplicaDeletion',
    'PendingImport',
    'Unavailable',
    'Creating',
    'Updating',
  ]) {
    for (const pinnedTo of [undefined, anasRef]) {
      check(
        { ...key, pinnedTo },
        { metadata: () => ({ ...metadata, state, description: 'Some key.' }), grantCount: () => 1 },
      );
    }
  }
  check(key, { metadata: () => undefined });
  check({ kind: 'pinnedKeys', ref: anasRef, keyArns: [key.key.arn] });
  check({ kind: 'more', parent: key, shown: 200, total: undefined, isFiltered: true });
  check({ kind: 'more', parent: key, shown: 200, total: undefined });
  check({ kind: 'more', parent: key, shown: 500, total: 1200 });
  check(message(key, 'loading', 'loading', 'Asking AWS…', ''));
  const operations = [
    'ListGrants',
    'ListKeys',
    'ListAliases',
    'DescribeKey',
    'LookupEvents',
    'GetRole',
    ...signInServices.keys(),
  ];
  for (const kind of kmsErrorKinds) {
    for (const operation of operations) {
      check(failure(key, 'failed', error(kind, operation)));
      check(failure(key, 'failed', error(kind, operation, 'some text without a stop')));
      check(
        { kind: 'connection', ref: anasRef },
        { connection: (node) => ({ ...known.connection(node), failure: error(kind, operation) }) },
      );
      const unreadable = { key: key.key, ref: anasRef, region: 'eu-west-1', error: error(kind, operation) };
      const parent = { kind: 'unreadableGroup', unreadable: [unreadable] } as const;
      const node: GranteesNode = { kind: 'unreadable', index: 0, parent, unreadable };
      const knownOfGrantees = { ...known, grouping: 'finding', showsPlace: true } as const;
      for (const one of [parent, node]) {
        assertSpoken(granteesItem(one, knownOfGrantees));
        assertTooltip(granteesTooltip(one, knownOfGrantees));
      }
    }
  }
  const counts = { keysDone: 1, keysTotal: 2, grants: 1, unreadable: 1 };
  const result = { searched: [], keys: [], unreadable: [], counts, wasCancelled: true, startedAt: 0, endedAt: 0 };
  for (const state of [
    { kind: 'running', counts: undefined },
    { kind: 'running', counts },
    { kind: 'ended', result },
  ] as const) {
    assertSpoken(granteesItem({ kind: 'scanState', state }, { ...known, grouping: 'key', showsPlace: false }));
  }
});

test('each outcome of a change is said in the history', async (t) => {
  const { window } = await openSample(t);
  const rows = await keysRows(window, ({ kind }) => kind !== 'grant');
  const { key, grant } = rows.find((row) => row.kind === 'grant') ?? assert.fail();
  const outcomes: readonly (RecordedOutcome | undefined)[] = [
    undefined,
    { kind: 'accepted' },
    ...kmsErrorKinds.map((error) => ({ kind: 'refused', error, message: 'Some text of AWS.' }) as const),
    { kind: 'refused', error: 'unknown', message: 'Cancelled', isNotSent: true },
    { kind: 'unknown' },
    { kind: 'notFound' },
    { kind: 'followed' },
    { kind: 'reappeared' },
    { kind: 'gone', afterMs: 2000 },
    { kind: 'stillListed', afterMs: 300_000, lastRead: 'listed' },
    { kind: 'unread', afterMs: 0, lastRead: 'none', trouble: 'network' },
    { kind: 'unread', afterMs: 0, lastRead: 'none' },
    { kind: 'stopped', lastRead: 'absent' },
    { kind: 'dismissed' },
    { kind: 'listed', afterMs: 900 },
    { kind: 'notListed', afterMs: 60_000 },
  ];
  const node: HistoryNode = { kind: 'historyEntry', id: 'e1' };
  for (const kind of ['revoke', 'retire', 'create', 'recreate'] as const) {
    for (const outcome of outcomes) {
      for (const recreatedAs of [undefined, 'a'.repeat(64)]) {
        const at = Date.UTC(2026, 10, 24);
        const record: JournalRecord = {
          id: 'e1',
          kind,
          at,
          connection: anasRef,
          account: '111122223333',
          key,
          grant,
          accepted: outcome?.kind !== 'refused',
          outcome,
          outcomeAt: at,
          recreatedAs,
        };
        for (const isUnderWay of [false, true]) {
          assertSpoken(historyItem(node, { record: () => record, isUnderWay: () => isUnderWay, count: () => 1 }));
        }
        const fields = historyFields(record);
        assertTooltip(historyTooltip(node, () => ({ name: 'nightly-export', fields })));
        for (const { name, value } of fields) {
          const field: HistoryNode = { kind: 'field', parent: node, name, value };
          assertSpoken(historyItem(field, { record: () => record, isUnderWay: () => false, count: () => 1 }));
        }
      }
    }
  }
  const known = { record: () => undefined, isUnderWay: () => false, count: () => 1 };
  assertSpoken(historyItem({ kind: 'historyDay', day: '2026-11-24' }, known));
  assertSpoken(historyItem({ kind: 'historyMore', shown: 200, total: 400 }, known));
  assertSpoken(
    historyItem({ kind: 'historyMessage', tone: 'error', title: 'Not readable', sentence: 'It is gone.' }, known),
  );
});
