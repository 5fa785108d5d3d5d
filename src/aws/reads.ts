import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DescribeKeyCommand,
  type DescribeKeyCommandOutput,
  GetKeyLastUsageCommand,
  type GetKeyLastUsageCommandOutput,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type GrantListEntry,
  type GrantOperation,
  KMSClient,
  type KMSClientConfig,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ListRetirableGrantsCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import {
  GetCallerIdentityCommand,
  type GetCallerIdentityCommandOutput,
  STSClient,
  type STSClientConfig,
} from '@aws-sdk/client-sts';
import * as l10n from '@vscode/l10n';
import { type Actor, identityOf, isSamePrincipal } from '../core/kms/actor.ts';
import { isKind, KmsError } from '../core/kms/errors.ts';
import type { CreatedGrant, GrantRef, KmsApi, Page } from '../core/kms/kmsApi.ts';
import type {
  CallerIdentity,
  CreateGrantInput,
  Grant,
  GrantConstraints,
  KeyLastUsage,
  KeyMetadata,
  PrincipalRef,
} from '../core/kms/model.ts';
import { allOf } from '../core/kms/pages.ts';
import { createAwsTime } from './awsTime.ts';
import { type CallerOptions, createCaller, isRefusal, type Narrowed, type Rules } from './call.ts';
import { isSame } from './credentials.ts';
import { type CallContext, IncompleteResponse } from './failures.ts';
import { regionOfWitness } from './regions.ts';
import type { Identity } from './signingIn.ts';
import { ClockSkewRetries } from './transport.ts';

/** The most that KMS gives in one page. */
const pageSizes = { keys: 1_000, aliases: 100, grants: 100, tags: 50 };

interface ClientOptions extends CallerOptions {
  readonly kms: KMSClientConfig;
  readonly sts: STSClientConfig;
}

interface Client {
  readonly api: KmsApi;
  /** See OpenedConnection. */
  readonly ended: AbortSignal;
  /** See OpenedConnection. */
  awsTime(): number | undefined;
  /** Releases sockets. */
  close(): void;
}

