import { patterns } from './patterns.ts';

export type EncryptionContext = Readonly<Record<string, string>>;

/** A longer one is not read: what is half known is not known. */
const longestContext = 8192;
const mostPairs = 64;

/**
 * The encryption contexts that a text names, in its order: as JSON, as programs print them, or as the AWS CLI takes them.
 * `undefined` where one isn't there as a whole.
 */
export function encryptionContextsIn(text: string): readonly (EncryptionContext | undefined)[] {
  const printed = [...text.matchAll(patterns.contextStart)].map(({ index, 0: start }) => {
    const from = index + start.length;
    return { index, context: readPairs(text.slice(from, from + longestContext)) };
  });
  const options = [...text.matchAll(patterns.contextOption)].map(({ index, groups }) => {
    const pairs = (groups?.['quoted'] ?? groups?.['plain'] ?? '').split(',');
    const context = contextOf(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    return { index, context };
  });
  return [...printed, ...options].sort((left, right) => left.index - right.index).map(({ context }) => context);
}

/** A value of JSON. */
export function asEncryptionContext(value: unknown): EncryptionContext | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return undefined;
  }
  const pairs = Object.entries(value);
  return pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string') ? contextOf(pairs) : undefined;
}

function contextOf(pairs: readonly (readonly [string, string])[]): EncryptionContext | undefined {
  const isWhole = pairs.length > 0 && pairs.length <= mostPairs && pairs.every(([key]) => key !== '');
  return isWhole ? Object.fromEntries(pairs) : undefined;
}

/** `{"a": "b"}`, `{ a: 'b' }`, `{'a': 'b'}`, `{a=b, c=d}`, `[a:b c:d]`. */
function readPairs(text: string): EncryptionContext | undefined {
  const close = text[0] === '{' ? '}' : ']';
  const pairs: [string, string][] = [];
  let at = 1;
  const skip = (characters: string) => {
    while (at < text.length && characters.includes(text[at] ?? '')) {
      at += 1;
    }
  };
  const isQuote = () => at < text.length && `"'\``.includes(text[at] ?? '');
  const word = (end: string): string | undefined => {
    const quote = text[at] ?? '';
    const isQuoted = isQuote();
    const from = isQuoted ? at + 1 : at;
    let to = from;
    while (to < text.length && !(isQuoted ? text[to] === quote : end.includes(text[to] ?? ''))) {
      to += 1;
    }
    if (to >= text.length) {
      return undefined;
    }
    at = isQuoted ? to + 1 : to;
    return text.slice(from, to).trim();
  };
  for (;;) {
    skip(' ,');
    if (text[at] === close) {
      return contextOf(pairs);
    }
    const isKeyQuoted = isQuote();
    const key = word(':= ');
    skip(' ');
    if (key === undefined || !':='.includes(text[at] ?? ' ')) {
      return undefined;
    }
    const sign = text[at];
    skip(':=> ');
    const isClear = isKeyQuoted || isQuote();
    const value = word(close === '}' ? ',}' : ' ]');
    // Without quotes, a colon may be a part of the key.
    const isUnclear = !isClear && (value?.includes(':') || (sign === ':' && value?.includes('=')));
    if (value === undefined || isUnclear || pairs.length === mostPairs) {
      return undefined;
    }
    pairs.push([key, value]);
  }
}

/** For one line of text. */
export function pairsText(pairs: EncryptionContext): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key} = ${value}`)
    .join(', ');
}
