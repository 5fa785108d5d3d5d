import type { EvidenceApi, TrailEvent } from '../kms/evidenceApi.ts';
import type { Grant } from '../kms/model.ts';
import { grantee } from '../kms/principal.ts';
import { type KmsEvent, readKmsEvent } from './kmsEvent.ts';

/** How far a search for a use has come. */
export interface UseSearch {
  readonly events: number;
  readonly pages: number;
  /** The time of the oldest event that was looked at. */
  readonly backTo: Date | undefined;
  /** There are no older events of the key in the event history. */
  readonly isWhole: boolean;
  readonly found: { readonly event: KmsEvent; readonly source: TrailEvent } | undefined;
}

export interface UseSearchOptions {
  readonly grant: Grant;
  readonly keyArn: string;
  /** Of 50 events each. */
  readonly pages: number;
  readonly signal: AbortSignal;
  readonly progress: (search: UseSearch) => void;
}

/**
 * Reads the events of a key, newest first, until one is a use that the grant would allow. An event names no grant, so it
 * may have been allowed otherwise.
 * @throws KmsError, and AbortError
 */
export async function lookForUse(
  api: EvidenceApi,
  { grant, keyArn, pages, signal, progress }: UseSearchOptions,
): Promise<UseSearch> {
  let search: UseSearch = { events: 0, pages: 0, backTo: undefined, isWhole: false, found: undefined };
  let marker: string | undefined;
  do {
    const page = await api.lookupEvents({ attribute: { key: 'ResourceName', value: keyArn } }, marker, signal);
    const found = page.items
      .map((source) => ({ source, event: readKmsEvent(source.json) }))
      .find((one): one is { source: TrailEvent; event: KmsEvent } => allows(grant, keyArn, one.event));
    marker = page.nextMarker;
    search = {
      events: search.events + page.items.length,
      pages: search.pages + 1,
      backTo: page.items.at(-1)?.time ?? search.backTo,
      isWhole: marker === undefined,
      found,
    };
    progress(search);
  } while (marker !== undefined && search.found === undefined && search.pages < pages);
  return search;
}

/** Whether the grant would allow what the event records. A session is of its role. */
export function allows(grant: Grant, keyArn: string, event: KmsEvent | undefined): boolean {
  if (
    event === undefined ||
    event.errorCode !== undefined ||
    !grant.operations.some((one) => covers(one, event.name))
  ) {
    return false;
  }
  const isOfKey = event.keyArn === undefined || !event.keyArn.includes(':key/') || event.keyArn === keyArn;
  return isOfKey && isBy(grant, event) && meetsConstraints(grant, event.encryptionContext);
}

/** CloudTrail names some calls of two operations by one event. */
function covers(operation: string, eventName: string): boolean {
  return operation === eventName || (eventName === 'ReEncrypt' && operation.startsWith('ReEncrypt'));
}

function isBy(grant: Grant, { caller }: KmsEvent): boolean {
  const { kind, value } = grantee(grant);
  if (kind === 'service' || kind === 'awsInternal') {
    return caller.invokedBy !== undefined && (caller.invokedBy === value || kind === 'awsInternal');
  }
  return caller.arn === value || caller.roleArn === value;
}

function meetsConstraints(
  { constraints: { encryptionContextEquals, encryptionContextSubset } }: Grant,
  context: Readonly<Record<string, string>>,
): boolean {
  const holds = (wanted: Readonly<Record<string, string>>) =>
    Object.entries(wanted).every(([key, value]) => Object.hasOwn(context, key) && context[key] === value);
  const isSame = (wanted: Readonly<Record<string, string>>) =>
    holds(wanted) && Object.keys(wanted).length === Object.keys(context).length;
  return (
    (encryptionContextSubset === undefined || holds(encryptionContextSubset)) &&
    (encryptionContextEquals === undefined || isSame(encryptionContextEquals))
  );
}
