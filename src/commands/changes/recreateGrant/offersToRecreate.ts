import { planRecreate } from '../../../core/changes/recreate.ts';
import type { RevocationRecord } from '../../../core/changes/revocationRecord.ts';
import type { LazyEvidence } from '../../../core/evidence/lazyEvidence.ts';
import { managingService } from '../../../core/findings/findings.ts';
import type { Needs } from '../../context.ts';

/** What is known of grants without asking. */
export interface KnownOfGrants extends Needs<'connections'> {
  readonly evidence: Pick<LazyEvidence, 'of'>;
}

/**
 * Whether to offer that an ended grant be recreated: not where KMS would probably refuse, by what is known already. The
 * history offers it all the same.
 */
export function offersToRecreate(
  { connections, evidence }: KnownOfGrants,
  { id, connection, key, grant }: RevocationRecord,
): boolean {
  const session = connections.session(connection);
  const metadata = session?.inventory.metadata(key.arn);
  const holder = session && evidence.of({ session, key, grant })?.holder;
  const isHolderGone =
    holder?.kind === 'known' && (holder.value.kind === 'noSuchName' || holder.value.kind === 'noSuchId');
  return (
    // Without an entry in the history, it can't be recreated from it.
    id !== '' &&
    (metadata === undefined || metadata.state === 'Enabled') &&
    !isHolderGone &&
    managingService(grant, key, metadata) === undefined &&
    planRecreate(key, grant, metadata).obstacles.length === 0
  );
}
