import { EventHistory } from './cloudTrail/eventHistory.ts';
import { OrderedMap } from './orderedMap.ts';

type KeyState =
  | 'Creating'
  | 'Disabled'
  | 'Enabled'
  | 'PendingDeletion'
  | 'PendingImport'
  | 'PendingReplicaDeletion'
  | 'Unavailable'
  | 'Updating';

export type KeyUsage =
  | 'ENCRYPT_DECRYPT'
  | 'SIGN_VERIFY'
  | 'GENERATE_VERIFY_MAC'
  | 'KEY_AGREEMENT'
  | 'ENCAPSULATE_DECAPSULATE';

/** A KMS key. Times are milliseconds since the epoch. */
export interface Key {
  readonly id: string;
  readonly arn: string;
  readonly accountId: string;
  readonly description: string;
  readonly createdAt: number;
  readonly state: KeyState;
  readonly manager: 'AWS' | 'CUSTOMER';
  readonly origin: 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE';
  readonly usage: KeyUsage;
  readonly spec: string;
  /** Only while the state is PendingDeletion. */
  readonly deletionAt?: number;
  /** Only while the state is PendingReplicaDeletion. */
  readonly pendingWindowDays?: number;
  readonly multiRegion?: {
    readonly type: 'PRIMARY' | 'REPLICA';
    readonly primaryRegion: string;
    readonly replicaRegions: readonly string[];
  };
  readonly customKeyStoreId?: string;
  readonly cloudHsmClusterId?: string;
  /** Symmetric encryption keys whose material KMS keeps have one. */
  readonly currentKeyMaterialId?: string;
  /** Only of imported key material. `validTo`: milliseconds since the epoch; absent: it does not expire. */
  readonly material?: { readonly validTo?: number };
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  /** The key policy, as JSON text. */
  readonly policy: string;
  /** The policy that AWS RAM sets where it shares the key with other accounts, as JSON text. */
  readonly sharingPolicy?: string;
  /** Present while its key material is rotated automatically. */
  readonly rotation?: { readonly periodDays: number; readonly nextAt: number };
  /** The last successful cryptographic operation; absent: there was none since `trackedFrom`. */
  readonly lastUsage?: {
    readonly operation: string;
    readonly at: number;
    readonly eventId: string;
    readonly requestId: string;
  };
  /** When the tracking of its use began; absent: with its creation. */
  readonly trackedFrom?: number;
}

/** `name` begins with `alias/`; a reserved `alias/aws/…` may have no target yet. */
export interface Alias {
  readonly name: string;
  readonly targetKeyId?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface GrantConstraints {
  readonly encryptionContextSubset?: Readonly<Record<string, string>>;
  readonly encryptionContextEquals?: Readonly<Record<string, string>>;
  readonly sourceArn?: string;
}

export interface Grant {
  readonly id: string;
  readonly keyId: string;
  readonly name?: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly granteePrincipal?: string;
  readonly granteeServicePrincipal?: string;
  readonly retiringPrincipal?: string;
  readonly retiringServicePrincipal?: string;
  /** The account as an ARN: `arn:aws:iam::111122223333:root`. */
  readonly issuingAccount: string;
  readonly operations: readonly string[];
  readonly constraints?: GrantConstraints;
}

/** A grant, and when (milliseconds since the epoch) each replica receives a change of it. */
export interface StoredGrant {
  readonly grant: Grant;
  /** Per replica, when it receives the grant; absent: every replica has always had it. */
  readonly knownFrom?: readonly number[];
  /** Per replica, when it receives the removal; absent: not revoked or retired. */
  removedFrom?: readonly number[];
}

/** What roles and users of IAM have in common. */
interface IamPrincipal {
  readonly name: string;
  /** Begins and ends with a slash. */
  readonly path: string;
  /** `AROA…` or `AIDA…`. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface Role extends IamPrincipal {
  /** Who may assume it, as JSON text. */
  readonly trustPolicy: string;
  /** The last use that IAM recorded; absent: none in the tracking period of 400 days. */
  readonly lastUsed?: { readonly at: number; readonly region: string };
}

export interface User extends IamPrincipal {
  /** Milliseconds since the epoch; absent: no password, or never used. */
  readonly passwordLastUsedAt?: number;
}

/** What KMS, CloudTrail and IAM store for one account in one Region. Tests may read and change it between two requests. */
export class Account {
  /** By key ID, in the order of ListKeys. */
  readonly keys = new OrderedMap<Key>();
  /** By alias name, in the order of ListAliases. */
  readonly aliases = new OrderedMap<Alias>();
  /** ARNs of principals that KMS doesn't know, or not yet: no grant can be created for them. */
  readonly missingPrincipals = new Set<string>();
  /** IAM's roles and users, by name. */
  readonly roles = new OrderedMap<Role>();
  readonly users = new OrderedMap<User>();
  readonly events = new EventHistory();
  readonly #grants = new Map<string, OrderedMap<StoredGrant>>();
  readonly #retirable = new Map<string, OrderedMap<StoredGrant>>();
  readonly #named = new Map<string, StoredGrant>();

