import type { Account, Key } from './account.ts';
import { type AwsError, deniedElsewhere, invalidArn, notFound } from './errors.ts';
import type { Input } from './input.ts';
import { parseArn } from './principals.ts';
import type { Random } from './random.ts';
import type { Replicas } from './replicas.ts';

/** The state and settings that all operations share. */
export interface Kms {
  readonly account: Account;
  readonly replicas: Replicas;
  /** For grant IDs and tokens. */
  readonly random: Random;
  readonly eventIds: Random;
  /** How long an event takes to reach the event history, in milliseconds. */
  readonly eventDelayMs: number;
  /** By grant token: the grant that CreateGrant made with it. */
  readonly grantTokens: Map<string, { readonly keyId: string; readonly grantId: string }>;
  /**
   * Why this principal is denied an action, such as `kms:ListGrants`; undefined when it is not. The resource is as AWS
   * names it in its answer, such as a key's ARN or `*`; undefined when AWS names none.
   */
  readonly denial: (action: string, principalArn: string, resource: string | undefined) => AwsError | undefined;
  /** By default 50,000, as on AWS. */
  readonly grantsPerKey: number;
  /** See PageRequest. */
  readonly scanLimit: number;
}

/** Who sent a request, and with what. */
export interface Caller {
  readonly principalArn: string;
  /** From the Authorization header. */
  readonly accessKeyId?: string;
  readonly userAgent?: string;
  readonly requestId: string;
}

/** One request to KMS, CloudTrail or IAM. */
export interface Call extends Caller {
  readonly kms: Kms;
  readonly operation: string;
  readonly input: Input;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Returns the operation's output; undefined is an empty body. @throws AwsError */
export type Operation = (call: Call) => Readonly<Record<string, unknown>> | undefined;

/** @param resource as AWS names it in its answer; undefined: it names none. @throws AccessDeniedException */
export function checkPermission({ kms, principalArn }: Call, action: string, resource?: string): void {
  const denial = kms.denial(action, principalArn, resource);
  if (denial) {
    throw denial;
  }
}

/** Checks the permission for an operation of KMS that is not about one key. @throws AccessDeniedException */
export function authorize(call: Call): void {
  checkPermission(call, `kms:${call.operation}`, '*');
}

/** The key that a `KeyId` names by ID or ARN, if the caller has the permission for it. @throws AwsError */
export function keyFor(call: Call, reference: string): Key {
  const { account } = call.kms;
  if (isAlias(reference)) {
    throw invalidArn('Key Aliases are not supported for this operation.');
  }
  const keyArn = keyArnOf(account, reference);
  return permittedKey(call, keyArn);
}

/** The key with this ARN. @throws AccessDeniedException before NotFoundException, so that nobody can probe for keys */
export function permittedKey(call: Call, keyArn: string): Key {
  const { kms, operation, principalArn } = call;
  checkPermission(call, `kms:${operation}`, keyArn);
  const key = kms.account.keys.get(keyArn.slice(keyArn.indexOf(':key/') + ':key/'.length));
  if (key?.arn === keyArn) {
    return key;
  }
  if (parseArn(keyArn)?.accountId !== kms.account.id) {
    throw deniedElsewhere(principalArn, `kms:${operation}`);
  }
  throw notFound(`Key '${keyArn}' does not exist`);
}

/** Whether it names an alias, by its name or ARN. */
export function isAlias(reference: string): boolean {
  return reference.startsWith('alias/') || (parseArn(reference)?.resource.startsWith('alias/') ?? false);
}

/**
 * The ARN of a key by its ID or ARN.
 * @throws NotFoundException, InvalidArnException when it is of another form or Region
 */
export function keyArnOf(account: Account, reference: string): string {
  if (!reference.startsWith('arn:')) {
    if (!keyIdPattern.test(reference)) {
      throw notFound(`Invalid keyId '${reference}'`);
    }
    return account.kmsArn(`key/${reference}`);
  }
  const arn = kmsArn(account, reference);
  const [kind, keyId = ''] = arn.resource.split('/');
  if (kind !== 'key' || !keyIdPattern.test(keyId) || arn.resource !== `key/${keyId}`) {
    throw invalidArn(`Invalid arn ${reference}`);
  }
  return reference;
}

/** The parts of an ARN of KMS. @throws InvalidArnException for others, NotFoundException for another Region */
export function kmsArn(account: Account, reference: string) {
  const arn = parseArn(reference);
  if (arn?.service !== 'kms' || arn.partition !== account.partition || !/^\d{12}$/.test(arn.accountId)) {
    throw invalidArn(`Invalid arn ${reference}`);
  }
  if (arn.region !== account.region) {
    throw notFound(`Invalid arn ${arn.region}`);
  }
  return arn;
}

const keyIdPattern = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12})$/i;
