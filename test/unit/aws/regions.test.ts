import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { regions } from '../../../src/aws/regions.ts';

test("the Regions are exactly those of the SDK's own partition data", async () => {
  const path = 'node_modules/@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js';
  const source = await readFile(path, 'utf8');
  const { partitions } = JSON.parse(source.slice(source.indexOf('{'), source.lastIndexOf('}') + 1)) as {
    partitions: { regions: Record<string, { description: string }> }[];
  };
  const known = partitions
    .flatMap((partition) => Object.entries(partition.regions))
    .filter(([name]) => !name.endsWith('-global'))
    .map(([name, { description }]) => `${name} ${description}`);
  assert.deepEqual(regions.map(({ name, description }) => `${name} ${description}`).sort(), known.sort());
});

test('commercial Regions come first, then GovCloud, then China, then the isolated ones', () => {
  const first = (prefix: string) => regions.findIndex(({ name }) => name.startsWith(prefix));
  assert.deepEqual([first('af-'), first('us-gov-') < first('cn-'), first('cn-') < first('us-iso')], [0, true, true]);
  assert.ok(regions.findLastIndex(({ name }) => name.startsWith('us-west-')) < first('us-gov-'));
});
