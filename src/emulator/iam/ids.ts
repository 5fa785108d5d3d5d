import { createHash } from 'node:crypto';
import { AwsError } from '../errors.ts';
import { parseArn } from '../principals.ts';

/** 17 characters of the alphabet of IAM's unique IDs; the same name always gives the same ones. */
export function uniqueId(name: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bytes = createHash('sha256').update(name).digest().subarray(0, 17);
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}

/** The unique ID of the first role of this name; one that is created again has another. */
export function roleId(accountId: string, name: string): string {
  return `AROA${uniqueId(`${accountId}/${name}`)}`;
}

/** The unique ID of a user, by its ARN. */
export function userId(arn: string): string {
  return `AIDA${uniqueId(arn)}`;
}

/** Of a caller: AIDA… for a user, AROA…:session for a role's session, the account ID for the root user. */
export function principalId(principalArn: string): string {
  const arn = parseArn(principalArn);
  if (!arn) {
    throw new AwsError('ValidationError', `${principalArn} is no ARN`);
  }
  const [kind, name = '', session = ''] = arn.resource.split('/');
  switch (kind) {
    case 'assumed-role':
      return `${roleId(arn.accountId, name)}:${session}`;
    case 'federated-user':
      return `${arn.accountId}:${name}`;
    case 'root':
      return arn.accountId;
    default:
      return userId(principalArn);
  }
}
