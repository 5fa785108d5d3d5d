import * as l10n from '@vscode/l10n';
import { isKind, UserError } from '../core/errors.ts';
import type { ConnectionRef } from '../core/model.ts';
import type { CommandContext } from './context.ts';
import { pickRegion } from './pickRegion.ts';
import { selectProfile } from './selectProfile.ts';

/** Another Region for the connection on screen, or the Region that it could not open without. */
export async function selectRegion(context: CommandContext): Promise<void> {
  const { aws, connections } = context;
  const ref = await regionless(context);
  if (ref === undefined) {
    await selectProfile(context);
    return;
  }
  if (ref.kind === 'sample') {
    throw new UserError(l10n.t('Sample data has one Region only.'), ['selectProfile']);
  }
  const region = await pickRegion(aws, ref.region);
  if (region !== undefined) connections.select({ ...ref, region });
}

/** What to give a Region to. */
async function regionless({ connections }: CommandContext): Promise<ConnectionRef | undefined> {
  try {
    return (await connections.current())?.connection.ref;
  } catch (error) {
    if (!isKind(error, 'regionMissing')) return undefined;
    const { profile } = error.details;
    return profile === undefined ? { kind: 'environment', region: '' } : { kind: 'profile', profile, region: '' };
  }
}
