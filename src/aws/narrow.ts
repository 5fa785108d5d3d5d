import type { DescribeKeyCommandOutput, GetKeyLastUsageCommandOutput, GrantListEntry } from '@aws-sdk/client-kms';
import type { GetCallerIdentityCommandOutput } from '@aws-sdk/client-sts';
import type { CallerIdentity, Grant, KeyLastUsage, KeyMetadata, Page, PrincipalRef } from '../core/kms/model.ts';
import { IncompleteResponse } from './failures.ts';

/** An answer of AWS in our own types. */
export interface Narrowed<T> {
  readonly value: T;
  /** How many entries of a list were left out because they lacked an ID; 0 unless given. */
  readonly dropped?: number;
}

/**
 * A page of a list. Only NextMarker says whether another follows: KMS may send empty pages before the last.
 * @param entries undefined is not an empty list: that could make a grant look gone
 * @param narrow undefined for an entry that lacks its ID, which is left out
 * @throws IncompleteResponse
 */
export function narrowPage<Entry, T>(
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

/** @throws IncompleteResponse */
export function narrowMetadata(output: DescribeKeyCommandOutput, keyArn: string): KeyMetadata {
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
    ...otherFields
  } = metadata;
  return {
    keyId: KeyId,
    arn: Arn || keyArn,
    account: AWSAccountId || undefined,
    description: Description ?? '',
    state: KeyState ?? (otherFields.Enabled === false ? 'Disabled' : 'Enabled'),
    manager: KeyManager === 'AWS' ? 'AWS' : 'CUSTOMER',
    origin: Origin,
    usage: KeyUsage,
    spec: KeySpec,
    multiRegion: MultiRegion ?? false,
    creationDate: CreationDate,
    deletionDate: DeletionDate,
    otherFields,
  };
}

/**
 * An empty KeyLastUsage means: not used since tracking began.
 * @throws IncompleteResponse when the dates are missing, too
 */
export function narrowLastUsage(output: GetKeyLastUsageCommandOutput): KeyLastUsage {
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

/** @throws IncompleteResponse */
export function narrowIdentity(output: GetCallerIdentityCommandOutput): CallerIdentity {
  if (!output.Account || !output.Arn) {
    throw new IncompleteResponse(output);
  }
  return { account: output.Account, arn: output.Arn };
}

/** @param keyArn of the key that was asked for. @returns undefined when the entry lacks its ID */
export function narrowGrant(entry: GrantListEntry, keyArn: string): Grant | undefined {
  if (!entry.GrantId) {
    return undefined;
  }
  return {
    grantId: entry.GrantId,
    // KMS gives the ARN; other servers give only the ID of the key that was asked for.
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
