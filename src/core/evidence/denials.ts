import { isKind, type KmsError } from '../kms/errors.ts';
import type { EvidenceApi } from '../kms/evidenceApi.ts';

/**
 * The same reads, but for those that were denied once: they reject in the same way without being sent, so that a denied
 * permission costs one request and not one a grant.
 */
export function rememberingDenials(api: EvidenceApi): EvidenceApi {
  const denials = new Map<string, KmsError>();
  const ask = async <T>(operation: string, send: () => Promise<T>): Promise<T> => {
    const denial = denials.get(operation);
    if (denial !== undefined) {
      throw denial;
    }
    try {
      return await send();
    } catch (error) {
      if (isKind(error, 'accessDenied')) {
        denials.set(operation, error);
      }
      throw error;
    }
  };
  return {
    lookupEvents: (...input) => ask('LookupEvents', () => api.lookupEvents(...input)),
    getRole: (...input) => ask('GetRole', () => api.getRole(...input)),
    getUser: (...input) => ask('GetUser', () => api.getUser(...input)),
    listRoles: (...input) => ask('ListRoles', () => api.listRoles(...input)),
    listUsers: (...input) => ask('ListUsers', () => api.listUsers(...input)),
    getAccountAuthorizationDetails: (...input) =>
      ask('GetAccountAuthorizationDetails', () => api.getAccountAuthorizationDetails(...input)),
  };
}
