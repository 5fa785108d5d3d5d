/** What changed about a grant since a baseline. `notCompared`: one side could not read it. */
export type ChangeKind = 'notCompared' | 'appeared' | 'gone' | 'changed' | 'unchanged';

export interface GrantChange extends ChangeText {
  readonly kind: ChangeKind;
}

export interface ChangeText {
  /** For its row. Printable. */
  readonly short?: string;
  /** What more there is to say, as names and values. */
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

/** Why something was not compared. Printable. */
export interface ChangeNote {
  readonly title: string;
  readonly sentence: string;
}
