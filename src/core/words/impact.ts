import * as l10n from '@vscode/l10n';
import type { Grant } from '../kms/model.ts';
import { grantee, volumeOf } from '../kms/principal.ts';
import { serviceOfGrant } from '../kms/serviceGrant.ts';

/** The effect of a revoke, in one sentence. Other grants and policies may still allow the same, which is unknown here. */
export function impactOfRevoke(grant: Grant): string {
  const { kind, managedBy, shortName } = grantee(grant);
  const who = grant.granteePrincipal === undefined ? l10n.t('The grantee') : shortName;
  if (kind === 'ec2Instance') {
    const volume = volumeOf(grant);
    return volume === undefined
      ? l10n.t('EC2 instance {0} can lose access to its encrypted volume, at the latest at its next start.', who)
      : l10n.t(
          'EC2 instance {0} can lose access to its encrypted volume {1}, at the latest at its next start.',
          who,
          volume,
        );
  }
  const used = serviceOfGrant(grant);
  if (used !== undefined) {
    return impactOnService(used, managedBy === undefined ? who : undefined);
  }
  switch (kind) {
    case 'unresolvedRole':
    case 'unresolvedUser':
      return l10n.t(
        "{0} may be a deleted principal. If it still exists, it won't be able to use the key through this grant.",
        who,
      );
    case 'accountRoot':
      return l10n.t("Principals of {0} won't be able to use the key through this grant.", who);
    default:
      return l10n.t("{0} won't be able to use the key through this grant.", who);
  }
}

/** `who`: the principal through which the service acts, where that is not its own. */
function impactOnService(
  { service, resource }: { readonly service: string; readonly resource: string | undefined },
  who: string | undefined,
): string {
  if (resource === undefined) {
    return l10n.t(
      "{0} won't be able to use the key through this grant. Resources that {1} keeps encrypted with the key can fail.",
      who ?? service,
      service,
    );
  }
  return who === undefined
    ? l10n.t("{0} won't be able to use the key through this grant, and its {1} can fail.", service, resource)
    : l10n.t("{0} won't be able to use the key through this grant, and {1} of {2} can fail.", who, resource, service);
}
