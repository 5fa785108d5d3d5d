import assert from 'node:assert/strict';
import { test } from 'node:test';
import { managingService } from '../../src/core/findings/findings.ts';
import { shortFindings } from '../../src/views/shared/findingText.ts';
import type { GrantNode } from '../../src/views/shared/nodes.ts';
import { granteesRows, keysRows, openSample, search } from './sampleRows.ts';

/** What fits beside a name in a side bar of 300 px. */
const narrow = 30;

test('in a narrow view a row says what to make of its grant: who uses it, or its findings', async (t) => {
  const { window } = await openSample(t);
  const rows = await keysRows(window, ({ kind }) => kind !== 'grant');
  const grants = rows.filter((row) => row.kind === 'grant');
  const remarkable = (row: GrantNode) => window.view.findings(row).length > 0;
  assert.ok(grants.length > 100 && grants.filter(remarkable).length > 50);

  const begins = (row: GrantNode, description: unknown, findings = window.view.findings(row)) => {
    const text = String(description);
    const short = shortFindings(findings);
    if (managingService(row.grant, row.key, undefined) !== undefined) {
      assert.match(text.slice(0, narrow), /^(used|managed) by (Amazon|AWS)/);
    } else if (short !== undefined) {
      assert.ok(text.startsWith(`${short} · `), text);
      assert.ok((short.split(',')[0] ?? '').length < narrow, short);
    }
  };
  for (const row of grants) {
    begins(row, window.view.getTreeItem(row).description);
  }

  await search({ window, rows });
  for (const grouping of ['principal', 'operation', 'key', 'creator', 'finding'] as const) {
    window.grantees.setGrouping(grouping);
    const held = granteesRows(window.grantees).filter((row) => row.kind === 'grant' && 'held' in row);
    assert.ok(held.length >= grants.length);
    for (const row of held) {
      const { subject } = row.group.group;
      // What its group says already is left out.
      const said = subject.kind === 'finding' ? subject.finding : undefined;
      const own = row.held.findings.filter(({ kind }) => kind !== said);
      begins(row, window.grantees.getTreeItem(row).description, own);
    }
  }
});
