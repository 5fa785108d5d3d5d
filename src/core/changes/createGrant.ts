import * as l10n from '@vscode/l10n';
import { printable } from '../base/text.ts';
import {
  accountOfArn,
  type CreateGrantInput,
  type Grant,
  type GrantConstraints,
  type KeyMetadata,
  type PrincipalRef,
} from '../kms/model.ts';
import { readPrincipal } from '../kms/principal.ts';

/** A grant operation, as the choice of a key's operations shows it. */
export interface GrantOperation {
  readonly name: string;
  /** What it lets the grantee do, in a few words. */
  readonly description: string;
}

const forEveryKey = ['DescribeKey', 'CreateGrant', 'RetireGrant'];
const encrypting = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo'];
const dataKeys = [
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
];
const byUsage: ReadonlyMap<string, readonly string[]> = new Map([
  ['ENCRYPT_DECRYPT', [...encrypting, 'GetPublicKey']],
  ['SIGN_VERIFY', ['Sign', 'Verify', 'GetPublicKey']],
  ['GENERATE_VERIFY_MAC', ['GenerateMac', 'VerifyMac']],
  ['KEY_AGREEMENT', ['DeriveSharedSecret', 'GetPublicKey']],
  ['ENCAPSULATE_DECAPSULATE', ['Encapsulate', 'Decapsulate', 'GetPublicKey']],
]);
const everyOperation = [...new Set([...encrypting, ...dataKeys, ...[...byUsage.values()].flat()]), ...forEveryKey];

/**
 * The operations that a grant on this key may allow: a grant takes only what the key can do (KMS Developer Guide, "Grant
 * operations", with its "Key type reference"). All of them where the key is not known well enough; KMS decides then.
 */
export function legalOperations(metadata: Pick<KeyMetadata, 'usage' | 'spec'> | undefined): readonly GrantOperation[] {
  return operationsOf(metadata).map((name) => ({ name, description: operationDescription(name) }));
}

function operationsOf(metadata: Pick<KeyMetadata, 'usage' | 'spec'> | undefined): readonly string[] {
  if (metadata?.spec === 'SYMMETRIC_DEFAULT') {
    return [...encrypting, ...dataKeys, ...forEveryKey];
  }
  const usage = metadata?.usage;
  const known = usage === undefined ? undefined : byUsage.get(usage);
  // Every other key for encryption is asymmetric, and makes no data keys; without a spec it may be of either kind.
  if (known === undefined || (usage === 'ENCRYPT_DECRYPT' && metadata?.spec === undefined)) {
    return everyOperation;
  }
  return [...known, ...forEveryKey];
}

function operationDescription(operation: string): string {
  switch (operation) {
    case 'Encrypt':
      return l10n.t('encrypt data of up to 4 KB');
    case 'Decrypt':
      return l10n.t('decrypt');
    case 'ReEncryptFrom':
      return l10n.t('move ciphertext from this key to another');
    case 'ReEncryptTo':
      return l10n.t('move ciphertext from another key to this one');
    case 'GenerateDataKey':
      return l10n.t('make a data key, to encrypt with at once');
    case 'GenerateDataKeyWithoutPlaintext':
      return l10n.t('make a data key, encrypted, for later');
    case 'GenerateDataKeyPair':
      return l10n.t('make a data key pair');
    case 'GenerateDataKeyPairWithoutPlaintext':
      return l10n.t('make a data key pair, its private key encrypted only');
    case 'Sign':
      return l10n.t('sign');
    case 'Verify':
      return l10n.t('check signatures');
    case 'GetPublicKey':
      return l10n.t('download the public key');
    case 'GenerateMac':
      return l10n.t('make message authentication codes');
    case 'VerifyMac':
      return l10n.t('check message authentication codes');
    case 'DeriveSharedSecret':
      return l10n.t('derive a shared secret');
    case 'Encapsulate':
      return l10n.t('make and encapsulate a shared secret');
    case 'Decapsulate':
      return l10n.t('recover an encapsulated shared secret');
    case 'DescribeKey':
      return l10n.t('see the key’s details');
    case 'CreateGrant':
      return l10n.t('pass on what this grant allows, or less, by grants of its own');
    case 'RetireGrant':
      return l10n.t('end this grant');
    default:
      return '';
  }
}

