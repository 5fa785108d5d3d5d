import { isAbort } from '../core/base/abort.ts';
import { isKmsError } from '../core/kms/errors.ts';
import { accountName } from '../platform/settings.ts';

/** For details that a question can do without: `undefined` if AWS does not answer. */
export async function ifAnswered<T>(asked: T | Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isKmsError(error)) {
      return undefined;
    }
    throw error;
  }
}

/** As {@link ifAnswered}, of an open connection or one to open: also `undefined` if it is removed first. */
export async function ifOpen<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await ifAnswered(asked);
  } catch (error) {
    if (isAbort(error)) {
      return undefined;
    }
    throw error;
  }
}

/** An account by the name that the user gave it, with its number. */
export function namedAccount(account: string): string {
  const name = accountName(account);
  return name === undefined ? account : `${name} (${account})`;
}
