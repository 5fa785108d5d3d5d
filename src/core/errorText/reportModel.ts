import type { Page } from '../words/page.ts';
import type { GrantProposal } from './grantProposal.ts';

/** What a person reads about an error. Texts from the error and from AWS are in it as they are. */
export interface Report extends Page {
  /** The grant that could allow the call, where one could. */
  readonly proposal: GrantProposal | undefined;
}
