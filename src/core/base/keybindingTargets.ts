/**
 * The rows that a keybinding acts on: the focused row, or the whole selection if the focused row is part of it.
 * None without a focused row.
 * @param selections the selected rows of each view
 */
export function keybindingTargets(focused: unknown, selections: readonly (readonly unknown[])[]): readonly unknown[] {
  if (focused === undefined || focused === null) {
    return [];
  }
  return selections.find((selected) => selected.length > 1 && selected.includes(focused)) ?? [focused];
}
