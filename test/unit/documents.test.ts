import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import test from 'node:test';
import { findingKinds, findingTitle } from '../../src/core/findings/finding.ts';

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Readonly<Record<string, { readonly default: unknown }>> }[];
  };
}

const { contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
/** Each setting with its default. */
const defaults = new Map(
  contributes.configuration
    .flatMap(({ properties }) => Object.entries(properties))
    .map(([id, setting]) => [id, setting.default]),
);

const userPages = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)];
const designPages = readdirSync('design').map((name) => `design/${name}`);
const documents = new Set([...userPages, ...designPages, ...readdirSync('.').filter((name) => name.endsWith('.md'))]);

/** Paths in backticks, from the root or from the folder that the sentence is about. */
const roots = ['', 'src/', 'test/'];

/** The cells of the rows of all tables, without their heads. */
const tableRows = (text: string) =>
  [...text.matchAll(/^\| (.+) \|$/gm)].map(([, cells = '']) => cells.split('|').map((cell) => cell.trim()));

/** The anchors of headings, as GitHub makes them. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Paths in backticks. */
const pathsIn = (document: string) =>
  [...readFileSync(document, 'utf8').matchAll(/`((?:[\w.]+\/)+[\w.]+)`/g)].map(([, path = '']) => path);

test('documents for contributors name files', () => {
  assert.ok(pathsIn('ARCHITECTURE.md').length > 10);
  assert.ok(pathsIn('CONTRIBUTING.md').length > 10);
});

for (const document of ['ARCHITECTURE.md', 'CONTRIBUTING.md', ...designPages]) {
  test(`every file that ${document} names is there`, () => {
    const paths = pathsIn(document);
    const missing = paths.filter((path) => {
      const names = [path, `${path}.ts`, `${path}.test.ts`];
      return !path.startsWith('dist/') && !roots.some((root) => names.some((name) => existsSync(`${root}${name}`)));
    });
    assert.deepEqual(missing, []);
  });
}

test('every link of a document leads to a file and a heading that are there', () => {
  const broken: string[] = [];
  let checked = 0;
  for (const document of documents) {
    for (const [link, target = ''] of readFileSync(document, 'utf8').matchAll(/\]\((?!https:)([^)\s]+)\)/g)) {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document : join(dirname(document), path);
      checked += 1;
      if (!existsSync(file) || (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor))) {
        broken.push(`${document}: ${link}`);
      }
    }
  }
  assert.ok(checked > 20);
  assert.deepEqual(broken, []);
});

test('every page of docs is one that the README leads to', () => {
  const readme = readFileSync('README.md', 'utf8');
  assert.deepEqual(
    userPages.slice(1).filter((page) => !readme.includes(`](${page}`)),
    [],
  );
});

test('ARCHITECTURE leads to every page of design', () => {
  const architecture = readFileSync('ARCHITECTURE.md', 'utf8');
  assert.deepEqual(
    designPages.filter((page) => !architecture.includes(`](${page})`)),
    [],
  );
});

test("the README's table of settings has every setting with its default", () => {
  const shown = tableRows(readFileSync('README.md', 'utf8')).filter(([name = '']) => /^`kmsGrants\./.test(name));
  const findings = '`kmsGrants.findings.*`';
  const expected = [...defaults]
    .filter(([id, value]) => !(id.startsWith('kmsGrants.findings.') && value === true))
    .map(([id, value]) => [`\`${id}\``, defaultText(value)]);
  assert.deepEqual(
    shown.map(([name, value]) => [name, value]).toSorted(),
    [...expected, [findings, 'true']].toSorted(),
  );
});

/** An empty list or text isn't shown. */
function defaultText(value: unknown): string {
  if (value === '' || (Array.isArray(value) && value.length === 0)) {
    return '';
  }
  return typeof value === 'object' ? `\`${JSON.stringify(value)}\`` : String(value);
}

test('the page on findings has each one by its name, with its setting, the gravest first; the README names all', () => {
  const rows = tableRows(readFileSync('docs/find-and-clean-up.md', 'utf8'));
  assert.deepEqual(
    rows
      .map(([name, , setting]) => [name, setting])
      .filter(([, setting]) => setting?.startsWith('`kmsGrants.findings.')),
    findingKinds.map((kind) => [findingTitle(kind), `\`kmsGrants.findings.${kind}\``]),
  );
  const inReadme = tableRows(readFileSync('README.md', 'utf8')).flatMap(([, cell = '']) => cell.split(' · '));
  assert.deepEqual(
    findingKinds.map(findingTitle).filter((title) => !inReadme.includes(title)),
    [],
  );
});

test('every setting that a page names is one of package.json', () => {
  for (const page of userPages) {
    const named = [...readFileSync(page, 'utf8').matchAll(/`(kmsGrants\.[\w.]+)`/g)].map(([, id = '']) => id);
    assert.deepEqual(
      named.filter((id) => !defaults.has(id) && id !== 'kmsGrants.warningForeground'),
      [],
      page,
    );
  }
});
