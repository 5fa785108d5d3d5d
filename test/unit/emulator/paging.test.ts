import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { OrderedMap } from '../../../src/emulator/orderedMap.ts';
import { readPage } from '../../../src/emulator/paging.ts';

function numbers(count: number): OrderedMap<number> {
  const map = new OrderedMap<number>();
  for (let number = 1; number <= count; number++) {
    map.set(String(number), number);
  }
  return map;
}

const all = { scope: 'numbers', scanLimit: 1_000 };

suite('paging', () => {
  test('a last page that is full has no marker', () => {
    const list = numbers(6);
    const first = readPage(list, { ...all, limit: 3 });
    assert.deepEqual(first.items, [1, 2, 3]);
    assert.ok(first.nextMarker);
    const second = readPage(list, { ...all, limit: 3, marker: first.nextMarker });
    assert.deepEqual(second, { items: [4, 5, 6] });
  });

  test('an empty list is one page', () => {
    assert.deepEqual(readPage(numbers(0), { ...all, limit: 3 }), { items: [] });
  });

  test('no marker when only values follow that do not match', () => {
    const page = readPage(numbers(6), { ...all, limit: 2, matches: (number) => number <= 2 });
    assert.deepEqual(page, { items: [1, 2] });
  });

  test('a page ends early, even empty, when it has looked at enough', () => {
    const page = readPage(numbers(6), { ...all, scanLimit: 3, limit: 2, matches: (number) => number > 4 });
    assert.deepEqual(page.items, []);
    assert.ok(page.nextMarker);
  });

  test('a marker of another list, a changed one and a made-up one are refused', () => {
    const list = numbers(6);
    const { nextMarker = '' } = readPage(list, { ...all, limit: 3 });
    const changed = Buffer.from(Buffer.from(nextMarker, 'base64').toString().replace(/^\d+/, '1')).toString('base64');
    const attempts = [
      { ...all, scope: 'letters', limit: 3, marker: nextMarker },
      { ...all, limit: 3, marker: changed },
      { ...all, limit: 3, marker: 'x' },
      { ...all, limit: 3, marker: `${nextMarker}=` },
    ];
    for (const attempt of attempts) {
      assert.throws(() => readPage(list, attempt), { name: 'InvalidMarkerException' });
    }
    assert.ok(nextMarker.length <= 1024);
  });

  test('the pages of a long list cost a bounded number of steps each', () => {
    const list = numbers(50_000);
    let steps = 0;
    let marker: string | undefined;
    let items = 0;
    do {
      const page = readPage(list, {
        ...all,
        limit: 100,
        ...(marker === undefined ? {} : { marker }),
        matches: () => ++steps > 0,
      });
      items += page.items.length;
      marker = page.nextMarker;
    } while (marker !== undefined);
    assert.equal(items, 50_000);
    assert.ok(steps <= 50_000 + 500, `${steps} steps`);
  });
});
