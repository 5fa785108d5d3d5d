import * as l10n from '@vscode/l10n';
import type { ErrorText } from './errorText.ts';
import { proposalFor } from './grantProposal.ts';
import type { Lead } from './keyFacts.ts';
import { advice } from './reportAdvice.ts';
import { whatHappened } from './reportHappened.ts';
import type { Report } from './reportModel.ts';
import { whatStandsInTheWay } from './reportObstacles.ts';

/** What happened, what stands in the way, and what can be done, in this order. */
export function reportOf(error: ErrorText, lead: Lead): Report {
  const proposal = proposalFor(error, lead);
  return {
    title: l10n.t('KMS Error: {0}', error.code ?? error.action ?? kindTitle(error)),
    sections: [whatHappened(error), whatStandsInTheWay(error, lead), advice(error, lead, proposal)],
    proposal,
  };
}

function kindTitle({ kind }: ErrorText): string {
  return kind === 'keyInaccessible' ? l10n.t("a service couldn't use a key") : l10n.t('a call failed');
}
