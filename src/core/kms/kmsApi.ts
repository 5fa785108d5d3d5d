import type { Actor } from './actor.ts';
import type { KmsErrorKind } from './errors.ts';
import type { EvidenceApi } from './evidenceApi.ts';
import type {
  AliasListEntry,
  CallerIdentity,
  ConnectionRef,
  CreateGrantInput,
  Endpoint,
  Grant,
  KeyLastUsage,
  KeyListEntry,
  KeyMetadata,
  KeyRotation,
  KeyTag,
  Page,
} from './model.ts';

export interface GrantRef {
  readonly keyArn: string;
  readonly grantId: string;
}

/** What CreateGrant answers. */
export interface CreatedGrant {
  readonly grantId: string;
  /** A secret: it lets the grant be used before it holds everywhere. Empty when the server gave none. */
  readonly grantToken: string;
}

/** `default`: the key policy. `AWS_RAM`: the one that AWS RAM sets on a key that it shares; NotFound on all others. */
export type KeyPolicyName = 'default' | 'AWS_RAM';

/** What the event history of CloudTrail is filtered by: it takes one attribute. */
export type CloudTrailFilter =
  | { readonly kind: 'key'; readonly keyArn: string }
  | { readonly kind: 'event'; readonly name: 'CreateGrant' | 'RetireGrant' | 'RevokeGrant' };

/**
 * The KMS calls that the product makes, in its own types. Every call rejects with a `KmsError` (errors.ts), or with an
 * error whose name is `AbortError` once `signal` is aborted.
 *
 * An opening has one account for life: a call whose credentials are of another account is not sent, and rejects as
 * `accountChanged`. A change is signed as its actor: when its credentials are of another principal, it is not sent, and
 * rejects as `principalChanged`. Of an actor that is not verified, that is whatever STS last said, if anything.
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
  revokeGrant(grant: GrantRef, actor: Actor, signal: AbortSignal): Promise<void>;
  /**
   * RevokeGrant with DryRun. `allowed`: it would have succeeded. `revoked`: the server answered success, which AWS never
   * does; such a server ignored DryRun and the grant is really revoked. A refusal rejects with its `KmsError`.
   */
  dryRunRevokeGrant(grant: GrantRef, signal: AbortSignal): Promise<'allowed' | 'revoked'>;
  /**
   * CreateGrant. Resolves when KMS has made the grant, which is before it holds everywhere. Without a name it is sent
   * once only: sent again after a lost answer, it would make a second grant.
   */
  createGrant(input: CreateGrantInput, actor: Actor, signal: AbortSignal): Promise<CreatedGrant>;
  /** CreateGrant with DryRun; `created`: the server ignored DryRun and made the grant. See {@link dryRunRevokeGrant}. */
  dryRunCreateGrant(input: CreateGrantInput, signal: AbortSignal): Promise<'allowed' | 'created'>;
  /** RetireGrant by key and grant ID. Resolves when KMS has accepted it, which is before it holds everywhere. */
  retireGrant(grant: GrantRef, actor: Actor, signal: AbortSignal): Promise<void>;
  /** RetireGrant with DryRun; `retired`: the server ignored DryRun and the grant is really retired. */
  dryRunRetireGrant(grant: GrantRef, signal: AbortSignal): Promise<'allowed' | 'retired'>;
  /** ListRetirableGrants of this Region, 100 a page. The grants may be of keys of other accounts. */
  listRetirableGrants(principalArn: string, marker: string | undefined, signal: AbortSignal): Promise<Page<Grant>>;
  /** GetKeyPolicy: the policy, as KMS keeps it, which is JSON. Keys of the caller's own account only. */
  getKeyPolicy(keyArn: string, policyName: KeyPolicyName, signal: AbortSignal): Promise<string>;
  /** ListResourceTags, all pages. Keys of the caller's own account only. */
  listResourceTags(keyArn: string, signal: AbortSignal): Promise<readonly KeyTag[]>;
  getKeyRotationStatus(keyArn: string, signal: AbortSignal): Promise<KeyRotation>;
  /** GetKeyLastUsage. The whole account may ask 5 times a second: for one key, when somebody asks. */
  getKeyLastUsage(keyArn: string, signal: AbortSignal): Promise<KeyLastUsage>;
  /** ListAliases of one key, all pages: `alias/…`, sorted. Keys of the caller's own account only. */
  listAliasesOf(keyArn: string, signal: AbortSignal): Promise<readonly string[]>;
  /** STS GetCallerIdentity, asked with the credentials that the next call will use, after signing in if need be. */
  callerIdentity(signal: AbortSignal): Promise<CallerIdentity>;
}

