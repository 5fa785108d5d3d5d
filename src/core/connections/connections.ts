import { abortError, isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { isKind, isKmsError, isSignInProblem, KmsError } from '../kms/errors.ts';
import type { Aws, OpenedConnection, SignInNeed } from '../kms/kmsApi.ts';
import { type Connection, type ConnectionRef, connectionId } from '../kms/model.ts';
import type { RequestLimiter } from '../pacing/limiter.ts';
import { chooseConnections, type Preferences } from './chooseConnections.ts';
import { OpenSession, type Session, type SessionChange } from './session.ts';
import { type PromptPermissions, signInId, signInNeeded } from './signIn.ts';

export interface ConnectionsOptions {
  /** Loads the AWS layer on first use. */
  readonly aws: () => Promise<Aws>;
  /** Shared by all connections, since quotas apply to an account and Region. */
  readonly limiter: RequestLimiter;
  readonly clock: Clock;
  readonly preferences: () => Preferences;
  readonly permissions: PromptPermissions;
  /** Replaces the set of watched files. Call {@link Connections.filesChanged} when one changes. */
  readonly watch: (paths: readonly string[]) => void;
}

/** The state of one connection, open or not. */
interface Slot {
  readonly id: string;
  readonly ref: ConnectionRef;
  /** Increases each time that the connection is closed. Work of an earlier generation is stale. */
  generation: number;
  opening: Promise<Session> | undefined;
  session: OpenSession | undefined;
  /** An opened session that is not published until it is known whether the account is the same as before. */
  checking: OpenSession | undefined;
  failure: KmsError | undefined;
  /** The number of running commands that use it. */
  holds: number;
  /** No longer shown, but kept open for a running command. */
  isRemoved: boolean;
  /** Not shown itself: it serves pinned keys of another Region below a connection of the same sign-in. */
  isSibling: boolean;
  wasOpen: boolean;
  /** The account when it was last open, if known. */
  account: string | undefined;
  /** The fingerprint of its files from before it was opened. */
  fingerprint: string | undefined;
}

/** The connections in the view. Each is opened when first needed, and reopened when its files change. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #listChanged = new Emitter();
  /** The list of connections may have changed: call {@link list} again. */
  readonly onDidChangeList = this.#listChanged.event;
  readonly #shownChanged = new Emitter();
  /** {@link shown} changed in members or order. */
  readonly onDidChangeShown = this.#shownChanged.event;
  readonly #stateChanged = new Emitter<string>();
  /** The connection with this ID was opened, failed, or was closed to be reopened. */
  readonly onDidChangeState = this.#stateChanged.event;
  readonly #accountChanged = new Emitter<string>();
  /**
   * The connection with this ID was reopened and may belong to another account. Views must remove everything that they
   * show of it.
   */
  readonly onDidChangeAccount = this.#accountChanged.event;
  readonly #opened = new Emitter<Session>();
  readonly onDidOpen = this.#opened.event;
  readonly #sessionChanged = new Emitter<{ readonly session: Session; readonly change: SessionChange }>();
  /** The data of an open session changed. */
  readonly onDidChangeSession = this.#sessionChanged.event;
  /** The connections to show, as of the last {@link list}. */
  #listed: readonly ConnectionRef[] | undefined;
  #openings = 0;
  #watches = 0;
  #disposed = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /**
   * The connections to show, in order. Closes those that are no longer in the list.
   * @throws KmsError as {@link chooseConnections}
   */
  async list(): Promise<readonly ConnectionRef[]> {
    if (this.#disposed) {
      return [];
    }
    const isChosen = this.#options.preferences().connections !== undefined;
    const aws = isChosen ? undefined : await this.#options.aws();
    const profiles = (await aws?.profiles()) ?? [];
    let refs: readonly ConnectionRef[] = [];
    const before = this.#shownIds();
    try {
      // Preferences are read again, since they may have changed while the files were read.
      const chosen = chooseConnections(this.#options.preferences(), profiles);
      refs = [...new Map(chosen.map((ref) => [connectionId(ref), ref])).values()];
    } catch (error) {
      const isNamed = aws !== undefined && isKmsError(error) && error.details.kind === 'profileMissing';
      // Without refs, `files` returns the config and credentials files.
      throw isNamed ? new KmsError({ ...error.details, files: await aws.files([]) }, error) : error;
    } finally {
      this.#closeAllBut(refs);
      for (const ref of refs) {
        const slot = this.#slot(ref);
        slot.isSibling = false;
        slot.isRemoved = false;
        this.#slots.delete(slot.id);
        this.#slots.set(slot.id, slot);
      }
      if (before !== this.#shownIds()) {
        this.#shownChanged.fire();
      }
      // Also after a failure: a change of the files may fix it.
      void this.#updateWatchedFiles();
    }
    return refs;
  }

  #shownIds(): string {
    return this.shown.map(connectionId).join('\n');
  }

  /**
   * The session of a connection, which is opened if needed.
   * @throws KmsError `signInNeeded` if opening it would prompt or run something that the user has not allowed
   */
  open(ref: ConnectionRef): Promise<Session> {
    if (this.#disposed) {
      return Promise.reject(abortError());
    }
    const slot = this.#slot(ref);
    slot.opening ??= this.#openAndRecordFailure(slot);
    return slot.opening;
  }

  /** The session of a node's connection, unless the connection was closed or reopened since. */
  find({ id, opening }: Pick<Connection, 'id' | 'opening'>): Session | undefined {
    const session = this.#slots.get(id)?.session;
    return session?.connection.opening === opening ? session : undefined;
  }

  /** The session of a connection, if it is open. */
  session(ref: ConnectionRef): Session | undefined {
    return this.#slots.get(connectionId(ref))?.session;
  }

  /** Why a connection could not be opened, or needs a new sign-in. */
  failure(ref: ConnectionRef): KmsError | undefined {
    return this.#slots.get(connectionId(ref))?.failure;
  }

  /** The connections in the view, in order. */
  get shown(): readonly ConnectionRef[] {
    return [...this.#slots.values()]
      .filter(({ isSibling, isRemoved }) => !isSibling && !isRemoved)
      .map(({ ref }) => ref);
  }

  /** The connections in the view and those behind pinned keys of other Regions. */
  get known(): readonly ConnectionRef[] {
    return [...this.#slots.values()].map(({ ref }) => ref);
  }

  /**
   * Keeps the connection open while a command uses it, even if it leaves the list. A change of its files or account
   * still closes it.
   */
  hold({ id }: Connection): Disposable {
    const slot = this.#slots.get(id);
    if (slot !== undefined) {
      slot.holds += 1;
    }
    let isHeld = slot !== undefined;
    return {
      [Symbol.dispose]: () => {
        if (slot === undefined || !isHeld) {
          return;
        }
        isHeld = false;
        slot.holds -= 1;
        if (slot.holds === 0 && this.#listed !== undefined && this.#slots.get(id) === slot) {
          this.#closeUnlessListed(slot, this.#listed);
        }
      },
    };
  }

  /** Marks an open connection as failed because a call showed that its sign-in is no longer valid. */
  reportSignInProblem(connection: Connection, error: KmsError): void {
    const slot = this.#slots.get(connection.id);
    if (slot?.session?.connection.opening === connection.opening && slot.failure === undefined) {
      this.#fail(slot, error);
    }
  }

  /**
   * Allows this connection to prompt and to run the program that its profile names, for as long as the view shows its
   * sign-in in any Region. Call it only on an action of the user.
   */
  allowPrompts(ref: ConnectionRef): void {
    this.#options.permissions.allow(ref);
  }

  /** Reopens a connection, and all failed connections of the same sign-in. */
  signIn(ref: ConnectionRef): void {
    this.allowPrompts(ref);
    for (const slot of [...this.#slots.values()]) {
      const waits = slot.failure !== undefined && signInId(slot.ref) === signInId(ref);
      if (waits || slot.id === connectionId(ref)) {
        this.reconnect(slot.ref);
      }
    }
  }

  /** Closes a connection. The next {@link open} reads the files and opens it again. */
  reconnect(ref: ConnectionRef): void {
    const slot = this.#slots.get(connectionId(ref));
    if (slot === undefined) {
      return;
    }
    this.#close(slot);
    this.#stateChanged.fire(slot.id);
  }

  preferencesChanged(): void {
    this.#listChanged.fire();
    this.#refreshList();
  }

  /** Applies the new list immediately, even if no view requests it. */
  #refreshList(): void {
    // The view calls `list` too, and shows the error.
    void this.list().catch(() => {});
  }

  /** Call it when a watched file changed. Reopens the connections that the change affects. */
  async filesChanged(): Promise<void> {
    const aws = await this.#options.aws();
    this.#listChanged.fire();
    this.#refreshList();
    for (const slot of [...this.#slots.values()]) {
      if (slot.ref.kind === 'sample') {
        continue;
      }
      const { generation } = slot;
      const fingerprint = await fingerprintOf(aws, slot.ref);
      if (slot.generation !== generation) {
        continue;
      }
      const isChanged = slot.opening !== undefined && fingerprint !== slot.fingerprint;
      // The permission was for the old content: another program or MFA device needs a new one.
      if (isChanged) {
        this.#options.permissions.withdraw(slot.ref);
      }
      if (isChanged || isSignInProblem(slot.failure)) {
        this.reconnect(slot.ref);
      }
    }
    void this.#updateWatchedFiles();
  }

  dispose(): void {
    this.#disposed = true;
    for (const slot of this.#slots.values()) {
      this.#close(slot);
    }
  }

  #slot(ref: ConnectionRef): Slot {
    const id = connectionId(ref);
    const known = this.#slots.get(id);
    if (known !== undefined) {
      return known;
    }
    const slot: Slot = {
      id,
      ref,
      isSibling: true,
      generation: 0,
      opening: undefined,
      session: undefined,
      checking: undefined,
      failure: undefined,
      holds: 0,
      isRemoved: false,
      wasOpen: false,
      account: undefined,
      fingerprint: undefined,
    };
    this.#slots.set(id, slot);
    return slot;
  }

  #closeAllBut(refs: readonly ConnectionRef[]): void {
    this.#listed = refs;
    for (const slot of [...this.#slots.values()]) {
      this.#closeUnlessListed(slot, refs);
    }
  }

  #closeUnlessListed(slot: Slot, refs: readonly ConnectionRef[]): void {
    const isOfShownSignIn = refs.some((ref) => signInId(ref) === signInId(slot.ref));
    if (refs.some((ref) => connectionId(ref) === slot.id) || (slot.isSibling && isOfShownSignIn)) {
      return;
    }
    if (slot.holds > 0) {
      slot.isRemoved = true;
      return;
    }
    this.#close(slot);
    this.#slots.delete(slot.id);
    if (!isOfShownSignIn) {
      this.#options.permissions.withdraw(slot.ref);
    }
  }

  /** Ends a session whose credentials belong to another account. The next {@link open} opens the connection again. */
  #end(slot: Slot, session: OpenSession): void {
    if (slot.session !== session && slot.checking !== session) {
      return;
    }
    this.#close(slot);
    this.#accountChanged.fire(slot.id);
    this.#stateChanged.fire(slot.id);
  }

  #close(slot: Slot): void {
    slot.wasOpen ||= slot.session !== undefined;
    slot.account = slot.session?.knownIdentity?.account ?? slot.account;
    slot.session?.close();
    slot.session = undefined;
    slot.checking?.close();
    slot.checking = undefined;
    slot.opening = undefined;
    slot.failure = undefined;
    slot.generation += 1;
  }

  async #openAndRecordFailure(slot: Slot): Promise<Session> {
    const { generation } = slot;
    try {
      return await this.#open(slot);
    } catch (error) {
      if (slot.generation !== generation) {
        return this.#reopen(slot);
      }
      if (isKmsError(error)) {
        this.#fail(slot, error);
      } else {
        slot.opening = undefined;
      }
      throw error;
    }
  }

  #fail(slot: Slot, error: KmsError): void {
    slot.failure = error;
    this.#stateChanged.fire(slot.id);
  }

  async #open(slot: Slot): Promise<Session> {
    const { generation, ref } = slot;
    const stopIfStale = (opened?: OpenedConnection) => {
      if (slot.generation === generation) {
        return;
      }
      opened?.close();
      throw abortError();
    };
    const aws = await this.#options.aws();
    // Read first, so that a change while the connection opens is detected.
    const fingerprint = await fingerprintOf(aws, ref);
    stopIfStale();
    slot.fingerprint = fingerprint;
    const need: SignInNeed = ref.kind === 'sample' ? { kind: 'none' } : await aws.signInNeed(ref);
    stopIfStale();
    if (need.kind === 'cli' || (need.kind !== 'none' && !this.#options.permissions.isAllowed(ref))) {
      throw signInNeeded(ref.kind === 'profile' ? ref.profile : undefined, need);
    }
    const opened = await aws.open(ref);
    stopIfStale(opened);
    this.#openings += 1;
    const { limiter, clock } = this.#options;
    const session = new OpenSession({ ref, opened, opening: this.#openings, limiter, clock });
    session.onDidChange((change) => {
      // Ignore sessions that are closed or not yet published.
      if (slot.session === session) {
        this.#sessionChanged.fire({ session, change });
      }
    });
    // Deferred, so that the failed call rejects with its own error before closing aborts it.
    opened.ended.addEventListener('abort', () => setImmediate(() => this.#end(slot, session)), { once: true });
    const identity = session.identity().catch((error: unknown) => {
      // The row is shown without an account, and a change asks STS again. The failure is in the log.
      if (isAbort(error) || isKmsError(error)) {
        return { error };
      }
      throw error;
    });
    if (slot.wasOpen) {
      slot.checking = session;
      const answer = await identity;
      stopIfStale();
      slot.checking = undefined;
      // The user was prompted already. Another call would prompt again and hide this error.
      if ('error' in answer && isKind(answer.error, 'mfaRefused', 'signInNeeded')) {
        session.close();
        throw answer.error;
      }
      const account = 'error' in answer ? undefined : answer.account;
      if (account === undefined || account !== slot.account) {
        this.#accountChanged.fire(slot.id);
      }
    }
    slot.session = session;
    void this.#updateWatchedFiles();
    this.#opened.fire(session);
    this.#stateChanged.fire(slot.id);
    return session;
  }

  /** Continues a stale open with the newer one, unless the connection was removed. */
  #reopen(slot: Slot): Promise<Session> {
    return this.#slots.get(slot.id) === slot ? this.open(slot.ref) : Promise.reject(abortError());
  }

  async #updateWatchedFiles(): Promise<void> {
    this.#watches += 1;
    const latest = this.#watches;
    try {
      const aws = await this.#options.aws();
      const paths = await aws.files(this.known.filter(({ kind }) => kind !== 'sample'));
      if (latest === this.#watches && !this.#disposed) {
        this.#options.watch(paths);
      }
    } catch {
      // The old files stay watched, and `list` reports the error.
    }
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
