import { createHash } from 'node:crypto';
import { AwsError } from './errors.ts';
import { parseArn } from './principals.ts';

/** One request to STS. */
interface StsCall {
  readonly principalArn: string;
  readonly accountId: string;
}

type StsOperation = (call: StsCall) => Readonly<Record<string, unknown>>;

/** The operations of STS that are implemented, by `Action`. */
export const stsOperations: ReadonlyMap<string, StsOperation> = new Map([['GetCallerIdentity', getCallerIdentity]]);

function getCallerIdentity({ principalArn, accountId }: StsCall) {
  return { Arn: principalArn, UserId: userId(principalArn), Account: parseArn(principalArn)?.accountId || accountId };
}

/** AWS's unique IDs: AIDA… for a user, AROA…:session for a role's session, the account ID for the root user. */
function userId(principalArn: string): string {
  const arn = parseArn(principalArn);
  if (!arn) {
    throw new AwsError('ValidationError', `${principalArn} is no ARN`);
  }
  const [kind, name = '', session = ''] = arn.resource.split('/');
  switch (kind) {
    case 'assumed-role':
      return `AROA${uniqueId(`${arn.accountId}/${name}`)}:${session}`;
    case 'federated-user':
      return `${arn.accountId}:${name}`;
    case 'root':
      return arn.accountId;
    default:
      return `AIDA${uniqueId(principalArn)}`;
  }
}

/** 17 characters of the alphabet of IAM's unique IDs; the same name always gives the same ones. */
export function uniqueId(name: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bytes = createHash('sha256').update(name).digest().subarray(0, 17);
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}
