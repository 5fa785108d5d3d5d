import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { Session } from '../connections/session.ts';
import { type ConnectionRef, connectionId, type Grant, type GrantLocator, type KmsKey } from '../kms/model.ts';
import { listedGrantsReader, type ReadListedGrants } from '../kms/readGrant.ts';
import {
  type PropagationOutcome,
  type PropagationPolicy,
  PropagationPoller,
  type PropagationProgress,
} from './propagation.ts';
import { withReadDeadline } from './readDeadline.ts';

export interface KeyPollersOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly policy: () => PropagationPolicy;
}

interface KeyPoller {
  readonly poller: PropagationPoller;
  readonly session: Session;
  /** The grants that it follows or has followed, by ID. */
  readonly grants: Map<string, Grant>;
}

/** A grant to follow. */
interface GrantToFollow {
  readonly connection: ConnectionRef;
  readonly key: KmsKey;
  readonly grant: Grant;
}

/** Follows grants until KMS no longer lists them, with one poller for each key. A poller ends with its session. */
export class KeyPollers {
  readonly #options: KeyPollersOptions;
  readonly #pollers = new Map<string, KeyPoller>();
  readonly #observedSessions = new WeakSet<Session>();
  readonly #progressed = new Emitter<{ readonly place: GrantLocator; readonly progress: PropagationProgress }>();
  readonly onDidProgress = this.#progressed.event;

  constructor(options: KeyPollersOptions) {
    this.#options = options;
  }

  /**
   * @param since as `PropagationPoller.follow`
   * @returns `undefined` when the session was closed before the end
   */
  async follow(
    session: Session,
    { connection, key, grant }: GrantToFollow,
    since: number,
  ): Promise<PropagationOutcome | undefined> {
    const id = pollerId(connection, key.arn);
    const { poller, grants } = this.#pollers.get(id) ?? this.#start(id, session, connection, key);
    grants.set(grant.grantId, grant);
    const outcome = await poller.follow(grant.grantId, since);
    if (session.closed.aborted || poller.disposed) {
      return undefined;
    }
    // The next wait on this key uses the settings of that time.
    if (poller.idle) {
      this.#pollers.delete(id);
    }
    return outcome;
  }

  /** Ends the wait, and the read that is under way for it. */
  stop(ref: ConnectionRef, keyArn: string, grantId: string): void {
    this.#pollers.get(pollerId(ref, keyArn))?.poller.stop(grantId);
  }

  dispose(): void {
    const pollers = [...this.#pollers.values()];
    this.#pollers.clear();
    for (const { poller } of pollers) {
      poller.dispose();
    }
  }

  #start(id: string, session: Session, connection: ConnectionRef, key: KmsKey): KeyPoller {
    const { clock, random, policy } = this.#options;
    const grants = new Map<string, Grant>();
    const readListed = listedGrantsReader(session.background, key.arn, (grantId) => {
      const retiring = grants.get(grantId)?.retiringPrincipal;
      return retiring?.kind === 'principal' ? retiring.value : undefined;
    });
    const read: ReadListedGrants = (grantIds, signal) =>
      withReadDeadline((ended) => readListed(grantIds, ended), clock, signal);
    const poller = new PropagationPoller({ read, clock, random, policy: policy() });
    poller.onDidProgress(({ grantId, progress }) => {
      this.#progressed.fire({ place: { connection, key, grant: { grantId } }, progress });
    });
    const started = { poller, session, grants };
    this.#pollers.set(id, started);
    this.#disposeWithSession(session);
    return started;
  }

  /** Adds one listener for each session: Node.js warns about signals with many. */
  #disposeWithSession(session: Session): void {
    if (this.#observedSessions.has(session)) {
      return;
    }
    this.#observedSessions.add(session);
    const end = () => {
      for (const [id, { poller, session: owner }] of [...this.#pollers]) {
        if (owner === session) {
          this.#pollers.delete(id);
          poller.dispose();
        }
      }
    };
    session.closed.addEventListener('abort', end, { once: true });
  }
}

function pollerId(ref: ConnectionRef, keyArn: string): string {
  return `${connectionId(ref)}/${keyArn}`;
}
