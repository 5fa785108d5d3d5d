import { Lines } from './lines.ts';
import {
  type Body,
  type GrantResource,
  type Literal,
  literalTemplate,
  resourceOf,
  resourceType,
  type Value,
} from './resource.ts';
import { type Token, tokensOf } from './tokens.ts';

/**
 * The resources `aws_kms_grant` in the text of a `.tf` file. Takes time in proportion to its length, and never throws:
 * what it can't make sense of, it leaves out.
 */
export function scanTerraform(text: string): readonly GrantResource[] {
  if (!text.includes(resourceType)) {
    return [];
  }
  const tokens = new Tokens(text);
  const found: GrantResource[] = [];
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    if (isWord(token, 'resource')) {
      const resource = readResource(tokens, token.start);
      if (resource !== undefined) {
        found.push(resource);
      }
    } else if (isOpening(token)) {
      tokens.skipToClosing();
    }
  }
  return found;
}

/** What follows the word `resource`. */
function readResource(tokens: Tokens, start: number): GrantResource | undefined {
  const labels: { readonly text: string | undefined; readonly start: number; readonly end: number }[] = [];
  for (let token = tokens.peek(); token?.kind === 'word' || token?.kind === 'string'; token = tokens.peek()) {
    labels.push(tokens.label(token));
    tokens.next();
  }
  const [type, label, ...others] = labels;
  if (!isSign(tokens.peek(), '{') || others.length > 0 || type?.text !== resourceType || label?.text === undefined) {
    return undefined;
  }
  tokens.next();
  const place = { start: label.start, end: label.end, line: tokens.lineOf(start) };
  return resourceOf(label.text, place, readBody(tokens, ['constraints']));
}

/** The rest of a body whose brace was read. @param wanted the types of blocks in it that are read, and not only seen */
function readBody(tokens: Tokens, wanted: readonly string[]): Body {
  const values = new Map<string, Value>();
  const blocks = new Map<string, Body[]>();
  for (let token = tokens.next(); token !== undefined && !isSign(token, '}'); token = tokens.next()) {
    if (isOpening(token)) {
      tokens.skipToClosing();
    }
    if (token.kind !== 'word') {
      continue;
    }
    const name = token.text;
    if (isSign(tokens.peek(), '=')) {
      tokens.next();
      values.set(name, readValue(tokens));
      continue;
    }
    while (tokens.peek()?.kind === 'string' || tokens.peek()?.kind === 'word') {
      tokens.next();
    }
    if (isSign(tokens.peek(), '{')) {
      tokens.next();
      const body = wanted.includes(name) ? readBody(tokens, []) : unread(tokens);
      const others = blocks.get(name);
      if (others === undefined) {
        blocks.set(name, [body]);
      } else {
        others.push(body);
      }
    }
  }
  return { values, blocks };
}

const nothing: Body = { values: new Map(), blocks: new Map() };

function unread(tokens: Tokens): Body {
  tokens.skipToClosing();
  return nothing;
}

const expression: Value = { kind: 'expression' };

/** Up to the end of the line, or of the body. */
function readValue(tokens: Tokens): Value {
  const read: Token[] = [];
  let open = 0;
  for (let token = tokens.peek(); token !== undefined; token = tokens.peek()) {
    if (open === 0 && (token.kind === 'newline' || isSign(token, '}'))) {
      break;
    }
    open += isOpening(token) ? 1 : isClosing(token) ? -1 : 0;
    open = Math.max(0, open);
    read.push(token);
    tokens.next();
  }
  const value = literalOf(tokens, read);
  return value === undefined ? expression : { kind: 'literal', value };
}

/** @returns `undefined` for all that isn't a literal of these forms */
function literalOf(tokens: Tokens, read: readonly Token[]): Literal | undefined {
  const [first, ...rest] = read;
  const last = rest.at(-1);
  if (first?.kind === 'string' && rest.length === 0) {
    return tokens.stringOf(first);
  }
  if (first?.kind === 'word' && rest.length === 0) {
    return first.text === 'null' ? null : /^\d{1,15}$/.test(first.text) ? Number(first.text) : undefined;
  }
  const inner = rest.slice(0, -1);
  if (isSign(first, '[') && isSign(last, ']')) {
    return listOf(tokens, inner);
  }
  return isSign(first, '{') && isSign(last, '}') ? mapOf(tokens, inner) : undefined;
}

