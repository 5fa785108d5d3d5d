import * as l10n from '@vscode/l10n';
import type { Grant, PrincipalRef } from './model.ts';
import { printable } from './text.ts';

/**
 * Who a grantee or retiring principal is, read from what KMS wrote. Forms: IAM User Guide, "IAM identifiers"; for the
 * EC2 infrastructure session, KMS Developer Guide, "How Amazon EBS uses AWS KMS".
 */
export type PrincipalKind =
  | 'role'
  | 'serviceLinkedRole'
  | 'user'
  | 'assumedRole'
  | 'ec2Instance'
  | 'awsServiceSession'
  | 'federatedUser'
  | 'accountRoot'
  | 'service'
  /** A unique ID (`AROA…`, `AIDA…`) in place of an ARN: deleted, recreated, or too new to be resolved. */
  | 'unresolvedRole'
  | 'unresolvedUser'
  | 'other';

export interface Principal {
  readonly kind: PrincipalKind;
  /** What KMS wrote, unchanged. */
  readonly value: string;
  /** Short enough for a row: a role's name, an instance ID, a service's name. Printable. */
  readonly shortName: string;
  /** The account that its ARN names. */
  readonly account: string | undefined;
}

const arnPattern = /^arn:(?<partition>[\w-]+):(?<service>iam|sts)::(?<account>\d{12}):(?<resource>.+)$/;

export function readPrincipal(ref: PrincipalRef): Principal {
  const { value } = ref;
  const is = (kind: PrincipalKind, shortName: string, account?: string): Principal => ({
    kind,
    value,
    shortName: printable(shortName),
    account,
  });
  if (ref.kind === 'servicePrincipal' || isServiceName(value)) return is('service', value);
  if (/^AROA[A-Z0-9]+$/.test(value)) return is('unresolvedRole', value);
  if (/^AIDA[A-Z0-9]+$/.test(value)) return is('unresolvedUser', value);
  const { account, resource } = arnPattern.exec(value)?.groups ?? {};
  if (account === undefined || resource === undefined) return is('other', value);
  if (resource === 'root') return is('accountRoot', l10n.t('account {0}', account), account);
  const [type, ...path] = resource.split('/');
  const name = path.at(-1) ?? resource;
  switch (type) {
    case 'role':
      return is(path[0] === 'aws-service-role' ? 'serviceLinkedRole' : 'role', name, account);
    case 'user':
      return is('user', name, account);
    case 'assumed-role':
      if (path[0] === 'aws:ec2-infrastructure') return is('ec2Instance', name, account);
      if (path[0]?.startsWith('aws:')) return is('awsServiceSession', path.join('/'), account);
      return is('assumedRole', path.join('/'), account);
    case 'federated-user':
      return is('federatedUser', name, account);
    default:
      return is('other', resource, account);
  }
}

function isServiceName(value: string): boolean {
  return /^[\w.-]+\.amazonaws\.com(\.cn)?$/.test(value);
}

/** AWS itself uses this principal: a revoke can break the resource that the service keeps for the account. */
export function isAwsService(principal: Principal): boolean {
  return ['service', 'serviceLinkedRole', 'ec2Instance', 'awsServiceSession'].includes(principal.kind);
}

/** The grantee of a grant. KMS always names one; a server that doesn't is shown as such. */
export function grantee(grant: Grant): Principal {
  return readPrincipal(grant.granteePrincipal ?? { kind: 'principal', value: l10n.t('unknown grantee') });
}

/** A word for the kind of principal. */
export function principalKindName(kind: PrincipalKind): string {
  switch (kind) {
    case 'role':
      return l10n.t('IAM role');
    case 'serviceLinkedRole':
      return l10n.t('service-linked role');
    case 'user':
      return l10n.t('IAM user');
    case 'assumedRole':
      return l10n.t('assumed-role session');
    case 'ec2Instance':
      return l10n.t('EC2 instance');
    case 'awsServiceSession':
      return l10n.t('AWS service session');
    case 'federatedUser':
      return l10n.t('federated user');
    case 'accountRoot':
      return l10n.t('whole account');
    case 'service':
      return l10n.t('AWS service');
    case 'unresolvedRole':
      return l10n.t('unresolved role ID');
    case 'unresolvedUser':
      return l10n.t('unresolved user ID');
    case 'other':
      return l10n.t('principal');
  }
}

/** What a revoke of this grant ends, in one sentence. Other grants and policies may still allow the same: we can't know. */
export function impactOfRevoke(grant: Grant): string {
  const who = grantee(grant);
  const volume = contextOf(grant)['aws:ebs:id'];
  switch (who.kind) {
    case 'ec2Instance':
      return volume === undefined
        ? l10n.t(
            'EC2 instance {0} can lose access to its encrypted volume, at the latest when it next starts.',
            who.shortName,
          )
        : l10n.t(
            'EC2 instance {0} can lose access to its encrypted volume {1}, at the latest when it next starts.',
            who.shortName,
            printable(volume),
          );
    case 'service':
    case 'serviceLinkedRole':
    case 'awsServiceSession':
      return l10n.t(
        'The AWS service behind {0} can no longer use the key through this grant, and resources that it keeps encrypted with the key can fail.',
        who.shortName,
      );
    case 'unresolvedRole':
    case 'unresolvedUser':
      return l10n.t(
        '{0} is possibly a deleted principal. If it still exists, it can no longer use the key through this grant.',
        who.shortName,
      );
    case 'accountRoot':
      return l10n.t('No principal of {0} can use the key through this grant any more.', who.shortName);
    default:
      return l10n.t('{0} can no longer use the key through this grant.', who.shortName);
  }
}

/** The encryption context that constrains the grant, of either kind; empty when there is none. */
export function contextOf(grant: Grant): Readonly<Record<string, string>> {
  const { encryptionContextEquals, encryptionContextSubset } = grant.constraints;
  return encryptionContextEquals ?? encryptionContextSubset ?? {};
}
