import { type ConnectionRef, connectionId } from '../../../src/core/kms/model.ts';
import type { MessageNode, MoreNode } from '../../../src/views/shared/nodes.ts';
import { anasOtherRef, anasRef, bensRef, roleRef } from '../../faults/world.ts';
import { type Act, one } from './hand.ts';
import { configs } from './meanwhile.ts';

/** What a person does to see. */
export const looking: readonly Act[] = [
  {
    name: 'expand',
    weight: 36,
    mayGoOn: true,
    run: async (_, hand) => {
      for (let node = one(hand, await hand.rows()); node !== undefined; node = one(hand, await hand.rows(node))) {}
    },
  },
  {
    name: 'expand again',
    weight: 6,
    run: async (_, hand) => {
      const node = one(hand, hand.onScreen('key'));
      if (node !== undefined) {
        await hand.rows(node);
      }
    },
  },
  {
    name: 'refresh',
    weight: 4,
    run: async (_, hand) => {
      const node = one(hand, [...hand.onScreen('key'), ...hand.onScreen('connection')]);
      if (node !== undefined) {
        hand.window.view.refresh(node);
      }
    },
  },
  { name: 'refresh all', weight: 2, mayGoOn: true, run: (_, { window }) => window.view.refreshAll() },
  {
    name: 'retry',
    weight: 5,
    mayGoOn: true,
    run: async (_, hand) => {
      const node: MessageNode | undefined = one(hand, hand.onScreen('message'));
      if (node !== undefined) {
        await hand.window.view.retry(node);
      }
    },
  },
  {
    name: 'load more',
    weight: 4,
    mayGoOn: true,
    run: async (_, hand) => {
      const node: MoreNode | undefined = one(hand, hand.onScreen('more'));
      if (node !== undefined) {
        await hand.window.view.loadMore(node);
      }
    },
  },
  {
    name: 'filter',
    weight: 2,
    run: async (_, { window, random }) =>
      window.view.setFilter(random.pick(['', '', 'reader', 'a', 'nothing has this'])),
  },
  {
    name: 'choose connections',
    weight: 3,
    run: async (_, hand) => {
      const all: readonly ConnectionRef[] = [anasRef, anasOtherRef, bensRef, roleRef];
      const { window } = hand;
      window.chosen = all.filter(() => hand.chance(0.6));
      hand.note(window.chosen.map(connectionId).join(', '));
      window.connections.preferencesChanged();
      await hand.rows();
    },
  },
  {
    name: 'change files',
    weight: 3,
    run: (_, hand) => {
      const config = hand.random.pick(configs);
      hand.note(JSON.stringify(config));
      return hand.writeConfig(config);
    },
  },
];
