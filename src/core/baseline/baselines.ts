import { memoize } from '../base/memoize.ts';
import type { ScanResult } from '../findings/scan.ts';
import { compare } from './compare.ts';
import { readBaseline, refuseTooLarge } from './readBaseline.ts';
import type { ReportSource } from './report.ts';
import { snapshotOf } from './snapshot.ts';
import { writeBaseline } from './writeBaseline.ts';

export interface BaselineFile {
  readonly name: string;
  /** In bytes. A file that is too large is not read. */
  readonly size: number;
  readonly read: () => PromiseLike<Uint8Array>;
}

export interface OpenedBaseline {
  /** When its search ended, in milliseconds since the epoch. */
  readonly readAt: number;
  /** Each search once. */
  readonly compareWith: (result: ScanResult) => ReportSource;
}

/**
 * @param tool name and version of what writes it
 * @throws UserError when it would be too large
 */
export function writeSearch(result: ScanResult, tool: string): Uint8Array {
  return writeBaseline(snapshotOf(result), tool);
}

/** @throws UserError when the file is not a baseline */
export async function openBaseline({ name, size, read }: BaselineFile): Promise<OpenedBaseline> {
  refuseTooLarge(size);
  const { snapshot, problems } = readBaseline(await read());
  return {
    readAt: snapshot.readAt,
    compareWith: memoize((result: ScanResult) => ({
      comparison: compare(snapshot, snapshotOf(result)),
      file: name,
      problems,
    })),
  };
}
