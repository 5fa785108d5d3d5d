import { invalidGrantId, validationError } from '../errors.ts';
import type { Input } from '../input.ts';
import type { Page } from '../paging.ts';

export const keyIdRules = { max: 2048 };
export const grantIdRules = { max: 128 };
/** From botocore's model of KMS. */
export const servicePrincipalRules = { max: 128, pattern: /^([A-Za-z0-9-]+)\.([A-Za-z0-9-]+)(\.[A-Za-z0-9-]+)+$/ };
export const principalRules = { max: 256, pattern: /^[\w+=,.@:/-]+$/ };

/** Reads Limit and Marker. @param limits of this operation */
export function pageInput(
  input: Input,
  limits: { readonly byDefault: number; readonly max: number },
): { readonly limit: number; readonly marker?: string } {
  const limit = input.integer('Limit', { min: 1, max: limits.max }) ?? limits.byDefault;
  const marker = input.string('Marker', { max: 1024, pattern: /^[ -ÿ]*$/ });
  return marker === undefined ? { limit } : { limit, marker };
}

/** A page as output. NextMarker is there exactly when Truncated is true. @param name the member with the items */
export function pageOutput<T>(name: string, { items, nextMarker }: Page<T>, entry: (item: T) => object) {
  return {
    [name]: items.map(entry),
    ...(nextMarker === undefined ? {} : { NextMarker: nextMarker }),
    Truncated: nextMarker !== undefined,
  };
}

/** @throws InvalidGrantIdException when the text does not have the form of a grant ID */
export function checkGrantId(grantId: string): void {
  if (!/^[0-9a-f]{64}$/i.test(grantId)) {
    throw invalidGrantId();
  }
}

/** The one of two members that is given. @throws ValidationException when neither is, or both are */
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
