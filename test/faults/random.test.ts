import { test } from 'node:test';
import { soak } from '../soak/soak.ts';

// The name of a test that fails says how to repeat it: npm run test:soak -- --seed=… --actions=400
for (const seed of [1, Math.floor(Math.random() * 2 ** 31)]) {
  test(`400 random acts under random faults, --seed=${seed}`, (t) => soak(t, { seed, actions: 400 }));
}
