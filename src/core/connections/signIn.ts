import * as l10n from '@vscode/l10n';
import { KmsError } from '../kms/errors.ts';
import type { SignInNeed } from '../kms/kmsApi.ts';
import type { ConnectionRef } from '../kms/model.ts';

/** One sign-in for all Regions of it. */
export function signInOf(ref: ConnectionRef): string {
  return ref.kind === 'profile' ? `profile/${ref.profile}` : ref.kind;
}

/**
 * The sign-ins that the user asked for: they may run what the profile names, and prompt once for each time that the user
 * asked. What expires later waits for the next time. Each holds for all Regions of the profile.
 */
export class PromptPermissions {
  readonly #allowed = new Set<string>();
  /** Those of them that have not prompted since. */
  readonly #unused = new Set<string>();

  allow(ref: ConnectionRef): void {
    this.#allowed.add(signInOf(ref));
    this.#unused.add(signInOf(ref));
  }

  isAllowed(ref: ConnectionRef): boolean {
    return this.#allowed.has(signInOf(ref));
  }

  /** Whether this profile may prompt now; if so, it has done. */
  consumePromptPermission(profile: string): boolean {
    return this.#unused.delete(signInOf({ kind: 'profile', profile, region: '' }));
  }

  withdraw(ref: ConnectionRef): void {
    this.#allowed.delete(signInOf(ref));
    this.#unused.delete(signInOf(ref));
  }
}

/** What a connection says that waits for the user. */
export function signInNeeded(profile: string | undefined, need: SignInNeed): KmsError {
  const messages = {
    none: '',
    mfa: l10n.t('It asks for the code of an MFA device.'),
    process: l10n.t('It starts the program that credential_process names.'),
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

/** Asks for an MFA code where the user allowed a prompt. Without a code, the connection waits for the user as before. */
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
