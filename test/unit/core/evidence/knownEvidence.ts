import type { Answer } from '../../../../src/core/evidence/answer.ts';
import type { Creator } from '../../../../src/core/evidence/creator.ts';
import type { GrantEvidence } from '../../../../src/core/evidence/evidence.ts';
import type { Caller } from '../../../../src/core/evidence/kmsEvent.ts';
import type { KeyLastUsage } from '../../../../src/core/kms/model.ts';

export const noEvidence: GrantEvidence = {
  creator: undefined,
  keyLastUsed: undefined,
  holder: undefined,
  remains: undefined,
};

/** What AWS answered at the first moment of all: for what does not depend on when. */
export function answered<T>(value: T): Answer<T> {
  return { kind: 'known', value, at: 0 };
}

/** A CreateGrant event of this caller. */
export function madeBy(caller: Partial<Caller>, time = new Date(0)): Creator {
  return {
    kind: 'found',
    event: {
      name: 'CreateGrant',
      time,
      caller: { arn: undefined, principalId: undefined, account: undefined, invokedBy: undefined, ...caller },
      keyArn: undefined,
      grantId: undefined,
      granteePrincipal: undefined,
      uses: [],
      errorCode: undefined,
    },
    source: { eventId: 'event-1', name: 'CreateGrant', time, json: '' },
  };
}

export function usage(fields: Partial<KeyLastUsage>): KeyLastUsage {
  return { last: undefined, trackingStartDate: undefined, keyCreationDate: undefined, ...fields };
}
