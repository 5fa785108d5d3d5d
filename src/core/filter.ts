import type { Grant, KeyMetadata, KmsKey } from './model.ts';
import { contextOf } from './principal.ts';

/** What is typed to narrow a view: each word must be somewhere in what a row stands for, in any case and order. */
export interface TextFilter {
  /** As it was typed. */
  readonly text: string;
  matches(fields: readonly (string | undefined)[]): boolean;
}

/** `undefined` for a text that has no words: then all is shown. */
export function textFilter(text: string): TextFilter | undefined {
  const words = normal(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  return {
    text: text.trim(),
    matches: (fields) => {
      // A separator that nobody types, so that no word reaches over two fields.
      const all = normal(fields.filter((field) => field !== undefined).join('\n'));
      return words.every((word) => all.includes(word));
    },
  };
}

function normal(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** What a key is found by: its aliases, ID, ARN and description. */
export function keyFields(
  { aliases, arn }: KmsKey,
  metadata: KeyMetadata | undefined,
): readonly (string | undefined)[] {
  return [...aliases, arn, metadata?.description];
}

/** What a grant is found by: its name, ID, principals, operations and encryption context. */
export function grantFilterFields(grant: Grant): readonly (string | undefined)[] {
  return [
    grant.name,
    grant.grantId,
    grant.granteePrincipal?.value,
    grant.retiringPrincipal?.value,
    ...grant.operations,
    ...Object.entries(contextOf(grant)).flat(),
    grant.constraints.sourceArn,
  ];
}

/** Whether a grant's row is shown: a word may be in the grant or in its key. */
export function showsGrant(
  filter: TextFilter | undefined,
  key: KmsKey,
  metadata: KeyMetadata | undefined,
  grant: Grant,
): boolean {
  return filter === undefined || filter.matches([...keyFields(key, metadata), ...grantFilterFields(grant)]);
}

/** Whether a key's row is shown: it matches itself, or one of the grants that are loaded does. */
export function showsKey(
  filter: TextFilter | undefined,
  key: KmsKey,
  metadata: KeyMetadata | undefined,
  loaded: readonly Grant[],
): boolean {
  return (
    filter === undefined ||
    filter.matches(keyFields(key, metadata)) ||
    loaded.some((grant) => showsGrant(filter, key, metadata, grant))
  );
}
