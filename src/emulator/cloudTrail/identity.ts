import type { Account } from '../account.ts';
import { principalId, roleId, uniqueId } from '../iam/ids.ts';
import { parseArn } from '../principals.ts';
import { isoTime } from '../time.ts';
import type { TrailCaller } from './eventHistory.ts';

/** CloudTrail's `userIdentity` (CloudTrail User Guide, "CloudTrail userIdentity element"). */
export function userIdentity(caller: TrailCaller, account: Account, at: number) {
  const { principalArn, invokedBy } = caller;
  const invoked = invokedBy === undefined ? {} : { invokedBy };
  const arn = principalArn === undefined ? undefined : parseArn(principalArn);
  if (principalArn === undefined || arn === undefined) {
    return { type: 'AWSService', ...invoked };
  }
  const { accountId, resource } = arn;
  if (accountId !== account.id) {
    // The log of the key's owner does not name who it was in the other account.
    return { type: 'AWSAccount', principalId: principalId(principalArn), accountId, ...invoked };
  }
  const [kind, ...names] = resource.split('/');
  const accessKeyId = accessKeyIdOf(caller);
  const common = { arn: principalArn, accountId, accessKeyId };
  switch (kind) {
    case 'assumed-role': {
      const [role = '', session = ''] = names;
      const { path = '/', id = roleId(accountId, role) } = account.roles.get(role) ?? {};
      // Such as aws:ec2-infrastructure, which is no role of IAM.
      const isInternal = role.includes(':');
      return {
        type: 'AssumedRole',
        principalId: isInternal ? `${accountId}:${role}:${session}` : `${id}:${session}`,
        ...common,
        sessionContext: {
          sessionIssuer: {
            type: 'Role',
            principalId: isInternal ? `${accountId}:${role}` : id,
            arn: account.iamArn(`role${path}${role}`),
            accountId,
            userName: role,
          },
          attributes: { creationDate: isoTime(at - 10 * 60_000), mfaAuthenticated: 'false' },
        },
        ...invoked,
      };
    }
    case 'root':
      return { type: 'Root', principalId: accountId, ...common, ...invoked };
    case 'federated-user':
      return { type: 'FederatedUser', principalId: principalId(principalArn), ...common, ...invoked };
    default:
      return {
        type: 'IAMUser',
        principalId: principalId(principalArn),
        ...common,
        userName: names.at(-1) ?? resource,
        ...invoked,
      };
  }
}

/** What LookupEvents calls `Username`: a user's name, a session's name, or `root`. */
export function userNameOf({ principalArn }: TrailCaller, account: Account): string | undefined {
  const arn = principalArn === undefined ? undefined : parseArn(principalArn);
  return arn?.accountId === account.id ? arn.resource.split('/').at(-1) : undefined;
}

/** A call without a known access key still has one in the log: that of temporary credentials begins with ASIA. */
export function accessKeyIdOf({ principalArn, accessKeyId }: TrailCaller): string | undefined {
  if (accessKeyId !== undefined || principalArn === undefined) {
    return accessKeyId;
  }
  const isTemporary = parseArn(principalArn)?.service === 'sts';
  return `${isTemporary ? 'ASIA' : 'AKIA'}${uniqueId(principalArn).slice(0, 16)}`;
}
