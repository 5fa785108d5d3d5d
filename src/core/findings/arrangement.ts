/** How grants can be grouped and sorted. */
export const groupings = ['finding', 'principal', 'operation', 'key', 'creator'] as const;
export type Grouping = (typeof groupings)[number];

export const sortings = ['name', 'age', 'count', 'lastUse'] as const;
export type Sorting = (typeof sortings)[number];

export interface Arrangement {
  readonly grouping: Grouping;
  readonly sorting: Sorting;
}
