import type { Connection, Grant, KmsKey } from '../../../core/kms/model.ts';
import type { Needs } from '../../context.ts';

/** A grant to end: of a row, or one that the caller may retire. */
export interface Target {
  readonly connection: Connection;
  readonly key: KmsKey;
  readonly grant: Grant;
}

/** A revoke or retirement of this grant was sent, or is about to be. */
export function isUnderWay({ revocations }: Needs<'revocations'>, { connection, key, grant }: Target): boolean {
  const state = revocations.state(connection.ref, key, grant.grantId)?.kind;
  return state === 'revoking' || state === 'confirming';
}
