import { abortError } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { isKmsError, KmsError } from '../kms/errors.ts';
import type { Aws, Profile } from '../kms/kmsApi.ts';
import { type Connection, type ConnectionRef, connectionId } from '../kms/model.ts';
import type { RequestLimiter } from '../pacing/limiter.ts';
import { chooseConnections, type Preferences } from './chooseConnections.ts';
import { ConnectionEvents, ConnectionSlot } from './connectionSlot.ts';
import type { Session } from './session.ts';
import { type PromptPermissions, signInId } from './signIn.ts';

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

/** The connections in the view. Each is opened when first needed, and reopened when its files change. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #events = new ConnectionEvents();
  readonly #slots = new Map<string, ConnectionSlot>();
  readonly #listChanged = new Emitter();
  /** The list of connections may have changed: call {@link list} again. */
  readonly onDidChangeList = this.#listChanged.event;
  readonly #shownChanged = new Emitter();
  /** {@link shown} changed in members or order. */
  readonly onDidChangeShown = this.#shownChanged.event;
  /** The connection with this ID was opened, failed, or was closed to be reopened. */
  readonly onDidChangeState = this.#events.stateChanged.event;
  /**
   * The connection with this ID was reopened and may belong to another account. Views must remove everything that they
   * show of it.
   */
  readonly onDidChangeAccount = this.#events.accountChanged.event;
  readonly onDidOpen = this.#events.opened.event;
  /** The data of an open session changed. */
  readonly onDidChangeSession = this.#events.sessionChanged.event;
  /** The connections to show, as of the last {@link list}. */
  #listed: readonly ConnectionRef[] | undefined;
  #openings = 0;
  #watches = 0;
  #disposed = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#events.opened.event(() => void this.#updateWatchedFiles());
  }

  /**
   * The connections to show, in order. Closes those that are no longer in the list.
   * @throws KmsError as {@link chooseConnections}, or `filesUnreadable`
   */
  async list(): Promise<readonly ConnectionRef[]> {
    if (this.#disposed) {
      return [];
    }
    const isChosen = this.#options.preferences().connections !== undefined;
    const aws = isChosen ? undefined : await this.#options.aws();
    const profiles = aws === undefined ? [] : await this.#profiles(aws);
    let refs: readonly ConnectionRef[] = [];
    const before = this.#shownIds();
    try {
      // Preferences are read again, since they may have changed while the files were read.
      refs = chooseConnections(this.#options.preferences(), profiles);
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

  /** None where the files can't be read and sample data is shown, which needs no files. */
  async #profiles(aws: Aws): Promise<readonly Profile[]> {
    try {
      return await aws.profiles();
    } catch (error) {
      void this.#updateWatchedFiles();
      if (this.#options.preferences().sample) {
        return [];
      }
      throw error;
    }
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
    return slot.open();
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

  /** The sessions of all {@link known} connections that are open. */
  get sessions(): readonly Session[] {
    return [...this.#slots.values()].flatMap(({ session }) => session ?? []);
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
      slot.fail(error);
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
        slot.reconnect();
      }
    }
  }

  /** Closes a connection. The next {@link open} reads the files and opens it again. */
  reconnect(ref: ConnectionRef): void {
    this.#slots.get(connectionId(ref))?.reconnect();
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
      await slot.filesChanged(aws);
    }
    void this.#updateWatchedFiles();
  }

  dispose(): void {
    this.#disposed = true;
    for (const slot of this.#slots.values()) {
      slot.dispose();
    }
  }

  #slot(ref: ConnectionRef): ConnectionSlot {
    const id = connectionId(ref);
    const known = this.#slots.get(id);
    if (known !== undefined) {
      return known;
    }
    const slot = new ConnectionSlot(ref, {
      ...this.#options,
      events: this.#events,
      nextOpening: () => {
        this.#openings += 1;
        return this.#openings;
      },
    });
    this.#slots.set(id, slot);
    return slot;
  }

  #closeAllBut(refs: readonly ConnectionRef[]): void {
    this.#listed = refs;
    for (const slot of [...this.#slots.values()]) {
      this.#closeUnlessListed(slot, refs);
    }
  }

  #closeUnlessListed(slot: ConnectionSlot, refs: readonly ConnectionRef[]): void {
    const isOfShownSignIn = refs.some((ref) => signInId(ref) === signInId(slot.ref));
    if (refs.some((ref) => connectionId(ref) === slot.id) || (slot.isSibling && isOfShownSignIn)) {
      return;
    }
    if (slot.holds > 0) {
      slot.isRemoved = true;
      return;
    }
    slot.dispose();
    this.#slots.delete(slot.id);
    if (!isOfShownSignIn) {
      this.#options.permissions.withdraw(slot.ref);
    }
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
