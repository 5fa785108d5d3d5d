import {
  CloudTrailClient,
  type CloudTrailClientConfig,
  type Event,
  LookupEventsCommand,
} from '@aws-sdk/client-cloudtrail';
import {
  GetAccountAuthorizationDetailsCommand,
  type GetAccountAuthorizationDetailsCommandOutput,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  type IAMClientConfig,
  ListRolesCommand,
  ListUsersCommand,
  type Role,
} from '@aws-sdk/client-iam';
import * as l10n from '@vscode/l10n';
import { evidenceServices, KmsError } from '../core/kms/errors.ts';
import type { AccountPrincipal, EvidenceApi, IamPrincipal, IamRole, TrailEvent } from '../core/kms/evidenceApi.ts';
import type { Page } from '../core/kms/model.ts';
import type { Call } from './call.ts';
import type { CredentialCache } from './credentialCache.ts';
import { nameOf, read } from './errorText.ts';
import { IncompleteResponse } from './failures.ts';
import { type Narrowed, narrowPage } from './narrow.ts';
import { ClockSkewRetries } from './transport.ts';

/** The server of a service, and the settings of its client. */
export interface EvidenceServer<Config> {
  readonly config: Config;
  /** AWS's own, which has every operation. */
  readonly isAws: boolean;
}

export interface EvidenceServers {
  /** `undefined`: no server of this service belongs to the KMS of this connection. */
  readonly cloudTrail: EvidenceServer<CloudTrailClientConfig> | undefined;
  readonly iam: EvidenceServer<IAMClientConfig> | undefined;
}

interface EvidenceOptions extends EvidenceServers {
  readonly region: string;
  readonly profile: string | undefined;
  readonly credentials: CredentialCache;
  readonly call: Call;
}

interface Evidence {
  readonly api: EvidenceApi;
  /** Releases sockets. */
  close(): void;
}

/**
 * The largest pages that CloudTrail and IAM give. IAM's details include policies, of up to 60 KB a role in their encoding
 * with its tags: this many are below the limit of an answer.
 */
const pageSizes = { events: 50, principals: 1_000, details: 250 };

/** The port over the SDK's CloudTrail and IAM clients. Builds them; sends nothing. */
export function createEvidence({ cloudTrail, iam, region, profile, credentials, call }: EvidenceOptions): Evidence {
  const own = { region, credentials: credentials.provider, retryStrategy: new ClockSkewRetries() };
  const trail = cloudTrail && new CloudTrailClient({ ...cloudTrail.config, ...own });
  const principals = iam && new IAMClient({ ...iam.config, ...own });

  const asking =
    <Client>(client: Client | undefined, server: { readonly isAws: boolean } | undefined) =>
    async <Output, T>(
      operation: string,
      signal: AbortSignal,
      send: (client: Client, sending: { readonly abortSignal: AbortSignal }) => Promise<Output>,
      narrow: (output: Output) => Narrowed<T>,
    ): Promise<T> => {
      if (client === undefined) {
        throw noServer(operation, profile);
      }
      const context = { operation, mayBeMissing: server?.isAws !== true };
      return call(context, signal, (sending) => send(client, sending), narrow);
    };
  const askCloudTrail = asking(trail, cloudTrail);
  const askIam = asking(principals, iam);

  return {
    api: {
      lookupEvents: ({ attribute: { key, value }, since, until }, marker, signal) =>
        askCloudTrail(
          'LookupEvents',
          signal,
          (client, sending) =>
            client.send(
              new LookupEventsCommand({
                LookupAttributes: [{ AttributeKey: key, AttributeValue: value }],
                StartTime: since,
                EndTime: until,
                MaxResults: pageSizes.events,
                NextToken: marker,
              }),
              sending,
            ),
          (output) => narrowPage({ ...output, NextMarker: output.NextToken }, output.Events, narrowEvent),
        ),

      getRole: (name, signal) =>
        askIam(
          'GetRole',
          signal,
          (client, sending) => orMissing(client.send(new GetRoleCommand({ RoleName: name }), sending)),
          (output) => one(output, 'isMissing' in output ? 'missing' : output.Role, narrowRole),
        ),

      getUser: (name, signal) =>
        askIam(
          'GetUser',
          signal,
          (client, sending) => orMissing(client.send(new GetUserCommand({ UserName: name }), sending)),
          (output) => one(output, 'isMissing' in output ? 'missing' : output.User, narrowPrincipal),
        ),

      listRoles: (marker, signal) =>
        askIam(
          'ListRoles',
          signal,
          (client, sending) =>
            client.send(new ListRolesCommand({ MaxItems: pageSizes.principals, Marker: marker }), sending),
          (output) => principalPage(output, output.Roles),
        ),

      listUsers: (marker, signal) =>
        askIam(
          'ListUsers',
          signal,
          (client, sending) =>
            client.send(new ListUsersCommand({ MaxItems: pageSizes.principals, Marker: marker }), sending),
          (output) => principalPage(output, output.Users),
        ),

      getAccountAuthorizationDetails: (marker, signal) =>
        askIam(
          'GetAccountAuthorizationDetails',
          signal,
          (client, sending) =>
            client.send(
              new GetAccountAuthorizationDetailsCommand({
                Filter: ['Role', 'User'],
                MaxItems: pageSizes.details,
                Marker: marker,
              }),
              sending,
            ),
          narrowDetails,
        ),
    },
    close: () => {
      trail?.destroy();
      principals?.destroy();
    },
  };
}

