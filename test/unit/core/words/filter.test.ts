import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { searchText, shownIndexes, showsGrant, showsKey, textFilter } from '../../../../src/core/words/filter.ts';
import { grant, key, keyArnOf, metadata } from '../fakes.ts';

const matches = (text: string, ...fields: readonly (string | undefined)[]) =>
  textFilter(text)?.matches([searchText(...fields)]);

test('all words must be there, in any case, order and field', () => {
  assert.equal(matches('READER orders', 'alias/orders-db', 'role/Reader'), true);
  assert.equal(matches('reader payments', 'alias/orders-db', 'role/Reader'), false);
  assert.equal(matches('  orders   ', 'alias/orders-db'), true);
  assert.equal(matches('straße', 'STRASSE', 'Straße'), true);
});

test('a word does not reach from one field into the next, and a field that is not there matches nothing', () => {
  assert.equal(matches('ab', 'a', 'b'), false);
  assert.equal(matches('undefined', undefined, 'b'), false);
});

test('letters that are written in two ways are the same', () => {
  assert.equal(matches('caf\u00e9', 'cafe\u0301'), true);
});

test('characters of patterns are taken as they are', () => {
  assert.equal(matches('.*', 'abc'), false);
  assert.equal(matches('a.*(', 'xa.*('), true);
});

test('a text without words is no filter, and one with words is kept as it was typed', () => {
  assert.equal(textFilter(''), undefined);
  assert.equal(textFilter(' \t'), undefined);
  assert.equal(textFilter(' Orders  DB ')?.text, 'Orders  DB');
});

const orders = key('k1', 'alias/orders-db');
const described = metadata(keyArnOf('k1'), { description: 'Orders database' });
const reader = grant('g-1', { name: 'nightly' });

test('a key is found by alias, ID, ARN and description, and by the grants that are loaded', () => {
  for (const text of ['orders-db', 'k1', 'arn:aws:kms:eu-west-1', 'database', 'nightly', 'g-1', 'app/Reader']) {
    assert.equal(showsKey(textFilter(text), orders, described, [reader]), true, text);
  }
  assert.equal(showsKey(textFilter('nightly'), orders, described, []), false);
  assert.equal(showsKey(undefined, orders, described, []), true);
});

test('a grant is found by what it holds, and by its key', () => {
  const bound = grant('g-2', {
    retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Janitor' },
    constraints: {
      encryptionContextEquals: undefined,
      encryptionContextSubset: { 'aws:ebs:id': 'vol-1' },
      sourceArn: undefined,
    },
  });
  for (const text of ['janitor', 'decrypt', 'vol-1', 'aws:ebs:id', 'orders decrypt', 'database g-2']) {
    assert.equal(showsGrant(textFilter(text), orders, described, bound), true, text);
  }
  assert.equal(showsGrant(textFilter('nightly'), orders, described, bound), false);
  assert.equal(showsGrant(undefined, orders, described, bound), true);
});

test('of a key that is found by itself all grants are shown', () => {
  const filter = textFilter('orders');
  assert.ok(showsKey(filter, orders, described, []) && showsGrant(filter, orders, described, reader));
});

test('of a list, those keys are shown that are shown by themselves, whatever is known of which', () => {
  const word = fc.constantFrom('orders', 'db', 'nightly', 'alpha');
  const some = fc.record({
    aliases: fc.array(word, { maxLength: 2 }),
    description: fc.option(word, { nil: undefined }),
    grants: fc.array(word, { maxLength: 2 }),
  });
  const typed = fc.array(word, { maxLength: 3 }).map((words) => words.join(' '));
  fc.assert(
    fc.property(fc.array(some, { maxLength: 12 }), typed, (all, text) => {
      const filter = textFilter(text);
      const keys = all.map(({ aliases }, place) => key(`k${place}`, ...aliases.map((alias) => `alias/${alias}`)));
      const known = all.map(({ description, grants }, place) => ({
        keyArn: keyArnOf(`k${place}`),
        metadata: description === undefined ? undefined : metadata(keyArnOf(`k${place}`), { description }),
        grants: grants.map((name, number) => grant(`g-${place}-${number}`, { name })),
      }));
      const more = known.filter(({ metadata: about, grants }) => about !== undefined || grants.length > 0);
      const gone = { keyArn: keyArnOf('gone'), metadata: described, grants: [reader] };
      const shown = known.flatMap(({ metadata: about, grants }, place) => {
        const one = keys[place];
        return one !== undefined && showsKey(filter, one, about, grants) ? [place] : [];
      });
      assert.deepEqual(shownIndexes(filter, keys, [gone, ...more]), shown);
    }),
  );
});

test('text is made ready for the search once, and not at each keypress', () => {
  const keys = Array.from({ length: 500 }, (_, index) => key(`k${index}`, `alias/Orders-${index}`));
  const [about, held] = [{ ...described }, { ...reader }];
  const normalize = String.prototype.normalize;
  let count = 0;
  String.prototype.normalize = function (form?: string) {
    count += 1;
    return normalize.call(this, form);
  };
  try {
    const press = (text: string) => {
      count = 0;
      const filter = textFilter(text);
      const known = keys.map(({ arn }) => ({ keyArn: arn, metadata: about, grants: [held] }));
      return [shownIndexes(filter, keys, known).length, count];
    };
    assert.deepEqual(press('zzz'), [0, 1 + 500 + 2], 'the keys, and the description and grant that are those of all');
    assert.deepEqual(press('zz'), [0, 1]);
    assert.deepEqual(press('ORDERS-1'), [111, 1]);
  } finally {
    String.prototype.normalize = normalize;
  }
});
