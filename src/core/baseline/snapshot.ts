import { compareCodeUnits } from '../base/text.ts';
import type { ScanResult } from '../findings/scan.ts';
import {
  type Connection,
  type ConnectionRef,
  connectionId,
  type Endpoint,
  type Grant,
  type KmsKey,
} from '../kms/model.ts';
import { explain } from '../words/explain.ts';

/** What a search read, at one time. A baseline is one of these in a file. */
export interface Snapshot {
  /** When the search ended, in milliseconds since the epoch. */
  readonly readAt: number;
  /** The search ended before all keys were asked. */
  readonly wasCancelled: boolean;
  /** Those that were searched, in the order of their IDs. */
  readonly connections: readonly SnapshotConnection[];
  readonly unread: readonly UnreadPlace[];
  /** Each key once, in order. */
  readonly keys: readonly SnapshotKey[];
}

export interface SnapshotConnection {
  readonly ref: ConnectionRef;
  readonly region: string;
  /** The account that STS named, if it gave an answer. */
  readonly account: string | undefined;
  /** `aws`, `sample`, or the URL of another server without sign-in and path. */
  readonly endpoint: string;
}

export interface SnapshotKey {
  /** One of those that read it. */
  readonly connection: SnapshotConnection;
  readonly arn: string;
  readonly aliases: readonly string[];
  /** Each once, in the order of their IDs. */
  readonly grants: readonly Grant[];
  /** All of its grants were read. */
  readonly isComplete: boolean;
}

/** What could not be read, or not to its end. */
export interface UnreadPlace {
  readonly ref: ConnectionRef;
  readonly region: string | undefined;
  /** `undefined`: the connection itself, or the rest of its keys. */
  readonly keyArn: string | undefined;
  /** A sentence. From a file it is any text. */
  readonly reason: string;
}

/** The same for the same state of KMS, in whatever order it was read. */
export function snapshotOf(result: ScanResult): Snapshot {
  const { searched, keys, unreadable, wasCancelled, endedAt } = result;
  const connections = new Map(
    [...keys.map(({ connection }) => ({ connection, account: undefined })), ...searched].map(
      ({ connection, account }) => [connection.id, snapshotConnection(connection, account)] as const,
    ),
  );
  return inOrder({
    readAt: endedAt,
    wasCancelled,
    connections: [...connections.values()],
    unread: unreadable.map(({ ref, region, key, error }) => ({
      ref,
      region,
      keyArn: key?.arn,
      reason: explain(error.details).sentence,
    })),
    keys: keys.flatMap(({ connection, key: { arn, aliases }, grants, isComplete }) => {
      const place = connections.get(connection.id);
      return place === undefined ? [] : [{ connection: place, arn, aliases, grants, isComplete }];
    }),
  });
}

function snapshotConnection(
  { ref, region, endpoint }: Pick<Connection, 'ref' | 'region' | 'endpoint'>,
  account: string | undefined,
): SnapshotConnection {
  return { ref, region, account, endpoint: endpointText(endpoint) };
}

/** As in {@link SnapshotConnection}. */
export function endpointText(endpoint: Endpoint): string {
  // A URL can hold a user name and a password.
  return endpoint.kind === 'custom' && URL.canParse(endpoint.url) ? new URL(endpoint.url).origin : endpoint.kind;
}

/** Equal for the same key, through whichever connection it was read. Other servers can have keys with the same ARNs. */
export function keyIdentity({
  connection,
  arn,
}: {
  readonly connection: Pick<SnapshotConnection, 'endpoint'>;
  readonly arn: string;
}): string {
  return `${connection.endpoint}|${arn}`;
}

/** The key that a baseline names. */
export function keyOf(arn: string, aliases: readonly string[]): KmsKey {
  return { arn, aliases, keyId: arn.slice(arn.lastIndexOf('/') + 1) };
}

/** Everything in order and once. Keys that several connections read are one. */
export function inOrder(snapshot: Snapshot): Snapshot {
  const keys = new Map<string, SnapshotKey>();
  const byConnection = (left: SnapshotKey, right: SnapshotKey) =>
    Number(right.isComplete) - Number(left.isComplete) ||
    compareCodeUnits(connectionId(left.connection.ref), connectionId(right.connection.ref));
  for (const key of snapshot.keys.toSorted(byConnection)) {
    const id = keyIdentity(key);
    const known = keys.get(id);
    keys.set(id, known === undefined ? key : { ...known, grants: [...known.grants, ...key.grants] });
  }
  return {
    ...snapshot,
    connections: snapshot.connections.toSorted((left, right) =>
      compareCodeUnits(connectionId(left.ref), connectionId(right.ref)),
    ),
    unread: snapshot.unread.toSorted((left, right) => compareCodeUnits(unreadId(left), unreadId(right))),
    keys: [...keys]
      .toSorted(([left], [right]) => compareCodeUnits(left, right))
      .map(([, key]) => ({ ...key, aliases: key.aliases.toSorted(), grants: grantsInOrder(key) })),
  };
}

function unreadId({ ref, keyArn = '', reason }: UnreadPlace): string {
  return JSON.stringify([connectionId(ref), keyArn, reason]);
}

/** Of a grant that is there twice, the first counts. */
function grantsInOrder({ arn, grants }: Pick<SnapshotKey, 'arn' | 'grants'>): readonly Grant[] {
  const byId = new Map<string, Grant>();
  for (const grant of grants) {
    if (!byId.has(grant.grantId)) {
      byId.set(grant.grantId, grantInOrder(grant, arn));
    }
  }
  return [...byId.values()].sort((left, right) => compareCodeUnits(left.grantId, right.grantId));
}

/** The order of operations and of the pairs of an encryption context means nothing, and neither does an empty one. */
function grantInOrder(grant: Grant, keyArn: string): Grant {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints;
  return {
    ...grant,
    keyArn,
    operations: [...new Set(grant.operations)].sort(),
    constraints: {
      encryptionContextEquals: pairsInOrder(encryptionContextEquals),
      encryptionContextSubset: pairsInOrder(encryptionContextSubset),
      sourceArn,
    },
  };
}

function pairsInOrder(context: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> | undefined {
  const pairs = Object.entries(context).sort(([left], [right]) => compareCodeUnits(left, right));
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}