function listOf(tokens: Tokens, inner: readonly Token[]): readonly string[] | undefined {
  const list: string[] = [];
  let mayFollow = true;
  for (const token of inner) {
    const text = token.kind === 'string' && mayFollow ? tokens.stringOf(token) : undefined;
    if (text !== undefined) {
      list.push(text);
      mayFollow = false;
    } else if (isSign(token, ',') && !mayFollow) {
      mayFollow = true;
    } else if (token.kind !== 'newline') {
      return undefined;
    }
  }
  return list;
}

/** Of strings, by identifiers and strings. */
function mapOf(tokens: Tokens, inner: readonly Token[]): ReadonlyMap<string, string> | undefined {
  const map = new Map<string, string>();
  const rest = inner.values();
  for (let token = rest.next().value; token !== undefined; token = rest.next().value) {
    if (token.kind === 'newline' || isSign(token, ',')) {
      continue;
    }
    const key = token.kind === 'sign' ? undefined : tokens.label(token).text;
    const sign = rest.next().value;
    const value = rest.next().value;
    const text = value?.kind === 'string' ? tokens.stringOf(value) : undefined;
    const end = rest.next().value;
    const isEnd = end === undefined || end.kind === 'newline' || isSign(end, ',');
    if (key === undefined || text === undefined || !isEnd || !(isSign(sign, '=') || isSign(sign, ':'))) {
      return undefined;
    }
    map.set(key, text);
  }
  return map;
}

function isWord(token: Token | undefined, text: string): token is Extract<Token, { kind: 'word' }> {
  return token?.kind === 'word' && token.text === text;
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text;
}

function isOpening(token: Token): boolean {
  return token.kind === 'sign' && '{[('.includes(token.text);
}

function isClosing(token: Token): boolean {
  return token.kind === 'sign' && '}])'.includes(token.text);
}

/** The tokens of a text, one by one. */
class Tokens {
  readonly #text: string;
  readonly #tokens: Iterator<Token, undefined>;
  #next: Token | undefined;
  readonly #lines: Lines;

  constructor(text: string) {
    this.#text = text;
    this.#lines = new Lines(text);
    this.#tokens = tokensOf(text);
    this.next();
  }

  peek(): Token | undefined {
    return this.#next;
  }

  next(): Token | undefined {
    const token = this.#next;
    this.#next = this.#tokens.next().value;
    return token;
  }

  /** After an opening bracket: goes on after the one that closes it, whatever kind it is. */
  skipToClosing(): void {
    let open = 1;
    while (open > 0 && this.#next !== undefined) {
      open += isOpening(this.#next) ? 1 : isClosing(this.#next) ? -1 : 0;
      this.next();
    }
  }

  lineOf(place: number): number {
    return this.#lines.lineOf(place);
  }

  /** A name that may be quoted, and where it is without quotes. */
  label(token: Extract<Token, { kind: 'word' | 'string' }>) {
    const { start, end } = token;
    return token.kind === 'word'
      ? { text: token.text, start, end }
      : { text: this.stringOf(token), start: start + 1, end: end - 1 };
  }

  /** What a quoted string says; `undefined` where something is interpolated, or an escape has no meaning. */
  stringOf({ start, end, isHeredoc }: Extract<Token, { kind: 'string' }>): string | undefined {
    const isClosed = end - start >= 2 && this.#text[end - 1] === '"';
    return isHeredoc || !isClosed ? undefined : unquoted(this.#text.slice(start + 1, end - 1));
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

function unquoted(quoted: string): string | undefined {
  let isLiteral = true;
  // What an escape stands for is text, and begins no template.
  const parts = quoted.split(/(\\u[\da-fA-F]{4}|\\U[\da-fA-F]{8}|\\.?)/s).map((part, index) => {
    const text = index % 2 === 0 ? literalTemplate(part) : unescaped(part);
    isLiteral &&= text !== undefined;
    return text;
  });
  return isLiteral ? parts.join('') : undefined;
}

function unescaped(sequence: string): string | undefined {
  if (sequence.length <= 2) {
    return escapes[sequence[1] ?? ''];
  }
  const point = Number.parseInt(sequence.slice(2), 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}
