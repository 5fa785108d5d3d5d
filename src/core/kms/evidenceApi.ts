import type { Page } from './model.ts';

/** What LookupEvents looks for: it takes one attribute, and times. */
export interface EventQuery {
  readonly attribute:
    | { readonly key: 'EventName'; readonly value: 'CreateGrant' | 'RevokeGrant' | 'RetireGrant' }
    /** The ARN of a key. */
    | { readonly key: 'ResourceName'; readonly value: string };
  readonly since?: Date;
  readonly until?: Date;
}

/** An event of CloudTrail's event history. All of it is data from outside. */
export interface TrailEvent {
  readonly eventId: string;
  /** Such as `Decrypt`. */
  readonly name: string;
  readonly time: Date;
  /** The text of `CloudTrailEvent`, which is JSON; empty when the event had none. */
  readonly json: string;
}

/** How many pages of events are looked at for uses of a key in one go. */
export const defaultUsePages = 20;

/** A role or user, as IAM lists it. */
export interface IamPrincipal {
  /** `AROA…` or `AIDA…`. */
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly created: Date | undefined;
}

export interface IamRole extends IamPrincipal {
  /**
   * The last use that IAM recorded, of about 400 days; `undefined` when it recorded none. ListRoles never has it.
   * https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html
   */
  readonly lastUsed: { readonly at: Date; readonly region: string | undefined } | undefined;
}

/** A role or user of an account, as GetAccountAuthorizationDetails lists both. */
export type AccountPrincipal =
  | { readonly kind: 'role'; readonly role: IamRole }
  | { readonly kind: 'user'; readonly user: IamPrincipal };

/**
 * Reads of CloudTrail and IAM, signed as the connection's calls of KMS are. Every call rejects with a `KmsError` whose
 * operation is CloudTrail's or IAM's, or with an AbortError once `signal` is aborted.
 */
export interface EvidenceApi {
  /**
   * LookupEvents of the connection's account and Region, newest first, 50 a page. About 2 requests a second an account
   * and Region.
   */
  lookupEvents(query: EventQuery, marker: string | undefined, signal: AbortSignal): Promise<Page<TrailEvent>>;
  /** GetRole by its name, without a path. `undefined`: IAM has no such role. */
  getRole(name: string, signal: AbortSignal): Promise<IamRole | undefined>;
  /** GetUser by its name, without a path. `undefined`: IAM has no such user. */
  getUser(name: string, signal: AbortSignal): Promise<IamPrincipal | undefined>;
  /** ListRoles, 1,000 a page. */
  listRoles(marker: string | undefined, signal: AbortSignal): Promise<Page<IamPrincipal>>;
  /** ListUsers, 1,000 a page. */
  listUsers(marker: string | undefined, signal: AbortSignal): Promise<Page<IamPrincipal>>;
  /** GetAccountAuthorizationDetails of roles, which then have their last use, and users; 250 a page. */
  getAccountAuthorizationDetails(marker: string | undefined, signal: AbortSignal): Promise<Page<AccountPrincipal>>;
}
