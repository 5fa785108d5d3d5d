import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable, withoutIcons } from '../../core/base/text.ts';
import { preferredRegion } from '../../core/connections/chooseConnections.ts';
import { isKind } from '../../core/kms/errors.ts';
import { type ConnectionRef, connectionId } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { explain } from '../../core/words/explain.ts';
import { UserError } from '../../core/words/userError.ts';
import { confirm, showInformation } from '../../platform/prompts.ts';
import { connectionsSetting, setConnections } from '../../platform/settings.ts';
import type { ConnectionNode } from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';
import { pickProfile, pickSignIn } from './pickProfile.ts';
import { pickRegion, pickRegions } from './pickRegions.ts';

/** To change which connections are shown. */
type ShowContext = Needs<'connections' | 'confirmedSettings' | 'setShowsSample'>;

/** To ask for profiles and Regions, too. */
type PickContext = ShowContext & Needs<'aws' | 'preferences'>;

/**
 * A profile in place of the one that is shown: profile, then the Region where nothing says which. Where several are shown
 * they stay, unless the user asks for the one alone.
 */
export async function selectProfile(context: PickContext): Promise<void> {
  const profile = await pickProfile(context, l10n.t('Select AWS Profile'));
  if (profile === undefined) {
    return;
  }
  const region = preferredRegion(context.preferences(), profile) ?? (await pickRegion(context.aws));
  if (region === undefined) {
    return;
  }
  const ref: ConnectionRef = { kind: 'profile', profile: profile.name, region };
  context.connections.allowToAsk(ref);
  const shown = await shownConnections(context);
  if (shown.length < 2) {
    await showOnly(context, ref);
    return;
  }
  const isShown = shown.some((other) => connectionId(other) === connectionId(ref));
  if (!isShown) {
    await show(context, [...shown, ref]);
  }
  void offerOnly(context, ref, shown.length - (isShown ? 1 : 0));
}

/** Names what stayed, and offers to show the one alone; then the way back. */
async function offerOnly(context: ShowContext, ref: ConnectionRef, others: number): Promise<void> {
  const name = connectionName(ref);
  const only = l10n.t('Show Only {0}', withoutIcons(name));
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

/** The list as it was before one was shown alone, with what was added since. */
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

/** Profile, or none for the environment's own credentials; then its Regions, next to what is shown. */
export async function addConnection(context: PickContext & Needs<'view'>): Promise<void> {
  const picked = await pickSignIn(context, l10n.t('Add Connection: Profile'));
  if (picked === undefined) {
    return;
  }
  const proposed = preferredRegion(context.preferences(), picked === 'environment' ? undefined : picked);
  const region = '';
  const ref =
    picked === 'environment' ? { kind: picked, region } : { kind: 'profile' as const, profile: picked.name, region };
  await add(context, ref, proposed);
}

/** Further Regions for a connection's profile. */
export async function addRegion(context: PickContext & Needs<'view'>, { ref }: ConnectionNode): Promise<void> {
  if (ref.kind !== 'sample') {
    await add(context, ref, undefined);
  }
}

async function add(
  context: PickContext & Needs<'view'>,
  ref: Exclude<ConnectionRef, { kind: 'sample' }>,
  proposed: string | undefined,
): Promise<void> {
  const inRegion = (region: string): ConnectionRef => ({ ...ref, region });
  const ids = new Set((await shownConnections(context)).map(connectionId));
  const taken = (await context.aws()).regions().filter(({ name }) => ids.has(connectionId(inRegion(name))));
  const free = proposed !== undefined && ids.has(connectionId(inRegion(proposed))) ? undefined : proposed;
  const names = taken.map(({ name }) => name);
  const regions = await pickRegions(context.aws, connectionName(ref), free, names);
  if (regions.length === 0) {
    return;
  }
  // Read again: the list may have changed while the question was open.
  const shown = await shownConnections(context);
  const shownIds = new Set(shown.map(connectionId));
  const added = regions.map(inRegion).filter((one) => !shownIds.has(connectionId(one)));
  // After the last of the same profile, so that its Regions stand together.
  const same = shown.findLastIndex((other) => connectionName(other) === connectionName(ref) && other.kind === ref.kind);
  const at = same === -1 ? shown.length : same + 1;
  for (const one of added) {
    context.connections.allowToAsk(one);
  }
  await show(context, shown.toSpliced(at, 0, ...added));
  const [first] = added;
  if (first !== undefined) {
    await context.view.reveal({ kind: 'connection', ref: first });
  }
}

export async function removeConnection(context: ShowContext, { ref }: ConnectionNode): Promise<void> {
  if (ref.kind === 'sample') {
    await context.setShowsSample(false);
    context.connections.preferencesChanged();
    return;
  }
  const id = connectionId(ref);
  await show(
    context,
    (await shownConnections(context)).filter((other) => connectionId(other) !== id),
  );
}

export async function sortConnections(context: ShowContext): Promise<void> {
  const name = (ref: ConnectionRef) => `${connectionName(ref)} ${ref.kind === 'sample' ? '' : ref.region}`;
  const shown = (await shownConnections(context)).filter(({ kind }) => kind !== 'sample');
  // One alone is in order, and may be the default that nobody chose.
  if (shown.length < 2) {
    return;
  }
  await show(
    context,
    shown.toSorted((left, right) => name(left).localeCompare(name(right))),
  );
}

/** Another Region for a connection, or the Region that the default could not be opened without. */
export async function selectRegion(context: PickContext): Promise<void> {
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
    throw new UserError(l10n.t('{0} is no longer in the view. Nothing was changed.', connectionName(ref)));
  }
  const refs = newest.length === 0 ? [changed] : newest.map((other) => (connectionId(other) === id ? changed : other));
  await show(context, [...new Map(refs.map((one) => [connectionId(one), one])).values()]);
}

