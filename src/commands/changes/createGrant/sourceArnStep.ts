import * as l10n from '@vscode/l10n';
import { mapResult } from '../../../core/base/wizard.ts';
import { sourceArnProblem } from '../../../core/kms/grantRules.ts';
import { lineStep } from '../../../platform/steps.ts';
import type { Ask } from './answers.ts';

export const sourceArnStep: Ask = async (answers, frame) => {
  const answer = await lineStep(frame, {
    prompt: l10n.t('ARN of the resource that the service acts for. KMS requires it for a grant to a service.'),
    placeholder: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
    value: answers.sourceArn,
    problem: sourceArnProblem,
  });
  return mapResult(answer, (sourceArn) => ({ ...answers, sourceArn }));
};
