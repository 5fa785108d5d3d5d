import { isKind } from './errors.ts';
import type { GrantRef, KmsApi } from './kmsApi.ts';
import type { Grant } from './model.ts';
import { grantPages, paginate } from './pages.ts';
import { retirableGrants } from './retirement.ts';

/**
 * Reads which of `grantIds` KMS lists now. Grants that KMS doesn't know are missing from the result. Any other failure
 * rejects and says nothing about the grants.
 */
export type ReadListedGrants = (grantIds: readonly string[], signal: AbortSignal) => Promise<ReadonlySet<string>>;

/** For more grants than this on one key, reading the whole list is cheaper than one filtered read for each grant. */
const maxFilteredReads = 3;

/** Reads one grant. `undefined` if KMS doesn't list it or doesn't know it. */
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
 * Creates the reader that polls the grants of one key, with as few and as small requests as the API allows. A principal
 * that may retire a grant may lack ListGrants on the key. The reader then uses ListRetirableGrants of the retiring
 * principals.
 * @param retiringPrincipal returns the ARN of a grant's retiring principal, if known
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
        // One call for each, since with several principals an unknown one would count as having no grants.
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
  // Grows where a sweep finds the list to be long.
  let maxSingleReads = maxFilteredReads;
  return async (grantIds, signal) => {
    const wanted = new Set(grantIds);
    const listed = new Set<string>();
    if (wanted.size > maxSingleReads) {
      if ((await sweep(api, keyArn, wanted, listed, signal)) === 'all') {
        return listed;
      }
      maxSingleReads = wanted.size;
    }
    for (const grantId of wanted) {
      if (!listed.has(grantId) && (await findGrant(api, { keyArn, grantId }, signal)) !== undefined) {
        listed.add(grantId);
      }
    }
    return listed;
  };
}

/** Adds to `listed` which of `wanted` the list holds. `long`: it was given up, with more pages than grants are wanted. */
async function sweep(
  api: KmsApi,
  keyArn: string,
  wanted: ReadonlySet<string>,
  listed: Set<string>,
  signal: AbortSignal,
): Promise<'all' | 'long'> {
  let pages = 0;
  try {
    for await (const page of paginate(grantPages(api, { keyArn }, signal))) {
      pages += 1;
      for (const { grantId } of page) {
        if (wanted.has(grantId)) {
          listed.add(grantId);
        }
      }
      if (listed.size === wanted.size) {
        break;
      }
      if (pages > wanted.size) {
        return 'long';
      }
    }
  } catch (error) {
    if (!isKind(error, 'keyNotFound')) {
      throw error;
    }
  }
  return 'all';
}
