import * as l10n from '@vscode/l10n';
import { mapResult, singleSelection } from '../../../core/base/wizard.ts';
import type { PickItem } from '../../../platform/pick.ts';
import { pickStep } from '../../../platform/steps.ts';
import type { Ask, ContextKind } from './answers.ts';
import { titled } from './contextStep.ts';

export const contextKindStep: Ask = async (answers, frame) => {
  const items: readonly PickItem<ContextKind>[] = [
    {
      label: l10n.t('No encryption context'),
      description: l10n.t('the grant covers everything that the key encrypted'),
      value: 'none',
    },
    {
      label: l10n.t('The encryption context includes…'),
      description: l10n.t('requests must have these pairs, and can have others'),
      value: 'includes',
    },
    {
      label: l10n.t('The encryption context equals…'),
      description: l10n.t('requests must have exactly these pairs'),
      value: 'equals',
    },
  ];
  const answer = await pickStep(titled(frame), {
    placeholder: l10n.t('Encryption context that a request must have for the grant to allow it'),
    items: () => items,
    selected: (kind) => kind === answers.contextKind,
    decide: () => 'accept',
  });
  return mapResult(singleSelection(answer), (contextKind) => ({ ...answers, contextKind }));
};
