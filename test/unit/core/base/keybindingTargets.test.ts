import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { keybindingTargets } from '../../../../src/core/base/keybindingTargets.ts';

const [a, b, c, d] = [{ row: 'a' }, { row: 'b' }, { row: 'c' }, { row: 'd' }];

test('a key is for the row that has the focus, whatever else is selected', () => {
  assert.deepEqual(keybindingTargets(b, [[a], []]), [b]);
  assert.deepEqual(keybindingTargets(b, [[a, c], []]), [b]);
  assert.deepEqual(keybindingTargets(b, [[], []]), [b]);
});

test('where the focus is in a selection of several, a key is for all of them', () => {
  assert.deepEqual(keybindingTargets(b, [[a, b], []]), [a, b]);
  assert.deepEqual(
    keybindingTargets(d, [
      [a, b],
      [c, d],
    ]),
    [c, d],
  );
});

test('with no focus a key is for nothing', () => {
  for (const focused of [undefined, null]) {
    assert.deepEqual(keybindingTargets(focused, [[a, b], [c]]), []);
  }
});

test('a row is never in question without the one that has the focus', () => {
  const rows = fc.subarray([a, b, c, d]);
  fc.assert(
    fc.property(fc.constantFrom(a, b, c, d, undefined), rows, rows, (focused, one, other) => {
      const pressed = keybindingTargets(focused, [one, other]);
      assert.equal(pressed.length === 0, focused === undefined);
      assert.ok(pressed.length === 0 || pressed.includes(focused));
      assert.ok(pressed.length <= 1 || pressed === one || pressed === other);
    }),
  );
});
