import type { HeldGrant } from '../findings/grantGroups.ts';
import { grantTable } from '../findings/grantTable.ts';
import type { ScanResult } from '../findings/scan.ts';
import type { TableFormat } from '../findings/tableFormat.ts';
import { compare } from './compare.ts';
import { readBaseline, refuseTooLarge } from './readBaseline.ts';
import { isWhole, markdownReport, report, summaryText } from './report.ts';
import { snapshotOf } from './snapshot.ts';
import { writeBaseline } from './writeBaseline.ts';

/** What a bundle of its own has, with the code for tables in files: `./index.ts`. */
export interface BaselineBundle {
  readonly grantTable: (held: readonly HeldGrant[], format: TableFormat) => string;
  /** @throws UserError when it would be too large */
  readonly write: (result: ScanResult) => Uint8Array;
  /** @throws UserError when the file is not a baseline */
  readonly compare: (file: BaselineFile, result: ScanResult) => Promise<BaselineReport>;
}

export interface BaselineFile {
  readonly name: string;
  /** In bytes. A file that is too large is not read. */
  readonly size: number;
  readonly read: () => PromiseLike<Uint8Array>;
}

export interface BaselineReport {
  /** One line. */
  readonly summary: string;
  /** Whether everything could be compared. */
  readonly isWhole: boolean;
  /** Markdown to show, with long tables cut. */
  readonly shown: string;
  readonly export: (format: TableFormat) => string;
}

/** Rows of a table that an editor shows without delay. */
const shownRows = 500;

/** @param tool name and version of what writes baselines */
export function baselineBundle(tool: string): BaselineBundle {
  return {
    grantTable,
    write: (result) => writeBaseline(snapshotOf(result), tool),
    compare: async ({ name, size, read }, result) => {
      refuseTooLarge(size);
      const { snapshot, problems } = readBaseline(await read());
      const source = { comparison: compare(snapshot, snapshotOf(result)), file: name, problems };
      return {
        summary: summaryText(source),
        isWhole: isWhole(source),
        shown: markdownReport(source, shownRows),
        export: (format) => report(source, format),
      };
    },
  };
}
