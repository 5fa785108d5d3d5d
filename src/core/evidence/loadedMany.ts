import type { Session } from '../connections/session.ts';
import type { KmsError } from '../kms/errors.ts';
import type { Connection } from '../kms/model.ts';
import { type Answer, type EvidenceKind, type EvidencePermission, evidenceKinds } from './answer.ts';
import { creatorId, type EvidencePlace, holderId, type SessionEvidence } from './sessionEvidence.ts';

/** What is known of many grants, and what is not. */
export interface KnownOfMany {
  readonly grants: number;
  /** Of how many grants each piece is known. */
  readonly known: Readonly<Record<EvidenceKind, number>>;
  /** Grants that are older than the event history. */
  readonly tooOld: number;
  /** Grants whose event is not among those that were read. */
  readonly notFound: number;
  /** Grants whose holder is of no account that a connection leads to, or nothing that IAM lists. */
  readonly notInIam: number;
  /** Grants of which some piece was not asked, or failed. */
  readonly incomplete: number;
  readonly denied: ReadonlySet<EvidencePermission>;
  /** What the endpoints don't have. */
  readonly notSupported: ReadonlySet<EvidenceKind>;
}

/** What came of a load of many grants. */
export interface LoadedMany extends KnownOfMany {
  readonly wasCancelled: boolean;
  /** One for each connection and kind of failure. */
  readonly failures: readonly LoadFailure[];
}

export interface LoadFailure {
  readonly connection: Connection;
  readonly error: KmsError;
}

export function knownOfMany(places: readonly EvidencePlace[], of: (session: Session) => SessionEvidence): KnownOfMany {
  const known = { creator: 0, keyLastUsed: 0, holder: 0, remains: 0 };
  const counts = { tooOld: 0, notFound: 0, notInIam: 0, incomplete: 0 };
  const denied = new Set<EvidencePermission>();
  const notSupported = new Set<EvidenceKind>();
  for (const { session, key, grant } of places) {
    const loaded = of(session);
    const creator = loaded.creators.value(creatorId(key, grant));
    const holder = loaded.holders.value(holderId(key, grant));
    const answers: Readonly<Record<EvidenceKind, Answer<unknown> | undefined>> = {
      creator,
      keyLastUsed: loaded.usages.value(key.arn),
      holder,
      remains: loaded.policies.value(key.arn),
    };
    for (const kind of evidenceKinds) {
      const answer = answers[kind];
      if (answer?.kind === 'known') {
        known[kind] += 1;
      } else if (answer?.kind === 'denied') {
        denied.add(answer.permission);
      } else if (answer?.kind === 'notSupported') {
        notSupported.add(kind);
      }
    }
    if (creator?.kind === 'known' && creator.value.kind !== 'found') {
      known.creator -= 1;
      counts[creator.value.kind === 'tooOld' ? 'tooOld' : 'notFound'] += 1;
    }
    if (holder?.kind === 'known' && (holder.value.kind === 'otherAccount' || holder.value.kind === 'notInIam')) {
      known.holder -= 1;
      counts.notInIam += 1;
    }
    const isComplete = Object.values(answers).every((answer) => answer !== undefined && answer.kind !== 'failed');
    counts.incomplete += isComplete ? 0 : 1;
  }
  return { grants: places.length, known, ...counts, denied, notSupported };
}
