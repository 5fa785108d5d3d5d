import type { GrantNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf } from '../context.ts';

/** Ends the wait for a revoked grant. The revoke is not undone; the row says that it was not confirmed. */
export function stopWaiting({ revocations }: Needs<'revocations'>, { connection, key, grant }: GrantNode): void {
  revocations.stopWaiting(connection.ref, key, grant.grantId);
}

/** Waits again for a grant whose revoke was not confirmed. */
export function checkAgain(context: Needs<'connections' | 'revocations'>, { connection, key, grant }: GrantNode): void {
  context.revocations.checkAgain(sessionOf(context, connection), key, grant.grantId);
}
