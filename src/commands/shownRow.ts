import type { RowLookup } from '../views/shared/rowLookup.ts';
import type { Needs } from './context.ts';

type Views = Needs<'view' | 'grantees' | 'history'>;

/** The row of ours that a command was called with, in whichever view it is; `undefined` where no view has it. */
export function shownRow({ view, grantees, history }: Views, argument: object): object | undefined {
  return view.row(argument) ?? grantees.row(argument) ?? history.row(argument);
}

/** By which menus know what kind of row this is. */
export function viewItemOf({ view, grantees, history }: Views, row: object): string | undefined {
  return viewItemIn(view, row) ?? viewItemIn(grantees, row) ?? viewItemIn(history, row);
}

function viewItemIn<T extends object>(view: RowLookup<T>, row: object): string | undefined {
  const found = view.row(row);
  return found === undefined ? undefined : view.getTreeItem(found).contextValue;
}
