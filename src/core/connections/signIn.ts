import * as l10n from '@vscode/l10n';
import { KmsError } from '../kms/errors.ts';
import type { SignInNeed } from '../kms/kmsApi.ts';
import type { ConnectionRef } from '../kms/model.ts';

/** The ID of a connection's sign-in, which all Regions of a profile share. */
export function signInId(ref: ConnectionRef): string {
  return ref.kind === 'profile' ? `profile/${ref.profile}` : ref.kind;
}

/**
 * The sign-ins that the user started. Each may run the program that its profile names, in all Regions, and may prompt
 * once. When its credentials expire, it needs another action of the user.
 */
export class PromptPermissions {
  readonly #allowed = new Set<string>();
  /** The allowed sign-ins that have not prompted yet. */
  readonly #unusedPrompts = new Set<string>();

  allow(ref: ConnectionRef): void {
    this.#allowed.add(signInId(ref));
    this.#unusedPrompts.add(signInId(ref));
  }

  isAllowed(ref: ConnectionRef): boolean {
    return this.#allowed.has(signInId(ref));
  }

  /** Whether this profile may prompt. Uses the permission up. */
  consumePromptPermission(profile: string): boolean {
    return this.#unusedPrompts.delete(signInId({ kind: 'profile', profile, region: '' }));
  }

  withdraw(ref: ConnectionRef): void {
    this.#allowed.delete(signInId(ref));
    this.#unusedPrompts.delete(signInId(ref));
  }
}

/** The error of a connection that needs an action of the user to sign in. */
export function signInNeeded(profile: string | undefined, need: SignInNeed): KmsError {
  const messages = {
    none: '',
    mfa: l10n.t('It needs a code from an MFA device.'),
    process: l10n.t('It runs the program that credential_process names.'),
    cli: l10n.t('Its sign-in session is missing or has expired.'),
  };
  return new KmsError({
    kind: 'signInNeeded',
    operation: 'Connect',
    awsName: need.kind,
    message: messages[need.kind],
    profile,
  });
}

/** Prompts for an MFA code if that is allowed. Without a code, throws `signInNeeded`, unless `signal` was aborted. */
export function mfaPrompt(
  permissions: PromptPermissions,
  ask: (serial: string, profile: string, signal: AbortSignal) => Promise<string | undefined>,
): typeof ask {
  return async (serial, profile, signal) => {
    const code = permissions.consumePromptPermission(profile) ? await ask(serial, profile, signal) : undefined;
    if (code === undefined && !signal.aborted) {
      throw signInNeeded(profile, { kind: 'mfa', serial });
    }
    return code;
  };
}
