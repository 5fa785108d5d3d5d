/**
 * The index, in `after`, of the item that moved up into the place of the first removed one; of the last item if the end
 * of the list was removed.
 * @returns `undefined` if nothing was removed or nothing is left
 */
export function neighborOfRemoved(before: readonly string[], after: readonly string[]): number | undefined {
  const remaining = new Set(after);
  const removed = before.findIndex((id) => !remaining.has(id));
  if (removed === -1 || after.length === 0) {
    return undefined;
  }
  const next = before.slice(removed).find((id) => remaining.has(id));
  return next === undefined ? after.length - 1 : after.indexOf(next);
}
