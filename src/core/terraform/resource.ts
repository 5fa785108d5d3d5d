/** What a file says of an argument. */
export type Argument<T> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'literal'; readonly value: T }
  /** A reference, a function, a template: what it is, Terraform alone knows. */
  | { readonly kind: 'expression' };

/** A value as a file has it. Strings are without their quotes and escapes. */
export type Value =
  | { readonly kind: 'literal'; readonly value: Literal }
  /** Also a literal of another form than these. */
  | { readonly kind: 'expression' };

export type Literal = string | number | null | readonly string[] | ReadonlyMap<string, string>;

/** What stands between the braces of a block. */
export interface Body {
  readonly values: ReadonlyMap<string, Value>;
  /** The blocks in it, by their type. */
  readonly blocks: ReadonlyMap<string, readonly Body[]>;
}

/** The arguments of `aws_kms_grant`, by the names that Terraform's provider has for them. */
export interface GrantArguments {
  readonly name: Argument<string>;
  readonly key_id: Argument<string>;
  readonly grantee_principal: Argument<string>;
  readonly retiring_principal: Argument<string>;
  readonly region: Argument<string>;
  readonly operations: Argument<readonly string[]>;
  readonly encryption_context_equals: Argument<ReadonlyMap<string, string>>;
  readonly encryption_context_subset: Argument<ReadonlyMap<string, string>>;
}

/** Where in a file a resource is. */
interface Place {
  /** Its name in the file, without quotes; in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** The line on which it begins, from 1. */
  readonly line: number;
}

/** A resource `aws_kms_grant`. */
export interface GrantResource extends Place {
  /** As in `aws_kms_grant.NAME`. */
  readonly name: string;
  /** With one of these it makes as many grants as that says, which may be none. */
  readonly repeats: 'count' | 'for_each' | undefined;
  readonly arguments: GrantArguments;
}

export const resourceType = 'aws_kms_grant';

const absent = { kind: 'absent' } as const;
const expression = { kind: 'expression' } as const;

/** @returns `undefined` for a resource that makes no grant */
export function resourceOf(name: string, place: Place, body: Body): GrantResource | undefined {
  const { values } = body;
  const count = values.get('count');
  if (count?.kind === 'literal' && count.value === 0) {
    return undefined;
  }
  const text = (argument: string) => argumentOf(values.get(argument), (value) => typeof value === 'string');
  return {
    name,
    ...place,
    repeats: count !== undefined ? 'count' : values.has('for_each') ? 'for_each' : undefined,
    arguments: {
      name: text('name'),
      key_id: text('key_id'),
      grantee_principal: text('grantee_principal'),
      retiring_principal: text('retiring_principal'),
      region: text('region'),
      operations: argumentOf(values.get('operations'), isList),
      encryption_context_equals: constraint('encryption_context_equals', body),
      encryption_context_subset: constraint('encryption_context_subset', body),
    },
  };
}

function constraint(argument: string, { values, blocks }: Body): Argument<ReadonlyMap<string, string>> {
  const [constraints, ...others] = blocks.get('constraints') ?? [];
  // A dynamic block may make them, and an argument in place of the block is no form that is read.
  if (blocks.has('dynamic') || values.has('constraints') || others.length > 0) {
    return expression;
  }
  return argumentOf(constraints?.values.get(argument), (value) => value instanceof Map);
}

function argumentOf<T extends Literal>(value: Value | undefined, is: (value: Literal) => value is T): Argument<T> {
  // The provider takes an empty text for none, too.
  if (value === undefined || (value.kind === 'literal' && (value.value === null || value.value === ''))) {
    return absent;
  }
  return value.kind === 'literal' && is(value.value) ? { kind: 'literal', value: value.value } : expression;
}

function isList(value: Literal): value is readonly string[] {
  return Array.isArray(value);
}

/**
 * The text that a template says without any interpolation; `undefined` with one. `$${` and `%%{` stand for `${` and `%{`;
 * what more signs than two in a row mean is not the same in all versions.
 */
export function literalTemplate(template: string): string | undefined {
  let isLiteral = true;
  const text = template.replace(templateSigns, (signs) => {
    isLiteral &&= signs.length === 3;
    return signs.slice(1);
  });
  return isLiteral ? text : undefined;
}

const templateSigns = /(?:\$+|%+)\{/g;