function noServer(operation: string, profile: string | undefined): KmsError {
  return new KmsError({
    kind: 'notSupported',
    operation,
    awsName: 'NoEndpoint',
    message: l10n.t('A custom endpoint is set for KMS, but not for {0}.', evidenceServices.get(operation) ?? operation),
    profile,
  });
}

function narrowEvent({ EventId, EventName, EventTime, CloudTrailEvent }: Event): TrailEvent | undefined {
  return EventId && EventName && EventTime
    ? { eventId: EventId, name: EventName, time: EventTime, json: CloudTrailEvent ?? '' }
    : undefined;
}

/** A role or a user, as IAM answers it. */
interface Entry {
  readonly Arn?: string | undefined;
  readonly CreateDate?: Date | undefined;
  readonly RoleId?: string | undefined;
  readonly RoleName?: string | undefined;
  readonly UserId?: string | undefined;
  readonly UserName?: string | undefined;
}

function narrowPrincipal(entry: Entry): IamPrincipal | undefined {
  const id = entry.RoleId || entry.UserId;
  const name = entry.RoleName || entry.UserName;
  return id && name && entry.Arn ? { id, name, arn: entry.Arn, created: entry.CreateDate } : undefined;
}

function narrowRole(role: Entry & Pick<Role, 'RoleLastUsed'>): IamRole | undefined {
  const { LastUsedDate, Region } = role.RoleLastUsed ?? {};
  const principal = narrowPrincipal(role);
  return principal && { ...principal, lastUsed: LastUsedDate && { at: LastUsedDate, region: Region || undefined } };
}

type Metadata = { readonly $metadata: unknown };

interface ListOutput extends Metadata {
  readonly IsTruncated?: boolean | undefined;
  readonly Marker?: string | undefined;
}

function principalPage(output: ListOutput, entries: readonly Entry[] | undefined): Narrowed<Page<IamPrincipal>> {
  return narrowPage(withMarker(output), entries, narrowPrincipal);
}

/** @throws IncompleteResponse */
function narrowDetails(output: GetAccountAuthorizationDetailsCommandOutput): Narrowed<Page<AccountPrincipal>> {
  const page = withMarker(output);
  const roles = narrowPage(page, output.RoleDetailList, narrowRole);
  const users = narrowPage(page, output.UserDetailList, narrowPrincipal);
  return {
    value: {
      items: [
        ...roles.value.items.map((role) => ({ kind: 'role', role }) as const),
        ...users.value.items.map((user) => ({ kind: 'user', user }) as const),
      ],
      nextMarker: page.NextMarker,
    },
    dropped: (roles.dropped ?? 0) + (users.dropped ?? 0),
  };
}

/** @throws IncompleteResponse when the list is truncated without a marker for the rest */
function withMarker({ $metadata, IsTruncated, Marker }: ListOutput) {
  if (IsTruncated === true && !Marker) {
    throw new IncompleteResponse({ $metadata });
  }
  return { $metadata, NextMarker: IsTruncated === true ? Marker : undefined };
}

/** Makes an answer of the error that IAM has no such role or user. */
async function orMissing<Output extends Metadata>(
  sent: Promise<Output>,
): Promise<Output | (Metadata & { isMissing: true })> {
  try {
    return await sent;
  } catch (error) {
    if (nameOf(error) === 'NoSuchEntityException') {
      return { isMissing: true, $metadata: read(error, '$metadata') };
    }
    throw error;
  }
}

/** One role or user; `undefined` when IAM has none of that name. @throws IncompleteResponse */
function one<Entry extends object, T>(
  output: Metadata,
  entry: Entry | 'missing' | undefined,
  narrow: (entry: Entry) => T | undefined,
): Narrowed<T | undefined> {
  if (entry === 'missing') {
    return { value: undefined };
  }
  const value = entry && narrow(entry);
  if (value === undefined) {
    throw new IncompleteResponse(output);
  }
  return { value };
}