export async function openSampleData(context: Needs<'connections' | 'setShowsSample' | 'view'>): Promise<void> {
  await context.setShowsSample(true);
  context.connections.preferencesChanged();
  await context.view.reveal({ kind: 'connection', ref: { kind: 'sample' } });
}

/** The one connection that is meant; asks where several are shown. */
export async function pickShown<T extends ConnectionRef>(shown: readonly T[]): Promise<T | undefined> {
  if (shown.length < 2) {
    return shown[0];
  }
  const items = shown.map((value) => ({
    label: withoutIcons(connectionName(value)),
    description: value.kind === 'sample' ? '' : value.region,
    value,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: l10n.t('Connection'), matchOnDescription: true });
  return picked?.value;
}

/** Asks which of the connections on screen is meant, where there are several. */
export async function pickConnection(context: Needs<'connections'>): Promise<ConnectionRef | undefined> {
  const shown = await context.connections.list();
  if (shown.length === 0) {
    throw new UserError(l10n.t('No AWS profile is selected.'), ['selectProfile']);
  }
  return pickShown(shown);
}

/** What the view shows, chosen or by default; nothing where the default can't be made out. */
async function shownConnections({ connections }: Needs<'connections'>): Promise<readonly ConnectionRef[]> {
  try {
    return await connections.list();
  } catch (error) {
    if (isKind(error, 'profileMissing', 'regionMissing')) {
      return [];
    }
    throw error;
  }
}

/** The default connection that lacks nothing but a Region. */
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

/** @param refs `undefined`: as long as nobody chooses any */
async function show(
  context: Needs<'connections' | 'confirmedSettings'>,
  refs: readonly ConnectionRef[] | undefined,
): Promise<void> {
  await setConnections(refs);
  // Who chose them here agrees to them.
  await context.confirmedSettings.confirm();
  context.connections.preferencesChanged();
}

/** Opens what the settings of a dev container ask for, once the user agrees. */
export async function openConnections({
  connections,
  confirmedSettings,
}: Needs<'connections' | 'confirmedSettings'>): Promise<void> {
  try {
    await connections.list();
  } catch (error) {
    if (!isKind(error, 'notConfirmed')) {
      throw error;
    }
    const { sentence, advice } = explain(error.details);
    const question = l10n.t('Open the AWS connections that this dev container asks for?');
    const detail = printable(`${sentence} ${advice}`, 2000);
    if (!(await confirm({ question, detail, button: l10n.t('Open') }))) {
      return;
    }
    await confirmedSettings.confirm();
  }
  connections.preferencesChanged();
}

export async function copyAccountId(context: Needs<'connections'>, { ref }: ConnectionNode): Promise<void> {
  const session = await context.connections.open(ref);
  await vscode.env.clipboard.writeText((await session.identity()).account);
}
