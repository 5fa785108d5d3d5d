import { setMaxListeners } from 'node:events';
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { Actor } from '../kms/actor.ts';
import type { EvidenceApi } from '../kms/evidenceApi.ts';
import type { KmsApi, OpenedConnection } from '../kms/kmsApi.ts';
import { type CallerIdentity, type Connection, type ConnectionRef, connectionId } from '../kms/model.ts';
import type { RequestLimiter } from '../pacing/limiter.ts';
import { paceKms } from '../pacing/paced.ts';
import { pacedEvidence } from '../pacing/pacedEvidence.ts';
import { Inventory, type InventoryChange } from './inventory.ts';

/** An open connection with its client and cache. */
export interface Session {
  readonly connection: Connection;
  readonly api: KmsApi;
  /** The same API for background reads, which are sent after all others. */
  readonly background: KmsApi;
  readonly inventory: Inventory;
  /** Aborted when the connection is closed. Ends every request of the session. */
  readonly closed: AbortSignal;
  /** The caller identity from STS, requested once and cached if it succeeds. Rejects with a KmsError. */
  identity(): Promise<CallerIdentity>;
  /** The latest identity from STS, if any. */
  readonly knownIdentity: CallerIdentity | undefined;
  /**
   * Requests the identity of the credentials that the next call will use. Rejects with a KmsError; `accountChanged`
   * also ends the session.
   */
  confirmIdentity(signal: AbortSignal): Promise<CallerIdentity>;
  /** See OpenedConnection. */
  awsTime(): number | undefined;
  /** CloudTrail and IAM, by the same sign-in. Loaded when it is first wanted. */
  evidence(): Promise<EvidenceApi>;
}

/** A session, and the actor that its changes are signed as. */
export interface ActingSession {
  readonly session: Session;
  readonly actor: Actor;
}

export type SessionChange = InventoryChange | { readonly kind: 'identity' };

interface SessionOptions {
  readonly ref: ConnectionRef;
  readonly opened: OpenedConnection;
  /** Unique among all openings. */
  readonly opening: number;
  readonly limiter: RequestLimiter;
  readonly clock: Clock;
}

/** A session with the members that only {@link Connections} uses. */
export class OpenSession implements Session {
  readonly connection: Connection;
  readonly api: KmsApi;
  readonly background: KmsApi;
  readonly inventory: Inventory;
  readonly #opened: OpenedConnection;
  readonly #closing = new AbortController();
  readonly closed = this.#closing.signal;
  readonly #changed = new Emitter<SessionChange>();
  readonly onDidChange = this.#changed.event;
  readonly #limiter: RequestLimiter;
  readonly #quota: () => string;
  #evidence: Promise<EvidenceApi> | undefined;
  #identity: Promise<CallerIdentity> | undefined;
  #knownIdentity: CallerIdentity | undefined;

  constructor({ ref, opened, opening, limiter, clock }: SessionOptions) {
    const id = connectionId(ref);
    const { region, endpoint } = opened;
    this.#opened = opened;
    this.connection = { id, opening, ref, region, endpoint };
    // Every request listens to it while it runs, and a scan has many at once.
    setMaxListeners(0, this.closed);
    // Quotas apply to an account and Region, across all profiles.
    this.#limiter = limiter;
    this.#quota = () =>
      endpoint.kind === 'aws' && this.#knownIdentity !== undefined ? `${this.#knownIdentity.account}/${region}` : id;
    const { api, background, forInventory } = paceKms(limiter, this.#quota, opened.api);
    this.api = api;
    this.background = background;
    this.inventory = new Inventory(forInventory, this.closed, clock);
    this.inventory.onDidChange((change) => this.#changed.fire(change));
  }

  identity(): Promise<CallerIdentity> {
    this.#identity ??= this.#requestIdentity(this.closed).catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return this.#identity;
  }

  get knownIdentity(): CallerIdentity | undefined {
    return this.#knownIdentity;
  }

  async confirmIdentity(signal: AbortSignal): Promise<CallerIdentity> {
    const identity = await this.#requestIdentity(AbortSignal.any([signal, this.closed]));
    this.#identity = Promise.resolve(identity);
    return identity;
  }

  awsTime(): number | undefined {
    return this.#opened.awsTime();
  }

  evidence(): Promise<EvidenceApi> {
    this.#evidence ??= this.#opened.evidence().then((api) => pacedEvidence(this.#limiter, this.#quota, api));
    return this.#evidence;
  }

  close(): void {
    this.#closing.abort();
    this.#opened.close();
  }

  async #requestIdentity(signal: AbortSignal): Promise<CallerIdentity> {
    const identity = await this.#opened.api.callerIdentity(signal);
    const isNew = this.#knownIdentity?.arn !== identity.arn;
    this.#knownIdentity = identity;
    if (isNew) {
      this.#changed.fire({ kind: 'identity' });
    }
    return identity;
  }
}
