import type { Session } from '../connections/session.ts';
import { isKmsError } from '../kms/errors.ts';
import type { EvidenceApi, IamPrincipal } from '../kms/evidenceApi.ts';
import { accountOfArn, type Grant, type KeyLastUsage, type KmsKey } from '../kms/model.ts';
import { collectPages } from '../kms/pages.ts';
import { grantee } from '../kms/principal.ts';
import { connectionName } from '../words/describe.ts';
import { type Answer, type EvidencePermission, known, unanswered } from './answer.ts';
import { type Creator, findCreator } from './creator.ts';
import { rememberingDenials } from './denials.ts';
import type { Holder, HolderQuestion, Iam } from './holder.ts';
import { LoadedOnce } from './loadedOnce.ts';

/** The grant in question. */
export interface EvidencePlace {
  readonly session: Session;
  readonly key: KmsKey;
  readonly grant: Grant;
}

/** What was asked through one session. */
export class SessionEvidence {
  /** By {@link creatorId}. */
  readonly creators = new LoadedOnce<Answer<Creator>>();
  /** By the key's ARN. */
  readonly usages = new LoadedOnce<Answer<KeyLastUsage>>();
  /** By {@link holderId}. */
  readonly holders = new LoadedOnce<Answer<Holder>>();
  /** By the key's ARN. */
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

  /** @param requests the most that are sent; a creator that they don't find stays to be looked for */
  async creator(
    { key, grant }: Pick<EvidencePlace, 'key' | 'grant'>,
    now: () => number,
    requests?: number,
  ): Promise<void> {
    const id = creatorId(key, grant);
    let isCutShort = false;
    const answer = await this.creators.load(id, () => {
      isCutShort = requests !== undefined;
      return answering('cloudtrail:LookupEvents', async () =>
        findCreator(await this.api(), grant, now(), this.#session.closed, requests),
      );
    });
    if (isCutShort && answer.kind === 'known' && answer.value.kind === 'notFound') {
      this.creators.forget(id);
    }
  }

  /** @param api by which the user's wait, or the background, is paced */
  keyLastUsed(keyArn: string, now: () => number, api = this.#session.api): Promise<Answer<KeyLastUsage>> {
    return this.usages.load(keyArn, () =>
      answering('kms:GetKeyLastUsage', async () =>
        known(await api.getKeyLastUsage(keyArn, this.#session.closed), now()),
      ),
    );
  }

  keyPolicy(keyArn: string, now: () => number, api = this.#session.api): Promise<Answer<string>> {
    return this.policies.load(keyArn, () =>
      answering('kms:GetKeyPolicy', async () =>
        known(await api.getKeyPolicy(keyArn, 'default', this.#session.closed), now()),
      ),
    );
  }

  /** What there is to ask about the holder of a grant. */
  holderQuestion({ key, grant }: Pick<EvidencePlace, 'key' | 'grant'>): HolderQuestion {
    const creator = this.creators.value(creatorId(key, grant));
    const found = creator?.kind === 'known' && creator.value.kind === 'found' ? creator.value : undefined;
    const nameThen = found?.event.granteePrincipal;
    // Of a unique ID, the name that it had then may say its account.
    const accountThen = grantee(grant).account === undefined ? accountOfArn(nameThen ?? '') : undefined;
    return { grant, account: accountThen ?? accountOfHolder(key, grant), nameThen };
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

  /** The next question goes to AWS for what failed, and for what was answered about the key too long ago. */
  forgetStale({ key, grant }: Pick<EvidencePlace, 'key' | 'grant'>, now: number, longestAgeMs: number): void {
    const isFailed = (answer: Answer<unknown> | undefined) => answer?.kind === 'failed';
    const isOld = (answer: Answer<unknown> | undefined) =>
      answer?.kind === 'known' && Math.abs(now - answer.at) > longestAgeMs;
    for (const answers of [this.usages, this.policies]) {
      const answer = answers.value(key.arn);
      if (isFailed(answer) || isOld(answer)) {
        answers.forget(key.arn);
      }
    }
    if (isFailed(this.creators.value(creatorId(key, grant)))) {
      this.creators.forget(creatorId(key, grant));
    }
  }
}

/** Asks STS for the account of the session, where none is known yet: at its opening, STS may have given no answer. */
export async function identify(session: Session): Promise<void> {
  if (session.knownIdentity === undefined) {
    await session.identity().catch((error: unknown) => {
      if (!isKmsError(error)) {
        throw error;
      }
    });
  }
}

/** IAM as one session asks it for a grant of another. */
export function iamThrough(asked: Session, own: Session, iam: Iam): Iam {
  return asked === own ? iam : { ...iam, through: connectionName(asked.connection.ref) };
}

/** @throws AbortError */
async function answering<T>(permission: EvidencePermission, ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await ask();
  } catch (error) {
    return unanswered(error, permission);
  }
}

export function creatorId(key: KmsKey, { grantId }: Grant): string {
  return `${key.arn} ${grantId}`;
}

/** The same principal may hold many grants. */
export function holderId(key: KmsKey, grant: Grant): string {
  return `${grantee(grant).value} ${accountOfArn(key.arn)}`;
}

/** A unique ID names no account: it is looked up in that of the key, unless its name is known. */
export function accountOfHolder(key: KmsKey, grant: Grant): string | undefined {
  return grantee(grant).account ?? accountOfArn(key.arn);
}
