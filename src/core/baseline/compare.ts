import { isDeepStrictEqual } from 'node:util';
import { printableJson } from '../base/text.ts';
import type { ChangeText } from '../findings/grantChange.ts';
import { grantAsAwsJson } from '../kms/awsJson.ts';
import { connectionId, type Grant } from '../kms/model.ts';
import { keyIdentity, type Snapshot, type SnapshotConnection, type SnapshotKey, type UnreadPlace } from './snapshot.ts';

export type Side = 'baseline' | 'now';

/** A key of either side. */
export type ComparedKey = Pick<SnapshotKey, 'connection' | 'arn' | 'aliases'>;

export interface ComparedGrant {
  readonly key: ComparedKey;
  readonly grant: Grant;
}

/** What is known of the end of a grant besides. */
export type EndOf = (gone: ComparedGrant) => ChangeText | undefined;

export interface ChangedGrant extends ComparedGrant {
  /** As it was in the baseline. */
  readonly before: Grant;
  readonly fields: readonly ChangedField[];
}

/** A field under AWS's name; `undefined` where it is absent. */
export interface ChangedField {
  readonly name: string;
  readonly before: string | undefined;
  readonly now: string | undefined;
}

/** Why grants of one side, or of both, were not compared. */
export type Gap =
  /** The same connection leads to another account or server. */
  | { readonly kind: 'otherPlace'; readonly before: SnapshotConnection; readonly now: SnapshotConnection }
  | { readonly kind: 'connectionMissing'; readonly in: Side; readonly connection: SnapshotConnection }
  | { readonly kind: 'connectionUnread'; readonly in: Side; readonly place: UnreadPlace }
  | { readonly kind: 'cancelled'; readonly in: Side }
  | KeyGap;

/** Those of keys; the others are of connections and searches. */
export function isKeyGap(gap: Gap): gap is KeyGap {
  return 'keyArn' in gap;
}

/** Grants of a key that one side lacks, or has not all of. */
export interface KeyGap {
  readonly kind: 'keyUnread' | 'keyIncomplete' | 'keyMissing';
  readonly in: Side;
  readonly keyArn: string;
  /** As the side that has it names it. */
  readonly aliases: readonly string[];
  /** Of `keyUnread`. */
  readonly reason?: string;
  /** Grants that only the other side has, and that may be on this one too. */
  readonly grants: number;
}

export interface Comparison {
  readonly baseline: Snapshot;
  readonly now: Snapshot;
  /** Those of connections come first, then those of keys. */
  readonly gaps: readonly Gap[];
  readonly appeared: readonly ComparedGrant[];
  /** Only of keys whose grants were read to the end now. */
  readonly gone: readonly ComparedGrant[];
  readonly changed: readonly ChangedGrant[];
  readonly unchanged: number;
}

/** What changed between two searches. A grant that one side could not read is neither gone nor new. */
export function compare(baseline: Snapshot, now: Snapshot): Comparison {
  const grants = new GrantComparison(baseline, now);
  grants.run();
  const { appeared, gone, changed, unchanged, gaps } = grants;
  return {
    baseline,
    now,
    gaps: [...connectionGaps(baseline, now), ...gaps],
    appeared,
    gone,
    changed,
    unchanged,
  };
}

function connectionGaps(baseline: Snapshot, now: Snapshot): readonly Gap[] {
  const byId = ({ connections }: Snapshot) => new Map(connections.map((one) => [connectionId(one.ref), one]));
  const [thoseBefore, thoseNow] = [byId(baseline), byId(now)];
  const otherPlaces = [...thoseBefore].flatMap(([id, before]): Gap[] => {
    const after = thoseNow.get(id);
    return after === undefined || isSamePlace(before, after) ? [] : [{ kind: 'otherPlace', before, now: after }];
  });
  const missing = (side: Side, own: Snapshot, other: ReadonlyMap<string, SnapshotConnection>): Gap[] => {
    const known = new Set([...own.connections, ...unreadConnections(own)].map(({ ref }) => connectionId(ref)));
    return [...other].flatMap(([id, connection]): Gap[] =>
      known.has(id) ? [] : [{ kind: 'connectionMissing', in: side, connection }],
    );
  };
  const ofSide = (side: Side, own: Snapshot): Gap[] => [
    ...unreadConnections(own).map((place): Gap => ({ kind: 'connectionUnread', in: side, place })),
    ...(own.wasCancelled ? [{ kind: 'cancelled', in: side } as const] : []),
  ];
  return [
    ...otherPlaces,
    ...missing('now', now, thoseBefore),
    ...missing('baseline', baseline, thoseNow),
    ...ofSide('now', now),
    ...ofSide('baseline', baseline),
  ];
}

function unreadConnections({ unread }: Snapshot): readonly UnreadPlace[] {
  return unread.filter(({ keyArn }) => keyArn === undefined);
}

/** Where STS gave no account, the ARNs of the keys still say whose they are. */
function isSamePlace(left: SnapshotConnection, right: SnapshotConnection): boolean {
  const isOtherAccount = left.account !== undefined && right.account !== undefined && left.account !== right.account;
  return !isOtherAccount && left.endpoint === right.endpoint;
}

