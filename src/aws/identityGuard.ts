import * as l10n from '@vscode/l10n';
import { type Actor, identityOf, isSamePrincipal } from '../core/kms/actor.ts';
import { KmsError } from '../core/kms/errors.ts';
import type { CallerIdentity } from '../core/kms/model.ts';
import type { CredentialCache } from './credentialCache.ts';
import { type AwsCredentials, isSame } from './credentials.ts';

/** Keeps an opening to the account that it began with, and each change to the principal that its question showed. */
export class IdentityGuard {
  readonly #credentials: CredentialCache;
  readonly #profile: string | undefined;
  readonly #askSts: (signal: AbortSignal) => Promise<CallerIdentity>;
  readonly #ended = new AbortController();
  /** The first account that STS named, for the life of the opening. */
  #account: string | undefined;
  /** The credentials of the first answer of KMS, if STS had not named the account by then. */
  #unidentified: AwsCredentials | undefined;

  /** @param askSts asks STS about the credentials in force; rejects with a KmsError or an AbortError */
  constructor(
    credentials: CredentialCache,
    profile: string | undefined,
    askSts: (signal: AbortSignal) => Promise<CallerIdentity>,
  ) {
    this.#credentials = credentials;
    this.#profile = profile;
    this.#askSts = askSts;
  }

  /** Aborted, with a KmsError `accountChanged` as its reason, once credentials of another account were met. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get isAccountKnown(): boolean {
    return this.#account !== undefined;
  }

  /**
   * Takes what STS answered about these credentials. Another account than before ends the opening, whichever call met
   * it.
   * @throws KmsError `accountChanged`
   */
  admit(credentials: AwsCredentials, caller: CallerIdentity): CallerIdentity {
    this.#credentials.learnCaller(credentials, caller);
    if (this.#account === undefined && (this.#unidentified === undefined || isSame(this.#unidentified, credentials))) {
      this.#account = caller.account;
    }
    return caller.account === this.#account ? caller : this.#endFor(caller.account);
  }

  /** KMS has answered a call that was signed with these credentials. */
  markAnswered(credentials: AwsCredentials): void {
    if (this.#account === undefined) {
      this.#unidentified ??= credentials;
    }
  }

  /**
   * Before each call: the credentials may have been renewed since, from files that now lead to another account.
   * @throws KmsError `accountChanged`, or why STS gave no answer
   */
  async confirmAccount(credentials: AwsCredentials, signal: AbortSignal): Promise<void> {
    const caller = this.#credentials.callerOf(credentials);
    if (caller !== undefined) {
      this.admit(credentials, caller);
    } else if (this.#account !== undefined) {
      await this.#ask(credentials, signal);
    } else if (this.#unidentified !== undefined && !isSame(this.#unidentified, credentials)) {
      this.#endFor(undefined);
    }
  }

  /**
   * Before each change, with the very credentials that sign it, so that nothing comes between the check and the call.
   * @throws KmsError `principalChanged`, and as {@link confirmAccount}
   */
  async confirmActor(actor: Actor, credentials: AwsCredentials, signal: AbortSignal): Promise<void> {
    await this.confirmAccount(credentials, signal);
    const known = this.#credentials.callerOf(credentials);
    const actual = known ?? (actor.kind === 'verified' ? await this.#ask(credentials, signal) : undefined);
    const shown = identityOf(actor);
    if (actual !== undefined && (shown === undefined || !isSamePrincipal(shown, actual))) {
      throw principalChanged(shown, actual, this.#profile);
    }
  }

  async #ask(credentials: AwsCredentials, signal: AbortSignal): Promise<CallerIdentity> {
    return this.admit(credentials, await this.#askSts(signal));
  }

  #endFor(actual: string | undefined): never {
    const error = accountChanged(this.#account, actual, this.#profile);
    this.#ended.abort(error);
    throw error;
  }
}

/** @param actual undefined where STS never named the earlier account, so that the two can't be compared */
function accountChanged(expected: string | undefined, actual: string | undefined, profile: string | undefined) {
  return new KmsError({
    kind: 'accountChanged',
    operation: 'GetCallerIdentity',
    awsName: 'AccountChanged',
    message:
      expected === undefined || actual === undefined
        ? l10n.t("STS didn't say which account the earlier credentials belonged to.")
        : l10n.t(
            'The earlier credentials belonged to account {0}, and the current ones belong to {1}.',
            expected,
            actual,
          ),
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
        ? l10n.t('STS now says that the signed-in principal is {0}.', actual.arn)
        : l10n.t('The signed-in principal was {0}, and is now {1}.', shown.arn, actual.arn),
    profile,
  });
}
