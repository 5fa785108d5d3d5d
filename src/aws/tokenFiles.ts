import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SignInNeed } from '../core/kms/kmsApi.ts';
import type { Env } from './env.ts';
import { isRenewable } from './sdkFiles.ts';
import type { SignInChain } from './signInChain.ts';
import { tokenPath } from './tokenPath.ts';

type Token = Readonly<Record<string, unknown>>;

/**
 * The token of an SSO session in two forms. The SDK decides by the local clock whether it uses a token or renews it.
 */
interface SsoToken {
  /** The SDK uses this one. */
  readonly asItIs: Token;
  /** The SDK renews this one; undefined where the token can't be renewed. */
  readonly toRenew: Token | undefined;
}

/** Before and after every possible local time. */
const longAgo = '2000-01-01T00:00:00Z';
const farAhead = '9999-01-01T00:00:00Z';

/** The token files of SSO and of `aws login`, which the AWS CLI writes. */
export class TokenFiles {
  readonly #env: Env;
  /** By path: a digest of the file's content that AWS refused. */
  readonly #refused = new Map<string, string>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** `cli`: the AWS CLI has to sign in, since there is no token, or AWS has refused it. Reads the file only. */
  async need(chain: SignInChain): Promise<SignInNeed & { readonly kind: 'none' | 'cli' }> {
    const file = tokenPath(chain, this.#env);
    if (file === undefined || (await this.#isUsable(chain, file))) {
      return { kind: 'none' };
    }
    const command = chain.origin.kind === 'sso' ? ['sso', 'login'] : ['login'];
    // The session belongs to the last profile of the chain: a role's own profile has none.
    return { kind: 'cli', args: [...command, '--profile', chain.profiles.at(-1) ?? chain.profiles[0]] };
  }

  /** What the file holds now, for {@link markRefused}: another program may write it while AWS is asked. */
  async held(chain: SignInChain): Promise<string | undefined> {
    const file = tokenPath(chain, this.#env);
    const text = file === undefined ? undefined : await contents(file);
    return text === undefined ? undefined : digest(text);
  }

  /** AWS has refused the token that the file held. */
  markRefused(chain: SignInChain, held: string | undefined): void {
    const file = tokenPath(chain, this.#env);
    if (file !== undefined && held !== undefined) {
      this.#refused.set(file, held);
    }
  }

  /** The token of an SSO session; undefined for other chains, and where the file holds no token. */
  async readSso(chain: SignInChain): Promise<SsoToken | undefined> {
    const file = tokenPath(chain, this.#env);
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
  }

  /** Doesn't look at the expiration: AWS decides that, since the local clock may be off. */
  async #isUsable(chain: SignInChain, file: string): Promise<boolean> {
    const text = await contents(file);
    if (text === undefined || this.#refused.get(file) === digest(text)) {
      return false;
    }
    const token = parse(text);
    return chain.origin.kind === 'sso'
      ? isAccessToken(token)
      : ['accessToken', 'clientId', 'refreshToken', 'dpopKey'].every((key) => Boolean(token[key]));
  }
}

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
    // Half written, or not the AWS CLI's: a file without a token.
    return {};
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
