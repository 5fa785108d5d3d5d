import { isKind } from '../../core/kms/errors.ts';
import type { ConnectionRef } from '../../core/kms/model.ts';
import { setConnections } from '../../platform/settings.ts';
import type { Needs } from '../context.ts';

/** To change which connections are shown. */
export type ShowContext = Needs<'connections' | 'confirmedSettings' | 'setShowsSample'>;

/** To ask for profiles and Regions, too. */
export type PickContext = ShowContext & Needs<'aws' | 'preferences'>;

/** What the view shows, chosen or by default; nothing where the default can't be made out. */
export async function shownConnections({ connections }: Needs<'connections'>): Promise<readonly ConnectionRef[]> {
  try {
    return await connections.list();
  } catch (error) {
    if (isKind(error, 'profileMissing', 'regionMissing')) {
      return [];
    }
    throw error;
  }
}

/** @param refs `undefined`: as long as nobody chooses any */
export async function show(
  context: Needs<'connections' | 'confirmedSettings'>,
  refs: readonly ConnectionRef[] | undefined,
): Promise<void> {
  await setConnections(refs);
  // Who chose them here agrees to them.
  await context.confirmedSettings.confirm();
  context.connections.preferencesChanged();
}
