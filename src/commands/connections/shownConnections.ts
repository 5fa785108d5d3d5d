import { isKind } from '../../core/kms/errors.ts';
import type { ConnectionRef } from '../../core/kms/model.ts';
import { setConnections } from '../../platform/settings.ts';
import type { Needs } from '../context.ts';

/** What a command needs to change the connections on screen. */
export type ShowContext = Needs<'connections' | 'confirmedSettings' | 'setShowsSample'>;

/** The same, and to ask for profiles and Regions. */
export type PickContext = ShowContext & Needs<'aws' | 'preferences'>;

/** The connections on screen, chosen or by default; none if there is no default. */
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

/** @param refs `undefined` returns to the default */
export async function show(
  context: Needs<'connections' | 'confirmedSettings'>,
  refs: readonly ConnectionRef[] | undefined,
): Promise<void> {
  await setConnections(refs);
  // Choosing them is agreeing to them.
  await context.confirmedSettings.confirm();
  context.connections.preferencesChanged();
}
