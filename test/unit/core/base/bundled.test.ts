import assert from 'node:assert/strict';
import test from 'node:test';
import { Bundled } from '../../../../src/core/base/bundled.ts';
import { FakeClock } from '../fakes.ts';

test('what comes within the time is handed over once, the last of each ID', async () => {
  const clock = new FakeClock();
  const handed: (readonly string[])[] = [];
  const bundled = new Bundled<string>(clock, 100, (items) => handed.push(items));
  bundled.add('a', 'a1');
  await clock.advance(60);
  bundled.add('b', 'b1');
  bundled.add('a', 'a2');
  assert.deepEqual(handed, []);
  await clock.advance(40);
  assert.deepEqual(handed, [['a2', 'b1']]);
  await clock.advance(1000);
  assert.equal(handed.length, 1);
  bundled.add('c', 'c1');
  await clock.advance(100);
  assert.deepEqual(handed[1], ['c1']);
});

test('after a bundle that took long, the next one waits for longer', async () => {
  const clock = new FakeClock();
  let now = 0;
  let took = 100;
  let handed = 0;
  const slow = { sleep: clock.sleep.bind(clock), monotonic: () => now };
  const bundled = new Bundled<string>(slow, 100, () => {
    now += took;
    handed += 1;
  });
  bundled.add('a', 'a');
  await clock.advance(100);
  bundled.add('b', 'b');
  await clock.advance(399);
  assert.equal(handed, 1);
  took = 0;
  await clock.advance(1);
  bundled.add('c', 'c');
  await clock.advance(100);
  assert.equal(handed, 3);
});

test('nothing is handed over after the end', async () => {
  const clock = new FakeClock();
  const bundled = new Bundled<string>(clock, 100, () => assert.fail());
  bundled.add('a', 'a1');
  bundled.dispose();
  await clock.advance(1000);
});
