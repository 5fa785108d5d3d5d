import { anasRef, type configOf, type World } from '../../faults/world.ts';
import { endOneElsewhere } from './elsewhere.ts';
import { type Hand, minute } from './hand.ts';

/** What may come in between, while a question is open. */
export function meanwhile(world: World, hand: Hand): () => Promise<void> {
  const { random } = hand;
  return random.pick<() => Promise<void>>([
    async () => {},
    async () => {},
    () => world.pass(random.below(minute)),
    () => hand.writeConfig(random.pick(configs)),
    async () => endOneElsewhere(world, hand),
    async () => {
      const stage = random.pick(['before', 'after'] as const);
      for (const emulator of world.emulators) {
        emulator.setFaults([{ operation: '*Grant', times: 1, stage, fault: { kind: 'drop' } }]);
      }
    },
    async () => hand.window.connections.reconnect(anasRef),
  ]);
}

export const configs = [
  { ana: 'ana', ben: 'ben' },
  { ana: 'ana', ben: 'ben' },
  { ana: 'ben', ben: 'ben' },
  { ana: 'eve', ben: 'ben' },
  { ana: 'eve', ben: 'ben' },
  { ana: 'ana', ben: 'ana' },
] satisfies readonly [Parameters<typeof configOf>[0], ...Parameters<typeof configOf>[0][]];
