import * as l10n from '@vscode/l10n';
import type { Profile } from '../core/kmsApi.ts';
import { printable } from '../core/text.ts';
import { pick } from '../platform/prompts.ts';
import type { CommandContext } from './context.ts';

/** Asks for a profile of the AWS files; `undefined` when the list was closed. */
export function pickProfile({ aws, connections }: CommandContext, title: string): Promise<Profile | undefined> {
  const shown = new Set(connections.known.map((ref) => (ref.kind === 'profile' ? ref.profile : undefined)));
  return pick<Profile>({
    title,
    placeholder: l10n.t('Profiles of the AWS config and credentials files'),
    empty: l10n.t('There are no profiles. Create one with "aws configure" or "aws configure sso".'),
    load: async (show) => {
      const profiles = await (await aws()).profiles();
      show(
        profiles.map((value) => {
          const parts = [value.region, shown.has(value.name) ? l10n.t('in the view') : undefined];
          const description = parts.filter((part) => part !== undefined).join(' · ');
          return { label: printable(value.name), description, detail: value.signIn, value };
        }),
      );
    },
  });
}