/** Why a grant can't be for these operations; `undefined` when it can. */
export function operationsProblem(
  operations: readonly string[],
  metadata: Pick<KeyMetadata, 'usage' | 'spec'> | undefined,
): string | undefined {
  if (operations.length === 0) {
    return l10n.t('A grant needs at least one operation.');
  }
  const legal = operationsOf(metadata);
  const illegal = operations.filter((operation) => !legal.includes(operation));
  if (illegal.length > 0) {
    return l10n.t('This key cannot do {0}.', illegal.join(', '));
  }
  // In KMS's own words: "Grants must not contain only the CreateGrant operation."
  if (operations.every((operation) => operation === 'CreateGrant')) {
    return l10n.t('CreateGrant alone passes on nothing: choose another operation with it.');
  }
  return undefined;
}

const longestPrincipal = 256;
const longestName = 256;
const longestService = 128;
const shortestSourceArn = 20;
const longestSourceArn = 512;
const mostPairs = 8;
const longestContextValue = 384;

/** A principal as CreateGrant takes it: a service's name is a member of its own. */
export function principalRef(text: string): PrincipalRef {
  const { kind } = readPrincipal({ kind: 'principal', value: text });
  return { kind: kind === 'service' ? 'servicePrincipal' : 'principal', value: text };
}

/**
 * Why KMS would not take this as a grantee or retiring principal; `undefined` when it may. It takes the ARNs of accounts,
 * users, roles, federated users and assumed roles, and since 2026 services (KMS API Reference, "CreateGrant").
 * @param keyArn tells the partition: a principal of another can't use the key
 */
export function principalProblem(text: string, keyArn: string): string | undefined {
  if (text === '') {
    return l10n.t('Enter the ARN of a principal, or the name of a service.');
  }
  if (text.length > longestPrincipal) {
    return l10n.t('A principal has at most {0} characters.', longestPrincipal);
  }
  if (/[*?]/.test(text)) {
    return l10n.t('KMS takes no wildcards here: a grant is for one principal.');
  }
  const account = /^\d{12}$/.exec(text)?.[0];
  const partition = keyArn.split(':')[1] ?? 'aws';
  if (account !== undefined) {
    return l10n.t('For a whole account, enter {0}.', `arn:${partition}:iam::${account}:root`);
  }
  const { kind } = readPrincipal({ kind: 'principal', value: text });
  switch (kind) {
    case 'service':
      if (text.length > longestService) {
        return l10n.t('The name of a service has at most {0} characters.', longestService);
      }
      return /^[a-z0-9-]+(\.[a-z0-9-]+){2,}$/.test(text)
        ? undefined
        : l10n.t('The name of a service looks like dynamodb.amazonaws.com.');
    case 'unresolvedRole':
    case 'unresolvedUser':
      return l10n.t('A unique ID: KMS takes ARNs only, since its principal may be deleted.');
    case 'ec2Instance':
    case 'awsServiceSession':
    case 'awsInternal':
      return l10n.t('A principal of AWS itself: only the service can create grants for it.');
    case 'other':
      return otherProblem(text);
    case 'role':
    case 'serviceLinkedRole':
    case 'user':
    case 'assumedRole':
    case 'federatedUser':
    case 'accountRoot': {
      const [, itsPartition, service, , , ...rest] = text.split(':');
      if (itsPartition !== partition) {
        return l10n.t('This principal is of the partition {0}, and the key of {1}.', itsPartition ?? '', partition);
      }
      return principalForms[kind].test(`${service}:${rest.join(':')}`) ? undefined : formProblem();
    }
  }
}

