import * as l10n from '@vscode/l10n';
import { memoize } from '../base/memoize.ts';
import { printable } from '../base/text.ts';
import {
  isServicePrincipal,
  serviceName,
  serviceOfLinkedRole,
  serviceOfSession,
  unknownService,
} from './awsServices.ts';
import { accountOfArn, type Grant, type PrincipalRef } from './model.ts';

/**
 * The kind of a grantee or retiring principal. Sources: IAM User Guide, "IAM identifiers"; for the EC2 infrastructure
 * session, KMS Developer Guide, "How Amazon EBS uses AWS KMS".
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
  /** The text `AWS Internal`, with which KMS hides the principal of a service. */
  | 'awsInternal'
  /** A unique ID (`AROA…`, `AIDA…`) in place of an ARN: the principal was deleted or recreated, or is too new. */
  | 'unresolvedRole'
  | 'unresolvedUser'
  | 'other';

export interface Principal {
  readonly kind: PrincipalKind;
  /** The value from KMS, unchanged. */
  readonly value: string;
  /** A short name for a row: a role name, an instance ID, a service name. Printable. */
  readonly shortName: string;
  /** The account in its ARN. */
  readonly account: string | undefined;
  /** The display name of the AWS service that uses this principal, such as `Amazon RDS`. Printable. */
  readonly managedBy: string | undefined;
}

/** EC2's older form, which was not an ARN: `111122223333:aws:ec2-infrastructure:i-0123456789abcdef0`. */
const legacySessionPattern = /^(?<account>\d{12}):(?<role>aws:[\w-]+):(?<name>.+)$/;

const arnPattern = /^arn:(?<partition>[\w-]+):(?<service>iam|sts)::(?<account>\d{12}):(?<resource>.+)$/;

/** Memoized, since views call it repeatedly for tens of thousands of grants. */
export const parsePrincipal: (ref: PrincipalRef) => Principal = memoize(parse);

function parse(ref: PrincipalRef): Principal {
  const { value } = ref;
  const is = (kind: PrincipalKind, shortName: string, account?: string, managedBy?: string): Principal => ({
    kind,
    value,
    shortName: printable(shortName, 128),
    account,
    managedBy: managedBy === undefined ? undefined : printable(managedBy),
  });
  const ofAws = (role: string, name: string, account: string): Principal =>
    role === 'aws:ec2-infrastructure' && name.startsWith('i-')
      ? is('ec2Instance', name, account, serviceOfSession(role))
      : is('awsServiceSession', `${role}/${name}`, account, serviceOfSession(role));
  if (ref.kind === 'servicePrincipal' || isServicePrincipal(value)) {
    return is('service', value, undefined, serviceName(value));
  }
  if (/^(AWS|Amazon) Internal$/i.test(value)) {
    return is('awsInternal', value, undefined, unknownService);
  }
  const old = legacySessionPattern.exec(value)?.groups;
  if (old !== undefined) {
    const { role = '', name = '', account = '' } = old;
    return ofAws(role, name, account);
  }
  // A session can have its name appended: AROA…:session.
  if (/^AROA[A-Z0-9]+(:[\w+=,.@-]+)?$/.test(value)) {
    return is('unresolvedRole', value);
  }
  if (/^AIDA[A-Z0-9]+$/.test(value)) {
    return is('unresolvedUser', value);
  }
  const { service, account, resource } = arnPattern.exec(value)?.groups ?? {};
  if (account === undefined || resource === undefined) {
    return is('other', value);
  }
  if (resource === 'root') {
    return is('accountRoot', l10n.t('account {0}', account), account);
  }
  const [type, ...path] = resource.split('/');
  const name = path.at(-1) ?? resource;
  switch (`${service}:${type}`) {
    case 'iam:role': {
      const [folder, servicePrincipal = name] = path;
      const linkedTo = folder === 'aws-service-role' ? serviceName(servicePrincipal) : serviceOfLinkedRole(name);
      return is(linkedTo === undefined ? 'role' : 'serviceLinkedRole', name, account, linkedTo);
    }
    case 'iam:user':
      return is('user', name, account);
    case 'sts:assumed-role': {
      const [role = '', ...session] = path;
      if (role.startsWith('aws:')) {
        return ofAws(role, session.join('/'), account);
      }
      const linkedTo = serviceOfLinkedRole(role);
      return is(linkedTo === undefined ? 'assumedRole' : 'awsServiceSession', path.join('/'), account, linkedTo);
    }
    case 'sts:federated-user':
      return is('federatedUser', name, account);
    default:
      return is('other', resource, account);
  }
}

