import assert from 'node:assert/strict';
import { isAbort } from '../../src/core/base/abort.ts';
import { isKmsError } from '../../src/core/kms/errors.ts';
import { isUserError } from '../../src/core/words/userError.ts';
import type { World } from '../faults/world.ts';

/** An act may take so long, in real time: far more than any does. */
const longestMs = 60_000;

/**
 * Waits for an act.
 * @param moves time passes for it, if it waits for that
 * @returns what it failed with, where that is an error for a person to read
 * @throws any other error, which is a mistake of ours
 */
export async function settled(world: World, act: Promise<unknown>, moves = true): Promise<Error | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: 'It never settles.' })), longestMs);
  });
  try {
    await Promise.race([moves ? world.finish(act) : act, late]);
    return undefined;
  } catch (error) {
    if (!isForPeople(error)) {
      throw error;
    }
    return error instanceof Error ? error : undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether it is an error of which a person reads. */
export function isForPeople(error: unknown): boolean {
  return isKmsError(error) || isUserError(error) || isAbort(error);
}
