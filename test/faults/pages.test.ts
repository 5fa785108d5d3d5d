import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { type CommandId, commands } from '../../src/manifest.ts';
import { JsonDocuments } from '../../src/views/shared/jsonDocuments.ts';
import { contextOf } from './context.ts';
import { keysRows, openSample } from './sampleRows.ts';
import { dialogs, Uri, commands as vscodeCommands } from './vscode.ts';

interface Shown {
  readonly title: string;
  /** Without the escapes of Markdown. */
  readonly text: string;
  /** The document that the page links to. */
  readonly json: unknown;
}

/** The sample data, and the pages that are shown of it. */
async function setUp(t: TestContext) {
  const { world, window } = await openSample(t);
  const documents = new JsonDocuments();
  const shown: Shown[] = [];
  const { executeCommand } = vscodeCommands;
  const contentOf = (uri: unknown) => documents.provideTextDocumentContent(uri as never) ?? assert.fail(String(uri));
  vscodeCommands.executeCommand = async (id, uri) => {
    if (id === 'markdown.showPreview') {
      const { scheme, path, query } = uri as ReturnType<typeof Uri.from>;
      const markdown = contentOf(uri);
      const [, address = ''] = /\[Show as JSON\]\(([^)]*)\)/.exec(markdown) ?? [];
      // As VS Code resolves it.
      const json = Uri.from({ scheme, path: new URL(address, `file://${encodeURI(path)}`).pathname, query });
      const linked = Uri.from({ ...json, path: decodeURIComponent(json.path) });
      const text = markdown.replace(/\\(.)/g, '$1').replaceAll('**', '');
      shown.push({ title: path, text, json: JSON.parse(contentOf(linked)) });
    }
    return undefined;
  };
  t.after(() => {
    vscodeCommands.executeCommand = executeCommand;
  });
  const context = { ...contextOf(window), documents };
  const press = async (id: CommandId, argument: unknown, selected?: unknown): Promise<Shown> => {
    await world.finish(run(context, id, argument, selected));
    return shown.at(-1) ?? assert.fail('No page was shown.');
  };
  return { world, window, press, shown };
}

const sectionsOf = ({ text }: Shown) => [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title);

test('the details of a key are a page: what could not be read first, and all of it as JSON, one click away', async (t) => {
  const { world, window, press } = await setUp(t);
  world.emulator().setDenials([{ operation: 'ListResourceTags' }]);
  const row = (await window.keyRows()).find(({ key }) => key.aliases.includes('alias/orders-db'));
  const page = await press(commands.showKeyDetails, row);
  assert.match(page.title, /orders-db – details\.md$/);
  assert.deepEqual(sectionsOf(page), ['Not Read', 'Key', 'Last Use', 'Rotation', 'Key Policy']);
  assert.match(page.text, /## Not Read\n\n- Tags: AWS denied kms:ListResourceTags on arn:/);
  assert.match(page.text, /- Key ARN: arn:aws:kms:eu-west-1:111122223333:key\//);
  assert.match(page.text, /## Key Policy\n\n```json\n\{\n {2}"Version"/);
  assert.match(JSON.stringify(page.json), /"KeyRotationEnabled":true/);
  assert.match(JSON.stringify(page.json), /"Tags":"Unknown: Access denied\./);
});

test('each key of the sample data has its details, with findings before all that was read', async (t) => {
  const { window, press } = await setUp(t);
  const rows = await keysRows(window, ({ kind }) => kind !== 'grant');
  for (const row of rows) {
    if (row.kind !== 'key') {
      continue;
    }
    const page = await press(commands.showKeyDetails, row);
    const all = sectionsOf(page);
    // Some kinds of key have no rotation, and refuse the question.
    const [first, ...others] = all.filter((title) => title !== 'Not Read');
    assert.ok(all.indexOf('Not Read') <= 0, all.join());
    assert.equal(first, window.view.findings(row).length > 0 ? 'Findings' : 'Key');
    assert.ok(others.includes('Key Policy'), page.text);
    assert.doesNotMatch(page.text, /undefined|null|\[object/);
  }
});

test('a grant has one page: findings, what a revoke would do, evidence as far as it was loaded, and its fields', async (t) => {
  const { world, window, press } = await setUp(t);
  const rows = await keysRows(window, ({ kind }) => kind === 'connection');
  const key = rows.find((row) => row.kind === 'key' && row.key.aliases.includes('alias/orders-db'));
  const grants = (await window.rows(key)).filter((row) => row.kind === 'grant');
  assert.ok(grants.length > 10);
  const asked = () => window.calls.length;
  await world.outside.idle();
  const before = asked();
  for (const row of grants) {
    const page = await press(commands.showGrantDetails, row);
    const findings = window.view.findings(row).length > 0 ? ['Findings'] : [];
    assert.deepEqual(sectionsOf(page), [...findings, 'If Revoked', 'Evidence', 'Grant', 'Key']);
    assert.match(page.text, /Open Evidence below the grant/);
    assert.match(page.text, new RegExp(`- Grant ID: ${row.grant.grantId}`));
    assert.equal((page.json as { readonly GrantId: string }).GrantId, row.grant.grantId);
    assert.doesNotMatch(page.text, /undefined|null|\[object/);
  }
  assert.equal(asked(), before, 'AWS is asked for nothing.');

  const [row] = grants;
  assert.ok(row !== undefined);
  const [evidence] = await window.rows(row);
  assert.equal(evidence?.kind, 'evidence');
  await window.rows(evidence);
  await world.outside.idle();
  await window.revoke(row);
  const page = await press(commands.showGrantDetails, row);
  assert.equal(sectionsOf(page)[0], 'Changes Made Here');
  assert.match(page.text, /## Changes Made Here\n\n- \d{4}-\d\d-\d\d [\d:]+: revoked · /);
  assert.match(page.text, /## Evidence\n\n- Created by: /);
});

test('the results of a revoke of several are a page that begins with those that failed', async (t) => {
  const { world, window, press, shown } = await setUp(t);
  const grants = (await keysRows(window, ({ kind }) => kind !== 'grant')).filter((row) => row.kind === 'grant');
  const [first, second] = grants.filter((row) =>
    window.view.findings(row).some(({ severity }) => severity === 'warning'),
  );
  assert.ok(first !== undefined && second !== undefined);
  const before = { ...dialogs };
  t.after(() => Object.assign(dialogs, before));
  dialogs.press = async (_, buttons) => buttons.find((one) => one === 'Continue…' || one === 'Show Results');
  dialogs.type = async (_, expected) => {
    world.emulator().setDenials([{ operation: 'RevokeGrant', keyId: second.key.keyId }]);
    return expected;
  };
  await press(commands.revokeGrant, first, [first, second]);
  const page = shown.at(-1) ?? assert.fail();
  assert.match(page.title, /Revoke Results\.md$/);
  assert.deepEqual(sectionsOf(page), ['Failed: 1', 'Revoked: 1']);
  assert.match(page.text, /- \S+: \S+\n {2}- AWS denied kms:RevokeGrant/);
  const { failed, revoked } = page.json as Record<string, readonly { readonly grantId: string }[]>;
  assert.deepEqual(
    [failed, revoked].map((group) => group?.map(({ grantId }) => grantId)),
    [[second.grant.grantId], [first.grant.grantId]],
  );
});
