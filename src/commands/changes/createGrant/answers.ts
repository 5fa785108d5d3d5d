import type { WizardStep } from '../../../core/base/wizard.ts';
import { supportsEncryptionContext } from '../../../core/kms/grantRules.ts';
import type { CreateGrantInput, KeyMetadata, KmsKey, PrincipalRef } from '../../../core/kms/model.ts';

export type ContextKind = 'none' | 'includes' | 'equals';

/** The answers so far. A question that was not asked yet has the value that it begins with. */
export interface Answers {
  readonly key: KmsKey | undefined;
  readonly metadata: KeyMetadata | undefined;
  readonly operations: readonly string[];
  readonly grantee: PrincipalRef | undefined;
  readonly retiring: PrincipalRef | undefined;
  readonly contextKind: ContextKind;
  readonly context: Readonly<Record<string, string>>;
  readonly sourceArn: string;
  readonly name: string;
}

/** The complete answers, as a request. */
export interface Wanted {
  readonly key: KmsKey;
  readonly metadata: KeyMetadata | undefined;
  readonly input: CreateGrantInput;
}

export type Ask = WizardStep<Answers>['prompt'];

export function keyOf({ key }: Answers): KmsKey {
  if (key === undefined) {
    throw new Error('The key is asked for first.');
  }
  return key;
}

export function toWanted(answers: Answers): Wanted {
  const { metadata, operations, grantee, retiring, contextKind, name } = answers;
  const key = keyOf(answers);
  if (grantee === undefined) {
    throw new Error('The grantee is asked for.');
  }
  const context = supportsEncryptionContext(operations, metadata) ? answers.context : undefined;
  const input: CreateGrantInput = {
    keyArn: key.arn,
    operations,
    granteePrincipal: grantee,
    retiringPrincipal: retiring,
    constraints: {
      encryptionContextEquals: contextKind === 'equals' ? context : undefined,
      encryptionContextSubset: contextKind === 'includes' ? context : undefined,
      sourceArn: grantee.kind === 'servicePrincipal' ? answers.sourceArn : undefined,
    },
    name: name === '' ? undefined : name,
  };
  return { key, metadata, input };
}