  constructor(
    /** Twelve digits. */
    readonly id: string,
    readonly region: string,
    readonly partition: string,
  ) {}

  /** `resource` such as `key/…` or `alias/…`. */
  kmsArn(resource: string): string {
    return `arn:${this.partition}:kms:${this.region}:${this.id}:${resource}`;
  }

  /** `resource` such as `role/…` or `user/…`. */
  iamArn(resource: string): string {
    return `arn:${this.partition}:iam::${this.id}:${resource}`;
  }

  sessionArn(role: string, session: string): string {
    return `arn:${this.partition}:sts::${this.id}:assumed-role/${role}/${session}`;
  }

  /** The account itself, as a principal. */
  get rootArn(): string {
    return this.iamArn('root');
  }

  /** Removes a key with its aliases and grants, as at the end of its waiting period. */
  removeKey(keyId: string): void {
    this.keys.delete(keyId);
    for (const alias of [...this.aliases.values()].filter(({ targetKeyId }) => targetKeyId === keyId)) {
      this.aliases.delete(alias.name);
    }
    for (const stored of [...this.grantsOf(keyId).values()]) {
      this.removeGrant(stored);
    }
    this.#grants.delete(keyId);
  }

  /** A key's grants by grant ID, oldest first, including those whose removal has not reached every replica. */
  grantsOf(keyId: string): OrderedMap<StoredGrant> {
    return indexOf(this.#grants, keyId);
  }

  /** By grant ID, over all keys: what this principal (ARN or service) may retire. */
  retirableBy(principal: string): OrderedMap<StoredGrant> {
    return this.#retirable.get(principal) ?? new OrderedMap();
  }

  /** The grant that an earlier CreateGrant with the same name and parameters made. */
  sameNamedGrant(grant: Grant): StoredGrant | undefined {
    const fingerprint = namedFingerprint(grant);
    return fingerprint === undefined ? undefined : this.#named.get(fingerprint);
  }

  /** @param knownFrom see {@link StoredGrant} */
  addGrant(grant: Grant, knownFrom?: readonly number[]): StoredGrant {
    const stored: StoredGrant = knownFrom ? { grant, knownFrom } : { grant };
    this.grantsOf(grant.keyId).set(grant.id, stored);
    for (const principal of [grant.retiringPrincipal, grant.retiringServicePrincipal]) {
      if (principal !== undefined) {
        indexOf(this.#retirable, principal).set(grant.id, stored);
      }
    }
    const fingerprint = namedFingerprint(grant);
    if (fingerprint !== undefined) {
      this.#named.set(fingerprint, stored);
    }
    return stored;
  }

  /** Removes a grant at once, from every replica. */
  removeGrant({ grant }: StoredGrant): void {
    this.#grants.get(grant.keyId)?.delete(grant.id);
    for (const principal of [grant.retiringPrincipal, grant.retiringServicePrincipal]) {
      if (principal !== undefined) {
        this.#retirable.get(principal)?.delete(grant.id);
      }
    }
    const fingerprint = namedFingerprint(grant);
    if (fingerprint !== undefined && this.#named.get(fingerprint)?.grant.id === grant.id) {
      this.#named.delete(fingerprint);
    }
  }
}

function indexOf<T>(indexes: Map<string, OrderedMap<T>>, key: string): OrderedMap<T> {
  const known = indexes.get(key);
  if (known) {
    return known;
  }
  const fresh = new OrderedMap<T>();
  indexes.set(key, fresh);
  return fresh;
}

/** Equal for grants that CreateGrant treats as one. Undefined without a name: then each request makes a new grant. */
function namedFingerprint(grant: Grant): string | undefined {
  if (grant.name === undefined) {
    return undefined;
  }
  const pairs = (context: Readonly<Record<string, string>> | undefined) =>
    context ? Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)) : null;
  return JSON.stringify([
    grant.keyId,
    grant.name,
    grant.granteePrincipal,
    grant.granteeServicePrincipal,
    grant.retiringPrincipal,
    grant.retiringServicePrincipal,
    grant.issuingAccount,
    [...new Set(grant.operations)].sort(),
    pairs(grant.constraints?.encryptionContextSubset),
    pairs(grant.constraints?.encryptionContextEquals),
    grant.constraints?.sourceArn,
  ]);
}
