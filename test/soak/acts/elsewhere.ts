import { ana, type World } from '../../faults/world.ts';
import { type Act, type Hand, minute, one, somewhere } from './hand.ts';

/** What others do in the same accounts. */
export const elsewhere: readonly Act[] = [
  { name: 'others make a grant', weight: 8, run: async (world, hand) => makeOneElsewhere(world, hand) },
  { name: 'others end a grant', weight: 3, run: async (world, hand) => endOneElsewhere(world, hand) },
  { name: 'others change keys', weight: 1, run: async (world, hand) => changeKeys(world, hand) },
];

export const readers = [`arn:aws:iam::${ana}:role/app/Reader`, `arn:aws:iam::${ana}:user/ana`] as const;

export function makeOneElsewhere(world: World, hand: Hand, keyId?: string): void {
  const accounts = keyId === undefined ? [somewhere(hand, world)] : world.emulators;
  const found = accounts.find(({ account }) => keyId === undefined || account.keys.has(keyId));
  if (found === undefined) {
    return;
  }
  const { account } = found;
  const key = keyId === undefined ? one(hand, [...account.keys.values()]) : account.keys.get(keyId);
  if (key === undefined) {
    return;
  }
  account.addGrant({
    id: hand.random.hex(32),
    keyId: key.id,
    createdAt: world.serverNow(),
    granteePrincipal: hand.random.pick(readers),
    retiringPrincipal: `arn:aws:iam::${ana}:user/ana`,
    issuingAccount: account.rootArn,
    operations: ['Decrypt'],
  });
}

/** Somebody else revokes a grant: the change reaches each part of KMS after a while of its own. */
export function endOneElsewhere(world: World, hand: Hand): void {
  const { account } = somewhere(hand, world);
  const key = one(hand, [...account.keys.values()]);
  const stored = one(hand, [...account.grantsOf(key?.id ?? '').values()]);
  if (stored === undefined || stored.removedFrom !== undefined) {
    return;
  }
  stored.removedFrom = [0, 1, 2].map(() => world.serverNow() + hand.random.below(2 * minute));
  hand.note(`others end ${stored.grant.id.slice(0, 8)}`);
}

/** A key is made, or deleted with its grants. */
function changeKeys(world: World, hand: Hand): void {
  const { account } = somewhere(hand, world);
  const key = one(hand, [...account.keys.values()]);
  if (key === undefined) {
    return;
  }
  if (account.keys.size > 2) {
    account.removeKey(key.id);
  } else {
    const id = hand.random.uuid();
    account.keys.set(id, { ...key, id, arn: account.kmsArn(`key/${id}`) });
  }
}
