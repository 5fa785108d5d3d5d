/** How grants can be grouped and sorted. */
export const groupings = ['finding', 'principal', 'operation', 'key', 'creator'] as const;

/** Also `change`, by what changed since a baseline: only while there is a comparison with one. */
export type Grouping = (typeof groupings)[number] | 'change';

export const sortings = ['name', 'age', 'count', 'lastUse'] as const;
export type Sorting = (typeof sortings)[number];

/** What is kept over reloads. */
export interface Arrangement {
  readonly grouping: Exclude<Grouping, 'change'>;
  readonly sorting: Sorting;
}
