import type { ScannedKey, ScanResult, Unreadable } from '../../../../src/core/findings/scan.ts';
import {
  type Connection,
  type ConnectionRef,
  connectionId,
  type Endpoint,
  type Grant,
} from '../../../../src/core/kms/model.ts';
import { key, keyArnOf } from '../fakes.ts';

export const prod: ConnectionRef = { kind: 'profile', profile: 'prod', region: 'eu-west-1' };
export const dev: ConnectionRef = { kind: 'profile', profile: 'dev', region: 'eu-west-1' };

export function connectionOf(ref: ConnectionRef = prod, endpoint: Endpoint = { kind: 'aws' }): Connection {
  return { id: connectionId(ref), opening: 1, ref, region: 'eu-west-1', endpoint };
}

export function scanned(keyId: string, grants: readonly Grant[], fields: Partial<ScannedKey> = {}): ScannedKey {
  return {
    connection: connectionOf(),
    key: key(keyId, `alias/${keyId}`),
    metadata: undefined,
    grants: grants.map((one) => ({ ...one, keyArn: keyArnOf(keyId) })),
    isComplete: true,
    ...fields,
  };
}

/** The result of a search of `prod` that read everything. */
export function search(keys: readonly ScannedKey[], fields: Partial<ScanResult> = {}): ScanResult {
  const grants = keys.reduce((sum, one) => sum + one.grants.length, 0);
  return {
    searched: [{ connection: connectionOf(), account: '111122223333' }],
    keys,
    unreadable: [],
    counts: { keysDone: keys.length, keysTotal: keys.length, grants, unreadable: 0 },
    wasCancelled: false,
    startedAt: Date.UTC(2026, 10, 24, 9),
    endedAt: Date.UTC(2026, 10, 24, 10),
    ...fields,
  };
}

export function unreadable(error: Unreadable['error'], keyId?: string, ref = prod): Unreadable {
  return { ref, region: 'eu-west-1', key: keyId === undefined ? undefined : key(keyId), error };
}
