/**
 * Whether a `when` clause of a row's menu holds for a row with this `viewItem`, as VS Code evaluates that part of it. Its
 * other conditions are not looked at.
 */
export function holdsForRow(when: string, viewItem: string): boolean {
  const [, equal, pattern] = /viewItem (?:== ([\w.]+)|=~ \/(.*)\/)/.exec(when) ?? [];
  return pattern === undefined ? equal === viewItem : new RegExp(pattern).test(viewItem);
}