/** The port over the SDK's KMS and STS clients. Builds them; sends nothing. */
export function createClient(options: ClientOptions): Client {
  const { region, credentials } = options;
  const kms = new KMSClient({
    ...options.kms,
    region,
    credentials: credentials.provider,
    retryStrategy: new ClockSkewRetries(),
  });
  const awsTime = createAwsTime();
  awsTime.watch(kms);
  const sts = new STSClient({ ...options.sts, region, credentials: credentials.provider });
  const caller = createCaller(options, (identity, signal) => isTakenElsewhere(identity, signal));
  const identify = { operation: 'GetCallerIdentity' };
  const getCallerIdentity = (sending: { readonly abortSignal: AbortSignal }) =>
    sts.send(new GetCallerIdentityCommand({}), sending);

  /** Asks STS in a Region that every account has. @throws KmsError when that can't be said */
  const isTakenElsewhere = async (identity: Identity, signal: AbortSignal) => {
    const elsewhere = regionOfWitness(region);
    if (elsewhere === undefined) {
      return credentials.wasAcceptedElsewhere(identity, region);
    }
    const witness = new STSClient({ ...options.sts, region: elsewhere, credentials: credentials.provider });
    const ask = (sending: { readonly abortSignal: AbortSignal }) =>
      witness.send(new GetCallerIdentityCommand({}), sending);
    try {
      await caller.inner(identify, signal, ask, (output) => ({ value: narrowIdentity(output) }));
      return true;
    } catch (error) {
      if (isRefusal(error)) {
        return false;
      }
      throw error;
    } finally {
      witness.destroy();
    }
  };

  /** Whose account everything is of that this opening says and does: the first that STS named, for life. */
  let account: string | undefined;
  /** The credentials that KMS answered to while STS had not named the account. */
  let unidentified: Identity | undefined;
  const ended = new AbortController();

  const endFor = (actual: string | undefined): never => {
    const error = accountChanged(account, actual, options.profile);
    ended.abort(error);
    throw error;
  };

  /** Keeps whose credentials these are. Another account than before ends the opening, whoever asked. */
  const admit = (credential: Identity, identity: CallerIdentity): CallerIdentity => {
    credentials.learn(credential, identity);
    if (account === undefined && (unidentified === undefined || isSame(unidentified, credential))) {
      account = identity.account;
    }
    return identity.account === account ? identity : endFor(identity.account);
  };

  const ask = async (credential: Identity, signal: AbortSignal) =>
    admit(
      credential,
      await caller.inner(identify, signal, getCallerIdentity, (output) => ({ value: narrowIdentity(output) })),
    );

  /** The credentials may have been renewed since, from files that say something else now. */
  const confirmAccount = async (credential: Identity, signal: AbortSignal) => {
    const identity = credentials.identityOf(credential);
    if (identity !== undefined) {
      admit(credential, identity);
    } else if (account !== undefined) {
      await ask(credential, signal);
    } else if (unidentified !== undefined && !isSame(unidentified, credential)) {
      endFor(undefined);
    }
  };

  /** With the very credentials that sign the change, so that nothing can come between the check and the call. */
  const confirmActor = async (actor: Actor, credential: Identity, signal: AbortSignal) => {
    await confirmAccount(credential, signal);
    const known = credentials.identityOf(credential);
    const actual = known ?? (actor.kind === 'verified' ? await ask(credential, signal) : undefined);
    const shown = identityOf(actor);
    if (actual !== undefined && (shown === undefined || !isSamePrincipal(shown, actual))) {
      throw principalChanged(shown, actual, options.profile);
    }
  };

  const call = <Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: (sending: { readonly abortSignal: AbortSignal }) => Promise<Output>,
    narrow: (output: Output) => Narrowed<T>,
    rules: Rules = {},
  ) =>
    caller.call(
      context,
      signal,
      send,
      (output, credential) => {
        if (account === undefined) {
          unidentified ??= credential;
        }
        return narrow(output);
      },
      { before: (credential) => confirmAccount(credential, signal), ...rules },
    );

  const callerIdentity = (signal: AbortSignal) =>
    caller.call(identify, signal, getCallerIdentity, (output, credential) => ({
      value: admit(credential, narrowIdentity(output)),
    }));

  /**
   * A call that changes something: sent again only with credentials of which it is sure that they are of the same account.
   * @param actor undefined for a dry run
   */
  const change = <Output, T>(
    context: CallContext,
    actor: Actor | undefined,
    signal: AbortSignal,
    send: (sending: { readonly abortSignal: AbortSignal }) => Promise<Output>,
    narrow: (output: Output) => Narrowed<T>,
  ) =>
    call(context, signal, send, narrow, {
      mayRenew: () => account !== undefined,
      ...(actor === undefined ? {} : { before: (credential) => confirmActor(actor, credential, signal) }),
    });

  const revoke = ({ keyArn, grantId }: GrantRef, actor: Actor | undefined, signal: AbortSignal) =>
    change(
      { operation: 'RevokeGrant', keyArn, grantId },
      actor,
      signal,
      (sending) =>
        kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId: grantId, ...dryRunInput(actor) }), sending),
      () => ({ value: undefined }),
    );

  const retire = ({ keyArn, grantId }: GrantRef, actor: Actor | undefined, signal: AbortSignal) =>
    change(
      { operation: 'RetireGrant', keyArn, grantId },
      actor,
      signal,
      (sending) =>
        kms.send(new RetireGrantCommand({ KeyId: keyArn, GrantId: grantId, ...dryRunInput(actor) }), sending),
      () => ({ value: undefined }),
    );

  const create = (input: CreateGrantInput, actor: Actor | undefined, signal: AbortSignal) =>
    change(
      {
        operation: 'CreateGrant',
        keyArn: input.keyArn,
        principals: { grantee: input.granteePrincipal.value, retiring: input.retiringPrincipal?.value },
      },
      actor,
      signal,
      (sending) => kms.send(new CreateGrantCommand({ ...createGrantInput(input), ...dryRunInput(actor) }), sending),
      (output): Narrowed<CreatedGrant> => {
        if (!output.GrantId) {
          throw new IncompleteResponse(output);
        }
        return { value: { grantId: output.GrantId, grantToken: output.GrantToken ?? '' } };
      },
    );

  const api: KmsApi = {
    listKeys: (marker, signal) =>
      call(
        { operation: 'ListKeys' },
        signal,
        (sending) => kms.send(new ListKeysCommand({ Limit: pageSizes.keys, ...markerInput(marker) }), sending),
        (output) =>
          page(output, output.Keys, ({ KeyId, KeyArn }) =>
            KeyId && KeyArn ? { keyId: KeyId, arn: KeyArn } : undefined,
          ),
      ),

    listAliases: (marker, signal) =>
      call(
        { operation: 'ListAliases' },
        signal,
        (sending) => kms.send(new ListAliasesCommand({ Limit: pageSizes.aliases, ...markerInput(marker) }), sending),
        (output) =>
          page(output, output.Aliases, ({ AliasName, TargetKeyId }) =>
            AliasName ? { aliasName: AliasName, targetKeyId: TargetKeyId || undefined } : undefined,
          ),
      ),

    describeKey: (keyArn, signal) =>
      call(
        { operation: 'DescribeKey', keyArn },
        signal,
        (sending) => kms.send(new DescribeKeyCommand({ KeyId: keyArn }), sending),
        (output) => ({ value: narrowMetadata(output, keyArn) }),
      ),

    listGrants: ({ keyArn, grantId, marker }, signal) =>
      call(
        { operation: 'ListGrants', keyArn, grantId },
        signal,
        (sending) =>
          kms.send(
            new ListGrantsCommand({
              KeyId: keyArn,
              Limit: pageSizes.grants,
              ...(grantId === undefined ? {} : { GrantId: grantId }),
              ...markerInput(marker),
            }),
            sending,
          ),
        (output) => page(output, output.Grants, (entry) => narrowGrant(entry, keyArn)),
      ),

    revokeGrant: revoke,

    dryRunRevokeGrant: (grant, signal) => dryRunAnswer(revoke(grant, undefined, signal), 'revoked'),

    createGrant: create,

    dryRunCreateGrant: (input, signal) => dryRunAnswer(create(input, undefined, signal), 'created'),

    retireGrant: retire,

    dryRunRetireGrant: (grant, signal) => dryRunAnswer(retire(grant, undefined, signal), 'retired'),

    listRetirableGrants: (principalArn, marker, signal) =>
      call(
        { operation: 'ListRetirableGrants', principals: { retiring: principalArn } },
        signal,
        (sending) =>
          kms.send(
            new ListRetirableGrantsCommand({
              RetiringPrincipal: principalArn,
              Limit: pageSizes.grants,
              ...markerInput(marker),
            }),
            sending,
          ),
        (output) => {
          const [, partition, , , owner] = principalArn.split(':');
          return page(output, output.Grants, (entry) =>
            // KMS gives the ARN of the key; other servers, whose keys are all of one account, give its ID.
            narrowGrant(entry, `arn:${partition}:kms:${region}:${owner}:key/${entry.KeyId}`),
          );
        },
      ),

    getKeyPolicy: (keyArn, policyName, signal) =>
      call(
        { operation: 'GetKeyPolicy', keyArn },
        signal,
        (sending) => kms.send(new GetKeyPolicyCommand({ KeyId: keyArn, PolicyName: policyName }), sending),
        (output) => {
          if (!output.Policy) {
            throw new IncompleteResponse(output);
          }
          return { value: output.Policy };
        },
      ),

    listResourceTags: (keyArn, signal) =>
      allOf((marker) =>
        call(
          { operation: 'ListResourceTags', keyArn },
          signal,
          (sending) =>
            kms.send(
              new ListResourceTagsCommand({ KeyId: keyArn, Limit: pageSizes.tags, ...markerInput(marker) }),
              sending,
            ),
          (output) =>
            page(output, output.Tags, ({ TagKey, TagValue }) =>
              TagKey ? { key: TagKey, value: TagValue ?? '' } : undefined,
            ),
        ),
      ),

    getKeyRotationStatus: (keyArn, signal) =>
      call(
        { operation: 'GetKeyRotationStatus', keyArn },
        signal,
        (sending) => kms.send(new GetKeyRotationStatusCommand({ KeyId: keyArn }), sending),
        (output) => {
          if (output.KeyRotationEnabled === undefined) {
            throw new IncompleteResponse(output);
          }
          return {
            value: {
              enabled: output.KeyRotationEnabled,
              periodInDays: output.RotationPeriodInDays,
              nextRotationDate: output.NextRotationDate,
              onDemandRotationStartDate: output.OnDemandRotationStartDate,
            },
          };
        },
      ),

    getKeyLastUsage: (keyArn, signal) =>
      call(
        { operation: 'GetKeyLastUsage', keyArn },
        signal,
        (sending) => kms.send(new GetKeyLastUsageCommand({ KeyId: keyArn }), sending),
        (output) => ({ value: narrowLastUsage(output) }),
      ),

    listAliasesOf: async (keyArn, signal) => {
      const names = await allOf((marker) =>
        call(
          { operation: 'ListAliases', keyArn },
          signal,
          (sending) =>
            kms.send(
              new ListAliasesCommand({ KeyId: keyArn, Limit: pageSizes.aliases, ...markerInput(marker) }),
              sending,
            ),
          (output) => page(output, output.Aliases, ({ AliasName }) => AliasName || undefined),
        ),
      );
      return names.toSorted();
    },

    callerIdentity,
  };

  return {
    api,
    ended: ended.signal,
    awsTime: awsTime.now,
    close: () => {
      kms.destroy();
      sts.destroy();
    },
  };
}

