import * as l10n from '@vscode/l10n';
import { symmetricOperations, validOperationNames } from './grantOperations.ts';
import {
  type CreateGrantInput,
  type GrantConstraints,
  type KeyMetadata,
  type PrincipalRef,
  refusesCreateGrant,
} from './model.ts';
import { parsePrincipal } from './principal.ts';

/** Why a grant can't allow these operations, or `undefined` if it can. */
export function operationsProblem(
  operations: readonly string[],
  metadata: Pick<KeyMetadata, 'usage' | 'spec'> | undefined,
): string | undefined {
  if (operations.length === 0) {
    return l10n.t('A grant needs at least one operation.');
  }
  const legal = validOperationNames(metadata);
  const illegal = operations.filter((operation) => !legal.includes(operation));
  if (illegal.length > 0) {
    return l10n.t("This key doesn't support {0}.", illegal.join(', '));
  }
  // KMS: "Grants must not contain only the CreateGrant operation."
  if (operations.every((operation) => operation === 'CreateGrant')) {
    return l10n.t('CreateGrant alone passes on nothing. Select another operation with it.');
  }
  return undefined;
}

const maxPrincipalLength = 256;
const maxNameLength = 256;
const maxServiceLength = 128;
const minSourceArnLength = 20;
const maxSourceArnLength = 512;
const maxContextPairs = 8;
const maxContextValueLength = 384;

/** A principal for CreateGrant, which has separate parameters for ARNs and service principals. */
export function toPrincipalRef(text: string): PrincipalRef {
  const { kind } = parsePrincipal({ kind: 'principal', value: text });
  return { kind: kind === 'service' ? 'servicePrincipal' : 'principal', value: text };
}

/**
 * Why KMS would reject this grantee or retiring principal, or `undefined` if it may accept it. KMS accepts ARNs of
 * accounts, users, roles, federated users and assumed roles, and since 2026 service principals (KMS API Reference,
 * "CreateGrant").
 * @param keyArn the key, which a principal of another partition can't use
 */
export function principalProblem(text: string, keyArn: string): string | undefined {
  if (text === '') {
    return l10n.t('Enter the ARN of a principal, or the name of a service.');
  }
  if (text.length > maxPrincipalLength) {
    return l10n.t('A principal has at most {0} characters.', maxPrincipalLength);
  }
  if (/[*?]/.test(text)) {
    return l10n.t('KMS accepts no wildcards here: a grant is for one principal.');
  }
  const account = /^\d{12}$/.exec(text)?.[0];
  const partition = keyArn.split(':')[1] ?? 'aws';
  if (account !== undefined) {
    return l10n.t('For a whole account, enter {0}.', `arn:${partition}:iam::${account}:root`);
  }
  const { kind } = parsePrincipal({ kind: 'principal', value: text });
  switch (kind) {
    case 'service':
      if (text.length > maxServiceLength) {
        return l10n.t('The name of a service has at most {0} characters.', maxServiceLength);
      }
      return /^[a-z0-9-]+(\.[a-z0-9-]+){2,}$/.test(text)
        ? undefined
        : l10n.t('The name of a service looks like dynamodb.amazonaws.com.');
    case 'unresolvedRole':
    case 'unresolvedUser':
      return l10n.t('This is a unique ID, and its principal may be deleted. Enter an ARN.');
    case 'ec2Instance':
    case 'awsServiceSession':
    case 'awsInternal':
      return l10n.t('This principal belongs to AWS. Only the service can create grants for it.');
    case 'other':
      return otherProblem(text);
    case 'role':
    case 'serviceLinkedRole':
    case 'user':
    case 'assumedRole':
    case 'federatedUser':
    case 'accountRoot': {
      const [, partitionOfPrincipal, service, , , ...rest] = text.split(':');
      if (partitionOfPrincipal !== partition) {
        return l10n.t('This principal is in partition {0}, but must be in {1}.', partitionOfPrincipal ?? '', partition);
      }
      return principalForms[kind].test(`${service}:${rest.join(':')}`) ? undefined : formProblem();
    }
  }
}

/** Source: IAM User Guide, "IAM identifiers" and "IAM and STS character limits". */
const principalForms = {
  role: /^iam:role\/([\x21-\x7e]*\/)?[\w+=,.@-]{1,64}$/,
  serviceLinkedRole: /^iam:role\/([\x21-\x7e]*\/)?[\w+=,.@-]{1,64}$/,
  user: /^iam:user\/([\x21-\x7e]*\/)?[\w+=,.@-]{1,64}$/,
  assumedRole: /^sts:assumed-role\/[\w+=,.@-]{1,64}\/[\w+=,.@-]{2,64}$/,
  federatedUser: /^sts:federated-user\/[\w+=,.@-]{2,32}$/,
  accountRoot: /^iam:root$/,
} as const;

function otherProblem(text: string): string {
  const [, , service, , , resource = ''] = text.split(':');
  if (service === 'iam' && resource.startsWith('group/')) {
    return l10n.t('KMS accepts no groups: a grant is for one user, role, account, or service.');
  }
  if (service === 'iam' && resource.startsWith('instance-profile/')) {
    return l10n.t("An instance profile isn't a principal. Enter the ARN of its role.");
  }
  if (/^A[A-Z]{3}[A-Z0-9]{12,}$/.test(text)) {
    return l10n.t('This is a unique ID or an access key. Enter an ARN.');
  }
  return formProblem();
}

function formProblem(): string {
  return l10n.t('Enter the ARN of a role, user, account, or session, or the name of a service.');
}

