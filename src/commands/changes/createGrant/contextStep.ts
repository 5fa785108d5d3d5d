import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../../../core/base/text.ts';
import { mapResult, type StepPosition } from '../../../core/base/wizard.ts';
import { contextPairProblem, parseContextPair } from '../../../core/kms/grantRules.ts';
import type { PickItem } from '../../../platform/pick.ts';
import { pickStep } from '../../../platform/steps.ts';
import type { Ask } from './answers.ts';

type PairChoice =
  | { readonly kind: 'add'; readonly text: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'done' };

export const contextStep: Ask = async (answers, frame) => {
  const pairs = new Map(Object.entries(answers.context));
  const others = () => Object.fromEntries(pairs);
  const answer = await pickStep<PairChoice>(titled(frame), {
    placeholder: l10n.t("Enter a pair as key=value. Don't use a secret: CloudTrail shows it."),
    left: () => [],
    items: (typed) => [
      ...(typed === '' ? [] : [pairItem(typed, others())]),
      ...(pairs.size > 0 && typed === ''
        ? [{ label: l10n.t('Continue'), iconPath: new vscode.ThemeIcon('check'), value: { kind: 'done' } as const }]
        : []),
      ...[...pairs].map(([name, value]) => ({
        label: printable(`${name}=${value}`, 1000),
        description: l10n.t('press Enter to remove'),
        iconPath: new vscode.ThemeIcon('trash'),
        value: { kind: 'remove', name } as const,
      })),
    ],
    decide: ([choice]) => {
      if (choice === undefined || choice.kind === 'done') {
        return 'accept';
      }
      if (choice.kind === 'remove') {
        pairs.delete(choice.name);
        return 'stay';
      }
      const problem = contextPairProblem(choice.text, others());
      const pair = parseContextPair(choice.text);
      if (problem !== undefined || pair === undefined) {
        return { problem: problem ?? '' };
      }
      pairs.set(...pair);
      return 'stay';
    },
  });
  return mapResult(answer, () => ({ ...answers, context: others() }));
};

/** What the box says is gone once somebody types. */
export function titled(frame: StepPosition): StepPosition {
  return { ...frame, title: l10n.t('{0}: Encryption Context', frame.title) };
}

function pairItem(typed: string, others: Readonly<Record<string, string>>): PickItem<PairChoice> {
  const problem = contextPairProblem(typed, others);
  return {
    label: printable(typed, 1000),
    alwaysShow: true,
    iconPath: new vscode.ThemeIcon(problem === undefined ? 'add' : 'warning'),
    ...(problem === undefined ? { description: l10n.t('press Enter to add') } : { detail: problem }),
    value: { kind: 'add', text: typed },
  };
}
