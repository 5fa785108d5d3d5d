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

/** As `scanTerraform`, of a `.tf.json` file. */
export function scanTerraformJson(text: string): readonly GrantResource[] {
  if (!text.includes(resourceType)) {
    return [];
  }
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    // Terraform can't read it either.
    return [];
  }
  const places = new Places(text);
  return [...membersOf(file, 'resource')]
    .flatMap((resources) => [...membersOf(resources, resourceType)])
    .flatMap((grants) => allOf(grants).flatMap((one) => Object.entries(one)))
    .flatMap(([name, body]) => resourceOf(name, places.next(name), bodyOf(allOf(body)[0] ?? {})) ?? []);
}

/** JSON writes what there can be several of as one object or as a list. */
function allOf(value: unknown): readonly object[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'object' && one !== null);
}

function* membersOf(value: unknown, name: string): Generator<unknown> {
  for (const one of allOf(value)) {
    if (Object.hasOwn(one, name)) {
      yield Reflect.get(one, name);
    }
  }
}

/** Blocks look like values: only `constraints` and `dynamic` are blocks here. */
function bodyOf(object: object): Body {
  const values = valuesOf(object);
  const blocks = new Map<string, readonly Body[]>();
  for (const type of ['constraints', 'dynamic']) {
    if (values.delete(type)) {
      blocks.set(
        type,
        allOf(Reflect.get(object, type)).map((block) => ({ values: valuesOf(block), blocks: new Map() })),
      );
    }
  }
  return { values, blocks };
}

function valuesOf(object: object): Map<string, Value> {
  return new Map(
    Object.entries(object).map(([name, value]: [string, unknown]) => {
      const literal = literalOf(value);
      return [name, literal === undefined ? { kind: 'expression' } : { kind: 'literal', value: literal }];
    }),
  );
}

function literalOf(value: unknown): Literal | undefined {
  if (typeof value === 'string') {
    return literalTemplate(value);
  }
  if (value === null || typeof value === 'number') {
    return value;
  }
  if (typeof value !== 'object') {
    return undefined;
  }
  const texts: [string, string][] = [];
  for (const [key, one] of Object.entries(value) as [string, unknown][]) {
    const [name, text] = [key, one].map((part) => (typeof part === 'string' ? literalTemplate(part) : undefined));
    if (name === undefined || text === undefined) {
      return undefined;
    }
    texts.push([name, text]);
  }
  return Array.isArray(value) ? texts.map(([, text]) => text) : new Map(texts);
}

/** Where names are in the text, which is searched once, from its beginning to its end. */
class Places {
  readonly #text: string;
  #at: number;
  readonly #lines: Lines;
  #isLost = false;

  constructor(text: string) {
    this.#text = text;
    this.#lines = new Lines(text);
    this.#at = text.indexOf(resourceType);
  }

  /** Of the next name. Where it is written with escapes, or out of order, it and all after it are where the last one is. */
  next(name: string) {
    const quoted = JSON.stringify(name);
    let found = this.#isLost ? -1 : this.#text.indexOf(quoted, this.#at);
    // A resource is an object, or a list of one: what has a text is a pair of another one.
    while (found !== -1 && !/^\s*:\s*[{[]/.test(this.#text.slice(found + quoted.length, found + quoted.length + 64))) {
      found = this.#text.indexOf(quoted, found + 1);
    }
    this.#isLost = found === -1;
    if (!this.#isLost) {
      this.#at = found + 1;
    }
    const end = this.#isLost ? this.#at : found + quoted.length - 1;
    return { start: this.#at, end, line: this.#lines.lineOf(this.#at) };
  }
}