/** Why KMS would reject this name, or `undefined` if it accepts it. An empty name means no name. */
export function nameProblem(name: string): string | undefined {
  if (name.length > maxNameLength) {
    return l10n.t('A name has at most {0} characters.', maxNameLength);
  }
  return name === '' || /^[a-zA-Z0-9:/_-]+$/.test(name)
    ? undefined
    : l10n.t('A name can have only letters, digits, and : / _ - characters.');
}

/** Why KMS would reject this source ARN, or `undefined` if it may accept it (KMS API Reference, "GrantConstraints"). */
export function sourceArnProblem(text: string): string | undefined {
  if (text.length > maxSourceArnLength) {
    return l10n.t('An ARN has at most {0} characters here.', maxSourceArnLength);
  }
  if (/^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*::.+$/.test(text)) {
    return l10n.t('This ARN has no account. KMS accepts only the ARN of a resource with an account.');
  }
  return text.length >= minSourceArnLength && /^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$/.test(text)
    ? undefined
    : l10n.t('The ARN of a resource looks like arn:aws:dynamodb:eu-west-1:111122223333:table/orders.');
}

/** Splits `key=value` at the first equals sign. `undefined` without one. */
export function parseContextPair(text: string): readonly [key: string, value: string] | undefined {
  const at = text.indexOf('=');
  return at === -1 ? undefined : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** Why a `key=value` pair can't be added to the encryption context `others`, or `undefined` if it can. */
export function contextPairProblem(text: string, others: Readonly<Record<string, string>>): string | undefined {
  const pair = parseContextPair(text);
  if (pair === undefined) {
    return l10n.t('Enter key=value, such as purpose=export.');
  }
  return contextProblem({ ...others, [pair[0]]: pair[1] });
}

function contextProblem(context: Readonly<Record<string, string>>): string | undefined {
  const pairs = Object.entries(context);
  if (pairs.length === 0) {
    return l10n.t('An encryption context constraint needs at least one pair.');
  }
  if (pairs.length > maxContextPairs) {
    return l10n.t('An encryption context constraint has at most {0} pairs.', maxContextPairs);
  }
  for (const [key, value] of pairs) {
    if (key === '') {
      return l10n.t('A pair needs a key before the equals sign.');
    }
    if (value === '') {
      return l10n.t('A pair needs a value after the equals sign.');
    }
    if (value.length > maxContextValueLength) {
      return l10n.t('The value of a pair has at most {0} characters.', maxContextValueLength);
    }
  }
  return undefined;
}

/**
 * Whether KMS accepts an encryption context constraint for these operations, which it does only on a symmetric key. KMS
 * accepts one for DescribeKey and RetireGrant too, without effect, and for CreateGrant, where it binds the child
 * grants.
 */
export function supportsEncryptionContext(
  operations: readonly string[],
  metadata: Pick<KeyMetadata, 'spec'> | undefined,
): boolean {
  if (metadata?.spec !== undefined && metadata.spec !== 'SYMMETRIC_DEFAULT') {
    return false;
  }
  return operations.some((operation) => symmetricOperations.includes(operation));
}

/**
 * The first reason why KMS would reject this request, as far as it can be checked locally.
 * @param metadata if `undefined`, what depends on the key type is left to KMS
 */
export function createGrantProblem(
  input: CreateGrantInput,
  metadata: Pick<KeyMetadata, 'usage' | 'spec'> | undefined,
): string | undefined {
  const { keyArn, operations, granteePrincipal: grantee, retiringPrincipal: retiring, constraints } = input;
  return (
    operationsProblem(operations, metadata) ??
    principalProblem(grantee.value, keyArn) ??
    (retiring === undefined ? undefined : principalProblem(retiring.value, keyArn)) ??
    constraintsProblem(constraints, operations, metadata) ??
    serviceGrantProblem(grantee, retiring, constraints) ??
    (input.name === undefined ? undefined : nameProblem(input.name))
  );
}

function constraintsProblem(
  { encryptionContextEquals, encryptionContextSubset, sourceArn }: GrantConstraints,
  operations: readonly string[],
  metadata: Pick<KeyMetadata, 'spec'> | undefined,
): string | undefined {
  if (encryptionContextEquals !== undefined && encryptionContextSubset !== undefined) {
    return l10n.t('An encryption context constraint either includes pairs or equals them, not both.');
  }
  const context = encryptionContextEquals ?? encryptionContextSubset;
  if (context !== undefined) {
    if (!supportsEncryptionContext(operations, metadata)) {
      return l10n.t("None of the operations takes an encryption context, so it can't constrain the grant.");
    }
    const problem = contextProblem(context);
    if (problem !== undefined) {
      return problem;
    }
  }
  return sourceArn === undefined ? undefined : sourceArnProblem(sourceArn);
}

function serviceGrantProblem(
  grantee: PrincipalRef,
  retiring: PrincipalRef | undefined,
  { sourceArn }: GrantConstraints,
): string | undefined {
  if (grantee.kind !== 'servicePrincipal') {
    return undefined;
  }
  if (sourceArn === undefined) {
    return l10n.t('A grant to a service needs the ARN of the resource that the service acts for.');
  }
  return retiring === undefined ? l10n.t('A grant to a service needs a retiring principal.') : undefined;
}

/** Why KMS would create no grant on this key, or `undefined` if it may. */
export function keyProblem(metadata: KeyMetadata | undefined): string | undefined {
  if (metadata?.manager === 'AWS') {
    return l10n.t('AWS manages this key: only its service can create grants on it.');
  }
  if (metadata === undefined || !refusesCreateGrant(metadata.state)) {
    return undefined;
  }
  return metadata.state === 'Disabled'
    ? l10n.t('The key is disabled. KMS creates no grants on disabled keys.')
    : l10n.t('The key state is {0}, in which KMS creates no grants.', metadata.state);
}
