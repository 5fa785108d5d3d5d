import { memoize } from '../base/memoize.ts';
import type { Grant, KeyMetadata, KmsKey } from '../kms/model.ts';
import { contextOf } from '../kms/principal.ts';

/** The text of a filter: each of its words must occur in the data of a row, in any case and order. */
export interface TextFilter {
  /** As it was typed. */
  readonly text: string;
  matches(texts: readonly SearchText[]): boolean;
}

/** Text that words are looked for in, as {@link searchText} makes it. */
export type SearchText = string & { readonly isSearchText: unique symbol };

/** `undefined` for a text without words, which shows everything. */
export function textFilter(text: string): TextFilter | undefined {
  const words = normalized(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return undefined;
  }
  return {
    text: text.trim(),
    matches: (texts) => {
      for (const word of words) {
        if (!isInAny(texts, word)) {
          return false;
        }
      }
      return true;
    },
  };
}

function isInAny(texts: readonly SearchText[], word: string): boolean {
  for (const text of texts) {
    if (text.includes(word)) {
      return true;
    }
  }
  return false;
}

/** A separator that nobody types keeps words from reaching over two fields. */
export function searchText(...fields: readonly (string | undefined)[]): SearchText {
  // A missing field is an empty line, which contains no word.
  return normalized(fields.join('\n')) as SearchText;
}

function normalized(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

const textsOfKey = memoize(({ aliases, arn }: KmsKey): readonly SearchText[] => [searchText(...aliases, arn)]);
const descriptionText = memoize(({ description }: KeyMetadata) => searchText(description));

/** The text that a filter searches for a key: its aliases, ID, ARN and description. */
export function keyTexts(key: KmsKey, metadata: KeyMetadata | undefined): readonly SearchText[] {
  const texts = textsOfKey(key);
  return metadata === undefined ? texts : [...texts, descriptionText(metadata)];
}

/** The text that a filter searches for a grant: its name, ID, principals, operations and encryption context. */
export const grantText = memoize((grant: Grant) =>
  searchText(
    grant.name,
    grant.grantId,
    grant.granteePrincipal?.value,
    grant.retiringPrincipal?.value,
    ...grant.operations,
    ...Object.entries(contextOf(grant)).flat(),
    grant.constraints.sourceArn,
  ),
);

/** Whether a grant's row is shown: a word may be in the grant or in its key. */
export function showsGrant(
  filter: TextFilter | undefined,
  key: KmsKey,
  metadata: KeyMetadata | undefined,
  grant: Grant,
): boolean {
  return filter === undefined || filter.matches([...keyTexts(key, metadata), grantText(grant)]);
}

/** Whether a key's row is shown: it matches itself, or one of the grants that are loaded does. */
export function showsKey(
  filter: TextFilter | undefined,
  key: KmsKey,
  metadata: KeyMetadata | undefined,
  loaded: readonly Grant[],
): boolean {
  if (filter === undefined) {
    return true;
  }
  const texts = keyTexts(key, metadata);
  return filter.matches(texts) || loaded.some((grant) => filter.matches([...texts, grantText(grant)]));
}

/** What is known about a key besides its entry in the list. */
export interface LoadedKeyDetails {
  readonly keyArn: string;
  readonly metadata: KeyMetadata | undefined;
  readonly grants: readonly Grant[];
}

const textsOfKeys = memoize((keys: readonly KmsKey[]) => keys.map(textsOfKey));
const indexesByArn = memoize((keys: readonly KmsKey[]) => new Map(keys.map(({ arn }, place) => [arn, place])));

/**
 * The indexes in `keys` of those whose rows are shown, in order. It looks up the few keys with details among all keys: the
 * other way around would take longer than the search.
 */
export function shownIndexes(
  filter: TextFilter | undefined,
  keys: readonly KmsKey[],
  known: Iterable<LoadedKeyDetails>,
): readonly number[] {
  if (filter === undefined) {
    return keys.map((_, place) => place);
  }
  const shown = new Set<number>();
  for (const { keyArn, metadata, grants } of known) {
    const place = indexesByArn(keys).get(keyArn);
    const key = place === undefined ? undefined : keys[place];
    if (place !== undefined && key !== undefined && showsKey(filter, key, metadata, grants)) {
      shown.add(place);
    }
  }
  const found: number[] = [];
  textsOfKeys(keys).forEach((own, place) => {
    if (filter.matches(own) || shown.has(place)) {
      found.push(place);
    }
  });
  return found;
}
