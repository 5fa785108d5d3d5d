/**
 * The place, in a list from which items went, of what stands where the first of them was; the last one where the end went.
 * @returns `undefined` when nothing went, or nothing is left
 */
export function neighborOfGone(before: readonly string[], after: readonly string[]): number | undefined {
  const left = new Set(after);
  const gone = before.findIndex((id) => !left.has(id));
  if (gone === -1 || after.length === 0) {
    return undefined;
  }
  const next = before.slice(gone).find((id) => left.has(id));
  return next === undefined ? after.length - 1 : after.indexOf(next);
}