/** @param actual undefined where nobody can say, since the earlier account is unknown too */
function accountChanged(expected: string | undefined, actual: string | undefined, profile: string | undefined) {
  return new KmsError({
    kind: 'accountChanged',
    operation: 'GetCallerIdentity',
    awsName: 'AccountChanged',
    message:
      expected === undefined || actual === undefined
        ? l10n.t('STS did not say which account the earlier ones were of.')
        : l10n.t('They were of account {0}, and are of {1} now.', expected, actual),
    profile,
  });
}

function principalChanged(shown: CallerIdentity | undefined, actual: CallerIdentity, profile: string | undefined) {
  return new KmsError({
    kind: 'principalChanged',
    operation: 'GetCallerIdentity',
    awsName: 'PrincipalChanged',
    message:
      shown === undefined
        ? l10n.t('STS now says that it is {0}.', actual.arn)
        : l10n.t('It was {0}, and is {1} now.', shown.arn, actual.arn),
    profile,
  });
}

/** A dry run always fails; where it doesn't, the server ignored that it was one, and `done` is what really happened. */
async function dryRunAnswer<T extends string>(answer: Promise<unknown>, done: T): Promise<'allowed' | T> {
  try {
    await answer;
    return done;
  } catch (error) {
    if (isKind(error, 'dryRun')) {
      return 'allowed';
    }
    throw error;
  }
}

