import assert from 'node:assert/strict';
import test from 'node:test';
import { neighborOfRemoved } from '../../../../src/core/base/neighbor.ts';

const cases: readonly [before: string, after: string, neighbor: string | undefined][] = [
  ['abc', 'ac', 'c'],
  ['abc', 'bc', 'b'],
  ['abc', 'ab', 'b'],
  ['abcd', 'ad', 'd'],
  ['abc', 'xac', 'c'],
  ['abc', 'ax', 'x'],
  ['abc', 'abc', undefined],
  ['abc', 'abcd', undefined],
  ['abc', '', undefined],
  ['', 'a', undefined],
];

for (const [before, after, neighbor] of cases) {
  test(`after ${before || 'nothing'} became ${after || 'nothing'}, ${neighbor ?? 'no item'} is where one went`, () => {
    const place = neighborOfRemoved([...before], [...after]);
    assert.equal(place === undefined ? undefined : after[place], neighbor);
  });
}
