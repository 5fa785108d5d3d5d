import * as l10n from '@vscode/l10n';
import { escapeIcons } from '../../core/base/text.ts';
import { preferredRegion } from '../../core/connections/chooseConnections.ts';
import { type ConnectionRef, connectionId } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { showInformation } from '../../platform/prompts.ts';
import { connectionsSetting } from '../../platform/settings.ts';
import type { Needs } from '../context.ts';
import { showFailure } from '../errorBoundary.ts';
import { pickProfile } from './pickProfile.ts';
import { pickRegion } from './pickRegions.ts';
import { type PickContext, type ShowContext, show, shownConnections } from './shownConnections.ts';

/**
 * Asks for a profile, and for its Region if no setting or file names one. It replaces the connection on screen; several
 * connections stay, unless the user asks for the one alone.
 */
export async function selectProfile(context: PickContext & Needs<'log'>): Promise<void> {
  const profile = await pickProfile(context, l10n.t('Select AWS Profile'));
  if (profile === undefined) {
    return;
  }
  const region = preferredRegion(context.preferences(), profile) ?? (await pickRegion(context.aws));
  if (region === undefined) {
    return;
  }
  const ref: ConnectionRef = { kind: 'profile', profile: profile.name, region };
  context.connections.allowPrompts(ref);
  const shown = await shownConnections(context);
  if (shown.length < 2) {
    await showOnly(context, ref);
    return;
  }
  const isShown = shown.some((other) => connectionId(other) === connectionId(ref));
  if (!isShown) {
    await show(context, [...shown, ref]);
  }
  void offerOnly(context, ref, shown.length - (isShown ? 1 : 0)).catch((error: unknown) =>
    showFailure(error, context.log),
  );
}

/** Says how many others stay, and offers to show the one alone. Then offers to undo that. */
async function offerOnly(context: ShowContext, ref: ConnectionRef, others: number): Promise<void> {
  const name = connectionName(ref);
  const only = l10n.t('Show Only {0}', escapeIcons(name));
  const kept =
    others === 1
      ? l10n.t('{0} is shown. 1 other connection stays in the view.', name)
      : l10n.t('{0} is shown. {1} other connections stay in the view.', name, others);
  if ((await showInformation(kept, only)) !== only) {
    return;
  }
  const shown = await shownConnections(context);
  const before = connectionsSetting();
  await showOnly(context, ref);
  const undo = l10n.t('Undo');
  const hidden = shown.filter((other) => connectionId(other) !== connectionId(ref)).length;
  const alone =
    hidden === 1
      ? l10n.t('Only {0} is shown. 1 other connection was removed from the view.', name)
      : l10n.t('Only {0} is shown. {1} other connections were removed from the view.', name, hidden);
  if ((await showInformation(alone, undo)) !== undo) {
    return;
  }
  if (shown.some(({ kind }) => kind === 'sample')) {
    await context.setShowsSample(true);
  }
  await show(context, withoutTheOnly(ref, before));
}

/** The list as it was before, with what was added since. */
function withoutTheOnly(
  only: ConnectionRef,
  before: readonly ConnectionRef[] | undefined,
): readonly ConnectionRef[] | undefined {
  const known = new Set([only, ...(before ?? [])].map(connectionId));
  const added = (connectionsSetting() ?? []).filter((one) => !known.has(connectionId(one)));
  return before === undefined && added.length === 0 ? undefined : [...(before ?? []), ...added];
}

async function showOnly(context: ShowContext, ref: ConnectionRef): Promise<void> {
  await context.setShowsSample(false);
  await show(context, [ref]);
}
