import * as l10n from '@vscode/l10n';
import { grantCountText } from '../../../core/words/describe.ts';
import { withCancellableProgress } from '../../../platform/progress.ts';
import type { GrantNode } from '../../../views/shared/nodes.ts';
import type { Needs } from '../../context.ts';
import { type EndContext, endGrant } from '../endGrant/endGrant.ts';
import { keyUsesOf, mayReturnOf } from '../questionEvidence.ts';
import { refuseIfReadOnly } from '../readOnly.ts';
import { type Asked, checkAll, type Ready } from './check.ts';
import { chooseGrants } from './choose.ts';
import { followUpOf } from './followUp.ts';
import { confirmed } from './question.ts';
import { showResults } from './results.ts';
import { type Result, revokeAll } from './revokeAll.ts';

type SeveralContext = EndContext & Needs<'documents' | 'followUps'>;

/** Revokes several grants: choose, check, one confirmation, a result for each. */
export async function revokeSeveral(context: SeveralContext, selected: readonly GrantNode[]): Promise<void> {
  refuseIfReadOnly();
  const nodes = await chooseGrants(context, selected);
  if (nodes.length === 0) {
    return;
  }
  using _holds = holdAll(context, nodes);
  using followUp = followUpOf(context);
  const [checked, keyUses, mayReturn] = await withCancellableProgress(
    l10n.t('Checking {0}…', grantCountText(nodes.length)),
    (signal) =>
      Promise.all([
        checkAll(context, nodes, followUp, signal),
        keyUsesOf(context, nodes, signal),
        mayReturnOf(context, signal),
      ]),
  );
  for (const { node, outcome } of checked) {
    if (outcome === 'gone') {
      context.view.refreshGrants(node.connection, node.key.arn);
    }
  }
  const ready = checked.flatMap(({ node, outcome, actor }): Ready[] =>
    outcome === 'ready' && actor !== undefined
      ? [{ node, actor, evidence: [...mayReturn([node.grant]), ...keyUses.line(node.key.arn)] }]
      : [],
  );
  const [only] = ready;
  // A single one gets the question of Revoke Grant, which for a grant of an AWS service takes more than a click.
  if (only !== undefined && ready.length === 1 && checked.length === 1) {
    await endGrant('revoke', context, only.node);
    return;
  }
  if (ready.length === 0) {
    followUp.close();
    await revokeAgain(context, await showResults(context, [], checked));
    return;
  }
  const ticked = new Set(nodes);
  const notTicked = selected.filter((node) => !ticked.has(node));
  const results: Result[] = [];
  for (let asked: readonly Asked[] = ready; asked.length > 0; ) {
    if (!(await confirmed(context, asked, checked, { notTicked, keyUses, mayReturn }))) {
      if (results.length === 0) {
        return;
      }
      results.push(...asked.map((item) => ({ kind: 'skipped', item }) as const));
      break;
    }
    // Later, what was revoked is reported, and each of the others as refused.
    if (results.length === 0) {
      refuseIfReadOnly();
    }
    const round = await revokeAll(context, asked, followUp);
    results.push(...round.results);
    asked = round.again;
  }
  followUp.close();
  await revokeAgain(context, await showResults(context, results, checked));
}

async function revokeAgain(context: SeveralContext, failed: readonly GrantNode[]): Promise<void> {
  if (failed.length > 0) {
    await revokeSeveral(context, failed);
  }
}

function holdAll({ connections }: Needs<'connections'>, nodes: readonly GrantNode[]): Disposable {
  const holds = nodes.map(({ connection }) => connections.hold(connection));
  return {
    [Symbol.dispose]: () => {
      for (const hold of holds) {
        hold[Symbol.dispose]();
      }
    },
  };
}
