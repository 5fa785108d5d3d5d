import {
  DescribeKeyCommand,
  GetKeyLastUsageCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ListRetirableGrantsCommand,
} from '@aws-sdk/client-kms';
import type { KmsApi } from '../core/kms/kmsApi.ts';
import { collectPages } from '../core/kms/pages.ts';
import type { Call } from './call.ts';
import { IncompleteResponse } from './failures.ts';
import { narrowGrant, narrowLastUsage, narrowMetadata, narrowPage } from './narrow.ts';

/** The largest pages that KMS gives. */
const pageSizes = { keys: 1_000, aliases: 100, grants: 100, tags: 50 };

type Reads = Pick<
  KmsApi,
  | 'listKeys'
  | 'listAliases'
  | 'describeKey'
  | 'listGrants'
  | 'listRetirableGrants'
  | 'getKeyPolicy'
  | 'listResourceTags'
  | 'getKeyRotationStatus'
  | 'getKeyLastUsage'
  | 'listAliasesOf'
>;

/** The calls of the port that read from KMS. `isAws`: it is AWS's own, which has every operation. */
export function reads(kms: KMSClient, call: Call, region: string, isAws: boolean): Reads {
  return {
    listKeys: (marker, signal) =>
      call(
        { operation: 'ListKeys' },
        signal,
        (sending) => kms.send(new ListKeysCommand({ Limit: pageSizes.keys, ...markerInput(marker) }), sending),
        (output) =>
          narrowPage(output, output.Keys, ({ KeyId, KeyArn }) =>
            KeyId && KeyArn ? { keyId: KeyId, arn: KeyArn } : undefined,
          ),
      ),

    listAliases: (marker, signal) =>
      call(
        { operation: 'ListAliases' },
        signal,
        (sending) => kms.send(new ListAliasesCommand({ Limit: pageSizes.aliases, ...markerInput(marker) }), sending),
        (output) =>
          narrowPage(output, output.Aliases, ({ AliasName, TargetKeyId }) =>
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
        (output) => narrowPage(output, output.Grants, (entry) => narrowGrant(entry, keyArn)),
      ),

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
          return narrowPage(output, output.Grants, (entry) =>
            // KMS gives the key's ARN. Other servers give its ID, and have one account.
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
      collectPages((marker) =>
        call(
          { operation: 'ListResourceTags', keyArn },
          signal,
          (sending) =>
            kms.send(
              new ListResourceTagsCommand({ KeyId: keyArn, Limit: pageSizes.tags, ...markerInput(marker) }),
              sending,
            ),
          (output) =>
            narrowPage(output, output.Tags, ({ TagKey, TagValue }) =>
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
        { operation: 'GetKeyLastUsage', keyArn, mayBeMissing: !isAws },
        signal,
        (sending) => kms.send(new GetKeyLastUsageCommand({ KeyId: keyArn }), sending),
        (output) => ({ value: narrowLastUsage(output) }),
      ),

    listAliasesOf: async (keyArn, signal) => {
      const names = await collectPages((marker) =>
        call(
          { operation: 'ListAliases', keyArn },
          signal,
          (sending) =>
            kms.send(
              new ListAliasesCommand({ KeyId: keyArn, Limit: pageSizes.aliases, ...markerInput(marker) }),
              sending,
            ),
          (output) => narrowPage(output, output.Aliases, ({ AliasName }) => AliasName || undefined),
        ),
      );
      return names.toSorted();
    },
  };
}

function markerInput(marker: string | undefined): { readonly Marker?: string } {
  return marker === undefined ? {} : { Marker: marker };
}
