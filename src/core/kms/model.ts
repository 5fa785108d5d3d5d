/**
 * KMS's data types. The AWS layer narrows the SDK's optional fields once, so a field here is optional only if KMS can
 * omit it. Field names are AWS's.
 */

/** The sign-in and Region of a connection. Two refs with the same {@link connectionId} are the same connection. */
export type ConnectionRef =
  | { readonly kind: 'profile'; readonly profile: string; readonly region: string }
  /** No profile: credentials from environment variables, a web identity token, the container or the instance. */
  | { readonly kind: 'environment'; readonly region: string }
  /** Sample data, served in process. */
  | { readonly kind: 'sample' };

/**
 * An opened connection, as data for tree nodes. `opening` differs each time that the ref is opened, so a node from
 * before a reconnect can't act on the new connection.
 */
export interface Connection {
  readonly id: string;
  readonly opening: number;
  readonly ref: ConnectionRef;
  readonly region: string;
  readonly endpoint: Endpoint;
}

/** Where requests go: AWS, a custom URL from a profile or variable, or the in-process sample data. */
export type Endpoint =
  | { readonly kind: 'aws' }
  | { readonly kind: 'custom'; readonly url: string }
  | { readonly kind: 'sample' };

export function connectionId(ref: ConnectionRef): string {
  switch (ref.kind) {
    case 'profile':
      return `profile/${ref.profile}/${ref.region}`;
    case 'environment':
      return `environment/${ref.region}`;
    case 'sample':
      return 'sample';
  }
}

/** An entry of ListKeys, with its aliases from ListAliases. */
export interface KmsKey {
  readonly keyId: string;
  readonly arn: string;
  /** `alias/…`, sorted; empty when there is none. */
  readonly aliases: readonly string[];
}

const aliasPrefix = 'alias/';

/** The display name of a key: its first alias without the `alias/` prefix, or its ID. */
export function keyLabel(key: KmsKey): string {
  const [alias] = key.aliases;
  if (alias === undefined) {
    return key.keyId;
  }
  return alias.startsWith(aliasPrefix) ? alias.slice(aliasPrefix.length) : alias;
}

/** The account that a key ARN names: 12 digits. */
export function accountOfArn(arn: string): string | undefined {
  return /^arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):/.exec(arn)?.[1];
}

export interface KeyListEntry {
  readonly keyId: string;
  readonly arn: string;
}

export interface AliasListEntry {
  readonly aliasName: string;
  /** Absent on a reserved alias whose AWS managed key does not exist yet. */
  readonly targetKeyId: string | undefined;
}

/** AWS's KeyState. A state that AWS adds later is kept as it is. */
export type KeyState =
  | 'Creating'
  | 'Disabled'
  | 'Enabled'
  | 'PendingDeletion'
  | 'PendingImport'
  | 'PendingReplicaDeletion'
  | 'Unavailable'
  | 'Updating'
  | (string & {});

const statesRefusingCreateGrant: ReadonlySet<KeyState> = new Set([
  'Creating',
  'Disabled',
  'PendingDeletion',
  'PendingImport',
  'PendingReplicaDeletion',
]);

/** Whether CreateGrant fails in this state of a key (KMS Developer Guide, "Key states of AWS KMS keys"). */
export function refusesCreateGrant(state: KeyState): boolean {
  return statesRefusingCreateGrant.has(state);
}

/** DescribeKey's KeyMetadata. */
export interface KeyMetadata {
  readonly keyId: string;
  readonly arn: string;
  readonly account: string | undefined;
  readonly description: string;
  readonly state: KeyState;
  /** `AWS` for AWS managed keys, `CUSTOMER` for customer managed keys. */
  readonly manager: 'AWS' | 'CUSTOMER';
  readonly origin: string | undefined;
  readonly usage: string | undefined;
  readonly spec: string | undefined;
  readonly multiRegion: boolean;
  readonly creationDate: Date | undefined;
  /** Set while the state is PendingDeletion. */
  readonly deletionDate: Date | undefined;
  /**
   * All other fields of DescribeKey under AWS's names, for display: key material, custom key store, multi-Region
   * configuration, algorithms. Dates are `Date` objects.
   */
  readonly otherFields: Readonly<Record<string, unknown>>;
}

