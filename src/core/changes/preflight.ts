import type { Session } from '../connections/session.ts';
import { isKind } from '../kms/errors.ts';
import type { Grant } from '../kms/model.ts';
import { findGrant } from '../kms/readGrant.ts';
import type { EndingKind } from './journalRecord.ts';

export type Preflight =
  /** KMS lists the grant, and `grant` is how it is now. */
  | { readonly kind: 'ready'; readonly grant: Grant }
  /** KMS no longer lists it. */
  | { readonly kind: 'gone' }
  /** The server ignored DryRun, and made the change. */
  | { readonly kind: 'doneByDryRun'; readonly grant: Grant };

/**
 * Reads the one grant again and, where that is safe, asks KMS by dry run whether the revoke would be allowed.
 * Never against a custom endpoint: other servers ignore DryRun and revoke. One list without the grant may lag behind, so
 * the dry run has the last word.
 * @param shown the grant as it was shown
 * @throws KmsError such as `accessDenied`
 */
export async function preflight(
  session: Session,
  keyArn: string,
  shown: Grant,
  signal: AbortSignal,
): Promise<Preflight> {
  const listed = await findGrant(session.api, { keyArn, grantId: shown.grantId }, signal);
  return dryRun('revoke', session, keyArn, { listed, shown }, signal);
}

/**
 * As {@link preflight}, for a retirement. A retiring principal may not be allowed to list the grants of the key, especially
 * of a key in another account: then the grant is used as it was shown.
 */
export async function preflightRetire(
  session: Session,
  keyArn: string,
  shown: Grant,
  signal: AbortSignal,
): Promise<Preflight> {
  let listed: Grant | undefined = shown;
  try {
    listed = await findGrant(session.api, { keyArn, grantId: shown.grantId }, signal);
  } catch (error) {
    if (!isKind(error, 'accessDenied')) {
      throw error;
    }
  }
  return dryRun('retire', session, keyArn, { listed, shown }, signal);
}

async function dryRun(
  kind: EndingKind,
  { api, connection }: Session,
  keyArn: string,
  { listed, shown }: { readonly listed: Grant | undefined; readonly shown: Grant },
  signal: AbortSignal,
): Promise<Preflight> {
  const isCustom = connection.endpoint.kind === 'custom';
  if (isCustom) {
    return listed === undefined ? { kind: 'gone' } : { kind: 'ready', grant: listed };
  }
  const ref = { keyArn, grantId: shown.grantId };
  const grant = listed ?? shown;
  try {
    const answer = await (kind === 'revoke' ? api.dryRunRevokeGrant(ref, signal) : api.dryRunRetireGrant(ref, signal));
    return { kind: answer === 'allowed' ? 'ready' : 'doneByDryRun', grant };
  } catch (error) {
    if (isKind(error, 'grantNotFound', 'keyNotFound', 'invalidGrantId')) {
      return { kind: 'gone' };
    }
    throw error;
  }
}
