import { serializationError, validationError } from './errors.ts';
import { isRecord } from './wire.ts';

interface StringRules {
  readonly min?: number;
  readonly max: number;
  readonly pattern?: RegExp;
}

/**
 * Reads the members of a request, and collects violations of their rules for {@link check}, in AWS's words. Each reader
 * throws a SerializationException at once for a wrong JSON type, as AWS's parser does.
 */
export class Input {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #violations: string[];

  constructor(members: Readonly<Record<string, unknown>>, path = '', violations: string[] = []) {
    this.#members = members;
    this.#path = path;
    this.#violations = violations;
  }

  /** Undefined when it is absent or null, which AWS treats alike. */
  string(name: string, rules: StringRules): string | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) {
      return undefined;
    }
    if (typeof value !== 'string') {
      throw serializationError(`${jsonType(value)} can not be converted to a String`);
    }
    this.#checkString(this.#pathOf(name), value, rules);
    return value;
  }

  /** An empty string when it is missing: `check` then throws. */
  requiredString(name: string, rules: StringRules): string {
    const value = this.string(name, rules);
    if (value === undefined) {
      this.missing(name);
    }
    return value ?? '';
  }

  /** Without its fraction, as AWS reads it. */
  integer(name: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) {
      return undefined;
    }
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw serializationError(`${jsonType(value)} can not be converted to an Integer`);
    }
    const whole = Math.trunc(value);
    if (whole < min) {
      this.#violate(String(whole), this.#pathOf(name), `Member must have value greater than or equal to ${min}`);
    } else if (whole > max) {
      this.#violate(String(whole), this.#pathOf(name), `Member must have value less than or equal to ${max}`);
    }
    return whole;
  }

  /** In milliseconds since the epoch. */
  timestamp(name: string): number | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) {
      return undefined;
    }
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw serializationError(`${jsonType(value)} can not be converted to a Timestamp`);
    }
    return value * 1000;
  }

  /** False when it is absent or null. */
  boolean(name: string): boolean {
    const value = this.#members[name];
    if (value !== undefined && value !== null && typeof value !== 'boolean') {
      throw serializationError(`${jsonType(value)} can not be converted to a Boolean`);
    }
    return value === true;
  }

  strings(name: string, rules: StringRules & { readonly maxItems?: number }): readonly string[] | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) {
      return undefined;
    }
    if (!Array.isArray(value)) {
      throw serializationError(`${jsonType(value)} can not be converted to a List`);
    }
    const items = value.map((item: unknown) => {
      if (typeof item !== 'string') {
        throw serializationError(`${jsonType(item)} can not be converted to a String`);
      }
      return item;
    });
    if (rules.maxItems !== undefined && items.length > rules.maxItems) {
      this.#violate(
        listText(items),
        this.#pathOf(name),
        `Member must have length less than or equal to ${rules.maxItems}`,
      );
    }
    for (const [index, item] of items.entries()) {
      this.#checkString(`${this.#pathOf(name)}.${index + 1}.member`, item, rules);
    }
    return items;
  }

  stringMap(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) {
      return undefined;
    }
    if (!isRecord(value)) {
      throw serializationError(`${jsonType(value)} can not be converted to a Map`);
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        if (typeof item !== 'string') {
          throw serializationError(`${jsonType(item)} can not be converted to a String`);
        }
        return [key, item];
      }),
    );
  }

  structures(name: string): readonly Input[] | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) {
      return undefined;
    }
    if (!Array.isArray(value)) {
      throw serializationError(`${jsonType(value)} can not be converted to a List`);
    }
    return value.map((item: unknown, index) => {
      if (!isRecord(item)) {
        throw serializationError(`${jsonType(item)} can not be converted to an Object`);
      }
      return new Input(item, `${this.#pathOf(name)}.${index + 1}.member.`, this.#violations);
    });
  }

  structure(name: string): Input | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) {
      return undefined;
    }
    if (!isRecord(value)) {
      throw serializationError(`${jsonType(value)} can not be converted to an Object`);
    }
    return new Input(value, `${this.#pathOf(name)}.`, this.#violations);
  }

  /** Every value of a list must be one of these. */
  oneOf(name: string, values: readonly string[], allowed: readonly string[]): void {
    if (values.some((value) => !allowed.includes(value))) {
      const constraint = `Member must satisfy constraint: [Member must satisfy enum value set: ${listText(allowed)}]`;
      this.#violate(listText(values), this.#pathOf(name), constraint);
    }
  }

  missing(name: string): void {
    this.#violations.push(
      `Value null at '${this.#pathOf(name)}' failed to satisfy constraint: Member must not be null`,
    );
  }

  /** @throws ValidationException with all violations */
  check(): void {
    const count = this.#violations.length;
    if (count > 0) {
      const errors = count === 1 ? 'error' : 'errors';
      throw validationError(`${count} validation ${errors} detected: ${this.#violations.join('; ')}`);
    }
  }

  #checkString(path: string, value: string, { min = 1, max, pattern }: StringRules): void {
    if (value.length < min) {
      this.#violate(value, path, `Member must have length greater than or equal to ${min}`);
    }
    if (value.length > max) {
      this.#violate(value, path, `Member must have length less than or equal to ${max}`);
    }
    if (pattern && !pattern.test(value)) {
      this.#violate(value, path, `Member must satisfy regular expression pattern: ${pattern.source}`);
    }
  }

  #violate(value: string, path: string, constraint: string): void {
    this.#violations.push(`Value '${value}' at '${path}' failed to satisfy constraint: ${constraint}`);
  }

  /** AWS's messages write the names of members with a small first letter. */
  #pathOf(name: string): string {
    return this.#path + name.charAt(0).toLowerCase() + name.slice(1);
  }
}

const listText = (items: readonly string[]) => `[${items.join(', ')}]`;

function jsonType(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'STRING_VALUE';
    case 'number':
      return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
    case 'boolean':
      return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
    default:
      return Array.isArray(value) ? 'START_ARRAY' : 'START_OBJECT';
  }
}
