import type { Act } from './hand.ts';

export const windows: readonly Act[] = [
  { name: 'credentials expire', weight: 1, run: async ({ cloud }) => cloud.expire() },
  {
    name: 'reload',
    weight: 2,
    run: async (_, hand) => {
      hand.window.dispose();
      hand.openWindow();
    },
  },
  {
    name: 'another window',
    weight: 2,
    run: async (world, hand) => {
      if (world.windows.length > 1) {
        hand.window.dispose();
      } else {
        hand.openWindow();
      }
    },
  },
  { name: 'clear the history', weight: 1, mayGoOn: true, run: (_, { window }) => window.journal.clear() },
];
