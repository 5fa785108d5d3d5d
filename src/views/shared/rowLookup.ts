import type vscode = require('vscode');

import type { ConnectionRef } from '../../core/kms/model.ts';

/**
 * Looks up the rows of a view. VS Code's menus call commands with rows, but links and other extensions can call them with
 * anything: a command uses only what is found here.
 */
export interface RowLookup<T extends object> {
  /** The row itself, if this view returned it to VS Code; otherwise a row of this view with the same identity, if any. */
  row(argument: object): T | undefined;
  /** How it is drawn. */
  getTreeItem(row: T): vscode.TreeItem;
}

/** What identifies a row, as the caller of a command claims it. */
interface NamedRow {
  readonly kind: unknown;
  readonly ref: ConnectionRef | undefined;
  readonly connection: { readonly id: string; readonly opening: number } | undefined;
  readonly keyArn: string | undefined;
  readonly grantId: string | undefined;
  readonly pinnedTo: ConnectionRef | undefined;
}

/** Reads only what identifies a row, and ignores everything else. */
export function namedRow(argument: object): NamedRow {
  const connection = read(argument, 'connection');
  const [id, opening] = [read(connection, 'id'), read(connection, 'opening')];
  return {
    kind: read(argument, 'kind'),
    ref: asRef(read(argument, 'ref')),
    connection: typeof id === 'string' && typeof opening === 'number' ? { id, opening } : undefined,
    keyArn: asText(read(read(argument, 'key'), 'arn')),
    grantId: asText(read(read(argument, 'grant'), 'grantId')),
    pinnedTo: asRef(read(argument, 'pinnedTo')),
  };
}

/** The kind of the row that a command was called with. */
export function kindOf(argument: unknown): unknown {
  return read(argument, 'kind');
}

function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asRef(value: unknown): ConnectionRef | undefined {
  const [kind, profile, region] = ['kind', 'profile', 'region'].map((name) => asText(read(value, name)));
  switch (kind) {
    case 'sample':
      return { kind };
    case 'environment':
      return region === undefined ? undefined : { kind, region };
    case 'profile':
      return profile === undefined || region === undefined ? undefined : { kind, profile, region };
    default:
      return undefined;
  }
}
