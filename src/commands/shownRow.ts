import type { RowLookup } from '../views/shared/rowLookup.ts';
import type { Needs } from './context.ts';

type Views = Needs<'view' | 'grantees' | 'history'>;

/**
 * The row of ours that a command was called with; `undefined` where no view has it. One grant can have rows in two views,
 * which say different things of it: the row itself comes before others of the same identity.
 */
export function shownRow({ view, grantees, history }: Views, argument: object): object | undefined {
  const found: readonly (object | undefined)[] = [view, grantees, history].map((one) => one.row(argument));
  return found.find((row) => row === argument) ?? found.find((row) => row !== undefined);
}

/** By which menus know what kind of row this is. */
export function viewItemOf({ view, grantees, history }: Views, row: object): string | undefined {
  return viewItemIn(view, row) ?? viewItemIn(grantees, row) ?? viewItemIn(history, row);
}

function viewItemIn<T extends object>(view: RowLookup<T>, row: object): string | undefined {
  const found = view.row(row);
  return found !== undefined && found === row ? view.getTreeItem(found).contextValue : undefined;
}
