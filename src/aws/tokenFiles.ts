import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { getSSOTokenFilepath } from '@smithy/core/config';
import type { SignInNeed } from '../core/kms/kmsApi.ts';
import type { Env } from './env.ts';
import { isRenewable } from './sdkFiles.ts';
import type { SignInChain } from './signInChain.ts';

/** The token files of SSO and of `aws login`, which the AWS CLI writes. */
export interface Tokens {
  /** Where the token of a chain is; undefined when it signs in without one. Whether or not it exists. */
  path(chain: SignInChain): string | undefined;
  /** The AWS CLI has to sign in: there is no token, or it has expired and can't be renewed, or AWS has refused it. */
  need(chain: SignInChain): Promise<SignInNeed & { readonly kind: 'none' | 'cli' }>;
  /** AWS does not take the token that is in the file now. */
  refused(chain: SignInChain): Promise<void>;
  /** The token of an SSO session, for the SDK, which goes by the local clock; undefined where the file holds no such token. */
  read(chain: SignInChain): Promise<HeldToken | undefined>;
}

interface HeldToken {
  /** Such that the SDK uses it. */
  readonly asItIs: Token;
  /** Such that the SDK renews it; undefined where it can't be. */
  readonly toRenew: Token | undefined;
}

/** By any clock. */
const longAgo = '2000-01-01T00:00:00Z';
const farAhead = '9999-01-01T00:00:00Z';

export function createTokens(env: Env): Tokens {
  /** By path: a digest of the file as it was when AWS refused what is in it. */
  const refused = new Map<string, string>();

  const path = ({ origin }: SignInChain): string | undefined => {
    switch (origin.kind) {
      case 'sso':
        return getSSOTokenFilepath(origin.session ?? origin.startUrl);
      case 'login': {
        const directory = env['AWS_LOGIN_CACHE_DIRECTORY'] ?? join(homedir(), '.aws', 'login', 'cache');
        return join(directory, `${createHash('sha256').update(origin.session).digest('hex')}.json`);
      }
      default:
        return undefined;
    }
  };

  const isUsable = async (chain: SignInChain, file: string): Promise<boolean> => {
    const text = await contents(file);
    if (text === undefined || refused.get(file) === digest(text)) {
      return false;
    }
    const token = parse(text);
    // Whether it has expired is AWS's to say: the local clock may be off.
    switch (chain.origin.kind) {
      case 'sso':
        return isAccessToken(token);
      default:
        return ['accessToken', 'clientId', 'refreshToken', 'dpopKey'].every((key) => Boolean(token[key]));
    }
  };

  return {
    path,
    need: async (chain) => {
      const file = path(chain);
      if (file === undefined || (await isUsable(chain, file))) {
        return { kind: 'none' };
      }
      const command = chain.origin.kind === 'sso' ? ['sso', 'login'] : ['login'];
      // A role's profile has no session of its own: the one that it starts from signs in.
      return { kind: 'cli', args: [...command, '--profile', chain.profiles.at(-1) ?? chain.profiles[0]] };
    },
    refused: async (chain) => {
      const file = path(chain);
      const text = file === undefined ? undefined : await contents(file);
      if (file !== undefined && text !== undefined) {
        refused.set(file, digest(text));
      }
    },
    read: async (chain) => {
      const file = path(chain);
      if (chain.origin.kind !== 'sso' || file === undefined) {
        return undefined;
      }
      const token = parse((await contents(file)) ?? '');
      const canRenew =
        isRenewable(chain.origin) &&
        ['clientId', 'clientSecret', 'refreshToken'].every((key) => token[key] !== undefined);
      return isAccessToken(token)
        ? {
            asItIs: { ...token, expiresAt: farAhead },
            toRenew: canRenew ? { ...token, expiresAt: longAgo } : undefined,
          }
        : undefined;
    },
  };
}

type Token = Readonly<Record<string, unknown>>;

function isAccessToken(token: Token): boolean {
  return typeof token['accessToken'] === 'string';
}

async function contents(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string): Token {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Half written, or not one of the CLI's: it is of no use.
    return {};
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
