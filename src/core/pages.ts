import type { GrantRef, KmsApi, Page } from './kmsApi.ts';
import type { Grant } from './model.ts';

type ReadPage<T> = (marker: string | undefined) => Promise<Page<T>>;

/** What is on each page of a list, page by page; the next is asked for when it is wanted. */
export async function* pagesOf<T>(read: ReadPage<T>): AsyncGenerator<readonly T[]> {
  let marker: string | undefined;
  do {
    const { items, nextMarker } = await read(marker);
    yield items;
    marker = nextMarker;
  } while (marker !== undefined);
}

/** All that is on the pages of a list that is short, or wanted whole. */
export async function allOf<T>(read: ReadPage<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const items of pagesOf(read)) all.push(...items);
  return all;
}

/** The list of a key's grants, or of the one with this ID, which may be on any of its pages. */
export function grantsOf(
  api: KmsApi,
  query: { readonly keyArn: string } | GrantRef,
  signal: AbortSignal,
): ReadPage<Grant> {
  return (marker) => api.listGrants({ ...query, ...(marker === undefined ? {} : { marker }) }, signal);
}
