import * as l10n from '@vscode/l10n';
import { mapResult } from '../../../core/base/wizard.ts';
import { nameProblem } from '../../../core/kms/grantRules.ts';
import { lineStep } from '../../../platform/steps.ts';
import type { Ask } from './answers.ts';

export const nameStep: Ask = async (answers, frame) => {
  const answer = await lineStep(frame, {
    prompt: l10n.t(
      "Name (optional). With a name, repeating the request returns the same grant. CloudTrail shows the name, so don't use a secret.",
    ),
    placeholder: 'orders-export',
    value: answers.name,
    problem: nameProblem,
  });
  return mapResult(answer, (name) => ({ ...answers, name }));
};
