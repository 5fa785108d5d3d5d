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

/** The response of CreateGrant. */
export interface CreatedGrant {
  readonly grantId: string;
  /** A secret that makes the grant usable before it has propagated. Empty if the server returned none. */
  readonly grantToken: string;
}

/** `default`: the key policy. `AWS_RAM`: the policy that AWS RAM sets on a shared key. Other keys don't have it. */
export type KeyPolicyName = 'default' | 'AWS_RAM';

/** A filter of CloudTrail's event history, which supports one attribute. */
export type CloudTrailFilter =
  | { readonly kind: 'key'; readonly keyArn: string }
  | { readonly kind: 'event'; readonly name: 'CreateGrant' | 'RetireGrant' | 'RevokeGrant' };

/**
 * The KMS calls that the product makes, in its own types. Every call rejects with a `KmsError` (errors.ts), or with an
 * error named `AbortError` once `signal` is aborted.
 *
 * An opened connection belongs to one account. If the credentials belong to another account, the call is not sent and
 * rejects with `accountChanged`. A change is signed as its actor. If the credentials belong to another principal, it is
 * not sent and rejects with `principalChanged`. An unverified actor is compared by its last known identity, if any.
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
  /** RevokeGrant. Resolves when KMS has accepted the revoke, before it has propagated. */
  revokeGrant(grant: GrantRef, actor: Actor, signal: AbortSignal): Promise<void>;
  /**
   * RevokeGrant with DryRun. `allowed`: it would have succeeded. `revoked`: the server returned success, which AWS
   * never does, so it ignored DryRun and the grant is revoked. If KMS would refuse, it rejects with that `KmsError`.
   */
  dryRunRevokeGrant(grant: GrantRef, signal: AbortSignal): Promise<'allowed' | 'revoked'>;
  /**
   * CreateGrant. Resolves when KMS has created the grant, before it has propagated. A request without a name is not
   * retried after a lost response, since it would create a second grant.
   */
  createGrant(input: CreateGrantInput, actor: Actor, signal: AbortSignal): Promise<CreatedGrant>;
  /** CreateGrant with DryRun. `created`: the server ignored DryRun. See {@link dryRunRevokeGrant}. */
  dryRunCreateGrant(input: CreateGrantInput, signal: AbortSignal): Promise<'allowed' | 'created'>;
  /** RetireGrant by key and grant ID. Resolves when KMS has accepted it, before it has propagated. */
  retireGrant(grant: GrantRef, actor: Actor, signal: AbortSignal): Promise<void>;
  /** RetireGrant with DryRun. `retired`: the server ignored DryRun. See {@link dryRunRevokeGrant}. */
  dryRunRetireGrant(grant: GrantRef, signal: AbortSignal): Promise<'allowed' | 'retired'>;
  /** ListRetirableGrants of this Region, 100 a page. The grants may be of keys of other accounts. */
  listRetirableGrants(principalArn: string, marker: string | undefined, signal: AbortSignal): Promise<Page<Grant>>;
  /** GetKeyPolicy: the policy document, which is JSON. Only for keys of the caller's account. */
  getKeyPolicy(keyArn: string, policyName: KeyPolicyName, signal: AbortSignal): Promise<string>;
  /** ListResourceTags, all pages. Only for keys of the caller's account. */
  listResourceTags(keyArn: string, signal: AbortSignal): Promise<readonly KeyTag[]>;
  getKeyRotationStatus(keyArn: string, signal: AbortSignal): Promise<KeyRotation>;
  /** GetKeyLastUsage. The quota is 5 requests a second for the whole account, so call it only on the user's request. */
  getKeyLastUsage(keyArn: string, signal: AbortSignal): Promise<KeyLastUsage>;
  /** ListAliases of one key, all pages: `alias/…`, sorted. Only for keys of the caller's account. */
  listAliasesOf(keyArn: string, signal: AbortSignal): Promise<readonly string[]>;
  /** STS GetCallerIdentity, with the credentials that the next call will use. Signs in if needed. */
  callerIdentity(signal: AbortSignal): Promise<CallerIdentity>;
}

