/**
 * The rows that a key is pressed for: the one that has the focus, or all that are selected where it is one of several.
 * A selection that the focus is not in stays out of it, and without a focus there are none.
 * @param selections the selected rows of each view
 */
export function pressedRows(focused: unknown, selections: readonly (readonly unknown[])[]): readonly unknown[] {
  if (focused === undefined || focused === null) {
    return [];
  }
  return selections.find((selected) => selected.length > 1 && selected.includes(focused)) ?? [focused];
}
