import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, actions: { type: 'string', default: '10000' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const actions = Number(values.actions);

test(`${actions} random acts, --seed=${seed}`, (t) => soak(t, { seed, actions }));
