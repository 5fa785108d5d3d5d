import { AwsError } from '../../src/emulator/errors.ts';
import { principalId } from '../../src/emulator/iam/ids.ts';
import { actsAs } from '../../src/emulator/principals.ts';
import { type CredentialStore, type IssuedCredentials, sessionArn } from './credentialStore.ts';
import { matchesPattern } from './pattern.ts';

/** Who may assume a role, and how. */
export interface Role {
  /** ARNs of principals, in which `*` stands for any text; or `web-identity:` and a subject. */
  readonly trusts: readonly string[];
  readonly externalId?: string;
  /** It takes a code of this device to assume the role. */
  readonly mfaSerial?: string;
  /** Default 3,600. */
  readonly maxSessionSeconds?: number;
}

/** A token of an identity provider outside of AWS. */
export interface WebIdentity {
  readonly subject: string;
  /** Milliseconds since the epoch; absent: never. */
  readonly expiresAt?: number;
}

interface RolesOptions {
  readonly roles: Readonly<Record<string, Role>>;
  /** By serial number: the code that the device shows. */
  readonly mfaCode: (serial: string) => string | undefined;
  /** By token. */
  readonly webIdentities: Readonly<Record<string, WebIdentity>>;
  readonly store: CredentialStore;
}

type Parameters = Readonly<Record<string, unknown>>;

/** STS's operations that hand out credentials. Each throws an AwsError. */
export interface Roles {
  assumeRole(parameters: Parameters, callerArn: string, now: number): Parameters;
  assumeRoleWithWebIdentity(parameters: Parameters, now: number): Parameters;
}

export function createRoles({ roles, mfaCode, webIdentities, store }: RolesOptions): Roles {
  return {
    assumeRole: (parameters, callerArn, now) => {
      const { roleArn, sessionName, role, seconds } = read(parameters, roles);
      const denied = new AwsError(
        'AccessDenied',
        `User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
        403,
      );
      const trusted = role?.trusts.some((pattern) => actsAs(callerArn, pattern) || matchesPattern(pattern, callerArn));
      if (role === undefined || trusted !== true || role.externalId !== text(parameters, 'ExternalId')) {
        throw denied;
      }
      checkMfa(role, parameters, mfaCode, denied);
      if (seconds > 3_600 && callerArn.includes(':assumed-role/')) {
        throw new AwsError(
          'ValidationError',
          'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
        );
      }
      const issued = store.issue(sessionArn(roleArn, sessionName), seconds, now);
      const sourceIdentity = text(parameters, 'SourceIdentity');
      return {
        ...answer(roleArn, sessionName, issued),
        ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      };
    },

    assumeRoleWithWebIdentity: (parameters, now) => {
      const { roleArn, sessionName, role, seconds } = read(parameters, roles);
      const token = text(parameters, 'WebIdentityToken') ?? '';
      const identity = Object.hasOwn(webIdentities, token) ? webIdentities[token] : undefined;
      if (identity === undefined) {
        throw new AwsError('InvalidIdentityToken', 'The ID Token provided is not a valid JWT.');
      }
      if (identity.expiresAt !== undefined && identity.expiresAt <= now) {
        throw new AwsError(
          'ExpiredTokenException',
          `Token expired: current date/time ${now / 1_000} must be before the expiration date/time ${identity.expiresAt / 1_000}`,
        );
      }
      if (!role?.trusts.includes(`web-identity:${identity.subject}`)) {
        throw new AwsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403);
      }
      const issued = store.issue(sessionArn(roleArn, sessionName), seconds, now);
      return { ...answer(roleArn, sessionName, issued), SubjectFromWebIdentityToken: identity.subject };
    },
  };
}

function read(parameters: Parameters, roles: RolesOptions['roles']) {
  const roleArn = text(parameters, 'RoleArn') ?? '';
  const sessionName = text(parameters, 'RoleSessionName') ?? '';
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    );
  }
  const role = Object.hasOwn(roles, roleArn) ? roles[roleArn] : undefined;
  const seconds = Number(text(parameters, 'DurationSeconds') ?? 3_600);
  if (!(seconds >= 900 && seconds <= 43_200)) {
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200`,
    );
  }
  if (role !== undefined && seconds > (role.maxSessionSeconds ?? 3_600)) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
  return { roleArn, sessionName, role, seconds };
}

function checkMfa(role: Role, parameters: Parameters, mfaCode: RolesOptions['mfaCode'], denied: AwsError): void {
  const [serial, code] = [text(parameters, 'SerialNumber'), text(parameters, 'TokenCode')];
  if (serial === undefined && code === undefined) {
    if (role.mfaSerial !== undefined) {
      throw denied;
    }
    return;
  }
  if (code === undefined || !/^\d{6}$/.test(code)) {
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value '${code ?? ''}' at 'tokenCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\d]*`,
    );
  }
  if (serial === undefined || mfaCode(serial) !== code || (role.mfaSerial ?? serial) !== serial) {
    throw new AwsError('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code. ', 403);
  }
}

function answer(roleArn: string, sessionName: string, issued: IssuedCredentials): Parameters {
  return {
    AssumedRoleUser: {
      AssumedRoleId: principalId(sessionArn(roleArn, sessionName)),
      Arn: sessionArn(roleArn, sessionName),
    },
    Credentials: {
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      SessionToken: issued.sessionToken,
      Expiration: new Date(issued.expiresAt).toISOString(),
    },
  };
}

function text(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
