import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import type { Profile } from '../../core/kms/kmsApi.ts';
import { type PickItem, pick } from '../../platform/pick.ts';
import type { Needs } from '../context.ts';
import { openConfigFile } from './openConfigFile.ts';

const placeholder = () => l10n.t('Profiles of the AWS config and credentials files');
const empty = () => l10n.t('No profiles found. Create one with "aws configure" or "aws configure sso".');

type PickContext = Needs<'aws' | 'connections'>;
type Choice = Profile | 'environment' | 'configFile';

/** Asks for a profile of the AWS files; `undefined` when the list was closed, or the config file opened in its place. */
export async function pickProfile(context: PickContext, title: string): Promise<Profile | undefined> {
  const picked = await pickChoice(context, title, []);
  return picked === 'environment' ? undefined : picked;
}

/** As {@link pickProfile}; another choice is the environment's own credentials. */
export function pickSignIn(context: PickContext, title: string): Promise<Profile | 'environment' | undefined> {
  const environment: PickItem<Choice> = {
    label: l10n.t('No profile'),
    description: l10n.t('environment variables, container, or instance'),
    value: 'environment',
  };
  return pickChoice(context, title, [environment]);
}

async function pickChoice(
  context: PickContext,
  title: string,
  further: readonly PickItem<Choice>[],
): Promise<Profile | 'environment' | undefined> {
  const configFile: PickItem<Choice> = {
    label: l10n.t('Open AWS Config File'),
    description: l10n.t('to add or correct a profile'),
    alwaysShow: true,
    value: 'configFile',
  };
  const picked = await pick<Choice>({
    title,
    placeholder: placeholder(),
    empty: empty(),
    load: async (show) => show([...(await profileItems(context)), ...further, configFile]),
  });
  if (picked === 'configFile') {
    await openConfigFile(context);
    return undefined;
  }
  return picked;
}

async function profileItems({ aws, connections }: PickContext): Promise<readonly PickItem<Choice>[]> {
  const shown = new Set(connections.shown.map((ref) => (ref.kind === 'profile' ? ref.profile : undefined)));
  return (await (await aws()).profiles()).map((value) => {
    const parts = [value.region, shown.has(value.name) ? l10n.t('in the view') : undefined];
    const description = parts.filter((part) => part !== undefined).join(' · ');
    return { label: printable(value.name), description, detail: value.signIn ?? l10n.t('no sign-in set up'), value };
  });
}
