import { changing, revokingUnlisted } from './changing.ts';
import { elsewhere } from './elsewhere.ts';
import type { Act } from './hand.ts';
import { looking } from './looking.ts';
import { scanning } from './scanning.ts';
import { trouble } from './trouble.ts';
import { windows } from './windows.ts';

/** All acts, by how often they come. A seed draws by this order. */
export const table: readonly Act[] = [
  ...looking,
  ...changing,
  scanning,
  ...elsewhere,
  ...trouble,
  revokingUnlisted,
  ...windows,
];
