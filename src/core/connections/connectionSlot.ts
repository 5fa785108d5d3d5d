import { abortError, isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { isKind, isKmsError, isSignInProblem, type KmsError } from '../kms/errors.ts';
import type { Aws, OpenedConnection, SignInNeed } from '../kms/kmsApi.ts';
import { type ConnectionRef, connectionId } from '../kms/model.ts';
import type { RequestLimiter } from '../pacing/limiter.ts';
import { OpenSession, type Session, type SessionChange } from './session.ts';
import { type PromptPermissions, signInNeeded } from './signIn.ts';

/** Fired with the ID of the connection, or its session: see the events of Connections. */
export class ConnectionEvents {
  readonly stateChanged = new Emitter<string>();
  readonly accountChanged = new Emitter<string>();
  readonly opened = new Emitter<Session>();
  readonly sessionChanged = new Emitter<{ readonly session: Session; readonly change: SessionChange }>();
}

export interface ConnectionSlotOptions {
  readonly aws: () => Promise<Aws>;
  readonly limiter: RequestLimiter;
  readonly clock: Clock;
  readonly permissions: PromptPermissions;
  readonly events: ConnectionEvents;
  /** A number for each opening, of all connections. */
  readonly nextOpening: () => number;
}

/** One connection, open or not. */
export class ConnectionSlot {
  readonly id: string;
  readonly ref: ConnectionRef;
  /** The number of running commands that use it. */
  holds = 0;
  /** No longer shown, but kept open for a running command. */
  isRemoved = false;
  /** Not shown itself: it serves pinned keys of another Region below a connection of the same sign-in. */
  isSibling = true;
  readonly #options: ConnectionSlotOptions;
  /** Increases each time that the connection is closed. Work of an earlier generation is stale. */
  #generation = 0;
  #opening: Promise<Session> | undefined;
  #session: OpenSession | undefined;
  /** An opened session that is not published until it is known whether the account is the same as before. */
  #checking: OpenSession | undefined;
  #failure: KmsError | undefined;
  #wasOpen = false;
  /** The account when it was last open, if known. */
  #account: string | undefined;
  /** The fingerprint of its files from before it was opened. */
  #fingerprint: string | undefined;
  #isDisposed = false;

  constructor(ref: ConnectionRef, options: ConnectionSlotOptions) {
    this.id = connectionId(ref);
    this.ref = ref;
    this.#options = options;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  get failure(): KmsError | undefined {
    return this.#failure;
  }

  open(): Promise<Session> {
    this.#opening ??= this.#openAndRecordFailure();
    return this.#opening;
  }

  /** It stays open, if it is. */
  fail(error: KmsError): void {
    this.#failure = error;
    this.#options.events.stateChanged.fire(this.id);
  }

  /** The next {@link open} reads the files and opens it again. */
  reconnect(): void {
    this.#close();
    this.#options.events.stateChanged.fire(this.id);
  }

  /** Reopens it if a change of its files affects it. */
  async filesChanged(aws: Aws): Promise<void> {
    if (this.ref.kind === 'sample') {
      return;
    }
    const generation = this.#generation;
    const fingerprint = await fingerprintOf(aws, this.ref);
    if (this.#generation !== generation) {
      return;
    }
    const isChanged = this.#opening !== undefined && fingerprint !== this.#fingerprint;
    // The permission was for the old content: another program or MFA device needs a new one.
    if (isChanged) {
      this.#options.permissions.withdraw(this.ref);
    }
    if (isChanged || isSignInProblem(this.#failure)) {
      this.reconnect();
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#close();
  }

  /** Ends a session whose credentials belong to another account. The next {@link open} opens the connection again. */
  #end(session: OpenSession): void {
    if (this.#session !== session && this.#checking !== session) {
      return;
    }
    this.#close();
    this.#options.events.accountChanged.fire(this.id);
    this.#options.events.stateChanged.fire(this.id);
  }

  #close(): void {
    this.#wasOpen ||= this.#session !== undefined;
    this.#account = this.#session?.knownIdentity?.account ?? this.#account;
    this.#session?.close();
    this.#session = undefined;
    this.#checking?.close();
    this.#checking = undefined;
    this.#opening = undefined;
    this.#failure = undefined;
    this.#generation += 1;
  }

  async #openAndRecordFailure(): Promise<Session> {
    const generation = this.#generation;
    try {
      return await this.#openNow();
    } catch (error) {
      if (this.#generation !== generation) {
        return this.#reopen();
      }
      if (isKmsError(error)) {
        this.fail(error);
      } else {
        this.#opening = undefined;
      }
      throw error;
    }
  }

  async #openNow(): Promise<Session> {
    const generation = this.#generation;
    const stopIfStale = (opened?: OpenedConnection) => {
      if (this.#generation === generation) {
        return;
      }
      opened?.close();
      throw abortError();
    };
    const opened = await this.#openConnection(stopIfStale);
    stopIfStale(opened);
    const session = this.#createSession(opened);
    const identity = session.identity().catch((error: unknown) => {
      // The row is shown without an account, and a change asks STS again. The failure is in the log.
      if (isAbort(error) || isKmsError(error)) {
        return { error };
      }
      throw error;
    });
    if (this.#wasOpen) {
      this.#checking = session;
      const answer = await identity;
      stopIfStale();
      this.#checking = undefined;
      // The user was prompted already. Another call would prompt again and hide this error.
      if ('error' in answer && isKind(answer.error, 'mfaRefused', 'signInNeeded')) {
        session.close();
        throw answer.error;
      }
      const account = 'error' in answer ? undefined : answer.account;
      if (account === undefined || account !== this.#account) {
        this.#options.events.accountChanged.fire(this.id);
      }
    }
    this.#session = session;
    this.#options.events.opened.fire(session);
    this.#options.events.stateChanged.fire(this.id);
    return session;
  }

  /** @param stopIfStale throws if the connection was closed since */
  async #openConnection(stopIfStale: () => void): Promise<OpenedConnection> {
    const { ref } = this;
    const aws = await this.#options.aws();
    // Read first, so that a change while the connection opens is detected.
    const fingerprint = await fingerprintOf(aws, ref);
    stopIfStale();
    this.#fingerprint = fingerprint;
    const need: SignInNeed = ref.kind === 'sample' ? { kind: 'none' } : await aws.signInNeed(ref);
    stopIfStale();
    if (need.kind === 'cli' || (need.kind !== 'none' && !this.#options.permissions.isAllowed(ref))) {
      throw signInNeeded(ref.kind === 'profile' ? ref.profile : undefined, need);
    }
    return aws.open(ref);
  }

  #createSession(opened: OpenedConnection): OpenSession {
    const { limiter, clock, nextOpening } = this.#options;
    const session = new OpenSession({ ref: this.ref, opened, opening: nextOpening(), limiter, clock });
    session.onDidChange((change) => {
      // Ignore sessions that are closed or not yet published.
      if (this.#session === session) {
        this.#options.events.sessionChanged.fire({ session, change });
      }
    });
    // Deferred, so that the failed call rejects with its own error before closing aborts it.
    opened.ended.addEventListener('abort', () => setImmediate(() => this.#end(session)), { once: true });
    return session;
  }

  /** Continues a stale open with the newer one, unless the connection was removed. */
  #reopen(): Promise<Session> {
    return this.#isDisposed ? Promise.reject(abortError()) : this.open();
  }
}

async function fingerprintOf(aws: Aws, ref: ConnectionRef): Promise<string | undefined> {
  if (ref.kind === 'sample') {
    return undefined;
  }
  try {
    return await aws.fingerprint(ref);
  } catch (error) {
    if (isKind(error, 'profileMissing')) {
      return undefined;
    }
    throw error;
  }
}
