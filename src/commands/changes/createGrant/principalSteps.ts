import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../../../core/base/text.ts';
import { mapResult } from '../../../core/base/wizard.ts';
import { knownPrincipals } from '../../../core/changes/createGrant.ts';
import type { Session } from '../../../core/connections/session.ts';
import { principalProblem, toPrincipalRef } from '../../../core/kms/grantRules.ts';
import type { PrincipalRef } from '../../../core/kms/model.ts';
import { parsePrincipal, principalKindName } from '../../../core/kms/principal.ts';
import { retiringPrincipalsOf } from '../../../core/kms/retirement.ts';
import type { PickItem } from '../../../platform/pick.ts';
import { pickStep } from '../../../platform/steps.ts';
import { ifAnswered } from '../../ask.ts';
import { type Answers, type Ask, keyOf } from './answers.ts';

export function granteeStep(session: () => Session): Ask {
  return async (answers, frame) => {
    const answer = await askPrincipal(session(), answers, {
      frame,
      placeholder: l10n.t('Grantee: select one, or enter the ARN of a principal or the name of a service'),
      before: answers.grantee,
      none: undefined,
    });
    return mapResult(answer, (grantee) => ({ ...answers, grantee }));
  };
}

export function retiringStep(session: () => Session): Ask {
  return async (answers, frame) => {
    const answer = await askPrincipal(session(), answers, {
      frame,
      placeholder: l10n.t(
        'Retiring principal, which can end the grant: select one, or enter the ARN of a principal or the name of a service',
      ),
      before: answers.retiring,
      none: answers.grantee?.kind === 'servicePrincipal' ? undefined : l10n.t('No retiring principal'),
    });
    return mapResult(answer, (retiring) => ({ ...answers, retiring }));
  };
}

interface PrincipalQuestion {
  readonly frame: Parameters<Ask>[1];
  readonly placeholder: string;
  /** The earlier answer, if the question is asked again. */
  readonly before: PrincipalRef | undefined;
  /** The label of the choice of no principal; `undefined` if one is required. */
  readonly none: string | undefined;
}

/** Offers the caller and the principals of the key's grants. Anything else can be typed, and is checked. */
async function askPrincipal(
  session: Session,
  answers: Answers,
  { frame, placeholder, before, none }: PrincipalQuestion,
) {
  const { arn } = keyOf(answers);
  const offered = new Map<string, PickItem<string>>();
  const offer = (value: string, note: string) => {
    if (principalProblem(value, arn) === undefined && !offered.has(value)) {
      offered.set(value, principalItem(value, note));
    }
  };
  const nobody: readonly PickItem<string>[] = none === undefined ? [] : [{ label: none, value: '' }];
  const isUnfinished = before !== undefined && principalProblem(before.value, arn) !== undefined;
  const answer = await pickStep<string>(frame, {
    placeholder,
    typed: isUnfinished ? before.value : '',
    left: (typed) => (typed === '' ? [] : [typed]),
    items: (typed) => [...typedItem(typed, arn, offered), ...nobody, ...offered.values()],
    selected: (value) => value === (before?.value ?? ''),
    load: async () => {
      if (before !== undefined) {
        offer(before.value, l10n.t('as entered'));
      }
      const [identity, listing] = await Promise.all([ifAnswered(session.identity()), session.inventory.grants(arn)]);
      if (identity !== undefined) {
        offer(identity.arn, l10n.t('you'));
        for (const own of retiringPrincipalsOf(identity.arn, session.connection.region)) {
          offer(own, l10n.t('your role, if this is its path'));
        }
      }
      for (const { ref, grants } of knownPrincipals(listing.grants, arn)) {
        offer(ref.value, grants === 1 ? l10n.t('in 1 grant of this key') : l10n.t('in {0} grants of this key', grants));
      }
    },
    decide: ([value = '']) => {
      if (value === '' && none !== undefined) {
        return 'accept';
      }
      const problem = principalProblem(value, arn);
      return problem === undefined ? 'accept' : { problem };
    },
  });
  // Back with an empty box keeps the earlier answer.
  if (answer?.kind === 'back' && answer.value?.length === 0) {
    return { kind: 'back' } as const;
  }
  return mapResult(answer, ([value = '']) => (value === '' ? undefined : toPrincipalRef(value)));
}

function principalItem(value: string, note: string): PickItem<string> {
  const { kind, shortName } = parsePrincipal(toPrincipalRef(value));
  return { label: shortName, description: `${principalKindName(kind)} · ${note}`, detail: printable(value), value };
}

function typedItem(typed: string, keyArn: string, offered: ReadonlyMap<string, unknown>): readonly PickItem<string>[] {
  if (typed === '' || offered.has(typed)) {
    return [];
  }
  const problem = principalProblem(typed, keyArn);
  if (problem === undefined) {
    return [{ ...principalItem(typed, l10n.t('as entered')), alwaysShow: true }];
  }
  // Typing is also a search: the problem is shown, and what it finds can be picked.
  return [
    {
      label: printable(typed),
      detail: problem,
      value: typed,
      alwaysShow: true,
      iconPath: new vscode.ThemeIcon('warning'),
    },
  ];
}
