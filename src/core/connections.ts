import { KmsError } from './errors.ts';
import { Inventory, type InventoryChange } from './inventory.ts';
import type { Aws, KmsApi, Profile } from './kmsApi.ts';
import { type CallerIdentity, type Connection, type ConnectionRef, connectionId } from './model.ts';

/** What decides which connection the view opens first; in this order. */
export interface Preferences {
  /** The choice made in this window before. */
  readonly remembered: ConnectionRef | undefined;
  /** Settings `kmsGrants.profile` and `kmsGrants.region`; empty when unset. */
  readonly profile: string;
  readonly region: string;
  /** AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The connection to open, or `undefined` when nothing on this machine says how to sign in.
 * @throws KmsError `profileMissing` or `regionMissing`; without a profile, the environment's own credentials are meant
 */
export function chooseConnection(preferences: Preferences, profiles: readonly Profile[]): ConnectionRef | undefined {
  const { remembered, env } = preferences;
  if (remembered !== undefined && remembered.kind !== 'profile') return remembered;
  const named = remembered?.profile ?? (preferences.profile || env['AWS_PROFILE'] || undefined);
  if (named === undefined && env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) {
    return {
      kind: 'environment',
      region: preferredRegion(preferences, undefined) ?? missing('regionMissing', undefined),
    };
  }
  const name = named ?? 'default';
  const profile = profiles.find((candidate) => candidate.name === name);
  if (profile === undefined) return named === undefined ? undefined : missing('profileMissing', name);
  const region = remembered?.region ?? preferredRegion(preferences, profile) ?? missing('regionMissing', name);
  return { kind: 'profile', profile: name, region };
}

/** The setting's Region, else the profile's, else the environment's. */
export function preferredRegion({ region, env }: Preferences, profile: Profile | undefined): string | undefined {
  return region || profile?.region || env['AWS_REGION'] || undefined;
}

function missing(kind: 'profileMissing' | 'regionMissing', profile: string | undefined): never {
  throw new KmsError({ kind, operation: 'Connect', awsName: kind, message: kind, profile });
}

/** An open connection: the one place where a node's connection leads to a client. */
export interface Session {
  readonly connection: Connection;
  readonly api: KmsApi;
  readonly inventory: Inventory;
  /** Aborted when the connection is replaced; every request of the session carries it. */
  readonly closed: AbortSignal;
  /** Who STS says we are; asked once, kept when answered. Rejects with a KmsError. */
  identity(): Promise<CallerIdentity>;
  /** The answer to {@link identity}, once there is one. */
  readonly knownIdentity: CallerIdentity | undefined;
}

export type SessionChange = InventoryChange | { readonly kind: 'identity' };

export interface ConnectionsOptions {
  /** Loads the AWS room, on first use. */
  readonly aws: () => Promise<Aws>;
  readonly preferences: () => Preferences;
  readonly remember: (ref: ConnectionRef | undefined) => void;
  /** The connection on screen was replaced. */
  readonly onReplaced: () => void;
  readonly onOpened: (session: Session) => void;
  readonly onChange: (session: Session, change: SessionChange) => void;
}

/** The connection on screen: opened when first asked for, replaced as a whole. */
export class Connections {
  readonly #options: ConnectionsOptions;
  #opening: Promise<Session | undefined> | undefined;
  #session: (Session & { close(): void }) | undefined;
  #openings = 0;
  #disposed = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** The session of the view, opened now if need be; `undefined` when there is nothing to sign in with. */
  current(): Promise<Session | undefined> {
    if (this.#disposed) return Promise.resolve(undefined);
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** The session that a node's connection names, if that very opening is still the one on screen. */
  find(connection: Connection): Session | undefined {
    const { id, opening } = this.#session?.connection ?? {};
    return id === connection.id && opening === connection.opening ? this.#session : undefined;
  }

  /** The session on screen, without opening one. */
  get open(): Session | undefined {
    return this.#session;
  }

  /** Replaces what is on screen by `ref`, and remembers the choice. */
  select(ref: ConnectionRef): void {
    this.#options.remember(ref);
    this.reconnect();
  }

  /** Forgets the choice: the preferences decide anew. */
  forgetChoice(): void {
    this.#options.remember(undefined);
    this.reconnect();
  }

  /** Drops the session; the next question opens a new one. */
  reconnect(): void {
    this.#close();
    this.#options.onReplaced();
  }

  dispose(): void {
    this.#disposed = true;
    this.#close();
  }

  #close(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#opening = undefined;
    this.#openings += 1;
  }

  async #open(): Promise<Session | undefined> {
    const opening = this.#openings;
    const preferences = this.#options.preferences();
    const aws = await this.#options.aws();
    const sample = preferences.remembered?.kind === 'sample';
    const profiles = sample ? [] : await aws.profiles();
    if (opening !== this.#openings) return this.current();
    const ref = chooseConnection(preferences, profiles);
    if (ref === undefined) return undefined;
    const opened = await aws.open(ref);
    if (opening !== this.#openings) {
      opened.close();
      return this.current();
    }
    const session = this.#createSession(ref, opened, opening);
    this.#session = session;
    void session.identity().catch(() => {
      // The row goes without its account, and a revoke asks again. The call is in the log.
    });
    this.#options.onOpened(session);
    return session;
  }

  #createSession(ref: ConnectionRef, opened: Awaited<ReturnType<Aws['open']>>, opening: number) {
    const { onChange } = this.#options;
    const controller = new AbortController();
    let asked: Promise<CallerIdentity> | undefined;
    let known: CallerIdentity | undefined;
    const tell = (change: SessionChange) => {
      if (!controller.signal.aborted) onChange(session, change);
    };
    const ask = async () => {
      try {
        known = await opened.api.callerIdentity(controller.signal);
        tell({ kind: 'identity' });
        return known;
      } catch (error) {
        asked = undefined;
        throw error;
      }
    };
    const session = {
      connection: { id: connectionId(ref), opening, ref, region: opened.region, endpoint: opened.endpoint },
      api: opened.api,
      inventory: new Inventory(opened.api, controller.signal, tell),
      closed: controller.signal,
      identity: () => {
        asked ??= ask();
        return asked;
      },
      get knownIdentity() {
        return known;
      },
      close: () => {
        controller.abort();
        opened.close();
      },
    };
    return session;
  }
}
