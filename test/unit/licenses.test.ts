import { strict as assert } from 'node:assert';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../host/project.ts';

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, object>> }>>;
}

const { thirdPartyLicenses }: { thirdPartyLicenses(metafile: Metafile, root: string): string } = await import(
  pathToFileURL(join(projectRoot, 'licenses.mjs')).href
);

/** A folder with these packages, by their path: the licence's ID and its text, if they have one. */
async function installed(
  t: TestContext,
  packages: Readonly<Record<string, readonly [id: string | undefined, text?: string]>>,
) {
  const root = await mkdtemp(join(tmpdir(), 'kms-grants-licenses-'));
  t.after(() => rm(root, { recursive: true }));
  for (const [path, [license, text]] of Object.entries(packages)) {
    await mkdir(join(root, path), { recursive: true });
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    await writeFile(join(root, path, 'package.json'), JSON.stringify({ name, version: '1.0.0', license }));
    if (text !== undefined) {
      await writeFile(join(root, path, 'LICENSE'), text);
    }
  }
  return (...inputs: readonly string[]) =>
    thirdPartyLicenses(
      { outputs: { 'dist/a.js': { inputs: Object.fromEntries(inputs.map((one) => [one, {}])) } } },
      root,
    );
}

test('what is bundled is listed once and by name, those of one text together; what is not bundled is left out', async (t) => {
  const licenses = await installed(t, {
    'node_modules/zebra': ['MIT', 'Copyright Z\r\n'],
    'node_modules/ape': ['MIT', 'Copyright A'],
    'node_modules/@zoo/lion': ['ISC', 'Copyright L'],
    'node_modules/@zoo/lion/node_modules/ape': ['MIT', 'Copyright A'],
    'node_modules/unused': ['GPL-3.0', 'Copyright U'],
  });
  const text = licenses(
    'node_modules/zebra/index.js',
    'node_modules/zebra/lib/more.js',
    'node_modules/@zoo/lion/node_modules/ape/index.js',
    'node_modules/@zoo/lion/index.js',
    'src/extension.ts',
    'node_modules/ape/index.js',
  );
  const line = '-'.repeat(80);
  assert.equal(
    text,
    `@zoo/lion 1.0.0 (ISC)\n\nCopyright L\n\n${line}\n\nape 1.0.0 (MIT)\nape 1.0.0 (MIT)\n\nCopyright A\n\n${line}\n\nzebra 1.0.0 (MIT)\n\nCopyright Z\n`,
  );
});

test('a package without a text takes that of its publisher, under the same licence, and says so', async (t) => {
  const licenses = await installed(t, {
    'node_modules/@zoo/bear': ['ISC', 'Copyright B'],
    'node_modules/@zoo/lion': ['MIT'],
    'node_modules/@zoo/mouse': ['MIT', 'Copyright M'],
  });
  assert.equal(
    licenses('node_modules/@zoo/lion/index.js'),
    '@zoo/lion 1.0.0 (MIT), which has no licence text of its own: this is that of @zoo/mouse\n\nCopyright M\n',
  );
});

test('packages without a licence fail the build, by name', async (t) => {
  const licenses = await installed(t, {
    'node_modules/ape': ['MIT', 'Copyright A'],
    'node_modules/lion': ['MIT'],
    'node_modules/@zoo/mouse': ['MIT'],
    'node_modules/nameless': [undefined, 'All rights reserved'],
  });
  const inputs = ['ape', 'lion', '@zoo/mouse', 'nameless'].map((name) => `node_modules/${name}/index.js`);
  assert.throws(() => licenses(...inputs), { message: 'No licence text for @zoo/mouse, lion, nameless.' });
});
