import assert from 'node:assert/strict';
import test from 'node:test';
import type { Connection } from '../../../../src/core/kms/model.ts';
import { HeldNodes } from '../../../../src/views/keys/heldNodes.ts';
import { type ConnectionNode, type GrantNode, type KeyNode, nodeId } from '../../../../src/views/shared/nodes.ts';
import { grant, key, profileRef } from '../../core/fakes.ts';

const connection: Connection = {
  id: 'profile/dev/eu-west-1',
  opening: 1,
  ref: profileRef,
  region: 'eu-west-1',
  endpoint: { kind: 'aws' },
};
const top: ConnectionNode = { kind: 'connection', ref: profileRef };
const keyNode = (id: string): KeyNode => ({ kind: 'key', connection, key: key(id) });
const grantNode = (parent: KeyNode, id: string): GrantNode => ({
  kind: 'grant',
  connection,
  key: parent.key,
  grant: grant(id),
});

test('rows that a refresh brings no more are forgotten, with all below them', () => {
  const held = new HeldNodes();
  held.replaceChildren(undefined, [top]);
  for (let round = 0; round < 100; round += 1) {
    const keys = Array.from({ length: 5 }, (_, index) => keyNode(`k${5 * round + index}`));
    held.replaceChildren(top, keys);
    for (const one of keys) {
      held.replaceChildren(one, [grantNode(one, 'g1'), grantNode(one, 'g2')]);
      const [first] = keys;
      assert.equal(first === undefined ? undefined : held.get(nodeId(first)), first);
    }
    assert.equal(held.size, 16);
  }
  held.replaceChildren(undefined, []);
  assert.equal(held.size, 0);
});

test('the newest node of a row is the one that is held', () => {
  const held = new HeldNodes();
  const [before, after] = [keyNode('k1'), keyNode('k1')];
  held.replaceChildren(undefined, [top]);
  held.replaceChildren(top, [before]);
  held.replaceChildren(top, [after]);
  assert.equal(held.get(nodeId(before)), after);
});

test('fields and messages are not held, nor is what comes late for a row that is gone', () => {
  const held = new HeldNodes();
  const one = keyNode('k1');
  const g = grantNode(one, 'g1');
  held.replaceChildren(undefined, [top]);
  held.replaceChildren(top, [one, { kind: 'more', parent: top, shown: 1, total: 2 }]);
  held.replaceChildren(one, [g]);
  held.replaceChildren(g, [{ kind: 'field', parent: g, name: 'Name', value: 'x' }]);
  assert.equal(held.size, 3);
  held.replaceChildren(top, []);
  held.replaceChildren(one, [g]);
  assert.equal(held.size, 1);
});
