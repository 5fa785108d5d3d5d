import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { Session } from '../connections/session.ts';
import type { EvidenceApi, IamPrincipal } from '../kms/evidenceApi.ts';
import { accountOfArn, type Grant, type KeyLastUsage, type KmsKey } from '../kms/model.ts';
import { collectPages } from '../kms/pages.ts';
import { grantee } from '../kms/principal.ts';
import { type Answer, type EvidencePermission, known, unanswered } from './answer.ts';
import { type Creator, findCreator } from './creator.ts';
import { rememberingDenials } from './denials.ts';
import { findHolder, type Holder, type Iam } from './holder.ts';
import { LoadedOnce } from './loadedOnce.ts';
import { type Remains, remainsWithout } from './remains.ts';

/** What can be known about a grant besides what KMS lists, in the order of its weight. */
export const evidenceKinds = ['creator', 'keyLastUsed', 'holder', 'remains'] as const;

export type EvidenceKind = (typeof evidenceKinds)[number];

/** The grant in question. */
export interface EvidencePlace {
  readonly session: Session;
  readonly key: KmsKey;
  readonly grant: Grant;
}

/** What was loaded; `undefined` where nothing was asked yet. */
export interface GrantEvidence {
  readonly creator: Answer<Creator> | undefined;
  readonly keyLastUsed: Answer<KeyLastUsage> | undefined;
  readonly holder: Answer<Holder> | undefined;
  readonly remains: Remains | undefined;
}

/** What became known: of a grant, or of all grants of a key. */
export interface EvidenceChange {
  readonly session: Session;
  readonly keyArn: string;
}

export interface EvidenceOptions {
  readonly clock: Clock;
  /** The open sessions that lead to an account. */
  readonly sessionsOf: (account: string) => readonly Session[];
}

/**
 * The evidence on the grants of all open connections. Nothing is asked before it is loaded, and each question once; what
 * is denied is remembered for the connection, so that it isn't asked again for each grant.
 */
export class Evidence {
  readonly #options: EvidenceOptions;
  readonly #sessions = new WeakMap<Session, SessionEvidence>();
  readonly #changed = new Emitter<EvidenceChange>();
  readonly onDidChange = this.#changed.event;

  constructor(options: EvidenceOptions) {
    this.#options = options;
  }

  of({ session, key, grant }: EvidencePlace): GrantEvidence {
    const loaded = this.#of(session);
    const policy = loaded.policies.value(key.arn);
    return {
      creator: loaded.creators.value(creatorId(key, grant)),
      keyLastUsed: loaded.usages.value(key.arn),
      holder: loaded.holders.value(holderId(key, grant)),
      remains: policy === undefined ? undefined : remainsWithout(grant, listedBy(session, key.arn), policy, key.arn),
    };
  }

  isLoaded(place: EvidencePlace): boolean {
    return Object.values(this.of(place)).every((piece) => piece !== undefined);
  }

