import * as l10n from '@vscode/l10n';
import type { Aws } from '../../core/kms/kmsApi.ts';
import { pick, pickSeveral } from '../../platform/pick.ts';

/** Asks for a Region; `undefined` when the list was closed. */
export function pickRegion(aws: () => Promise<Aws>, current?: string): Promise<string | undefined> {
  return pick({
    title: l10n.t('Select AWS Region'),
    placeholder: l10n.t('Region whose keys to show'),
    empty: l10n.t('No Regions found.'),
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

/** Asks for Regions; `proposed` begins as picked, and `shown` ones are left out. */
export async function pickRegions(
  aws: () => Promise<Aws>,
  profile: string,
  proposed: string | undefined,
  shown: readonly string[],
): Promise<readonly string[]> {
  const regions = (await aws()).regions().filter(({ name }) => !shown.includes(name));
  // The proposed one comes first, where it is in sight.
  const sorted = regions.toSorted((left, right) => Number(right.name === proposed) - Number(left.name === proposed));
  const picked = await pickSeveral(
    l10n.t('Regions of {0}', profile),
    l10n.t('One connection for each Region'),
    sorted.map(({ name, description }) => ({ label: name, description, value: name, picked: name === proposed })),
  );
  return picked ?? [];
}
