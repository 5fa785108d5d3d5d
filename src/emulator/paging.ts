import { createHash } from 'node:crypto';
import { AwsError } from './errors.ts';
import type { OrderedMap } from './orderedMap.ts';

export interface PageRequest<T> {
  readonly limit: number;
  readonly marker?: string;
  /** The list and its filters: a marker is valid only for the list that gave it. */
  readonly scope: string;
  readonly matches?: (value: T) => boolean;
  /** How many values are examined for one page: KMS may end a page early, even empty, and answer Truncated. */
  readonly scanLimit: number;
  /** How the service refuses a marker; default as KMS does. */
  readonly invalidMarker?: () => AwsError;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextMarker?: string;
}

/** One page; `nextMarker` is there exactly when more may follow. @throws AwsError when the marker is not valid */
export function readPage<T>(list: OrderedMap<T>, request: PageRequest<T>): Page<T> {
  const start = request.marker === undefined ? 0 : openMarker(request.marker, request.scope, request.invalidMarker);
  const items: T[] = [];
  let last = start;
  let scanned = 0;
  for (const { position, value } of list.after(start)) {
    const matches = request.matches?.(value) ?? true;
    if ((matches && items.length === request.limit) || scanned === request.scanLimit) {
      return { items, nextMarker: sealMarker(last, request.scope) };
    }
    if (matches) {
      items.push(value);
    }
    scanned++;
    last = position;
  }
  return { items };
}

/** Opaque to clients, with a checksum: a made-up marker is refused, as on AWS. */
export function sealMarker(position: number, scope: string): string {
  return Buffer.from(`${position}.${checksum(position, scope)}`).toString('base64');
}

/** @throws what `invalid` makes, unless {@link sealMarker} made this marker for this scope */
export function openMarker(marker: string, scope: string, invalid = invalidMarker): number {
  const [digits = '', sum] = Buffer.from(marker, 'base64').toString('latin1').split('.');
  const position = Number(digits);
  if (!/^\d+$/.test(digits) || sealMarker(position, scope) !== marker || sum === undefined) {
    throw invalid();
  }
  return position;
}

const invalidMarker = () => new AwsError('InvalidMarkerException', 'Could not deserialize the marker.');

function checksum(position: number, scope: string): string {
  return createHash('sha256').update(`${position}\n${scope}`).digest('base64url');
}
