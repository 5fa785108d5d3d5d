import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstMatch } from '../../../../src/core/base/firstMatch.ts';

const operations = ['Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'Encrypt', 'GenerateDataKey', 'DescribeKey'];
const regions = [
  { label: 'ap-south-1', description: 'Mumbai' },
  { label: 'eu-west-1', description: 'Ireland' },
  { label: 'eu-west-2', description: 'London' },
  { label: 'eu-central-1', description: 'Frankfurt', detail: 'proposed' },
];

test('the first match is the one that VS Code lists first', () => {
  const labels = operations.map((label) => ({ label }));
  const cases = [
    ['encrypt', 'Encrypt'],
    [' re ', 'ReEncryptTo'],
    ['key', 'DescribeKey'],
    ['crypt', 'Decrypt'],
    ['DATA', 'GenerateDataKey'],
    ['nothing', undefined],
  ] as const;
  for (const [typed, expected] of cases) {
    assert.equal(firstMatch(labels, typed)?.label, expected, typed);
  }
  assert.equal(firstMatch(regions, 'eu-w')?.label, 'eu-west-1');
  assert.equal(firstMatch(regions, 'frank')?.label, 'eu-central-1');
  assert.equal(firstMatch(regions, 'propo')?.label, 'eu-central-1');
});
