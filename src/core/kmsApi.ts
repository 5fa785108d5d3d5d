import type { KmsErrorKind } from './errors.ts';
import type {
  AliasListEntry,
  CallerIdentity,
  ConnectionRef,
  Endpoint,
  Grant,
  KeyListEntry,
  KeyMetadata,
} from './model.ts';

/** One page of a list. `nextMarker` is opaque, and `undefined` on the last page. A page may be empty and not the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextMarker: string | undefined;
}

export interface GrantRef {
  readonly keyArn: string;
  readonly grantId: string;
}

/**
 * The KMS calls that the product makes, in its own types. Every call rejects with a `KmsError` (errors.ts), or with an
 * error whose name is `AbortError` once `signal` is aborted.
 */
export interface KmsApi {
  /** ListKeys, 1,000 a page. */
  listKeys(marker: string | undefined, signal: AbortSignal): Promise<Page<KeyListEntry>>;
  /** ListAliases of the whole Region, 100 a page. */
  listAliases(marker: string | undefined, signal: AbortSignal): Promise<Page<AliasListEntry>>;
  describeKey(keyArn: string, signal: AbortSignal): Promise<KeyMetadata>;
  /** ListGrants, 100 a page; with `grantId`, only that grant. */
  listGrants(
    query: { readonly keyArn: string; readonly grantId?: string; readonly marker?: string },
    signal: AbortSignal,
  ): Promise<Page<Grant>>;
  /** RevokeGrant. Resolves when KMS has accepted the revoke, which is before it holds everywhere. */
  revokeGrant(grant: GrantRef, signal: AbortSignal): Promise<void>;
  /**
   * RevokeGrant with DryRun. `allowed`: it would have succeeded. `revoked`: the server answered success, which AWS never
   * does; such a server ignored DryRun and the grant is really revoked. A refusal rejects with its `KmsError`.
   */
  dryRunRevokeGrant(grant: GrantRef, signal: AbortSignal): Promise<'allowed' | 'revoked'>;
  /** STS GetCallerIdentity with the same credentials. */
  callerIdentity(signal: AbortSignal): Promise<CallerIdentity>;
}

/** A profile of the shared config and credentials files. */
export interface Profile {
  readonly name: string;
  /** The Region that the files give it. */
  readonly region: string | undefined;
  /** How it signs in, for a person to read: `SSO`, `assumes role/Admin`, … */
  readonly signIn: string;
}

export interface OpenedConnection {
  readonly api: KmsApi;
  readonly region: string;
  readonly endpoint: Endpoint;
  /** Releases sockets. */
  close(): void;
}

/** What the AWS room offers. */
export interface Aws {
  /** Reads the files anew on every call. A missing file means no profiles, not an error. */
  profiles(): Promise<readonly Profile[]>;
  /** The Regions to choose from, by partition, commercial ones first. */
  regions(): readonly { readonly name: string; readonly description: string }[];
  /** Builds the client; sends nothing. */
  open(ref: ConnectionRef): Promise<OpenedConnection>;
}

/** What the log says of one call. Never a credential or token, and nothing from a request's or response's body. */
export interface CallRecord {
  /** The connection's ID, such as `profile/dev/eu-west-1`. */
  readonly connection: string;
  /** AWS's operation, such as `ListGrants`. */
  readonly operation: string;
  readonly durationMs: number;
  /** Requests that were sent; `undefined` when it is not known, as after an abort or a failed sign-in. */
  readonly attempts: number | undefined;
  readonly requestId: string | undefined;
  readonly outcome: 'ok' | 'aborted' | KmsErrorKind;
  /** AWS's (or the SDK's) name for the failure. */
  readonly awsName: string | undefined;
  /** Entries of a list that were left out because they lacked an ID. */
  readonly dropped: number;
}
