import * as l10n from '@vscode/l10n';
import { mapResult } from '../../../core/base/wizard.ts';
import type { Session } from '../../../core/connections/session.ts';
import { validOperations } from '../../../core/kms/grantOperations.ts';
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
        validOperations(metadata).map(({ name, description }) => ({ label: name, description, value: name })),
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
    return mapResult(answer, (operations) => ({ ...answers, metadata, operations }));
  };
}