/** Only a dry run is nobody's act. */
function dryRunInput(actor: Actor | undefined): { readonly DryRun?: true } {
  return actor === undefined ? { DryRun: true } : {};
}

function createGrantInput(input: CreateGrantInput): CreateGrantCommandInput {
  const { keyArn, operations, granteePrincipal: grantee, retiringPrincipal: retiring, name } = input;
  const constraints = constraintsInput(input.constraints);
  return {
    KeyId: keyArn,
    // Operations that AWS adds later pass through.
    Operations: [...operations] as GrantOperation[],
    ...(grantee.kind === 'principal'
      ? { GranteePrincipal: grantee.value }
      : { GranteeServicePrincipal: grantee.value }),
    ...(retiring === undefined
      ? {}
      : retiring.kind === 'principal'
        ? { RetiringPrincipal: retiring.value }
        : { RetiringServicePrincipal: retiring.value }),
    ...(Object.keys(constraints).length === 0 ? {} : { Constraints: constraints }),
    ...(name === undefined ? {} : { Name: name }),
  };
}

function constraintsInput({ encryptionContextEquals, encryptionContextSubset, sourceArn }: GrantConstraints) {
  return {
    ...(encryptionContextEquals === undefined ? {} : { EncryptionContextEquals: { ...encryptionContextEquals } }),
    ...(encryptionContextSubset === undefined ? {} : { EncryptionContextSubset: { ...encryptionContextSubset } }),
    ...(sourceArn === undefined ? {} : { SourceArn: sourceArn }),
  };
}

