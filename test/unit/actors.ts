import type { Actor } from '../../src/core/kms/actor.ts';
import type { CallerIdentity } from '../../src/core/kms/model.ts';

export const ana: CallerIdentity = { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/ana' };

export function verified(identity: CallerIdentity = ana): Actor {
  return { kind: 'verified', identity };
}

/** STS never answered. */
export const unverified: Actor = { kind: 'unverified', reason: 'STS gave no answer.', lastKnown: undefined };
