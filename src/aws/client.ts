import {
  DescribeKeyCommand,
  type DescribeKeyCommandOutput,
  type GrantListEntry,
  KMSClient,
  type KMSClientConfig,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import {
  GetCallerIdentityCommand,
  type GetCallerIdentityCommandOutput,
  STSClient,
  type STSClientConfig,
} from '@aws-sdk/client-sts';
import * as l10n from '@vscode/l10n';
import { isKind, KmsError } from '../core/errors.ts';
import type { GrantRef, KmsApi, Page } from '../core/kmsApi.ts';
import type { CallerIdentity, Grant, KeyMetadata, PrincipalRef } from '../core/model.ts';
import { type CallerOptions, createCaller, type Narrowed } from './call.ts';
import type { Identity } from './credentials.ts';
import { type CallContext, IncompleteResponse } from './errors.ts';

/** The most that KMS gives in one page. */
const pageSizes = { keys: 1_000, aliases: 100, grants: 100 };

interface ClientOptions extends CallerOptions {
  readonly region: string;
  readonly kms: KMSClientConfig;
  readonly sts: STSClientConfig;
}

interface Client {
  readonly api: KmsApi;
  /** See OpenedConnection. */
  confirmAccount(expected: string, signal: AbortSignal): Promise<void>;
  /** Releases sockets. */
  close(): void;
}

/** The port over the SDK's KMS and STS clients. Builds them; sends nothing. */
export function createClient(options: ClientOptions): Client {
  const { region, credentials } = options;
  const kms = new KMSClient({ ...options.kms, region, credentials: credentials.provider });
  const sts = new STSClient({ ...options.sts, region, credentials: credentials.provider });
  const caller = createCaller(options);
  const identify = { operation: 'GetCallerIdentity' };
  const getCallerIdentity = (sending: { readonly abortSignal: AbortSignal }) =>
    sts.send(new GetCallerIdentityCommand({}), sending);

  /** Whose account this connection leads to, once that was asked: what everything it says and does is about. */
  let account: string | undefined;

  /** The credentials may have been renewed since, from files that say something else now. */
  const confirmSameAccount = async (identity: Identity, signal: AbortSignal) => {
    if (account === undefined) {
      return;
    }
    const actual =
      credentials.accountOf(identity) ??
      (await caller.inner(identify, signal, getCallerIdentity, (output) => ({
        value: narrowIdentity(output).account,
      })));
    credentials.learn(identity, actual);
    if (actual !== account) {
      throw accountChanged(account, actual, options.profile);
    }
  };

  const call = <Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: (sending: { readonly abortSignal: AbortSignal }) => Promise<Output>,
    narrow: (output: Output) => Narrowed<T>,
    mayRenew: () => boolean = () => true,
  ) =>
    caller.call(context, signal, send, narrow, {
      mayRenew,
      before: (identity) => confirmSameAccount(identity, signal),
    });

  const callerIdentity = (signal: AbortSignal, check?: (identity: CallerIdentity) => void) =>
    caller.call(identify, signal, getCallerIdentity, (output, credential) => {
      const identity = narrowIdentity(output);
      credentials.learn(credential, identity.account);
      check?.(identity);
      return { value: identity };
    });

  const revoke = ({ keyArn, grantId }: GrantRef, dryRun: boolean, signal: AbortSignal) =>
    call(
      { operation: 'RevokeGrant', keyArn, grantId },
      signal,
      (sending) =>
        kms.send(
          new RevokeGrantCommand({ KeyId: keyArn, GrantId: grantId, ...(dryRun ? { DryRun: true } : {}) }),
          sending,
        ),
      () => ({ value: undefined }),
      // Not with credentials of which nobody could say whether they are of the same account.
      () => account !== undefined,
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

    revokeGrant: (grant, signal) => revoke(grant, false, signal),

    dryRunRevokeGrant: async (grant, signal) => {
      try {
        await revoke(grant, true, signal);
        return 'revoked';
      } catch (error) {
        if (isKind(error, 'dryRun')) {
          return 'allowed';
        }
        throw error;
      }
    },

    callerIdentity: async (signal) => {
      const identity = await callerIdentity(signal);
      account ??= identity.account;
      return identity;
    },
  };

  return {
    api,
    confirmAccount: async (expected, signal) => {
      await callerIdentity(signal, ({ account: actual }) => {
        if (actual !== expected) {
          throw accountChanged(expected, actual, options.profile);
        }
      });
      account = expected;
    },
    close: () => {
      kms.destroy();
      sts.destroy();
    },
  };
}

function accountChanged(expected: string, actual: string, profile: string | undefined): KmsError {
  return new KmsError({
    kind: 'accountChanged',
    operation: 'GetCallerIdentity',
    awsName: 'AccountChanged',
    message: l10n.t('It was account {0}, and is {1} now.', expected, actual),
    profile,
  });
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
  return {
    keyId: metadata.KeyId,
    arn: metadata.Arn || keyArn,
    account: metadata.AWSAccountId || undefined,
    description: metadata.Description ?? '',
    state: metadata.KeyState ?? (metadata.Enabled === false ? 'Disabled' : 'Enabled'),
    manager: metadata.KeyManager === 'AWS' ? 'AWS' : 'CUSTOMER',
    origin: metadata.Origin,
    usage: metadata.KeyUsage,
    spec: metadata.KeySpec,
    multiRegion: metadata.MultiRegion ?? false,
    creationDate: metadata.CreationDate,
    deletionDate: metadata.DeletionDate,
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
