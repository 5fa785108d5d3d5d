import * as l10n from '@vscode/l10n';
import type { Aws } from '../core/kmsApi.ts';
import { pick } from '../platform/prompts.ts';

/** Asks for a Region; `undefined` when the list was closed. */
export function pickRegion(aws: () => Promise<Aws>, current?: string): Promise<string | undefined> {
  return pick({
    title: l10n.t('Select AWS Region'),
    placeholder: l10n.t('Region whose keys to show'),
    empty: l10n.t('There are no Regions.'),
    load: async (show) => {
      const regions = (await aws()).regions();
      show(
        regions.map(({ name, description }) => ({
          label: name,
          description: name === current ? `${description} · ${l10n.t('current')}` : description,
          value: name,
        })),
      );
    },
  });
}
