import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';

/** Paths in backticks, from the root or from the folder that the sentence is about. */
const roots = ['', 'src/', 'test/'];

for (const document of ['ARCHITECTURE.md', 'CONTRIBUTING.md']) {
  test(`every file that ${document} names is there`, () => {
    const text = readFileSync(document, 'utf8');
    const paths = [...text.matchAll(/`((?:[\w.]+\/)+[\w.]+)`/g)].map(([, path = '']) => path);
    assert.ok(paths.length > 10);
    const missing = paths.filter((path) => {
      const names = [path, `${path}.ts`, `${path}.test.ts`];
      return !path.startsWith('dist/') && !roots.some((root) => names.some((name) => existsSync(`${root}${name}`)));
    });
    assert.deepEqual(missing, []);
  });
}