/** By IAM User Guide, "IAM identifiers" and "IAM and STS character limits". */
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
    return l10n.t('KMS takes no groups: a grant is for one user, role, account or service.');
  }
  if (service === 'iam' && resource.startsWith('instance-profile/')) {
    return l10n.t('An instance profile is no principal: enter the ARN of its role.');
  }
  if (/^A[A-Z]{3}[A-Z0-9]{12,}$/.test(text)) {
    return l10n.t('A unique ID or an access key: KMS takes ARNs only.');
  }
  return formProblem();
}

function formProblem(): string {
  return l10n.t('KMS takes the ARN of a role, user, account or session, or the name of a service.');
}

/** Why KMS would not take this name; `undefined` when it would, or when there is none. */
export function nameProblem(name: string): string | undefined {
  if (name.length > longestName) {
    return l10n.t('A name has at most {0} characters.', longestName);
  }
  return name === '' || /^[a-zA-Z0-9:/_-]+$/.test(name)
    ? undefined
    : l10n.t('A name has letters, digits and the characters : / _ - only.');
}

/** Why KMS would not take this as a source ARN; `undefined` when it may (KMS API Reference, "GrantConstraints"). */
export function sourceArnProblem(text: string): string | undefined {
  if (text.length > longestSourceArn) {
    return l10n.t('An ARN has at most {0} characters here.', longestSourceArn);
  }
  if (/^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*::.+$/.test(text)) {
    return l10n.t('This ARN names no account. KMS takes only the ARN of a resource that names one.');
  }
  return text.length >= shortestSourceArn && /^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$/.test(text)
    ? undefined
    : l10n.t('The ARN of a resource looks like arn:aws:dynamodb:eu-west-1:111122223333:table/orders.');
}