function markerInput(marker: string | undefined): { readonly Marker?: string } {
  return marker === undefined ? {} : { Marker: marker };
}

/**
 * A page of a list. Whether there is another is for NextMarker to say: KMS may send an empty page before the last.
 * An answer without the list is no empty list: who waits for a grant to be gone would take it for that.
 */
function page<Entry, T>(
  output: { readonly NextMarker?: string | undefined; readonly $metadata: unknown },
  entries: readonly Entry[] | undefined,
  narrow: (entry: Entry) => T | undefined,
): Narrowed<Page<T>> {
  if (!Array.isArray(entries)) {
    throw new IncompleteResponse(output);
  }
  const items = entries.map(narrow).filter((item) => item !== undefined);
  return { value: { items, nextMarker: output.NextMarker || undefined }, dropped: entries.length - items.length };
}

function narrowMetadata(output: DescribeKeyCommandOutput, keyArn: string): KeyMetadata {
  const metadata = output.KeyMetadata;
  if (!metadata?.KeyId) {
    throw new IncompleteResponse(output);
  }
  const {
    KeyId,
    Arn,
    AWSAccountId,
    Description,
    KeyState,
    KeyManager,
    Origin,
    KeyUsage,
    KeySpec,
    MultiRegion,
    CreationDate,
    DeletionDate,
    ...further
  } = metadata;
  return {
    keyId: KeyId,
    arn: Arn || keyArn,
    account: AWSAccountId || undefined,
    description: Description ?? '',
    state: KeyState ?? (further.Enabled === false ? 'Disabled' : 'Enabled'),
    manager: KeyManager === 'AWS' ? 'AWS' : 'CUSTOMER',
    origin: Origin,
    usage: KeyUsage,
    spec: KeySpec,
    multiRegion: MultiRegion ?? false,
    creationDate: CreationDate,
    deletionDate: DeletionDate,
    further,
  };
}

/** An empty KeyLastUsage is an answer: not used since tracking began. One without the dates is none. */
function narrowLastUsage(output: GetKeyLastUsageCommandOutput): KeyLastUsage {
  const { KeyLastUsage: usage, TrackingStartDate, KeyCreationDate } = output;
  if (TrackingStartDate === undefined && usage?.Timestamp === undefined) {
    throw new IncompleteResponse(output);
  }
  return {
    last:
      usage?.Operation && usage.Timestamp
        ? {
            operation: usage.Operation,
            timestamp: usage.Timestamp,
            cloudTrailEventId: usage.CloudTrailEventId || undefined,
          }
        : undefined,
    trackingStartDate: TrackingStartDate,
    keyCreationDate: KeyCreationDate,
  };
}

function narrowIdentity(output: GetCallerIdentityCommandOutput): CallerIdentity {
  if (!output.Account || !output.Arn) {
    throw new IncompleteResponse(output);
  }
  return { account: output.Account, arn: output.Arn };
}

function narrowGrant(entry: GrantListEntry, keyArn: string): Grant | undefined {
  if (!entry.GrantId) {
    return undefined;
  }
  return {
    grantId: entry.GrantId,
    // KMS gives the ARN; other servers give the bare ID of the key that was asked for.
    keyArn: entry.KeyId?.startsWith('arn:') === true ? entry.KeyId : keyArn,
    name: entry.Name || undefined,
    creationDate: entry.CreationDate,
    granteePrincipal: principal(entry.GranteePrincipal, entry.GranteeServicePrincipal),
    retiringPrincipal: principal(entry.RetiringPrincipal, entry.RetiringServicePrincipal),
    issuingAccount: entry.IssuingAccount || undefined,
    operations: [...(entry.Operations ?? [])],
    constraints: {
      encryptionContextEquals: entry.Constraints?.EncryptionContextEquals,
      encryptionContextSubset: entry.Constraints?.EncryptionContextSubset,
      sourceArn: entry.Constraints?.SourceArn || undefined,
    },
  };
}

function principal(value: string | undefined, service: string | undefined): PrincipalRef | undefined {
  if (value) {
    return { kind: 'principal', value };
  }
  return service ? { kind: 'servicePrincipal', value: service } : undefined;
}