/** Whether this is an AWS managed key, by its reserved alias or its KeyManager. */
export function isAwsManaged(key: KmsKey, metadata: KeyMetadata | undefined): boolean {
  return metadata?.manager === 'AWS' || key.aliases.some((alias) => alias.startsWith('alias/aws/'));
}

/** A grantee or retiring principal as KMS returns it: an ARN, a unique ID or a service name, or a service principal. */
export type PrincipalRef =
  | { readonly kind: 'principal'; readonly value: string }
  | { readonly kind: 'servicePrincipal'; readonly value: string };

export interface GrantConstraints {
  readonly encryptionContextEquals: Readonly<Record<string, string>> | undefined;
  readonly encryptionContextSubset: Readonly<Record<string, string>> | undefined;
  readonly sourceArn: string | undefined;
}

/** An entry of ListGrants. */
export interface Grant {
  readonly grantId: string;
  /** The key ARN. Some other servers return a bare ID, which the AWS layer expands to an ARN. */
  readonly keyArn: string;
  /** `undefined` if the grant has no name, for which KMS sends nothing, null or an empty string. */
  readonly name: string | undefined;
  readonly creationDate: Date | undefined;
  readonly granteePrincipal: PrincipalRef | undefined;
  readonly retiringPrincipal: PrincipalRef | undefined;
  /** An ARN such as `arn:aws:iam::111122223333:root`. */
  readonly issuingAccount: string | undefined;
  readonly operations: readonly string[];
  readonly constraints: GrantConstraints;
}

/** The parts that identify a grant among all connections. */
export interface GrantLocator {
  readonly connection: ConnectionRef | Pick<Connection, 'id'>;
  readonly key: Pick<KmsKey, 'arn'>;
  readonly grant: Pick<Grant, 'grantId'>;
}

/** A string that is equal for the same grant of the same key on the same connection. */
export function grantIdentity({ connection, key, grant }: GrantLocator): string {
  const id = 'id' in connection ? connection.id : connectionId(connection);
  return `${id}|${key.arn}|${grant.grantId}`;
}

/** The parameters of CreateGrant. */
export interface CreateGrantInput {
  readonly keyArn: string;
  readonly operations: readonly string[];
  readonly granteePrincipal: PrincipalRef;
  readonly retiringPrincipal?: PrincipalRef | undefined;
  readonly constraints: GrantConstraints;
  /** With a name, repeating the request returns the same grant. Without one, each request creates a grant. */
  readonly name?: string | undefined;
}

export interface KeyTag {
  readonly key: string;
  readonly value: string;
}

/** GetKeyRotationStatus. */
export interface KeyRotation {
  readonly enabled: boolean;
  readonly periodInDays: number | undefined;
  readonly nextRotationDate: Date | undefined;
  /** Set while an on-demand rotation is in progress. */
  readonly onDemandRotationStartDate: Date | undefined;
}

/** GetKeyLastUsage. It covers all use of the key; KMS doesn't report the use of a single grant. */
export interface KeyLastUsage {
  /** The last successful cryptographic operation. `undefined` if there was none since tracking began. */
  readonly last:
    | {
        readonly operation: string;
        readonly timestamp: Date;
        readonly cloudTrailEventId: string | undefined;
      }
    | undefined;
  /** When tracking began. Earlier use is unknown. */
  readonly trackingStartDate: Date | undefined;
  readonly keyCreationDate: Date | undefined;
}

/** STS GetCallerIdentity. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
}

/**
 * One page of a list. `nextMarker` is opaque, and `undefined` on the last page. A page may be empty and not the last.
 */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextMarker: string | undefined;
}
