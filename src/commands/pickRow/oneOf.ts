import { type PickItem, pick } from '../../platform/pick.ts';
import { showInformation } from '../../platform/prompts.ts';

/**
 * Asks for one of these, also where there is only one: what is done to it should surprise nobody.
 * @param none said where there are none
 * @returns `undefined` when the list was closed, or there are none
 */
export async function oneOf<T>(
  title: string,
  placeholder: string,
  items: readonly PickItem<T>[],
  none: string,
): Promise<T | undefined> {
  if (items.length === 0) {
    void showInformation(none);
    return undefined;
  }
  return pick({ title, placeholder, empty: '', load: async (show) => show(items) });
}
