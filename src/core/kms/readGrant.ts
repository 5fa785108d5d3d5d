import { isKind } from './errors.ts';
import type { GrantRef, KmsApi } from './kmsApi.ts';
import type { Grant } from './model.ts';
import { grantPages, paginate } from './pages.ts';
import { retirableGrants } from './retirement.ts';

/**
 * Which of `grantIds` KMS lists now. Grants that KMS says it does not know are simply not in the answer; every other
 * failure rejects and tells nothing about the grants.
 */
export type ReadListedGrants = (grantIds: readonly string[], signal: AbortSignal) => Promise<ReadonlySet<string>>;

/** Above this many followed grants of one key, one sweep of its list costs less than a filtered read each. */
const maxFilteredReads = 3;

/** The grant as KMS lists it now; `undefined` when it doesn't, or says that it does not know it. */
export async function findGrant(api: KmsApi, ref: GrantRef, signal: AbortSignal): Promise<Grant | undefined> {
  try {
    for await (const page of paginate(grantPages(api, ref, signal))) {
      const found = page.find((grant) => grant.grantId === ref.grantId);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  } catch (error) {
    if (isKind(error, 'grantNotFound', 'keyNotFound', 'invalidGrantId')) {
      return undefined;
    }
    throw error;
  }
}

/**
 * The reads that a poller makes on one key: as few and as small as the API allows. Who may retire a grant need not be
 * allowed to list those of its key; then the lists of what their retiring principals can retire tell.
 * @param retiringPrincipal the ARN of a grant's, where it is known
 */
export function listedGrantsReader(
  api: KmsApi,
  keyArn: string,
  retiringPrincipal: (grantId: string) => string | undefined = () => undefined,
): ReadListedGrants {
  const onKey = keyGrantsReader(api, keyArn);
  return async (grantIds, signal) => {
    try {
      return await onKey(grantIds, signal);
    } catch (error) {
      const principals = new Set(grantIds.map(retiringPrincipal));
      if (!isKind(error, 'accessDenied') || principals.has(undefined)) {
        throw error;
      }
      const listed = new Set<string>();
      for (const principal of [...principals].filter((value) => value !== undefined)) {
        // One at a time: of several, one that KMS does not know would pass for one without grants.
        for await (const grants of retirableGrants(api, [principal], signal)) {
          for (const { keyArn: of, grantId } of grants) {
            if (of === keyArn) {
              listed.add(grantId);
            }
          }
        }
      }
      return new Set(grantIds.filter((grantId) => listed.has(grantId)));
    }
  };
}

function keyGrantsReader(api: KmsApi, keyArn: string): ReadListedGrants {
  return async (grantIds, signal) => {
    const wanted = new Set(grantIds);
    const listed = new Set<string>();
    if (wanted.size <= maxFilteredReads) {
      for (const grantId of wanted) {
        if ((await findGrant(api, { keyArn, grantId }, signal)) !== undefined) {
          listed.add(grantId);
        }
      }
      return listed;
    }
    try {
      for await (const page of paginate(grantPages(api, { keyArn }, signal))) {
        for (const { grantId } of page) {
          if (wanted.has(grantId)) {
            listed.add(grantId);
          }
        }
        if (listed.size === wanted.size) {
          break;
        }
      }
    } catch (error) {
      if (!isKind(error, 'keyNotFound')) {
        throw error;
      }
    }
    return listed;
  };
}
