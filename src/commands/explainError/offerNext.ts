import * as l10n from '@vscode/l10n';

import type { Session } from '../../core/connections/session.ts';
import type { ErrorText } from '../../core/errorText/errorText.ts';
import type { GrantProposal } from '../../core/errorText/grantProposal.ts';
import type { Lead } from '../../core/errorText/keyFacts.ts';
import type { Report } from '../../core/errorText/reportModel.ts';
import { parseKeyArn, partsOfArn } from '../../core/kms/keyArn.ts';
import type { Connection } from '../../core/kms/model.ts';
import { showInformation } from '../../platform/prompts.ts';
import { readOnly } from '../../platform/settings.ts';
import type { KeyNode } from '../../views/shared/nodes.ts';

/** The commands that a report leads to. They show their failures themselves. */
export interface NextSteps {
  readonly createGrant: (node: KeyNode, proposal: GrantProposal) => Promise<void>;
  readonly copyAsCli: (connection: Pick<Connection, 'ref' | 'endpoint'>, proposal: GrantProposal) => Promise<void>;
  readonly keyDetails: (node: KeyNode) => Promise<void>;
  readonly openKey: (node: KeyNode) => Promise<void>;
  readonly openKeyByArn: (arn: string) => Promise<void>;
  readonly addConnection: () => Promise<void>;
}

interface Explained {
  readonly error: ErrorText;
  readonly report: Report;
  readonly lead: Lead;
  readonly session: Session | undefined;
}

interface Offer {
  readonly title: string;
  readonly run: () => Promise<void>;
}

export async function offerNext(explained: Explained, next: NextSteps): Promise<void> {
  const offers = offersFor(explained, next);
  if (offers.length === 0) {
    return;
  }
  const picked = await showInformation(
    l10n.t('The error is explained in the editor. Nothing was changed.'),
    ...offers.map(({ title }) => title),
  );
  await offers.find(({ title }) => title === picked)?.run();
}

function offersFor({ error, report, lead, session }: Explained, next: NextSteps): readonly Offer[] {
  const { proposal } = report;
  const copy: readonly Offer[] =
    proposal === undefined
      ? []
      : [
          {
            title: l10n.t('Copy Command'),
            run: () => next.copyAsCli(session?.connection ?? withoutProfile(proposal), proposal),
          },
        ];
  if (lead.kind === 'found' && session !== undefined) {
    const node: KeyNode = { kind: 'key', connection: session.connection, key: lead.facts.key };
    return [
      ...(proposal === undefined || readOnly.get()
        ? []
        : [{ title: l10n.t('Create Grant…'), run: () => next.createGrant(node, proposal) }]),
      { title: l10n.t('Open Key'), run: () => next.openKey(node) },
      { title: l10n.t('Key Details'), run: () => next.keyDetails(node) },
      ...copy,
    ];
  }
  const arn = error.key?.kind === 'arn' ? parseKeyArn(error.key.arn)?.arn : undefined;
  return [
    ...(arn === undefined ? [] : [{ title: l10n.t('Open Key by ARN…'), run: () => next.openKeyByArn(arn) }]),
    ...(lead.kind === 'noConnection' ? [{ title: l10n.t('Add Connection…'), run: () => next.addConnection() }] : []),
    ...copy,
  ];
}

/** Where no connection leads to the key, the command names none. */
function withoutProfile({ keyArn }: GrantProposal): Pick<Connection, 'ref' | 'endpoint'> {
  return { ref: { kind: 'environment', region: partsOfArn(keyArn).region }, endpoint: { kind: 'aws' } };
}
