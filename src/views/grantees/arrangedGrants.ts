import type { Clock } from '../../core/base/clock.ts';
import type { Revocations } from '../../core/changes/revocations.ts';
import type { Arrangement, Sorting } from '../../core/findings/arrangement.ts';
import type { Changes } from '../../core/findings/changes.ts';
import type { FindingOptions } from '../../core/findings/finding.ts';
import {
  type EvidenceOf,
  filterGrants,
  type GrantGroup,
  groupGrants,
  type HeldGrant,
  heldGrants,
  sortGrants,
  warmUpFilter,
} from '../../core/findings/grantGroups.ts';
import type { ScannedKey } from '../../core/findings/scan.ts';
import { type Grant, grantIdentity } from '../../core/kms/model.ts';
import type { TextFilter } from '../../core/words/filter.ts';
import type { Setting } from '../../platform/settings.ts';

export interface ArrangedGrantsOptions {
  /** The result of the search. */
  readonly keys: () => readonly ScannedKey[];
  readonly arrangement: () => Arrangement;
  /** What they are grouped by in place of the arrangement, if so. */
  readonly changes: () => Changes | undefined;
  readonly revocations: Pick<Revocations, 'state'>;
  readonly findings: Pick<Setting<FindingOptions>, 'get'>;
  readonly evidenceOf: EvidenceOf;
  readonly clock: Pick<Clock, 'now'>;
}

/** The grants that a search found, with findings, sorted, filtered and grouped. Each step is computed on first use. */
export class ArrangedGrants {
  readonly #options: ArrangedGrantsOptions;
  #filter: TextFilter | undefined;
  #all: readonly HeldGrant[] | undefined;
  /** The previous {@link all}: a grant that is being revoked keeps its findings, and so its place, until it is gone. */
  #before: readonly HeldGrant[] = [];
  /** Grants that were being revoked when {@link all} was made. */
  #ending: ReadonlySet<string> = new Set();
  /** Grants whose evidence is being read: what it changes doesn't take them away from the reader. */
  #staying: ReadonlySet<string> = new Set();
  /** All of them in order, so that no keypress has to sort. */
  #sorted: { readonly by: Sorting; readonly grants: readonly HeldGrant[] } | undefined;
  #filtered: readonly HeldGrant[] | undefined;
  #groups: readonly GrantGroup[] | undefined;

  constructor(options: ArrangedGrantsOptions) {
    this.#options = options;
  }

  get filter(): TextFilter | undefined {
    return this.#filter;
  }

  set filter(filter: TextFilter | undefined) {
    this.#filter = filter;
    this.regroup();
  }

  /** A keypress in the filter then takes no more than the filtering itself. */
  prepareFilter(): void {
    warmUpFilter(this.#inOrder());
  }

  /**
   * Call it when the result, what was loaded about it, or the settings of findings changed.
   * @param staying grants that also stay in the groups where they are, by identity
   */
  recompute(staying: ReadonlySet<string> = new Set()): void {
    this.#before = this.#all ?? this.#before;
    this.#staying = staying;
    this.#all = undefined;
    this.#sorted = undefined;
    this.regroup();
  }

  /** Call it when the arrangement or the filter changed. */
  regroup(): void {
    this.#filtered = undefined;
    this.#groups = undefined;
  }

  get areSomeStaying(): boolean {
    return this.#staying.size > 0;
  }

  /** Whether the grant with this identity counted as being revoked; `undefined` before the grants were wanted. */
  wasEnding(id: string): boolean | undefined {
    return this.#all === undefined ? undefined : this.#ending.has(id);
  }

  get all(): readonly HeldGrant[] {
    this.#all ??= this.#withFindings();
    return this.#all;
  }

  /** The grants that match the filter, in order. */
  get filtered(): readonly HeldGrant[] {
    this.#filtered ??= filterGrants(this.#inOrder(), this.#filter);
    return this.#filtered;
  }

  groups(): readonly GrantGroup[] {
    const { changes, arrangement } = this.#options;
    this.#groups ??=
      changes()?.groups(this.filtered, (gone) => filterGrants(sortGrants(gone, arrangement().sorting), this.#filter)) ??
      groupGrants(this.filtered, arrangement());
    return this.#groups;
  }

  #inOrder(): readonly HeldGrant[] {
    const by = this.#options.arrangement().sorting;
    if (this.#sorted?.by !== by) {
      this.#sorted = { by, grants: sortGrants(this.all, by) };
    }
    return this.#sorted.grants;
  }

  #withFindings(): readonly HeldGrant[] {
    const { keys, revocations, findings, evidenceOf, clock } = this.#options;
    const ending = new Set<string>();
    const isEnding = ({ connection, key }: Pick<ScannedKey, 'connection' | 'key'>, grant: Grant) => {
      if (revocations.state(connection.ref, key, grant.grantId) === undefined) {
        return false;
      }
      ending.add(grantIdentity({ connection, key, grant }));
      return true;
    };
    const held = heldGrants(keys(), findings.get(), clock.now(), isEnding, evidenceOf);
    this.#ending = ending;
    const staying = this.#staying;
    if (ending.size + staying.size === 0) {
      return held;
    }
    const before = new Map(this.#before.map((one) => [grantIdentity(one), one]));
    return held.map((one) => {
      const id = grantIdentity(one);
      const was = before.get(id);
      if (was === undefined || !(ending.has(id) || staying.has(id))) {
        return one;
      }
      const findings = ending.has(id) ? was.findings : one.findings;
      return { ...one, findings, before: staying.has(id) ? (was.before ?? was) : undefined };
    });
  }
}
