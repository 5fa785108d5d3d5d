import type { Actor } from '../kms/actor.ts';
import type { KmsApi } from '../kms/kmsApi.ts';
import type { CallerIdentity, Connection } from '../kms/model.ts';
import type { Inventory, InventoryChange } from './inventory.ts';

/** An open connection: the one place where a node's connection leads to a client. */
export interface Session {
  readonly connection: Connection;
  readonly api: KmsApi;
  /** The same KMS, for reads that nobody waits for: they go after all others. */
  readonly background: KmsApi;
  readonly inventory: Inventory;
  /** Aborted when the connection is replaced or removed; every request of the session carries it. */
  readonly closed: AbortSignal;
  /** Who STS says we are; asked once, kept when answered. Rejects with a KmsError. */
  identity(): Promise<CallerIdentity>;
  /** The answer to {@link identity}, once there is one. */
  readonly knownIdentity: CallerIdentity | undefined;
  /**
   * Asks STS again who the credentials are of that the next call will use. Rejects with a KmsError: `accountChanged` ends
   * the session.
   */
  confirmIdentity(signal: AbortSignal): Promise<CallerIdentity>;
  /** AWS's own time, once KMS has answered: see OpenedConnection. */
  awsTime(): number | undefined;
}

/** A session, and who a change is made as by it. */
export interface ActingSession {
  readonly session: Session;
  readonly actor: Actor;
}

export type SessionChange = InventoryChange | { readonly kind: 'identity' };

export type OpenSession = Session & { close(): void };
