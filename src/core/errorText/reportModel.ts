import type { GrantProposal } from './grantProposal.ts';

/** What a person reads about an error. Texts from the error and from AWS are in it as they are: data, to be escaped. */
export interface Report {
  readonly title: string;
  readonly sections: readonly ReportSection[];
  /** The grant that could allow the call, where one could. */
  readonly proposal: GrantProposal | undefined;
}

export interface ReportSection {
  readonly title: string;
  /** A paragraph before the lines. */
  readonly text: string | undefined;
  readonly lines: readonly ReportLine[];
}

export interface ReportLine {
  readonly text: string;
  readonly more?: readonly string[];
}
