import { AwsError } from '../../src/emulator/errors.ts';
import type { Route } from '../../src/emulator/routes.ts';

/**
 * AWS's quotas: requests a second, per account and Region (KMS Developer Guide, "Request quotas"; CloudTrail User Guide,
 * "Quotas"). For IAM, AWS publishes none.
 */
export const requestQuotas: ReadonlyMap<string, number> = new Map([
  ['CreateGrant', 50],
  ['DescribeKey', 2000],
  ['GetKeyLastUsage', 5],
  ['GetKeyPolicy', 1000],
  ['GetKeyRotationStatus', 1000],
  ['ListAliases', 500],
  ['ListGrants', 100],
  ['ListKeyPolicies', 100],
  ['ListKeys', 500],
  ['ListResourceTags', 2000],
  ['ListRetirableGrants', 100],
  ['RetireGrant', 50],
  ['RevokeGrant', 50],
  ['LookupEvents', 2],
]);

/** What a service answers to a request over its quota. */
export function throttled(service: Route['service']): AwsError {
  return new AwsError(
    'ThrottlingException',
    service === 'kms'
      ? 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'
      : 'Rate exceeded',
  );
}

export interface Throttle {
  /** Whether this request is within the quota; it counts only if it is. */
  admit(operation: string, now: number): boolean;
}

/**
 * A token bucket for each operation, which holds one second's worth.
 * @param scale of AWS's quotas: 1 is AWS's own, 0.1 a tenth of them, 0 none at all
 */
export function createThrottle(scale: number): Throttle {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    admit(operation, now) {
      const quota = requestQuotas.get(operation);
      if (scale === 0 || quota === undefined) {
        return true;
      }
      const rate = quota * scale;
      // A bucket of less than one token would never let anything pass.
      const capacity = Math.max(1, rate);
      const bucket = buckets.get(operation) ?? { tokens: capacity, at: now };
      const at = Math.max(now, bucket.at);
      const tokens = Math.min(capacity, bucket.tokens + ((at - bucket.at) / 1000) * rate);
      const admitted = tokens >= 1;
      buckets.set(operation, { tokens: admitted ? tokens - 1 : tokens, at });
      return admitted;
    },
  };
}
