import * as l10n from '@vscode/l10n';
import { preferredRegion } from '../core/connections.ts';
import type { Profile } from '../core/kmsApi.ts';
import { pick } from '../platform/prompts.ts';
import type { CommandContext } from './context.ts';
import { pickRegion } from './pickRegion.ts';

/** Profile, then the Region where nothing says which. */
export async function selectProfile({ aws, connections, preferences }: CommandContext): Promise<void> {
  const current = connections.open?.connection.ref;
  const profile = await pick<Profile>({
    title: l10n.t('Select AWS Profile'),
    placeholder: l10n.t('Profiles of the AWS config and credentials files'),
    empty: l10n.t('There are no profiles. Create one with "aws configure" or "aws configure sso".'),
    load: async (show) => {
      const profiles = await (await aws()).profiles();
      show(
        profiles.map((value) => {
          const isCurrent = current?.kind === 'profile' && current.profile === value.name;
          const description = [value.region, isCurrent ? l10n.t('current') : undefined].filter(Boolean).join(' · ');
          return { label: value.name, description, detail: value.signIn, value };
        }),
      );
    },
  });
  if (profile === undefined) return;
  const region = preferredRegion(preferences(), profile) ?? (await pickRegion(aws));
  if (region !== undefined) connections.select({ kind: 'profile', profile: profile.name, region });
}
