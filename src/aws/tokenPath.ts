import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Env } from './env.ts';
import type { SignInChain } from './signInChain.ts';

/**
 * The path of a chain's token file, whether or not it exists; undefined when the chain signs in without one. The AWS CLI
 * writes it below the home folder of the system. The SDK would look below HOME, which Windows doesn't go by.
 */
export function tokenPath({ origin }: SignInChain, env: Env): string | undefined {
  switch (origin.kind) {
    case 'sso':
      return join(homedir(), '.aws', 'sso', 'cache', `${hex('sha1', origin.session ?? origin.startUrl)}.json`);
    case 'login': {
      const directory = env['AWS_LOGIN_CACHE_DIRECTORY'] ?? join(homedir(), '.aws', 'login', 'cache');
      return join(directory, `${hex('sha256', origin.session)}.json`);
    }
    default:
      return undefined;
  }
}

function hex(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}
