import * as l10n from '@vscode/l10n';
import { KmsError } from './errors.ts';
import type { GrantRef, KmsApi } from './kmsApi.ts';
import type { Grant, Page } from './model.ts';

type ReadPage<T> = (marker: string | undefined) => Promise<Page<T>>;

/** KMS gives empty pages where it filters; not as many in a row, nor as many pages of a list, by far. */
const maxEmptyPages = 1_000;
const maxPages = 20_000;

/** Follows the markers of one list, and sees to it that the list ends. */
export class PaginationGuard {
  readonly #seenMarkers = new Set<string>();
  #emptyPages = 0;

  /**
   * @returns the marker of the page after this one; `undefined` after the last page
   * @throws KmsError `endlessList` when the list leads back to itself, or can't be one of KMS
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
      throw endless(l10n.t('{0} of its pages in a row are empty.', maxEmptyPages));
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
 * What is on each page of a list, page by page; the next is asked for when it is wanted.
 * @throws KmsError `endlessList` in the place of a page after which the list would not end
 */
export async function* paginate<T>(read: ReadPage<T>): AsyncGenerator<readonly T[]> {
  const trail = new PaginationGuard();
  let marker: string | undefined;
  do {
    const page = await read(marker);
    yield page.items;
    marker = trail.nextMarker(page);
  } while (marker !== undefined);
}

/** All that is on the pages of a list that is short, or wanted whole. */
export async function collectPages<T>(read: ReadPage<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const items of paginate(read)) {
    all.push(...items);
  }
  return all;
}

/** The list of a key's grants, or of the one with this ID, which may be on any of its pages. */
export function grantPages(
  api: KmsApi,
  query: { readonly keyArn: string } | GrantRef,
  signal: AbortSignal,
): ReadPage<Grant> {
  return (marker) => api.listGrants({ ...query, ...(marker === undefined ? {} : { marker }) }, signal);
}
