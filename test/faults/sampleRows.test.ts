import assert from 'node:assert/strict';
import { test } from 'node:test';
import type vscode from 'vscode';
import { findingKinds } from '../../src/core/findings/finding.ts';
import { managingService } from '../../src/core/findings/findings.ts';
import { guidesOf } from '../../src/core/findings/guides.ts';
import { shortFindings } from '../../src/views/shared/findingText.ts';
import type { GrantNode } from '../../src/views/shared/nodes.ts';
import { granteesRows, keysRows, openSample, search } from './sampleRows.ts';
import { ThemeIcon } from './vscode.ts';

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

/** What a hover shows without scrolling. */
const hoverLines = 12;

/** The lines of a hover, without its Markdown. */
async function hoverOf(tooltip: Promise<vscode.MarkdownString | string | undefined>): Promise<readonly string[]> {
  const shown = await tooltip;
  assert.ok(typeof shown === 'object');
  assert.deepEqual([shown.isTrusted, shown.supportHtml], [false, false]);
  const ours = new Set(guidesOf(findingKinds.map((kind) => ({ kind }))).map(({ url }) => url));
  for (const [, url = ''] of shown.value.matchAll(/(?<!\\)\]\(([^)]*)\)/g)) {
    assert.ok(ours.has(url), url);
  }
  const lines = shown.value.split(/\n+/).map((line) => line.trim());
  return lines.map((line) => line.replaceAll('**', '').replace(/\\(.)/g, '$1'));
}

test('the hover of a grant or a key says findings first, then what a revoke would do, in a dozen lines', async (t) => {
  const { window } = await openSample(t);
  const rows = await keysRows(window, ({ kind }) => kind !== 'grant');
  const seen = { grants: 0, keys: 0, findings: 0 };
  for (const row of rows) {
    if (row.kind !== 'key' && row.kind !== 'grant') {
      continue;
    }
    const [, ...lines] = await hoverOf(window.view.tooltip(row));
    assert.ok(lines.length < hoverLines, lines.join('\n'));
    const findings = window.view.findings(row);
    const first = lines.slice(0, findings.length);
    if (findings.length > 0 && findings.length <= 3) {
      assert.ok(
        first.every((line) => /^(Finding|Note): [^:]+: /.test(line)),
        lines.join('\n'),
      );
      assert.match(lines.find((line) => line.startsWith('AWS')) ?? '', /\]\(https:\/\/docs\.aws\.amazon\.com\//);
    }
    if (row.kind === 'grant') {
      const place = (start: string) => lines.findIndex((line) => line.startsWith(start));
      assert.ok(place('If revoked: ') === Math.min(findings.length, 4), lines.join('\n'));
      assert.ok(place('If revoked: ') < place('Grantee: '));
      seen.grants += 1;
    } else {
      assert.equal(lines.at(-1), `Key ARN: ${row.key.arn}`);
      seen.keys += 1;
    }
    seen.findings = Math.max(seen.findings, findings.length);
  }
  assert.ok(seen.grants > 100 && seen.keys >= 24 && seen.findings > 3, JSON.stringify(seen));
});

test('a key says how many grants it has once they were listed, for which nothing is asked', async (t) => {
  const { world, window } = await openSample(t);
  const [first, second] = await window.keyRows();
  assert.ok(first !== undefined && second !== undefined);
  await world.outside.idle();
  const count = / · \d+ grants? · /;
  assert.doesNotMatch(window.text(first), count);
  const redrawn: unknown[] = [];
  window.view.onDidChangeTreeData((node) => redrawn.push(node));
  const listed = (await window.rows(first)).filter(({ kind }) => kind === 'grant');
  assert.deepEqual(redrawn, [first]);
  assert.ok(window.text(first).includes(` · ${listed.length} grants · `), window.text(first));
  const asked = window.calls.length;
  await window.rows(first);
  assert.deepEqual([redrawn.length, window.calls.length], [1, asked]);
  assert.doesNotMatch(window.text(second), count);

  window.view.refresh(first);
  assert.doesNotMatch(window.text(first), count, 'It is not known until it is listed again.');
});

test('grouped by finding, each group says how grave it is, what it means, what to do and how many grants it has', async (t) => {
  const { window } = await openSample(t);
  const rows = await keysRows(window, ({ kind }) => kind !== 'grant');
  await search({ window, rows });
  window.grantees.setGrouping('finding');
  const groups = window.grantees.getChildren().filter((row) => row.kind === 'group');
  assert.ok(groups.length > 8);
  for (const row of groups) {
    const { subject, grants, title } = row.group;
    assert.ok(subject.kind === 'finding');
    const { iconPath, description } = window.grantees.getTreeItem(row);
    assert.equal(description, String(grants.length));
    const isWarning = grants.some(({ findings }) =>
      findings.some(({ kind, severity }) => kind === subject.finding && severity === 'warning'),
    );
    const icon = subject.finding === 'none' ? 'pass' : isWarning ? 'warning' : 'info';
    assert.ok(iconPath instanceof ThemeIcon);
    assert.equal(iconPath.id, icon);
    assert.equal(iconPath.color === undefined, icon === 'pass');
    const [head, meaning = '', guide] = await hoverOf(window.grantees.tooltip(row));
    assert.equal(head, `${title} · ${grants.length === 1 ? '1 grant' : `${grants.length} grants`}`);
    assert.match(meaning, /^[A-Z].+\. .+\.$/);
    assert.equal(guide !== undefined, subject.finding !== 'none');
  }
});
