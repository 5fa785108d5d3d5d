import { invalidGrantId, validationError } from '../errors.ts';
import type { Input } from '../input.ts';
import type { Page } from '../paging.ts';

export const keyIdRules = { max: 2048 };
export const grantIdRules = { max: 128 };
/** As botocore's model of KMS has it. */
export const servicePrincipalRules = { max: 128, pattern: /^([A-Za-z0-9-]+)\.([A-Za-z0-9-]+)(\.[A-Za-z0-9-]+)+$/ };
export const principalRules = { max: 256, pattern: /^[\w+=,.@:/-]+$/ };

/** Limit and Marker, by the rules of one operation. */
export function pageInput(
  input: Input,
  limits: { readonly byDefault: number; readonly max: number },
): { readonly limit: number; readonly marker?: string } {
  const limit = input.integer('Limit', { min: 1, max: limits.max }) ?? limits.byDefault;
  const marker = input.string('Marker', { max: 1024, pattern: /^[ -ÿ]*$/ });
  return marker === undefined ? { limit } : { limit, marker };
}

/** `name` is the member that holds the items. NextMarker is there exactly when Truncated is true. */
export function pageOutput<T>(name: string, { items, nextMarker }: Page<T>, entry: (item: T) => object) {
  return {
    [name]: items.map(entry),
    ...(nextMarker === undefined ? {} : { NextMarker: nextMarker }),
    Truncated: nextMarker !== undefined,
  };
}

/** @throws InvalidGrantIdException when it is no grant ID at all */
export function checkGrantId(grantId: string): void {
  if (!/^[0-9a-f]{64}$/i.test(grantId)) {
    throw invalidGrantId();
  }
}

/** @throws ValidationException unless one of two members is given, and one only */
export function exactlyOne(
  oneName: string,
  one: string | undefined,
  otherName: string,
  other: string | undefined,
): string {
  const given = one ?? other;
  if (given === undefined || (one !== undefined && other !== undefined)) {
    throw validationError(`Specify either ${oneName} or ${otherName}, but not both.`);
  }
  return given;
}
