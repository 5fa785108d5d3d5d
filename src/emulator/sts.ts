import { principalId } from './iam/ids.ts';
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
  return {
    Arn: principalArn,
    UserId: principalId(principalArn),
    Account: parseArn(principalArn)?.accountId || accountId,
  };
}
