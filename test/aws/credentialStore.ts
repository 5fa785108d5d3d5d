import { parseArn } from '../../src/emulator/principals.ts';
import type { Random } from '../../src/emulator/random.ts';
import type { Secret } from './sigv4.ts';

/** What STS, SSO and the sign-in service hand out. */
export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Every access key that holds, and who it stands for. */
export interface CredentialStore {
  /** By access key ID; the emulators look into this very object. */
  readonly secrets: Readonly<Record<string, Secret>>;
  add(accessKeyId: string, secret: Secret): void;
  issue(principalArn: string, durationSeconds: number, now: number): IssuedCredentials;
  /** Takes an access key only with this secret from now on; without one, no more at all. */
  rotate(accessKeyId: string, secretAccessKey?: string): void;
  /** Lets temporary credentials of this principal, or of all, expire at once. */
  expire(principalArn?: string): void;
}

export function createCredentialStore(
  accessKeys: Readonly<Record<string, Secret>>,
  random: Random,
  now: () => number,
): CredentialStore {
  const secrets: Record<string, Secret> = { ...accessKeys };
  return {
    secrets,
    add: (accessKeyId, secret) => {
      secrets[accessKeyId] = secret;
    },
    issue: (principalArn, durationSeconds, at) => {
      const issued = {
        accessKeyId: `ASIA${random.hex(8).toUpperCase()}`,
        secretAccessKey: random.hex(20),
        sessionToken: `token-${random.hex(24)}`,
        expiresAt: at + durationSeconds * 1_000,
      };
      const { accessKeyId, ...secret } = issued;
      secrets[accessKeyId] = { ...secret, principalArn };
      return issued;
    },
    rotate: (accessKeyId, secretAccessKey) => {
      const secret = secrets[accessKeyId];
      if (secret === undefined || secretAccessKey === undefined) {
        delete secrets[accessKeyId];
      } else {
        secrets[accessKeyId] = { ...secret, secretAccessKey };
      }
    },
    expire: (principalArn) => {
      for (const [accessKeyId, secret] of Object.entries(secrets)) {
        if (secret.sessionToken !== undefined && (principalArn ?? secret.principalArn) === secret.principalArn) {
          secrets[accessKeyId] = { ...secret, expiresAt: now() };
        }
      }
    },
  };
}

/** `arn:aws:sts::111122223333:assumed-role/Admin/session`, of a role's ARN. */
export function sessionArn(roleArn: string, sessionName: string): string {
  const role = parseArn(roleArn);
  return `arn:${role?.partition}:sts::${role?.accountId}:assumed-role/${role?.resource.split('/').at(-1)}/${sessionName}`;
}
