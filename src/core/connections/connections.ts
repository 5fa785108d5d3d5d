import { abortError, isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { isKind, isKmsError, isSignInProblem, KmsError } from '../kms/errors.ts';
import type { Aws, OpenedConnection, SignInNeed } from '../kms/kmsApi.ts';
import { type Connection, type ConnectionRef, connectionId } from '../kms/model.ts';
import type { RequestLimiter } from '../pacing/limiter.ts';
import { chooseConnections, type Preferences } from './chooseConnections.ts';
import { OpenSession, type Session, type SessionChange } from './session.ts';
import { type PromptPermissions, signInNeeded, signInOf } from './signIn.ts';

export interface ConnectionsOptions {
  /** Loads AWS's SDK, on first use. */
  readonly aws: () => Promise<Aws>;
  /** Paces all requests to KMS of all connections, those of one account and Region together. */
  readonly limiter: RequestLimiter;
  readonly clock: Clock;
  readonly preferences: () => Preferences;
  readonly permissions: PromptPermissions;
  /** The files to watch from now on; {@link Connections.filesChanged} is called when one changes. */
  readonly watch: (paths: readonly string[]) => void;
}

/** What is kept of one connection, open or not. */
interface Slot {
  readonly id: string;
  readonly ref: ConnectionRef;
  /** Grows with every closing: what began before is stale. */
  generation: number;
  opening: Promise<Session> | undefined;
  session: OpenSession | undefined;
  /** Opened, and not given out before it is known to lead to the same account as the session before it. */
  checking: OpenSession | undefined;
  failure: KmsError | undefined;
  /** Commands that use it at the moment. */
  holds: number;
  /** No longer to be shown, and kept open for a command alone. */
  isRemoved: boolean;
  /** Not on screen itself: it serves keys of another Region that stand below a connection of the same sign-in. */
  isSibling: boolean;
  wasOpen: boolean;
  /** The account it led to when it was last open, as far as that was known. */
  account: string | undefined;
  /** What the files said of it before anything else was read of them for its opening. */
  fingerprint: string | undefined;
}

/** The connections on screen, each opened when it is first needed, and again when its files change. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #listChanged = new Emitter();
  /** Other connections are to be shown, or in another order. */
  readonly onDidChangeList = this.#listChanged.event;
  readonly #shownChanged = new Emitter();
  /** {@link shown} has other connections than before, or another order. */
  readonly onDidChangeShown = this.#shownChanged.event;
  readonly #stateChanged = new Emitter<string>();
  /** The connection with this ID opened, failed, or was closed to be opened again. */
  readonly onDidChangeState = this.#stateChanged.event;
  readonly #accountChanged = new Emitter<string>();
  /**
   * The connection with this ID was opened again and leads to another account than before: nothing of the old one may stay
   * on screen.
   */
  readonly onDidChangeAccount = this.#accountChanged.event;
  readonly #opened = new Emitter<Session>();
  readonly onDidOpen = this.#opened.event;
  readonly #sessionChanged = new Emitter<{ readonly session: Session; readonly change: SessionChange }>();
  /** Something became known of a session that is on screen. */
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
   * The connections to show, in order. Those that are shown no longer are closed.
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
      // Read again: a choice made while the files were read counts at once.
      const chosen = chooseConnections(this.#options.preferences(), profiles);
      refs = [...new Map(chosen.map((ref) => [connectionId(ref), ref])).values()];
    } catch (error) {
      const isNamed = aws !== undefined && isKmsError(error) && error.details.kind === 'profileMissing';
      // Without a connection these are the config and the credentials file.
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
      // Also after a failure: what is missing may appear in the files.
      void this.#watch();
    }
    return refs;
  }

  #shownIds(): string {
    return this.shown.map(connectionId).join('\n');
  }

  /**
   * The session of a connection, opened now if need be.
   * @throws KmsError `signInNeeded` when opening it would prompt or run something, and nobody asked for that
   */
  open(ref: ConnectionRef): Promise<Session> {
    if (this.#disposed) {
      return Promise.reject(abortError());
    }
    const slot = this.#slot(ref);
    slot.opening ??= this.#openOrNote(slot);
    return slot.opening;
  }

  /** The session that a node's connection names, if that very opening is still the one on screen. */
  find({ id, opening }: Pick<Connection, 'id' | 'opening'>): Session | undefined {
    const session = this.#slots.get(id)?.session;
    return session?.connection.opening === opening ? session : undefined;
  }

  /** The open session of a connection, without opening one. */
  session(ref: ConnectionRef): Session | undefined {
    return this.#slots.get(connectionId(ref))?.session;
  }

  /** Why a connection did not open, or can't go on without a new sign-in. */
  failure(ref: ConnectionRef): KmsError | undefined {
    return this.#slots.get(connectionId(ref))?.failure;
  }

  /** The connections on screen. */
  get shown(): readonly ConnectionRef[] {
    return [...this.#slots.values()]
      .filter(({ isSibling, isRemoved }) => !isSibling && !isRemoved)
      .map(({ ref }) => ref);
  }

  /** The connections on screen, and those that stand behind keys of other Regions. */
  get known(): readonly ConnectionRef[] {
    return [...this.#slots.values()].map(({ ref }) => ref);
  }

  /**
   * For as long as a command uses the connection: no change of the list closes it. A change of its files, or of its account,
   * does.
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

  /** What was asked of an open connection failed since its sign-in no longer holds. */
  noteSignInProblem(connection: Connection, error: KmsError): void {
    const slot = this.#slots.get(connection.id);
    if (slot?.session?.connection.opening === connection.opening && slot.failure === undefined) {
      this.#fail(slot, error);
    }
  }

  /**
   * The user wants this connection, on screen already or about to be, so it may ask for what it needs and run what its
   * profile names, as long as it is shown in some Region.
   */
  allowToAsk(ref: ConnectionRef): void {
    this.#options.permissions.allow(ref);
  }

  /** Reopens a connection, and all that wait for the same sign-in. */
  signIn(ref: ConnectionRef): void {
    this.allowToAsk(ref);
    for (const slot of [...this.#slots.values()]) {
      const waits = slot.failure !== undefined && signInOf(slot.ref) === signInOf(ref);
      if (waits || slot.id === connectionId(ref)) {
        this.reconnect(slot.ref);
      }
    }
  }

  /** Closes a connection; the next question opens it again, from the files on. */
  reconnect(ref: ConnectionRef): void {
    const slot = this.#slots.get(connectionId(ref));
    if (slot === undefined) {
      return;
    }
    this.#close(slot);
    this.#stateChanged.fire(slot.id);
  }

  /** The preferences changed. */
  preferencesChanged(): void {
    this.#listChanged.fire();
    this.#listNow();
  }

  /** The list counts at once, also while no view asks for it. */
  #listNow(): void {
    // Whoever shows the connections asks too, and shows what is wrong.
    void this.list().catch(() => {});
  }

  /** One of the watched files changed: connections for which it changes something are opened again. */
  async filesChanged(): Promise<void> {
    const aws = await this.#options.aws();
    this.#listChanged.fire();
    this.#listNow();
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
      // What the user allowed was what the files said then: another program, or another device, needs a new permission.
      if (isChanged) {
        this.#options.permissions.withdraw(slot.ref);
      }
      if (isChanged || isSignInProblem(slot.failure)) {
        this.reconnect(slot.ref);
      }
    }
    void this.#watch();
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
    const isOfShownSignIn = refs.some((ref) => signInOf(ref) === signInOf(slot.ref));
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

  /** The credentials lead to another account: the opening is over, and the next question opens the connection again. */
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

  async #openOrNote(slot: Slot): Promise<Session> {
    const { generation } = slot;
    try {
      return await this.#open(slot);
    } catch (error) {
      if (slot.generation !== generation) {
        return this.#again(slot);
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
    // First of all, so that a change while the connection opens is noticed.
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
      // Of a session that is closed, or not given out yet, nobody needs to know.
      if (slot.session === session) {
        this.#sessionChanged.fire({ session, change });
      }
    });
    // Whoever asked gets the reason first: closing the session aborts what it asked.
    opened.ended.addEventListener('abort', () => setImmediate(() => this.#end(slot, session)), { once: true });
    const identity = session.identity().catch((error: unknown) => {
      // The row goes without its account, and a revoke asks again. The call is in the log.
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
      // The user was asked. Another call would sign in again, and hide what was wrong with the answer.
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
    void this.#watch();
    this.#opened.fire(session);
    this.#stateChanged.fire(slot.id);
    return session;
  }

  /** What began before the connection was closed: it follows the newer opening, unless the connection is shown no more. */
  #again(slot: Slot): Promise<Session> {
    return this.#slots.get(slot.id) === slot ? this.open(slot.ref) : Promise.reject(abortError());
  }

  async #watch(): Promise<void> {
    this.#watches += 1;
    const latest = this.#watches;
    try {
      const aws = await this.#options.aws();
      const paths = await aws.files(this.known.filter(({ kind }) => kind !== 'sample'));
      if (latest === this.#watches && !this.#disposed) {
        this.#options.watch(paths);
      }
    } catch {
      // What was watched stays watched; whoever asks for the connections gets the reason.
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
