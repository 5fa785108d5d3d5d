import * as l10n from '@vscode/l10n';
import { KmsError } from './errors.ts';
import type { GrantRef, KmsApi } from './kmsApi.ts';
import type { Grant, Page } from './model.ts';

type ReadPage<T> = (marker: string | undefined) => Promise<Page<T>>;

/** KMS returns empty pages when it filters, but never nearly as many in a row, nor as many pages in all. */
const maxEmptyPages = 1_000;
const maxPages = 20_000;

/** Checks the pages of one list, so that a broken server can't make it endless. */
export class PaginationGuard {
  readonly #seenMarkers = new Set<string>();
  #emptyPages = 0;

  /**
   * @returns the marker of the next page, or `undefined` after the last page
   * @throws KmsError `endlessList` if a marker repeats or a limit is exceeded
   */
  nextMarker({ items, nextMarker }: Page<unknown>): string | undefined {
    if (nextMarker === undefined) {
      return undefined;
    }
    this.#emptyPages = items.length === 0 ? this.#emptyPages + 1 : 0;
    if (this.#seenMarkers.has(nextMarker)) {
      throw endless(l10n.t('One of its pages leads back to an earlier one.'));
    }
    if (this.#emptyPages >= maxEmptyPages) {
      throw endless(l10n.t('It has {0} empty pages in a row.', maxEmptyPages));
    }
    this.#seenMarkers.add(nextMarker);
    if (this.#seenMarkers.size >= maxPages) {
      throw endless(l10n.t('It has more than {0} pages.', maxPages));
    }
    return nextMarker;
  }
}

function endless(message: string): KmsError {
  return new KmsError({ kind: 'endlessList', operation: 'List', awsName: 'EndlessList', message });
}

/**
 * The items of a list, page by page. Each page is requested when the consumer asks for it.
 * @throws KmsError `endlessList` if the list doesn't end
 */
export async function* paginate<T>(read: ReadPage<T>): AsyncGenerator<readonly T[]> {
  const guard = new PaginationGuard();
  let marker: string | undefined;
  do {
    const page = await read(marker);
    yield page.items;
    marker = guard.nextMarker(page);
  } while (marker !== undefined);
}

/** All items of a list, from all of its pages. */
export async function collectPages<T>(read: ReadPage<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const items of paginate(read)) {
    all.push(...items);
  }
  return all;
}

/** ListGrants of a key, or with a `grantId`, filtered to that grant, which may be on any page. */
export function grantPages(
  api: KmsApi,
  query: { readonly keyArn: string } | GrantRef,
  signal: AbortSignal,
): ReadPage<Grant> {
  return (marker) => api.listGrants({ ...query, ...(marker === undefined ? {} : { marker }) }, signal);
}
