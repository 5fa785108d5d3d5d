import * as l10n from '@vscode/l10n';
import { isKind } from '../../core/kms/errors.ts';
import { type ConnectionRef, connectionId } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { UserError } from '../../core/words/userError.ts';
import type { Needs } from '../context.ts';
import { pickShown } from './pickConnection.ts';
import { pickRegion } from './pickRegions.ts';
import { selectProfile } from './selectProfile.ts';
import { type PickContext, show, shownConnections } from './shownConnections.ts';

/** Asks for another Region for a connection, or for the one that the default connection lacks. */
export async function selectRegion(context: PickContext & Needs<'log'>): Promise<void> {
  const shown = (await shownConnections(context)).filter((ref) => ref.kind !== 'sample');
  const ref = shown.length === 0 ? await withoutRegion(context) : await pickShown(shown);
  if (ref === undefined) {
    if (shown.length === 0) {
      await selectProfile(context);
    }
    return;
  }
  const region = await pickRegion(context.aws, ref.region);
  if (region === undefined) {
    return;
  }
  const id = connectionId(ref);
  const changed: ConnectionRef = { ...ref, region };
  // Read again: the list may have changed while the questions were open.
  const newest = (await shownConnections(context)).filter(({ kind }) => kind !== 'sample');
  if (shown.length > 0 && !newest.some((other) => connectionId(other) === id)) {
    throw new UserError(l10n.t('Nothing was changed, because {0} is no longer in the view.', connectionName(ref)));
  }
  const refs = newest.length === 0 ? [changed] : newest.map((other) => (connectionId(other) === id ? changed : other));
  await show(context, [...new Map(refs.map((one) => [connectionId(one), one])).values()]);
}

/** The default connection, if all that it lacks is a Region. */
async function withoutRegion({ connections }: Needs<'connections'>) {
  try {
    await connections.list();
    return undefined;
  } catch (error) {
    if (!isKind(error, 'regionMissing')) {
      return undefined;
    }
    const { profile } = error.details;
    return profile === undefined
      ? { kind: 'environment' as const, region: '' }
      : { kind: 'profile' as const, profile, region: '' };
  }
}
