import type { Clock } from '../../core/base/clock.ts';
import type { RevocationState } from '../../core/changes/revocationRecord.ts';
import type { Revocations } from '../../core/changes/revocations.ts';
import type { Connections } from '../../core/connections/connections.ts';
import type { Finding } from '../../core/findings/finding.ts';
import type { KmsError } from '../../core/kms/errors.ts';
import type { CallerIdentity, Endpoint, KeyMetadata } from '../../core/kms/model.ts';
import { retirePermission } from '../../core/kms/retirement.ts';
import type { LazyTerraform } from '../../core/terraform/lazyTerraform.ts';
import type { ConnectionNode, GrantNode, KeyNode } from '../shared/nodes.ts';

/** What is known of a connection at the moment. */
export interface KnownConnection {
  readonly identity: CallerIdentity | undefined;
  readonly region: string | undefined;
  /** The name that the user gave the account. */
  readonly accountName: string | undefined;
  readonly endpoint: Endpoint | undefined;
  readonly failure: KmsError | undefined;
}

/** What rows show besides their own data: it changes while the row stays. */
export interface Known {
  connection(node: ConnectionNode): KnownConnection;
  metadata(node: KeyNode): KeyMetadata | undefined;
  revocation(node: GrantNode): RevocationState | undefined;
  /** The caller may be allowed to retire the grant, judging by its principals. */
  mayRetire(node: GrantNode): boolean;
  /** A resource in a Terraform file of the workspace may make it. */
  isInTerraform(node: GrantNode): boolean;
  /** Of a grant, or of the key itself; those of a key need its grants to be loaded. */
  findings(node: GrantNode | KeyNode): readonly Finding[];
  /** How many grants KMS lists on a key, once its list was read to the end. */
  grantCount(node: KeyNode): number | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface KnownFrom {
  readonly connections: Connections;
  readonly revocations: Revocations;
  readonly accountName: (account: string) => string | undefined;
  readonly terraform: Pick<LazyTerraform, 'hasResourceFor'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function knownFrom(
  { connections, revocations, accountName, terraform, clock }: KnownFrom,
  findings: Known['findings'],
): Known {
  return {
    connection: ({ ref }) => {
      const session = connections.session(ref);
      const identity = session?.knownIdentity;
      return {
        identity,
        region: ref.kind === 'sample' ? session?.connection.region : ref.region,
        accountName: identity === undefined ? undefined : accountName(identity.account),
        endpoint: session?.connection.endpoint,
        failure: connections.failure(ref),
      };
    },
    metadata: ({ connection, key }) => connections.find(connection)?.inventory.metadata(key.arn),
    revocation: ({ connection, key, grant }) => revocations.state(connection.ref, key, grant.grantId),
    mayRetire: ({ connection, grant }) => {
      const caller = connections.find(connection)?.knownIdentity;
      return caller !== undefined && retirePermission(caller.arn, grant) !== 'no';
    },
    isInTerraform: ({ grant }) => terraform.hasResourceFor(grant),
    findings,
    grantCount: ({ connection, key }) => {
      const listing = connections.find(connection)?.inventory.loadedGrants(key.arn);
      return listing?.state.kind === 'complete' ? listing.grants.length : undefined;
    },
    now: () => clock.now(),
  };
}
