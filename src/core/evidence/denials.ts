import { isKind, type KmsError } from '../kms/errors.ts';
import type { EvidenceApi } from '../kms/evidenceApi.ts';

/**
 * The same reads, but for those that were denied once: they reject in the same way without being sent, so that a denied
 * permission costs one request and not one a grant. So the first of an operation is answered before others are sent.
 */
export function rememberingDenials(api: EvidenceApi): EvidenceApi {
  const denials = new Map<string, KmsError>();
  const firsts = new Map<string, Promise<unknown>>();
  const ask = async <T>(operation: string, send: () => Promise<T>): Promise<T> => {
    const first = firsts.get(operation);
    if (first === undefined) {
      const sent = sendNoting(operation, send);
      firsts.set(operation, sent);
      return sent;
    }
    // Its error is its caller's.
    await first.catch(() => {});
    const denial = denials.get(operation);
    if (denial !== undefined) {
      throw denial;
    }
    return sendNoting(operation, send);
  };
  const sendNoting = async <T>(operation: string, send: () => Promise<T>): Promise<T> => {
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