/** The part before the first equals sign, and all that follows it; `undefined` without one. */
export function readContextPair(text: string): readonly [key: string, value: string] | undefined {
  const at = text.indexOf('=');
  return at === -1 ? undefined : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** Why a pair can't be added to these; `undefined` when it can. */
export function contextPairProblem(text: string, others: Readonly<Record<string, string>>): string | undefined {
  const pair = readContextPair(text);
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
  if (pairs.length > mostPairs) {
    return l10n.t('An encryption context constraint has at most {0} pairs.', mostPairs);
  }
  for (const [key, value] of pairs) {
    if (key === '') {
      return l10n.t('A pair needs a key before the equals sign.');
    }
    if (value === '') {
      return l10n.t('A pair needs a value after the equals sign.');
    }
    if (value.length > longestContextValue) {
      return l10n.t('The value of a pair has at most {0} characters.', longestContextValue);
    }
  }
  return undefined;
}

/**
 * Whether an encryption context can constrain such a grant, which it can only on a symmetric key. KMS also takes one with
 * DescribeKey and RetireGrant, which it does not constrain, and with CreateGrant, where it binds the grants made through it.
 */
export function takesContext(operations: readonly string[], metadata: Pick<KeyMetadata, 'spec'> | undefined): boolean {
  if (metadata?.spec !== undefined && metadata.spec !== 'SYMMETRIC_DEFAULT') {
    return false;
  }
  return operations.some((operation) => [...encrypting, ...dataKeys, ...forEveryKey].includes(operation));
}

/**
 * Why KMS would not make this grant, as far as that can be known without asking it; the first reason of them.
 * @param metadata undefined where it is not known: only KMS can then say what fits the key
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
    return l10n.t('A grant is constrained by an encryption context that it includes or that it equals, not by both.');
  }
  const context = encryptionContextEquals ?? encryptionContextSubset;
  if (context !== undefined) {
    if (!takesContext(operations, metadata)) {
      return l10n.t('None of the operations takes an encryption context, so it can’t constrain the grant.');
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

/** KMS would take these for the same request, and answer the second with the grant of the first (if it has a name). */
export function isSameRequest(grant: Grant, input: CreateGrantInput): boolean {
  return (
    grant.name === input.name &&
    grant.keyArn === input.keyArn &&
    grant.granteePrincipal?.value === input.granteePrincipal.value &&
    grant.retiringPrincipal?.value === input.retiringPrincipal?.value &&
    sameSet(grant.operations, input.operations) &&
    grant.constraints.sourceArn === input.constraints.sourceArn &&
    samePairs(grant.constraints.encryptionContextEquals, input.constraints.encryptionContextEquals) &&
    samePairs(grant.constraints.encryptionContextSubset, input.constraints.encryptionContextSubset)
  );
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  const [one, other] = [new Set(left), new Set(right)];
  return one.size === other.size && [...one].every((value) => other.has(value));
}

function samePairs(
  left: Readonly<Record<string, string>> | undefined,
  right: Readonly<Record<string, string>> | undefined,
): boolean {
  const text = (pairs: Readonly<Record<string, string>> | undefined) =>
    JSON.stringify(Object.entries(pairs ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
  return text(left) === text(right);
}

/** A principal that a key's grants name, and in how many of them. */
export interface KnownPrincipal {
  readonly ref: PrincipalRef;
  readonly grants: number;
}

/** The principals of these grants that a new grant can name too, most frequent first. */
export function knownPrincipals(grants: readonly Grant[], keyArn: string): readonly KnownPrincipal[] {
  const counts = new Map<string, number>();
  for (const { granteePrincipal, retiringPrincipal } of grants) {
    const values = new Set([granteePrincipal?.value, retiringPrincipal?.value].filter((value) => value !== undefined));
    for (const value of values) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return [...counts]
    .filter(([value]) => principalProblem(value, keyArn) === undefined)
    .map(([value, count]) => ({ ref: principalRef(value), grants: count }))
    .sort((left, right) => right.grants - left.grants || (left.ref.value < right.ref.value ? -1 : 1));
}

/** Why no grant can be made on a key, by what is known of it; `undefined` when one may be. */
export function keyProblem(metadata: KeyMetadata | undefined): string | undefined {
  if (metadata?.manager === 'AWS') {
    return l10n.t('AWS manages this key: only the service that it is for can create grants on it.');
  }
  switch (metadata?.state) {
    case 'Disabled':
      return l10n.t('The key is disabled. KMS creates grants on an enabled key only.');
    case 'Creating':
    case 'PendingDeletion':
    case 'PendingImport':
    case 'PendingReplicaDeletion':
      return l10n.t('The state of the key is {0}, in which KMS creates no grants.', metadata.state);
    default:
      return undefined;
  }
}

/** What the grant means, in sentences that matter before it is made. Printable. */
export function remarks(input: CreateGrantInput, listed: readonly Grant[]): readonly string[] {
  const account = accountOfArn(input.keyArn);
  const grantee = readPrincipal(input.granteePrincipal);
  const found: string[] = [];
  if (grantee.kind === 'accountRoot') {
    found.push(l10n.t('Every principal of {0} whose account lets it can use the grant.', grantee.shortName));
  }
  if (grantee.account !== undefined && grantee.account !== account) {
    found.push(l10n.t('The grantee is of another account than the key.'));
  }
  if (input.operations.includes('CreateGrant')) {
    found.push(l10n.t('The grantee can pass on what it may do, by grants of its own.'));
  }
  const isConstrained = Object.values(input.constraints).some((constraint) => constraint !== undefined);
  if (input.operations.includes('Decrypt') && !isConstrained) {
    found.push(l10n.t('It lets the grantee decrypt all that the key encrypted: no encryption context constrains it.'));
  }
  const same = listed.find((grant) => isSameRequest(grant, input));
  if (same !== undefined && input.name !== undefined) {
    found.push(
      l10n.t('The key has this very grant already, so KMS will answer with it: {0}.', printable(same.grantId)),
    );
  } else if (same !== undefined) {
    found.push(l10n.t('The key has a grant like it already, without a name; this one will be its duplicate.'));
  }
  return found;
}