/** The principal's account if it differs from the key's account. */
export function externalAccountOf(principal: Principal, keyArn: string): string | undefined {
  const { account } = principal;
  return account === accountOfArn(keyArn) ? undefined : account;
}

/** Describes the grantee or retiring principal of a grant in full sentences. */
export function describePrincipal(principal: Principal, grant: Grant): string {
  const sentence = sentenceOf(principal, volumeOf(grant));
  const other = externalAccountOf(principal, grant.keyArn);
  const keyAccount = accountOfArn(grant.keyArn);
  if (other === undefined || keyAccount === undefined) {
    return sentence;
  }
  return `${sentence} ${l10n.t('The key belongs to another account, {0}.', keyAccount)}`;
}

function sentenceOf({ kind, value, shortName, account = '', managedBy = '' }: Principal, volume?: string): string {
  switch (kind) {
    case 'role':
      return l10n.t('The IAM role {0} of account {1}.', shortName, account);
    case 'serviceLinkedRole':
      return l10n.t(
        'The service-linked role {0} of account {1}, managed by {2}: the service itself uses it.',
        shortName,
        account,
        managedBy,
      );
    case 'user':
      return l10n.t('The IAM user {0} of account {1}.', shortName, account);
    case 'assumedRole': {
      const [role = shortName, ...session] = shortName.split('/');
      return l10n.t('The session {0} of the IAM role {1} of account {2}.', session.join('/'), role, account);
    }
    case 'ec2Instance':
      return volume === undefined
        ? l10n.t('The EC2 instance {0} of account {1}, managed by {2}.', shortName, account, managedBy)
        : l10n.t(
            'The EC2 instance {0} of account {1} with its volume {2}, managed by {3}.',
            shortName,
            account,
            volume,
            managedBy,
          );
    case 'awsServiceSession':
      return l10n.t('The session {0} of account {1}, managed by {2}.', shortName, account, managedBy);
    case 'federatedUser':
      return l10n.t('The federated user {0} of account {1}.', shortName, account);
    case 'accountRoot':
      return l10n.t(
        'The whole account {0}: its administrators decide which of its principals get this access.',
        account,
      );
    case 'service':
      return managedBy === shortName
        ? l10n.t('The AWS service {0}.', shortName)
        : l10n.t('The AWS service {0} ({1}).', managedBy, shortName);
    case 'awsInternal':
      return l10n.t("An AWS service whose principal KMS doesn't show.");
    case 'unresolvedRole':
      return l10n.t(
        'The role ID {0}, possibly orphaned: the role was deleted or recreated, or is too new for KMS.',
        shortName,
      );
    case 'unresolvedUser':
      return l10n.t(
        'The user ID {0}, possibly orphaned: the user was deleted or recreated, or is too new for KMS.',
        shortName,
      );
    case 'other':
      return l10n.t('A principal of an unknown form: {0}.', printable(value));
  }
}

/** The EBS volume in the encryption context of a grant that EC2 uses. Printable. */
export function volumeOf(grant: Grant): string | undefined {
  const volume = contextOf(grant)['aws:ebs:id'];
  return volume === undefined ? undefined : printable(volume, 64);
}

/** The grantee of a grant. KMS always returns one, other servers may not. */
export function grantee(grant: Grant): Principal {
  return parsePrincipal(grant.granteePrincipal ?? { kind: 'principal', value: l10n.t('unknown grantee') });
}

/** The display name of a kind of principal. */
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
    case 'awsInternal':
      return l10n.t('AWS service');
    case 'unresolvedRole':
      return l10n.t('unresolved role ID');
    case 'unresolvedUser':
      return l10n.t('unresolved user ID');
    case 'other':
      return l10n.t('principal');
  }
}

/** As {@link principalKindName}, of a principal that called AWS: the ARN of an account is then that of its root user. */
export function callerKindName(kind: PrincipalKind): string {
  return kind === 'accountRoot' ? l10n.t('root user') : principalKindName(kind);
}

/** The encryption context that constrains the grant, by either constraint. Empty without constraints. */
export function contextOf(grant: Grant): Readonly<Record<string, string>> {
  const { encryptionContextEquals, encryptionContextSubset } = grant.constraints;
  return encryptionContextEquals ?? encryptionContextSubset ?? {};
}
