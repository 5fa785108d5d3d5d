import * as l10n from '@vscode/l10n';
import { type Actor, identityOf, isSamePrincipal } from '../core/kms/actor.ts';
import { KmsError } from '../core/kms/errors.ts';
import type { CallerIdentity } from '../core/kms/model.ts';
import { type Credentials, isSame } from './credentialCache.ts';
import type { Identity } from './currentSignIn.ts';

/** Holds an opening to the account that it began with, and each change to the principal that its question showed. */
export class IdentityGuard {
  readonly #credentials: Credentials;
  readonly #profile: string | undefined;
  readonly #askSts: (signal: AbortSignal) => Promise<CallerIdentity>;
  readonly #ended = new AbortController();
  /** The first account that STS named, for the life of the opening. */
  #account: string | undefined;
  /** The credentials that KMS answered while STS had not named the account. */
  #unidentified: Identity | undefined;

  /** @param askSts whose the credentials in force are; rejects with a KmsError or an AbortError */
  constructor(
    credentials: Credentials,
    profile: string | undefined,
    askSts: (signal: AbortSignal) => Promise<CallerIdentity>,
  ) {
    this.#credentials = credentials;
    this.#profile = profile;
    this.#askSts = askSts;
  }

  /** Aborted, with a KmsError `accountChanged` as its reason, when credentials of another account were met. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get isAccountKnown(): boolean {
    return this.#account !== undefined;
  }

  /**
   * Keeps what STS said of credentials. Another account than before ends the opening, whoever asked.
   * @throws KmsError `accountChanged`
   */
  admit(credential: Identity, identity: CallerIdentity): CallerIdentity {
    this.#credentials.learn(credential, identity);
    if (this.#account === undefined && (this.#unidentified === undefined || isSame(this.#unidentified, credential))) {
      this.#account = identity.account;
    }
    return identity.account === this.#account ? identity : this.#endFor(identity.account);
  }

  /** KMS has answered a call that was signed with these credentials. */
  answered(credential: Identity): void {
    if (this.#account === undefined) {
      this.#unidentified ??= credential;
    }
  }

  /**
   * Before each call: the credentials may have been renewed from files that name another account now.
   * @throws KmsError `accountChanged`, or why STS gave no answer
   */
  async confirmAccount(credential: Identity, signal: AbortSignal): Promise<void> {
    const identity = this.#credentials.identityOf(credential);
    if (identity !== undefined) {
      this.admit(credential, identity);
    } else if (this.#account !== undefined) {
      await this.#ask(credential, signal);
    } else if (this.#unidentified !== undefined && !isSame(this.#unidentified, credential)) {
      this.#endFor(undefined);
    }
  }

  /**
   * Before each change, with the very credentials that sign it: nothing can come between the check and the call.
   * @throws KmsError `principalChanged`, and as {@link confirmAccount}
   */
  async confirmActor(actor: Actor, credential: Identity, signal: AbortSignal): Promise<void> {
    await this.confirmAccount(credential, signal);
    const known = this.#credentials.identityOf(credential);
    const actual = known ?? (actor.kind === 'verified' ? await this.#ask(credential, signal) : undefined);
    const shown = identityOf(actor);
    if (actual !== undefined && (shown === undefined || !isSamePrincipal(shown, actual))) {
      throw principalChanged(shown, actual, this.#profile);
    }
  }

  async #ask(credential: Identity, signal: AbortSignal): Promise<CallerIdentity> {
    return this.admit(credential, await this.#askSts(signal));
  }

  #endFor(actual: string | undefined): never {
    const error = accountChanged(this.#account, actual, this.#profile);
    this.#ended.abort(error);
    throw error;
  }
}

/** @param actual undefined where nobody can say, since the earlier account is unknown too */
function accountChanged(expected: string | undefined, actual: string | undefined, profile: string | undefined) {
  return new KmsError({
    kind: 'accountChanged',
    operation: 'GetCallerIdentity',
    awsName: 'AccountChanged',
    message:
      expected === undefined || actual === undefined
        ? l10n.t('STS did not say which account the earlier ones were of.')
        : l10n.t('They were of account {0}, and are of {1} now.', expected, actual),
    profile,
  });
}

function principalChanged(shown: CallerIdentity | undefined, actual: CallerIdentity, profile: string | undefined) {
  return new KmsError({
    kind: 'principalChanged',
    operation: 'GetCallerIdentity',
    awsName: 'PrincipalChanged',
    message:
      shown === undefined
        ? l10n.t('STS now says that it is {0}.', actual.arn)
        : l10n.t('It was {0}, and is {1} now.', shown.arn, actual.arn),
    profile,
  });
}