class GrantComparison {
  readonly appeared: ComparedGrant[] = [];
  readonly gone: ComparedGrant[] = [];
  readonly changed: ChangedGrant[] = [];
  unchanged = 0;
  readonly gaps: KeyGap[] = [];
  readonly #baseline: KeysOfSide;
  readonly #now: KeysOfSide;

  constructor(baseline: Snapshot, now: Snapshot) {
    this.#baseline = new KeysOfSide('baseline', baseline);
    this.#now = new KeysOfSide('now', now);
  }

  run(): void {
    for (const id of new Set([...this.#baseline.keys.keys(), ...this.#now.keys.keys()])) {
      const before = this.#baseline.keys.get(id);
      const now = this.#now.keys.get(id);
      const { onlyBefore, onlyNow } = this.#compareKey(before, now);
      const key = now ?? before;
      if (key === undefined) {
        continue;
      }
      this.#place(this.#now, now, key, onlyBefore, this.gone);
      this.#place(this.#baseline, before, key, onlyNow, this.appeared);
    }
    // Keys of which nothing was read on either side.
    for (const side of [this.#now, this.#baseline]) {
      this.gaps.push(...side.otherUnread());
    }
  }

  /** @returns the grants that only one side has */
  #compareKey(before: SnapshotKey | undefined, now: SnapshotKey | undefined) {
    const rest = new Map(before?.grants.map((grant) => [grant.grantId, grant]));
    const onlyNow: Grant[] = [];
    for (const grant of now?.grants ?? []) {
      const old = rest.get(grant.grantId);
      if (old === undefined || now === undefined) {
        onlyNow.push(grant);
        continue;
      }
      rest.delete(grant.grantId);
      const fields = changedFields(old, grant);
      if (fields.length === 0) {
        this.unchanged += 1;
      } else {
        this.changed.push({ key: now, grant, before: old, fields });
      }
    }
    return { onlyBefore: [...rest.values()], onlyNow };
  }

  /**
   * @param own the key on the side that lacks the grants
   * @param grants those that only the other side has
   * @param lacking where they belong if that side lacks them for sure
   */
  #place(
    side: KeysOfSide,
    own: SnapshotKey | undefined,
    key: ComparedKey,
    grants: readonly Grant[],
    lacking: ComparedGrant[],
  ): void {
    const gap = side.gap(own, key, grants.length);
    if (gap === undefined) {
      for (const grant of grants) {
        lacking.push({ key, grant });
      }
    } else if (gap.kind !== 'keyMissing' || grants.length > 0) {
      // A key without grants that is missing takes nothing from the comparison.
      this.gaps.push(gap);
    }
  }
}

class KeysOfSide {
  readonly keys: ReadonlyMap<string, SnapshotKey>;
  readonly #side: Side;
  /** Why a key could not be read, by its ARN: a connection that was not opened has no endpoint. */
  readonly #reasons: ReadonlyMap<string, string>;
  readonly #unnamed: Set<string>;

  constructor(side: Side, { keys, unread }: Snapshot) {
    this.#side = side;
    this.keys = new Map(keys.map((key) => [keyIdentity(key), key]));
    this.#reasons = new Map(unread.flatMap(({ keyArn, reason }) => (keyArn === undefined ? [] : [[keyArn, reason]])));
    this.#unnamed = new Set(this.#reasons.keys());
  }

  /** Why this side may have more grants of the key than it read; `undefined` if it read all. */
  gap(own: SnapshotKey | undefined, { arn, aliases }: ComparedKey, grants: number): KeyGap | undefined {
    this.#unnamed.delete(arn);
    if (own?.isComplete === true) {
      return undefined;
    }
    const shared = { in: this.#side, keyArn: arn, aliases, grants };
    const reason = this.#reasons.get(arn);
    if (reason !== undefined) {
      return { kind: 'keyUnread', ...shared, reason };
    }
    return { kind: own === undefined ? 'keyMissing' : 'keyIncomplete', ...shared };
  }

  /** Keys that could not be read, and for which {@link gap} was not called. */
  otherUnread(): readonly KeyGap[] {
    return [...this.#unnamed].map((keyArn) => ({
      kind: 'keyUnread',
      in: this.#side,
      keyArn,
      aliases: [],
      reason: this.#reasons.get(keyArn) ?? '',
      grants: 0,
    }));
  }
}

/** Both grants have their operations and encryption contexts in order. */
function changedFields(before: Grant, now: Grant): readonly ChangedField[] {
  // Most grants are the same, and texts take long to make.
  if (isDeepStrictEqual(before, now)) {
    return [];
  }
  const [left, right] = [grantAsAwsJson(before), grantAsAwsJson(now)];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].flatMap((name) => {
    const field = { name, before: fieldText(left[name]), now: fieldText(right[name]) };
    return field.before === field.now ? [] : [field];
  });
}

/** Text as it is, lists and objects as JSON. */
export function fieldText(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : printableJson(value);
}