/** A profile of the shared config and credentials files. */
export interface Profile {
  readonly name: string;
  /** The Region that the files give it. */
  readonly region: string | undefined;
  /** How it signs in, for a person to read: `SSO`, `assumes role/Admin`, …; `undefined` when no way is set up. */
  readonly signIn: string | undefined;
}

/**
 * What signing in would take, read from files and the environment alone: nothing is asked, run or sent. `none` also
 * while the credentials of an earlier sign-in still hold, so that a second Region of a profile needs no act.
 */
export type SignInNeed =
  | { readonly kind: 'none' }
  /** The code of an MFA device is asked for. */
  | { readonly kind: 'mfa'; readonly serial: string }
  /** A program that the config file names is started (credential_process). */
  | { readonly kind: 'process' }
  /**
   * The token of an SSO session or of `aws login` is missing or expired, and can't be refreshed by itself: the AWS CLI
   * signs in. Arguments for the program `aws`.
   */
  | { readonly kind: 'cli'; readonly args: readonly string[] };

export interface OpenedConnection {
  readonly api: KmsApi;
  readonly region: string;
  readonly endpoint: Endpoint;
  /**
   * Aborted, with a KmsError `accountChanged` as its reason, when the credentials are of another account than at first:
   * the opening is over, whoever asked.
   */
  readonly ended: AbortSignal;
  /**
   * AWS's own time, in milliseconds since the epoch, by what KMS last answered; `undefined` before it did. What is compared
   * with AWS's dates is compared by it: the clock of this computer can be wrong.
   */
  awsTime(): number | undefined;
  /** CloudTrail and IAM, by the same sign-in. Loads their clients when it is first called, and sends nothing. */
  evidence(): Promise<EvidenceApi>;
  /** Releases sockets. */
  close(): void;
}

/** The AWS layer. */
export interface Aws {
  /** Reads the files on every call. A missing file means no profiles, not an error. */
  profiles(): Promise<readonly Profile[]>;
  /** The Regions to choose from, by partition, commercial ones first. */
  regions(): readonly { readonly name: string; readonly description: string }[];
  /** Builds the client; asks, runs and sends nothing. */
  open(ref: ConnectionRef): Promise<OpenedConnection>;
  /** Rejects with a KmsError `profileMissing` when there is no such profile. */
  signInNeed(ref: ConnectionRef): Promise<SignInNeed>;
  /**
   * Absolute paths whose change can change what `profiles`, `signInNeed` or a sign-in of these refs say, whether or not
   * they exist: the config and credentials files, the token files of their SSO and `aws login` sessions, and the token
   * files of web identities.
   */
  files(refs: readonly ConnectionRef[]): Promise<readonly string[]>;
  /**
   * What stands in the files for this ref, as one comparable string: equal as long as nothing changed there that matters
   * for its sign-in, Region or endpoint. A digest: nothing secret can be read from it.
   */
  fingerprint(ref: ConnectionRef): Promise<string>;
  /**
   * The page of KMS in the AWS console, of a Region or of one key; `undefined` where the partition has no console that
   * we know. Not for a connection with a custom endpoint, or sample data.
   */
  consoleUrl(region: string, keyId?: string): string | undefined;
  /** CloudTrail's event history in the AWS console, filtered; as for {@link consoleUrl}. */
  cloudTrailUrl(region: string, filter: CloudTrailFilter): string | undefined;
}

/** What the log says of one call. Never a credential or token, and of a request's or response's body only the text of an error. */
export interface CallRecord {
  /** The connection's ID, such as `profile/dev/eu-west-1`. */
  readonly connection: string;
  /** AWS's operation, such as `ListGrants`; of a failed sign-in, the step that failed. */
  readonly operation: string;
  readonly durationMs: number;
  /** Requests that were sent; `undefined` when it is not known, as after an abort or a failed sign-in. */
  readonly attempts: number | undefined;
  readonly requestId: string | undefined;
  readonly outcome: 'ok' | 'aborted' | KmsErrorKind;
  /** AWS's (or the SDK's) name for the failure, and its text, cleaned of secrets. */
  readonly awsName: string | undefined;
  readonly message: string | undefined;
  /** Entries of a list that were left out because they lacked an ID. */
  readonly dropped: number;
}
