import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { OrderedMap } from '../../../src/emulator/orderedMap.ts';

function letters(text: string): OrderedMap<string> {
  const map = new OrderedMap<string>();
  for (const letter of text) {
    map.set(letter, letter.toUpperCase());
  }
  return map;
}

suite('a map in order', () => {
  test('keeps the order of insertion, also when a value is replaced', () => {
    const map = letters('cab');
    map.set('a', 'new');
    assert.deepEqual([...map.values()], ['C', 'new', 'B']);
    assert.equal(map.size, 3);
    assert.equal(map.get('a'), 'new');
  });

  test('is read on from a position while entries before, at and behind it go', () => {
    const map = letters('abcdef');
    const [, , third] = [...map.after(0)];
    assert.equal(third?.value, 'C');
    for (const key of ['a', 'c', 'e']) {
      assert.equal(map.delete(key), true);
    }
    map.set('g', 'G');
    assert.deepEqual(
      [...map.after(third?.position ?? 0)].map(({ value }) => value),
      ['D', 'F', 'G'],
    );
  });

  test('forgets what was deleted', () => {
    const map = letters('ab');
    assert.equal(map.delete('a'), true);
    assert.equal(map.delete('a'), false);
    assert.equal(map.has('a'), false);
    assert.deepEqual([...map.values()], ['B']);
  });
});
