import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { registerKeyLinks } from '../../src/commands/keyLinks.ts';
import { resourceLinks } from '../../src/commands/terraform/openGrant.ts';
import { Emitter } from '../../src/core/base/emitter.ts';
import { findKeyArns } from '../../src/core/kms/keyArn.ts';
import { commands as ids, settings } from '../../src/manifest.ts';
import { settingsOnDisk } from './context.ts';
import { commands, linkProviders, Uri, workspace } from './vscode.ts';

const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

interface Link {
  readonly startIndex: number;
  readonly length: number;
  readonly range: { readonly start: number; readonly end: number };
  readonly target: { readonly path: string };
  readonly tooltip: string;
}

interface Provider {
  provideDocumentLinks(document: unknown): Promise<readonly Link[]>;
  provideTerminalLinks(line: unknown): Promise<readonly Link[]>;
  handleTerminalLink(link: Link): unknown;
}

/** A document of one line. */
const documentOf = (text: string, path = '/project/notes.md') => ({
  uri: Uri.file(path),
  lineCount: 1,
  lineAt: () => ({ range: { end: text.length } }),
  offsetAt: (end: number) => end,
  positionAt: (offset: number) => offset,
  getText: () => text,
});

function setUp(t: TestContext) {
  const values = settingsOnDisk(t);
  const changed = new Emitter<{ affectsConfiguration(id: string): boolean }>();
  const before = workspace.onDidChangeConfiguration;
  Object.assign(workspace, { onDidChangeConfiguration: changed.event });
  let loads = 0;
  const links = registerKeyLinks({
    keys: async () => {
      loads += 1;
      return { findKeyArns };
    },
    resources: async () => {
      loads += 1;
      return { resourceLinks };
    },
  });
  t.after(() => {
    links.dispose();
    Object.assign(workspace, { onDidChangeConfiguration: before });
  });
  const set = (value: unknown) => {
    values.set(settings.links, value);
    changed.fire({ affectsConfiguration: (id) => id === settings.links });
  };
  const provider = () => Object.assign({}, ...linkProviders.values()) as Provider;
  return { links, set, provider, loads: () => loads };
}

test('an ARN in a document is a link to the command with that ARN', async (t) => {
  const { provider } = setUp(t);
  const text = `kms_key_id = "${arn}"`;
  const [link, ...others] = await provider().provideDocumentLinks(documentOf(text));
  assert.ok(link !== undefined && others.length === 0);
  assert.equal(text.slice(link.range.start, link.range.end), arn);
  assert.equal(link.tooltip, 'Open in KMS Grants');
  const [, command, query] = /^command:([\w.]+)\?([\w%.-]+)$/.exec(link.target.path) ?? [];
  assert.equal(command, ids.openKeyByArn);
  assert.deepEqual(JSON.parse(decodeURIComponent(query ?? '')), [arn]);
});

test('the name of a resource in a Terraform file is a link to the command with that file and name', async (t) => {
  const { provider, loads } = setUp(t);
  const text = 'resource "aws_kms_grant" "nightly" { name = "n" }';
  assert.deepEqual(await provider().provideDocumentLinks(documentOf(text)), []);
  assert.equal(loads(), 0, 'Another kind of file loads no code.');
  for (const path of ['/project/main.tf', '/project/main.tf.json']) {
    const json = JSON.stringify({ resource: { aws_kms_grant: { nightly: { name: 'n' } } } });
    const content = path.endsWith('.json') ? json : text;
    const [link, ...others] = await provider().provideDocumentLinks(documentOf(content, path));
    assert.ok(link !== undefined && others.length === 0);
    assert.equal(content.slice(link.range.start, link.range.end), 'nightly');
    const [, command, query] = /^command:([\w.]+)\?([\w%.-]+)$/.exec(link.target.path) ?? [];
    assert.equal(command, ids.openGrantOfResource);
    assert.deepEqual(JSON.parse(decodeURIComponent(query ?? '')), [`${path}#nightly`]);
  }
  const unknowable = documentOf('resource "aws_kms_grant" "x" { name = var.n }', '/project/main.tf');
  assert.deepEqual(await provider().provideDocumentLinks(unknowable), []);
});

test('an ARN in a terminal is a link that calls the command with that ARN', async (t) => {
  const { provider } = setUp(t);
  const line = `  "Arn": "${arn}",`;
  const [link, ...others] = await provider().provideTerminalLinks({ line });
  assert.ok(link !== undefined && others.length === 0);
  assert.equal(line.slice(link.startIndex, link.startIndex + link.length), arn);
  const { executeCommand } = commands;
  const called: unknown[] = [];
  commands.executeCommand = async (...all) => void called.push(all);
  t.after(() => Object.assign(commands, { executeCommand }));
  await provider().handleTerminalLink(link);
  assert.deepEqual(called, [[ids.openKeyByArn, arn]]);
});

test('a document beyond a megabyte is not even read, and a long line of a terminal not searched', async (t) => {
  const { provider, loads } = setUp(t);
  const filled = (length: number) => `${arn}${' '.repeat(length - arn.length)}`;
  const tooLong = { ...documentOf(filled(2 ** 20 + 1)), getText: () => assert.fail('It is read.') };
  assert.deepEqual(await provider().provideDocumentLinks(tooLong), []);
  assert.deepEqual(await provider().provideTerminalLinks({ line: filled(2 ** 14 + 1) }), []);
  assert.equal(loads(), 0);
  assert.equal((await provider().provideDocumentLinks(documentOf(filled(2 ** 20)))).length, 1);
  assert.equal((await provider().provideTerminalLinks({ line: filled(2 ** 14) })).length, 1);
});

test('what speaks of no KMS loads no code', async (t) => {
  const { provider, loads } = setUp(t);
  assert.deepEqual(await provider().provideDocumentLinks(documentOf('arn:aws:s3:::bucket')), []);
  assert.deepEqual(await provider().provideTerminalLinks({ line: 'kms' }), []);
  assert.equal(loads(), 0);
});

test('the setting holds at once, both ways, until the end', (t) => {
  const { links, set } = setUp(t);
  assert.equal(linkProviders.size, 2);
  set(false);
  assert.equal(linkProviders.size, 0);
  set(true);
  assert.equal(linkProviders.size, 2);
  set('of another type');
  assert.equal(linkProviders.size, 2);
  links.dispose();
  assert.equal(linkProviders.size, 0);
  set(true);
  assert.equal(linkProviders.size, 0);
});
