import type { ChangeNote } from './grantChange.ts';
import type { GrantGroup, HeldGrant } from './grantGroups.ts';
import type { ScanResult } from './scan.ts';

/** A comparison with a baseline, for a view. */
export interface Changes {
  /** Between which times, in words and in milliseconds since the epoch. */
  readonly period: string;
  readonly time: { readonly since: number; readonly until: number };
  /** How many grants are gone, whatever the filter; and the ID of their group. */
  readonly gone: number;
  readonly goneId: string;
  /** What must be known before anything else. */
  readonly notes: readonly ChangeNote[];
  /**
   * @param held grants of the search, in order
   * @param arrange puts other grants in order, and leaves out those that the filter leaves out
   */
  readonly groups: (
    held: readonly HeldGrant[],
    arrange: (gone: readonly HeldGrant[]) => readonly HeldGrant[],
  ) => readonly GrantGroup[];
}

/** Compares a baseline with a search: each search once. */
export type ChangesSince = (result: ScanResult) => Changes;
