import * as l10n from '@vscode/l10n';
import { keep } from '../../../core/base/steps.ts';
import type { Session } from '../../../core/connections/session.ts';
import { legalOperations } from '../../../core/kms/grantOperations.ts';
import { keyProblem, operationsProblem } from '../../../core/kms/grantRules.ts';
import { UserError } from '../../../core/words/userError.ts';
import { pickStep } from '../../../platform/steps.ts';
import { ifAnswered } from '../../ask.ts';
import { type Ask, keyOf } from './answers.ts';

export function operationsStep(session: () => Session): Ask {
  return async (answers, frame) => {
    const { api, inventory, closed } = session();
    const { arn } = keyOf(answers);
    let { metadata } = answers;
    const answer = await pickStep<string>(frame, {
      placeholder: l10n.t('What the grantee may do with the key'),
      canSelectMany: true,
      items: () =>
        legalOperations(metadata).map(({ name, description }) => ({ label: name, description, value: name })),
      selected: (operation) => answers.operations.includes(operation),
      load: async (_, signal) => {
        const any = AbortSignal.any([signal, closed]);
        metadata ??= await ifAnswered(inventory.metadata(arn) ?? api.describeKey(arn, any));
        const problem = keyProblem(metadata);
        if (problem !== undefined) {
          throw new UserError(problem);
        }
      },
      decide: (picked) => {
        const problem = operationsProblem(picked, metadata);
        return problem === undefined ? 'accept' : { problem };
      },
    });
    return keep(answer, (operations) => ({ ...answers, metadata, operations }));
  };
}
