import type { EvidenceApi } from '../kms/evidenceApi.ts';
import type { LimitedOperation, RequestLimiter } from './limiter.ts';

/**
 * Makes each request wait for its turn. Reads for evidence go in the background, after all that somebody waits for.
 * @param quota names the account and Region whose quota a request counts against
 */
export function pacedEvidence(limiter: RequestLimiter, quota: () => string, api: EvidenceApi): EvidenceApi {
  const ask = <T>(operation: LimitedOperation, signal: AbortSignal, send: () => Promise<T>): Promise<T> =>
    limiter.run({ quota: quota(), operation, priority: 'background', isIdempotent: true, signal, send });
  return {
    lookupEvents: (query, marker, signal) => ask('LookupEvents', signal, () => api.lookupEvents(query, marker, signal)),
    getRole: (name, signal) => ask('GetRole', signal, () => api.getRole(name, signal)),
    getUser: (name, signal) => ask('GetUser', signal, () => api.getUser(name, signal)),
    listRoles: (marker, signal) => ask('ListRoles', signal, () => api.listRoles(marker, signal)),
    listUsers: (marker, signal) => ask('ListUsers', signal, () => api.listUsers(marker, signal)),
    getAccountAuthorizationDetails: (marker, signal) =>
      ask('GetAccountAuthorizationDetails', signal, () => api.getAccountAuthorizationDetails(marker, signal)),
  };
}