/** A profile of the shared config and credentials files. */
export interface Profile {
  readonly name: string;
  /** The Region in the files. */
  readonly region: string | undefined;
  /** How it signs in, for display: `SSO`, `assumes role/Admin`, …. `undefined` if nothing is configured. */
  readonly signIn: string | undefined;
}

/**
 * What a sign-in would require, read from files and the environment alone: nothing is prompted, run or sent. Also
 * `none` while the credentials of an earlier sign-in are valid, so a second Region of a profile needs no new sign-in.
 */
export type SignInNeed =
  | { readonly kind: 'none' }
  /** A prompt for the code of an MFA device. */
  | { readonly kind: 'mfa'; readonly serial: string }
  /** The program in `credential_process` is run. */
  | { readonly kind: 'process' }
  /**
   * The token of an SSO session or of `aws login` is missing or expired and can't be refreshed. `args`: the AWS CLI
   * arguments that sign in.
   */
  | { readonly kind: 'cli'; readonly args: readonly string[] };

export interface OpenedConnection {
  readonly api: KmsApi;
  readonly region: string;
  readonly endpoint: Endpoint;
  /**
   * Aborted with a KmsError `accountChanged` as its reason when the credentials belong to another account than at
   * first. The connection can't be used after that.
   */
  readonly ended: AbortSignal;
  /**
   * AWS's time in milliseconds since the epoch, from the last KMS response; `undefined` before the first. Use it to
   * compare with AWS's dates, since the local clock can be wrong.
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
  /** All Regions, sorted by partition, commercial ones first. */
  regions(): readonly { readonly name: string; readonly description: string }[];
  /** Creates the client. Prompts, runs and sends nothing. */
  open(ref: ConnectionRef): Promise<OpenedConnection>;
  /** Rejects with a KmsError `profileMissing` when there is no such profile. */
  signInNeed(ref: ConnectionRef): Promise<SignInNeed>;
  /**
   * Absolute paths of all files that `profiles`, `signInNeed` or a sign-in of these refs depend on, whether or not they
   * exist: the config and credentials files, and the token files of SSO, `aws login` and web identities.
   */
  files(refs: readonly ConnectionRef[]): Promise<readonly string[]>;
  /**
   * A digest of what the files say about this ref. It stays equal until something changes that affects its sign-in,
   * Region or endpoint, and reveals no secret.
   */
  fingerprint(ref: ConnectionRef): Promise<string>;
  /**
   * The KMS console page of a Region or key. `undefined` if the partition's console is unknown. Not for connections
   * with a custom endpoint or sample data.
   */
  consoleUrl(region: string, keyId?: string): string | undefined;
  /** The console page of CloudTrail's event history, filtered. See {@link consoleUrl}. */
  cloudTrailUrl(region: string, filter: CloudTrailFilter): string | undefined;
}

/** The log entry of one call. Contains no credential or token, and nothing of a body but an error's text. */
export interface CallRecord {
  /** The connection's ID, such as `profile/dev/eu-west-1`. */
  readonly connection: string;
  /** AWS's operation, such as `ListGrants`. For a failed sign-in, the step that failed. */
  readonly operation: string;
  readonly durationMs: number;
  /** Number of requests sent. `undefined` if unknown, as after an abort or a failed sign-in. */
  readonly attempts: number | undefined;
  readonly requestId: string | undefined;
  readonly outcome: 'ok' | 'aborted' | KmsErrorKind;
  /** The error name from AWS or the SDK. `message` is its text without secrets. */
  readonly awsName: string | undefined;
  readonly message: string | undefined;
  /** Number of list entries without an ID, which were skipped. */
  readonly dropped: number;
}