  /**
   * Asks for what was not asked yet. Why something is not known is part of the evidence.
   * @throws AbortError when the session is closed
   */
  async load(place: EvidencePlace, kinds: readonly EvidenceKind[] = evidenceKinds): Promise<void> {
    // The creator's event has the name that a deleted holder had.
    await Promise.all(kinds.filter((kind) => kind !== 'holder').map((kind) => this.#load(place, kind)));
    if (kinds.includes('holder')) {
      await this.#load(place, 'holder');
    }
  }

  /** Asks again for one piece, also when it was denied. */
  async retry(place: EvidencePlace, kind: EvidenceKind): Promise<void> {
    const { session, key, grant } = place;
    const loaded = this.#of(session);
    loaded.forgetDenials();
    switch (kind) {
      case 'creator':
        loaded.creators.forget(creatorId(key, grant));
        break;
      case 'keyLastUsed':
        loaded.usages.forget(key.arn);
        break;
      case 'holder':
        loaded.holders.forget(holderId(key, grant));
        this.#leading(accountOfHolder(key, grant), session)?.forgetIam();
        break;
      case 'remains':
        loaded.policies.forget(key.arn);
        break;
    }
    await this.#load(place, kind);
  }

  /** The next question about the key goes to AWS. */
  forgetKey(session: Session, keyArn: string): void {
    this.#of(session).forgetKey(keyArn);
    this.#changed.fire({ session, keyArn });
  }

  async #load(place: EvidencePlace, kind: EvidenceKind): Promise<void> {
    const { session, key, grant } = place;
    const loaded = this.#of(session);
    const { clock } = this.#options;
    switch (kind) {
      case 'creator':
        await loaded.creators.load(creatorId(key, grant), () =>
          answering('cloudtrail:LookupEvents', async () =>
            findCreator(await loaded.api(), grant, clock.now(), session.closed),
          ),
        );
        break;
      case 'keyLastUsed':
        await loaded.usages.load(key.arn, () =>
          answering('kms:GetKeyLastUsage', async () =>
            known(await session.api.getKeyLastUsage(key.arn, session.closed), clock.now()),
          ),
        );
        break;
      case 'holder':
        await loaded.holders.load(holderId(key, grant), () => this.#findHolder(place));
        break;
      case 'remains':
        await Promise.all([
          session.inventory.grants(key.arn),
          loaded.policies.load(key.arn, () =>
            answering('kms:GetKeyPolicy', async () =>
              known(await session.api.getKeyPolicy(key.arn, 'default', session.closed), clock.now()),
            ),
          ),
        ]);
        break;
    }
    this.#changed.fire({ session, keyArn: key.arn });
  }

  #findHolder({ session, key, grant }: EvidencePlace): Promise<Answer<Holder>> {
    const { creators } = this.#of(session);
    const creator = creators.value(creatorId(key, grant));
    const found = creator?.kind === 'known' && creator.value.kind === 'found' ? creator.value : undefined;
    const question = { grant, account: accountOfHolder(key, grant), nameThen: found?.event.granteePrincipal };
    return findHolder(
      async (account) => this.#leading(account, session)?.iam(),
      question,
      this.#options.clock.now(),
      session.closed,
    );
  }

  /** IAM of an account: through the session itself where it leads there, else through another that is open. */
  #leading(account: string | undefined, session: Session): SessionEvidence | undefined {
    if (account === undefined) {
      return undefined;
    }
    const isOwn = session.knownIdentity?.account === account;
    const [leading] = isOwn ? [session] : this.#options.sessionsOf(account);
    return leading && this.#of(leading);
  }

  #of(session: Session): SessionEvidence {
    let known = this.#sessions.get(session);
    if (known === undefined) {
      known = new SessionEvidence(session);
      this.#sessions.set(session, known);
    }
    return known;
  }
}

/** What was asked through one session. */
class SessionEvidence {
  readonly creators = new LoadedOnce<Answer<Creator>>();
  readonly usages = new LoadedOnce<Answer<KeyLastUsage>>();
  readonly holders = new LoadedOnce<Answer<Holder>>();
  readonly policies = new LoadedOnce<Answer<string>>();
  readonly #session: Session;
  #api: Promise<EvidenceApi> | undefined;
  #principals = new LoadedOnce<readonly IamPrincipal[]>();

  constructor(session: Session) {
    this.#session = session;
  }

  api(): Promise<EvidenceApi> {
    this.#api ??= this.#session.evidence().then(rememberingDenials);
    return this.#api;
  }

  async iam(): Promise<Iam> {
    const api = await this.api();
    const { closed } = this.#session;
    return {
      api,
      all: (what) =>
        this.#principals.load(what, () =>
          collectPages((marker) => (what === 'role' ? api.listRoles(marker, closed) : api.listUsers(marker, closed))),
        ),
    };
  }

  /** Denied permissions may have been given since. */
  forgetDenials(): void {
    this.#api = undefined;
  }

  forgetIam(): void {
    this.forgetDenials();
    this.#principals = new LoadedOnce();
  }

  forgetKey(keyArn: string): void {
    this.usages.forget(keyArn);
    this.policies.forget(keyArn);
  }
}

/** @throws AbortError */
async function answering<T>(permission: EvidencePermission, ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await ask();
  } catch (error) {
    return unanswered(error, permission);
  }
}

function creatorId(key: KmsKey, { grantId }: Grant): string {
  return `${key.arn} ${grantId}`;
}

/** The same principal may hold many grants. */
function holderId(key: KmsKey, grant: Grant): string {
  return `${grantee(grant).value} ${accountOfArn(key.arn)}`;
}

/** A unique ID names no account: it is looked up in that of the key. */
function accountOfHolder(key: KmsKey, grant: Grant): string | undefined {
  return grantee(grant).account ?? accountOfArn(key.arn);
}

function listedBy({ inventory }: Session, keyArn: string): { grants: readonly Grant[]; isComplete: boolean } {
  const listing = inventory.loadedGrants(keyArn);
  return { grants: listing?.grants ?? [], isComplete: listing?.state.kind === 'complete' };
}
