import * as l10n from '@vscode/l10n';
import { keyAsAwsJson } from '../kms/awsJson.ts';
import { isKmsError, type KmsError } from '../kms/errors.ts';
import type { KmsApi } from '../kms/kmsApi.ts';
import type { KeyLastUsage, KeyMetadata, KeyRotation, KeyTag, KmsKey } from '../kms/model.ts';
import { explain } from './explain.ts';

/** One part of the details of a key: KMS's answer, or why it is missing. */
export type DetailPart<T> =
  | { readonly kind: 'known'; readonly value: T }
  /** This key does not have it. */
  | { readonly kind: 'notApplicable' }
  | { readonly kind: 'failed'; readonly error: KmsError };

export interface KeyDetails {
  readonly metadata: DetailPart<KeyMetadata>;
  readonly policy: DetailPart<string>;
  /** The policy that AWS RAM sets; not applicable to a key that it does not share. */
  readonly sharing: DetailPart<string>;
  readonly tags: DetailPart<readonly KeyTag[]>;
  readonly aliases: DetailPart<readonly string[]>;
  readonly rotation: DetailPart<KeyRotation>;
  readonly lastUsage: DetailPart<KeyLastUsage>;
}

/**
 * Asks KMS for everything about one key, in parallel. A part that is denied or fails says so; the others are not affected.
 * @throws AbortError
 */
export async function readKeyDetails(api: KmsApi, keyArn: string, signal: AbortSignal): Promise<KeyDetails> {
  const metadata = await readPart(api.describeKey(keyArn, signal));
  const isSymmetric = metadata.kind !== 'known' || (metadata.value.spec ?? 'SYMMETRIC_DEFAULT') === 'SYMMETRIC_DEFAULT';
  const [policy, sharing, tags, aliases, rotation, lastUsage] = await Promise.all([
    readPart(api.getKeyPolicy(keyArn, 'default', signal)),
    notFoundAsNotApplicable(readPart(api.getKeyPolicy(keyArn, 'AWS_RAM', signal))),
    readPart(api.listResourceTags(keyArn, signal)),
    readPart(api.listAliasesOf(keyArn, signal)),
    isSymmetric ? readPart(api.getKeyRotationStatus(keyArn, signal)) : ({ kind: 'notApplicable' } as const),
    readPart(api.getKeyLastUsage(keyArn, signal)),
  ]);
  return { metadata, policy, sharing, tags, aliases, rotation, lastUsage };
}

async function readPart<T>(asked: Promise<T>): Promise<DetailPart<T>> {
  try {
    return { kind: 'known', value: await asked };
  } catch (error) {
    if (!isKmsError(error)) {
      throw error;
    }
    // KMS's answer for a key that does not support rotation.
    if (error.details.awsName === 'UnsupportedOperationException') {
      return { kind: 'notApplicable' };
    }
    return { kind: 'failed', error };
  }
}

/** If KMS does not find it, the key does not have it. */
async function notFoundAsNotApplicable<T>(asked: Promise<DetailPart<T>>): Promise<DetailPart<T>> {
  const answer = await asked;
  const isMissing = answer.kind === 'failed' && answer.error.details.awsName === 'NotFoundException';
  return isMissing ? { kind: 'notApplicable' } : answer;
}

/** The details with AWS's names, for people to read. A missing part is replaced by a text that says why. */
export function keyDetailsAsJson(key: KmsKey, details: KeyDetails): Readonly<Record<string, unknown>> {
  const { metadata, policy, sharing, tags, aliases, rotation, lastUsage } = details;
  return {
    KeyMetadata: partAsJson(metadata, (value) => withoutAliases(keyAsAwsJson(key, value))),
    Aliases: partAsJson(aliases, (value) => value),
    Tags: partAsJson(tags, (value) => value.map((tag) => ({ TagKey: tag.key, TagValue: tag.value }))),
    Rotation: partAsJson(rotation, (value) => ({
      KeyRotationEnabled: value.enabled,
      RotationPeriodInDays: value.periodInDays,
      NextRotationDate: value.nextRotationDate?.toISOString(),
      OnDemandRotationStartDate: value.onDemandRotationStartDate?.toISOString(),
    })),
    KeyLastUsage: partAsJson(lastUsage, usageAsJson),
    ...(sharing.kind === 'notApplicable' ? {} : { ResourceShare: partAsJson(sharing, shareAsJson) }),
    // The longest part comes last.
    Policy: partAsJson(policy, parsePolicy),
  };
}

function partAsJson<T>(of: DetailPart<T>, json: (value: T) => unknown): unknown {
  switch (of.kind) {
    case 'known':
      return json(of.value);
    case 'notApplicable':
      return l10n.t('Not available for this kind of key.');
    case 'failed': {
      const { title, sentence } = explain(of.error.details);
      return l10n.t('Unknown: {0}. {1}', title, sentence);
    }
  }
}

function withoutAliases({ Aliases: _, ...rest }: Readonly<Record<string, unknown>>) {
  return rest;
}

/** A policy is JSON in a string. If it can't be parsed, it is shown as it is. */
export function parsePolicy(policy: string): unknown {
  try {
    return JSON.parse(policy);
  } catch {
    return policy;
  }
}

function shareAsJson(policy: string) {
  return {
    Note: l10n.t('AWS RAM shares the key with other accounts through a second policy named AWS_RAM.'),
    Policy: parsePolicy(policy),
  };
}

function usageAsJson({ last, trackingStartDate, keyCreationDate }: KeyLastUsage) {
  return {
    Note: usageNote(),
    ...(last === undefined
      ? { Usage: notUsedText(trackingStartDate, keyCreationDate) }
      : {
          Operation: last.operation,
          Timestamp: last.timestamp.toISOString(),
          CloudTrailEventId: last.cloudTrailEventId,
        }),
    TrackingStartDate: trackingStartDate?.toISOString(),
    KeyCreationDate: keyCreationDate?.toISOString(),
  };
}

/** KMS API Reference, "GetKeyLastUsage": what no usage means depends on which of the dates is the later. */
export function notUsedText(trackingStart: Date | undefined, keyCreation: Date | undefined): string {
  if (trackingStart === undefined) {
    return l10n.t('No use recorded.');
  }
  return keyCreation !== undefined && keyCreation >= trackingStart
    ? l10n.t('No use recorded since the key was created.')
    : l10n.t('No use recorded since KMS began tracking. Earlier use is unknown.');
}

/** What a last use is of. */
export function usageNote(): string {
  return l10n.t(
    "Counts successful cryptographic operations, not only through grants, and can be an hour late. KMS doesn't record when a grant was last used.",
  );
}
