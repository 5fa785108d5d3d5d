import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import type { Profile } from '../../core/kms/kmsApi.ts';
import { type PickItem, pick } from '../../platform/pick.ts';
import type { Needs } from '../context.ts';

const placeholder = () => l10n.t('Profiles of the AWS config and credentials files');
const empty = () => l10n.t('There are no profiles. Create one with "aws configure" or "aws configure sso".');

/** Asks for a profile of the AWS files; `undefined` when the list was closed. */
export function pickProfile(context: Needs<'aws' | 'connections'>, title: string): Promise<Profile | undefined> {
  return pick<Profile>({
    title,
    placeholder: placeholder(),
    empty: empty(),
    load: async (show) => show(await profileItems(context)),
  });
}

/** As {@link pickProfile}; the last choice is the environment's own credentials. */
export function pickSignIn(
  context: Needs<'aws' | 'connections'>,
  title: string,
): Promise<Profile | 'environment' | undefined> {
  const environment: PickItem<'environment'> = {
    label: l10n.t('No profile'),
    description: l10n.t('environment variables, container or instance'),
    value: 'environment',
  };
  return pick<Profile | 'environment'>({
    title,
    placeholder: placeholder(),
    empty: empty(),
    load: async (show) => show([...(await profileItems(context)), environment]),
  });
}

async function profileItems({ aws, connections }: Needs<'aws' | 'connections'>): Promise<readonly PickItem<Profile>[]> {
  const shown = new Set(connections.shown.map((ref) => (ref.kind === 'profile' ? ref.profile : undefined)));
  return (await (await aws()).profiles()).map((value) => {
    const parts = [value.region, shown.has(value.name) ? l10n.t('in the view') : undefined];
    const description = parts.filter((part) => part !== undefined).join(' · ');
    return { label: printable(value.name), description, detail: value.signIn ?? l10n.t('no sign-in set up'), value };
  });
}
