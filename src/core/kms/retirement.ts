import { isKind } from './errors.ts';
import type { KmsApi } from './kmsApi.ts';
import { accountOfArn, type Grant, type PrincipalRef } from './model.ts';
import { paginate } from './pages.ts';

/**
 * Whether the caller may retire a grant. `perhaps`: IAM policies decide, which only a dry run shows. They are policies
 * of the account of the named principal, the issuing account or the key's account.
 */
export type RetirePermission = 'yes' | 'perhaps' | 'no';

/**
 * Who may retire a grant: its retiring principal, its grantee if RetireGrant is among the operations, the account that
 * issued it, and principals that get it by IAM from that account or the key's owner (KMS Developer Guide, "Retiring
 * and revoking grants").
 */
export function retirePermission(
  callerArn: string,
  grant: Pick<Grant, 'keyArn' | 'retiringPrincipal' | 'granteePrincipal' | 'issuingAccount' | 'operations'>,
): RetirePermission {
  if (callerArn === grant.issuingAccount) {
    return 'yes';
  }
  const named = [
    grant.retiringPrincipal,
    grant.operations.includes('RetireGrant') ? grant.granteePrincipal : undefined,
  ];
  const rights = named.map((ref) => (ref === undefined ? 'no' : actsAs(callerArn, ref)));
  if (rights.includes('yes')) {
    return 'yes';
  }
  const account = accountOfArn(callerArn);
  const delegating = [accountOfIssuer(grant.issuingAccount), accountOfArn(grant.keyArn)];
  return rights.includes('perhaps') || (account !== undefined && delegating.includes(account)) ? 'perhaps' : 'no';
}

/** AWS returns the ARN of the root user. It used to return the bare account ID. */
function accountOfIssuer(issuer: string | undefined): string | undefined {
  return issuer !== undefined && /^\d{12}$/.test(issuer) ? issuer : accountOfArn(issuer ?? '');
}

/**
 * Whether the caller is the principal. A role session acts as its role. STS omits the path of the role, but role names
 * are unique in an account (IAM User Guide, "IAM identifiers").
 */
function actsAs(callerArn: string, { kind, value }: PrincipalRef): RetirePermission {
  if (kind !== 'principal') {
    return 'no';
  }
  if (value === callerArn) {
    return 'yes';
  }
  const caller = readArn(callerArn);
  const named = readArn(value);
  if (caller === undefined || named === undefined) {
    return 'no';
  }
  if (caller.partition !== named.partition || caller.account !== named.account || named.service !== 'iam') {
    return 'no';
  }
  if (named.resource === 'root') {
    return 'perhaps';
  }
  const role = roleOfSession(caller);
  const isItsRole = named.resource.startsWith('role/') && named.resource.split('/').at(-1) === role;
  return role !== undefined && isItsRole ? 'yes' : 'no';
}

/**
 * The principals to call ListRetirableGrants with: the caller and, for a role session, its role. STS omits the path of
 * a role, and only that of IAM Identity Center's roles is known (IAM Identity Center User Guide, "Referencing
 * permission sets").
 */
export function retiringPrincipalsOf(callerArn: string, region: string): readonly string[] {
  const caller = readArn(callerArn);
  const role = caller === undefined ? undefined : roleOfSession(caller);
  if (caller === undefined || role === undefined) {
    return [callerArn];
  }
  const ssoPath = 'aws-reserved/sso.amazonaws.com/';
  const paths = role.startsWith('AWSReservedSSO_') ? [ssoPath, `${ssoPath}${region}/`] : [''];
  const { partition, account } = caller;
  return [...paths.map((path) => `arn:${partition}:iam::${account}:role/${path}${role}`), callerArn];
}

/**
 * The grants that these principals may retire, page by page, each grant once. Some of the principals may be guesses, so
 * one that KMS doesn't know counts as having no grants.
 * @throws KmsError if KMS refuses or knows none of the principals
 */
export async function* retirableGrants(
  api: KmsApi,
  principals: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<readonly Grant[]> {
  const seen = new Set<string>();
  let failure: unknown;
  let answered = 0;
  for (const principal of principals) {
    try {
      for await (const page of paginate((marker) => api.listRetirableGrants(principal, marker, signal))) {
        answered += 1;
        const id = ({ keyArn, grantId }: Grant) => `${keyArn} ${grantId}`;
        const fresh = page.filter((grant) => !seen.has(id(grant)));
        for (const grant of fresh) {
          seen.add(id(grant));
        }
        if (fresh.length > 0) {
          yield fresh;
        }
      }
    } catch (error) {
      if (!isKind(error, 'invalidArn', 'invalidPrincipal', 'keyNotFound', 'validation')) {
        throw error;
      }
      failure ??= error;
    }
  }
  if (answered === 0 && failure !== undefined) {
    throw failure;
  }
}

interface ArnParts {
  readonly partition: string;
  readonly service: string;
  readonly account: string;
  readonly resource: string;
}

function readArn(arn: string): ArnParts | undefined {
  const account = accountOfArn(arn);
  const [, partition, service, , , ...resource] = arn.split(':');
  if (account === undefined || partition === undefined || service === undefined) {
    return undefined;
  }
  return { partition, service, account, resource: resource.join(':') };
}

function roleOfSession({ service, resource }: ArnParts): string | undefined {
  const [kind, role] = resource.split('/');
  return service === 'sts' && kind === 'assumed-role' ? role : undefined;
}
