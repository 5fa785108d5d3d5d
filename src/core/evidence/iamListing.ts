import { isKmsError, isSignInProblem, isTransient } from '../kms/errors.ts';
import type { EvidenceApi, IamPrincipal, IamRole } from '../kms/evidenceApi.ts';
import type { Iam, LookUp } from './holder.ts';

/** So many roles and users of one account are asked for one by one. For more of them, the account is listed. */
const mostSingles = 20;

/**
 * IAM of an account for many questions: where that may take fewer requests, the account is listed first. What the list
 * lacks is asked for by itself: only that answer says that something doesn't exist.
 * @throws KmsError when nothing of IAM can be asked, and AbortError
 */
export async function iamForMany(
  iam: Iam,
  api: EvidenceApi,
  lookUps: readonly LookUp[],
  signal: AbortSignal,
): Promise<Iam> {
  const byName = lookUps.filter(({ by }) => by === 'name');
  if (byName.length <= mostSingles) {
    return iam;
  }
  const listed = { role: new Map<string, IamRole>(), user: new Map<string, IamPrincipal>() };
  const isWanted = (what: 'role' | 'user') => lookUps.some((lookUp) => lookUp.by === 'id' && lookUp.what === what);
  const needsAll = isWanted('role') || isWanted('user');
  let marker: string | undefined;
  let pages = 0;
  let isWhole = false;
  try {
    do {
      const page = await api.getAccountAuthorizationDetails(marker, signal);
      for (const item of page.items) {
        if (item.kind === 'role') {
          listed.role.set(item.role.name, item.role);
        } else {
          listed.user.set(item.user.name, item.user);
        }
      }
      marker = page.nextMarker;
      pages += 1;
    } while (
      marker !== undefined &&
      pages < byName.length &&
      (needsAll || byName.some(({ what, text }) => !listed[what].has(text)))
    );
    isWhole = marker === undefined;
  } catch (error) {
    if (!isKmsError(error) || isSignInProblem(error) || isTransient(error)) {
      throw error;
    }
    // Not allowed, or not there: what was listed until then is true all the same.
  }
  return {
    api: {
      getRole: async (name, own) => listed.role.get(name) ?? (await iam.api.getRole(name, own)),
      getUser: async (name, own) => listed.user.get(name) ?? (await iam.api.getUser(name, own)),
    },
    all: async (what) => (isWhole ? [...listed[what].values()] : await iam.all(what)),
  };
}
