import type { GrantProposal } from '../core/errorText/grantProposal.ts';
import { toPrincipalRef } from '../core/kms/grantRules.ts';
import { createGrant } from './changes/createGrant/createGrant.ts';
import { refuseIfReadOnly } from './changes/readOnly.ts';
import { addConnection } from './connections/addConnection.ts';
import { openKey, openKeyByArn } from './connections/openKeyByArn.ts';
import type { CommandContext } from './context.ts';
import { showFailure } from './errorBoundary.ts';
import type { NextSteps } from './explainError/offerNext.ts';
import { pagesBundle } from './pagesBundle.ts';
import { copyCreateCommand } from './show/copyAsCommand.ts';

/** What the explanation of an error leads to. */
export function nextSteps(context: CommandContext): NextSteps {
  const showingFailures =
    <Arguments extends readonly unknown[]>(step: (...given: Arguments) => Promise<unknown>) =>
    async (...given: Arguments): Promise<void> => {
      try {
        await step(...given);
      } catch (error) {
        await showFailure(error, context.log);
      }
    };
  return {
    createGrant: showingFailures(async (node, proposal) => {
      refuseIfReadOnly();
      await createGrant(context, node, firstAnswers(proposal));
    }),
    copyAsCli: showingFailures(({ ref, endpoint }, proposal) => {
      const { operations, grantee, contextKind, context: pairs } = firstAnswers(proposal);
      const encryptionContextSubset = contextKind === 'includes' ? pairs : undefined;
      const constraints = { encryptionContextEquals: undefined, encryptionContextSubset, sourceArn: undefined };
      return copyCreateCommand(
        { ref, endpoint },
        { keyArn: proposal.keyArn, operations, granteePrincipal: grantee, constraints },
      );
    }),
    keyDetails: showingFailures(async (node) => (await pagesBundle()).keyDetails(context, node)),
    openKey: showingFailures(({ connection, key }) => openKey(context, connection.ref, key.arn)),
    openKeyByArn: showingFailures((arn) => openKeyByArn(context, undefined, arn)),
    addConnection: showingFailures(() => addConnection(context)),
  };
}

function firstAnswers({ grantee, operations, context }: GrantProposal) {
  const contextKind = Object.keys(context).length === 0 ? ('none' as const) : ('includes' as const);
  return { operations, grantee: toPrincipalRef(grantee), contextKind, context };
}
