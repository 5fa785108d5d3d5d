import { isServicePrincipal, serviceName } from './awsServices.ts';
import { externalAccountOf, type Principal, parsePrincipal } from './principal.ts';

/**
 * What a key policy says for one principal. It reads no other policy, and decides no condition: conditions are quoted.
 * Sources: KMS Developer Guide, "Key policies in AWS KMS" and "Retiring and revoking grants"; IAM User Guide, "IAM JSON
 * policy element reference" and "Grammar of the IAM JSON policy language".
 */

/** What is asked of a policy. */
export interface PolicyQuestion {
  /** The key that the policy is of. */
  readonly keyArn: string;
  readonly principal: Principal;
  /** Grant operations, such as `ReEncryptFrom`. */
  readonly operations: readonly string[];
  /** An account of which IAM says that nobody has the principal's unique ID: what names others there names not it. */
  readonly absentFrom?: string | undefined;
}

/** What the policy says of these operations, which is the same for each of them. */
export interface PolicyReading {
  readonly outcome: PolicyOutcome;
  /** In the order of the question, each once; never empty. */
  readonly operations: readonly string[];
  /**
   * For `denied`, the statements that deny it. Otherwise those that can't be read, then all that allow it, the strongest
   * first; the outcome is what the first one names. Empty for `nothing`, and where the policy as a whole can't be read.
   */
  readonly statements: readonly PolicyStatement[];
  /** Statements that deny it under conditions, which may or may not hold, whatever the outcome. */
  readonly conditionalDenials: readonly PolicyStatement[];
  /**
   * IAM policies of the principal's account must allow it too: the key policy leaves it to them, or allows it to a
   * principal of another account than the key's. Of a unique ID the account is not known, and this is false.
   */
  readonly needsIamPolicy: boolean;
}

export type PolicyOutcome =
  /** Denied, whatever else allows it, grants included. */
  | 'denied'
  /** A statement allows it to this principal: by its name, or for a session by the name of its role. */
  | 'principal'
  /** A statement allows it to everyone (`*`). Conditions such as `kms:CallerAccount` may say who that is. */
  | 'everyone'
  /** A statement lets IAM policies of the principal's account allow it. */
  | 'account'
  /**
   * No statement allows it, and none surely denies it: only grants can allow it, if it can be granted at all. In a policy
   * that can be read, this is always so for RetireGrant, whose permission is not effective in key policies.
   */
  | 'nothing'
  /** A statement, or the policy as a whole, can't be read for this principal. */
  | 'unknown';

/** A statement to be quoted. All of its texts are data: of any length, and not printable as they are. */
export interface PolicyStatement {
  /** From 1, in the order of the policy: a statement need not have a Sid. */
  readonly position: number;
  readonly sid: string | undefined;
  /** By what it applies to the principal. `unknown` where that can't be read, or where it is for a part of the principal. */
  readonly names: 'principal' | 'everyone' | 'account' | 'unknown';
  /** All of them must hold; of the values of one, any. Empty for a statement without conditions. */
  readonly conditions: readonly PolicyCondition[];
}

/** Whether what a reading says holds under conditions alone: the strongest statement comes first, and has them. */
export function isConditional({ statements }: Pick<PolicyReading, 'statements'>): boolean {
  return (statements[0]?.conditions.length ?? 0) > 0;
}

export interface PolicyCondition {
  /** Such as `StringEquals`. */
  readonly operator: string;
  /** Such as `kms:ViaService`. */
  readonly key: string;
  readonly values: readonly string[];
}

/** PutKeyPolicy takes no longer one (KMS API Reference). */
const longestPolicy = 131_072;
/** About as many as fit into that when each says something. */
const mostStatements = 2000;
/** There are 19 grant operations, with names of up to 35 characters. */
const mostOperations = 32;
const operationPattern = /^[A-Za-z]{1,64}$/;

/**
 * Reads a key policy for one principal. What it can't read is `unknown`, and never `nothing`. Throws nothing, whatever the
 * text is.
 * @param policy as GetKeyPolicy answers it
 * @returns a reading for each group of operations of which the policy says the same, in the order of the question
 */
export function readKeyPolicy(policy: string, question: PolicyQuestion): readonly PolicyReading[] {
  const operations = new Set(question.operations);
  const statements =
    operations.size > mostOperations
      ? undefined
      : statementsOf(policy)
          ?.map((value, index) => readStatement(value, index + 1, question))
          .filter((statement) => statement !== undefined);
  const groups = new Map<string, { readonly judgement: Judgement; readonly operations: string[] }>();
  for (const operation of operations) {
    const judgement = judge(operation, statements);
    const group = JSON.stringify([
      judgement.outcome,
      judgement.statements.map(positionOf),
      judgement.conditionalDenials.map(positionOf),
    ]);
    const known = groups.get(group) ?? { judgement, operations: [] };
    known.operations.push(operation);
    groups.set(group, known);
  }
  return [...groups.values()].map(({ judgement, operations: same }) => ({
    outcome: judgement.outcome,
    operations: same,
    statements: judgement.statements.map(quoted),
    conditionalDenials: judgement.conditionalDenials.map(quoted),
    needsIamPolicy: needsIamPolicy(judgement.outcome, question),
  }));
}

interface Statement extends PolicyStatement {
  /** `undefined`: the statement says nothing that we can read. */
  readonly effect: 'Allow' | 'Deny' | undefined;
  readonly covers: (operation: string) => boolean;
}

interface Judgement {
  readonly outcome: PolicyOutcome;
  readonly statements: readonly Statement[];
  readonly conditionalDenials: readonly Statement[];
}

function judge(operation: string, all: readonly Statement[] | undefined): Judgement {
  if (all === undefined || !operationPattern.test(operation)) {
    return { outcome: 'unknown', statements: [], conditionalDenials: [] };
  }
  const about = all.filter(({ covers }) => covers(operation));
  const denials = about.filter(({ effect, names }) => effect === 'Deny' && names !== 'unknown');
  const conditionalDenials = denials.filter(({ conditions }) => conditions.length > 0);
  const certain = denials.filter(({ conditions }) => conditions.length === 0);
  if (certain.length > 0) {
    return { outcome: 'denied', statements: certain, conditionalDenials };
  }
  const statements = about
    .filter(({ effect, names }) => effect !== 'Deny' || names === 'unknown')
    .sort((left, right) => rank(left) - rank(right));
  return { outcome: statements[0]?.names ?? 'nothing', statements, conditionalDenials };
}

/** What names the account gives nothing by itself, so it comes after all others, even those under conditions. */
function rank({ names, conditions }: PolicyStatement): number {
  const underConditions = conditions.length > 0 ? 2 : 0;
  switch (names) {
    case 'unknown':
      return -1;
    case 'principal':
      return underConditions;
    case 'everyone':
      return underConditions + 1;
    case 'account':
      return underConditions + 4;
  }
}

function positionOf({ position }: PolicyStatement): number {
  return position;
}

function quoted({ position, sid, names, conditions }: Statement): PolicyStatement {
  return { position, sid, names, conditions };
}

function needsIamPolicy(outcome: PolicyOutcome, { keyArn, principal }: PolicyQuestion): boolean {
  const allows = outcome === 'principal' || outcome === 'everyone';
  return outcome === 'account' || (allows && externalAccountOf(principal, keyArn) !== undefined);
}

// The policy

type JsonObject = Readonly<Record<string, unknown>>;

const policyElements = new Set(['Version', 'Id', 'Statement']);
/** Without the element, the first holds. */
const versions: readonly unknown[] = [undefined, '2008-10-17', '2012-10-17'];

/** `undefined` where the whole is nothing that we know how to read. */
function statementsOf(text: string): readonly unknown[] | undefined {
  const policy = text.length > longestPolicy ? undefined : parsed(text);
  if (!isObject(policy) || !hasOnly(policy, policyElements) || !versions.includes(policy['Version'])) {
    return undefined;
  }
  const statement = policy['Statement'];
  if (Array.isArray(statement)) {
    return statement.length > mostStatements ? undefined : statement;
  }
  return isObject(statement) ? [statement] : undefined;
}

/** `undefined` also where an element is there twice: JSON.parse keeps the last one, and AWS may have kept another. */
function parsed(text: string): unknown {
  // The root counts as a member too.
  let members = -1;
  try {
    const value: unknown = JSON.parse(text, function (this: unknown, _name, member: unknown) {
      members += Array.isArray(this) ? 0 : 1;
      return member;
    });
    const names = [...text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined);
    return names.length === members ? value : undefined;
  } catch {
    // No JSON, or too deep for it.
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasOnly(value: JsonObject, names: ReadonlySet<string>): boolean {
  return Object.keys(value).every((name) => names.has(name));
}

/** One string, or a list of them; `undefined` for all else. */
function stringsOf(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const strings = list.filter((one) => typeof one === 'string');
  return list.length > 0 && strings.length === list.length ? strings : undefined;
}

// Statements

const statementElements = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

/** `undefined` where the statement surely doesn't concern the principal. */
function readStatement(value: unknown, position: number, question: PolicyQuestion): Statement | undefined {
  // Of what is no statement, all elements are missing.
  const statement = isObject(value) ? value : {};
  const { Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition }: JsonObject =
    statement;
  const { conditions, isReadable } = readConditions(Condition);
  const quote = { position, sid: typeof Sid === 'string' ? Sid : undefined, conditions };
  const isEither = (one: unknown, other: unknown) => (one === undefined) !== (other === undefined);
  // Actions are compared without regard to case.
  const actions = stringsOf(Action ?? NotAction)?.map((action) => action.toLowerCase());
  if (
    !hasOnly(statement, statementElements) ||
    (Sid !== undefined && typeof Sid !== 'string') ||
    (Effect !== 'Allow' && Effect !== 'Deny') ||
    !isEither(Principal, NotPrincipal)
  ) {
    return { ...quote, effect: undefined, names: 'unknown', covers: () => true };
  }
  // Without an action or a resource a statement has no effect.
  if ((Action === undefined && NotAction === undefined) || (Resource === undefined && NotResource === undefined)) {
    return undefined;
  }
  // NotPrincipal leaves Principal missing, which is unknown as well.
  const relation = relationToAll(Principal, question);
  if (relation === 'none') {
    return undefined;
  }
  const isClear =
    isReadable &&
    NotResource === undefined &&
    stringsOf(Resource)?.some((resource) => matches(resource, question.keyArn)) === true &&
    // AWS doesn't say that such a statement denies everyone in the account.
    !(Effect === 'Deny' && relation === 'account' && conditions.length === 0);
  const names = isClear ? relation : 'unknown';
  if (actions === undefined || !actions.every(isActionPattern) || !isEither(Action, NotAction)) {
    return { ...quote, effect: Effect, names: 'unknown', covers: () => true };
  }
  const covers = (operation: string) => {
    const action = `kms:${operation}`.toLowerCase();
    const isListed = actions.some((pattern) => matches(pattern, action));
    return operation !== 'RetireGrant' && isListed === (NotAction === undefined);
  };
  return { ...quote, effect: Effect, names, covers };
}

function isActionPattern(text: string): boolean {
  return /^(?:\*|[\w*?-]{1,64}:[\w*?-]{1,64})$/.test(text);
}

/** `*` is any text, `?` any character. Only the last `*` is tried again, so it takes at most both lengths' product. */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let begun = 0;
  while (from < text.length) {
    if (pattern[at] === '*') {
      star = at;
      begun = from;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[from])) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      begun += 1;
      at = star + 1;
      from = begun;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}

// Conditions

const comparison = '(?:(?:Not)?Equals|(?:Less|Greater)Than(?:Equals)?)';
const operatorPattern = new RegExp(
  `^(?:Null|(?:(?:ForAllValues|ForAnyValue):)?(?:${[
    'String(?:Not)?(?:Equals(?:IgnoreCase)?|Like)',
    `(?:Numeric|Date)${comparison}`,
    'Bool',
    'BinaryEquals',
    '(?:Not)?IpAddress',
    'Arn(?:Not)?(?:Equals|Like)',
  ].join('|')})(?:IfExists)?)$`,
);

/** All that can be quoted, and whether that is all. */
function readConditions(value: unknown): { conditions: readonly PolicyCondition[]; isReadable: boolean } {
  if (value === undefined) {
    return { conditions: [], isReadable: true };
  }
  if (!isObject(value)) {
    return { conditions: [], isReadable: false };
  }
  const conditions: PolicyCondition[] = [];
  let isReadable = true;
  for (const [operator, keys] of Object.entries(value)) {
    const pairs = isObject(keys) ? Object.entries(keys) : [];
    isReadable &&= operatorPattern.test(operator) && pairs.length > 0;
    for (const [key, written] of pairs) {
      const list: readonly unknown[] = Array.isArray(written) ? written : [written];
      const values = list.filter((one) => ['string', 'number', 'boolean'].includes(typeof one)).map(String);
      isReadable &&= values.length > 0 && values.length === list.length;
      conditions.push({ operator, key, values });
    }
  }
  return { conditions, isReadable };
}

// Principals

type Relation = PolicyStatement['names'] | 'none';

/** An ARN has far less: a path has up to 512 characters, and a name 64 (IAM User Guide, "IAM and AWS STS quotas"). */
const longestEntry = 1024;

/** The first of these counts for a list of principals: an entry that can't be read may say more than the account's. */
const relations: readonly Relation[] = ['principal', 'everyone', 'unknown', 'account'];

function relationToAll(element: unknown, question: PolicyQuestion): Relation {
  const found = new Set(relationsTo(element, question));
  return relations.find((relation) => found.has(relation)) ?? 'none';
}

function relationsTo(element: unknown, question: PolicyQuestion): readonly Relation[] {
  if (element === '*') {
    return ['everyone'];
  }
  const types = isObject(element) ? Object.entries(element) : [];
  if (types.length === 0) {
    return ['unknown'];
  }
  return types.flatMap(([type, value]): readonly Relation[] => {
    const entries = stringsOf(value);
    if (entries === undefined || entries.some(({ length }) => length > longestEntry)) {
      return ['unknown'];
    }
    switch (type) {
      case 'AWS':
        return entries.map((entry) => relationTo(entry, question));
      case 'Service':
        return entries.map((entry) => relationToService(entry, question.principal));
      default:
        // Federated, CanonicalUser: the policy doesn't say which principals they stand for.
        return ['unknown'];
    }
  });
}

/** How an entry of `AWS`, or the grantee of a grant, relates to the principal. */
export function relationTo(
  entry: string,
  { principal, absentFrom }: Pick<PolicyQuestion, 'principal' | 'absentFrom'>,
): Relation {
  if (entry === '*') {
    return 'everyone';
  }
  const named = parsePrincipal({ kind: 'principal', value: entry });
  const account = named.kind === 'accountRoot' ? named.account : /^\d{12}$/.exec(entry)?.[0];
  const isKnown = account !== undefined || !(named.kind === 'service' || isUnreadable(named));
  if (!isKnown || isUnreadable(principal)) {
    return 'unknown';
  }
  if (absentFrom !== undefined && (account ?? named.account) === absentFrom) {
    return 'none';
  }
  if (account !== undefined) {
    return relationToAccount(account, principal);
  }
  if (entry === principal.value) {
    return 'principal';
  }
  const role = roleOf(principal.value);
  const namedRole = roleOf(entry);
  if (role !== undefined && namedRole !== undefined) {
    return relationToRole(namedRole, role);
  }
  switch (principal.kind) {
    case 'accountRoot':
      // A principal of the account is a part of it.
      return named.account === principal.account ? 'unknown' : 'none';
    case 'unresolvedUser':
      // An ID that is too new to be resolved may be that user's.
      return named.kind === 'user' ? 'unknown' : 'none';
    case 'federatedUser':
      // It has the permissions of the user who asked for it.
      return named.kind === 'user' && named.account === principal.account ? 'unknown' : 'none';
    default:
      return 'none';
  }
}

function relationToAccount(account: string, { kind, account: own }: Principal): Relation {
  if (own === undefined) {
    // A unique ID names no account.
    return kind === 'service' ? 'none' : 'unknown';
  }
  return own === account ? 'account' : 'none';
}

/** A principal that KMS doesn't name, or of a form that we don't know; wildcards and variables are of such a form. */
function isUnreadable({ kind, value }: Principal): boolean {
  const isRole = ['role', 'serviceLinkedRole', 'assumedRole', 'ec2Instance', 'awsServiceSession'].includes(kind);
  return kind === 'awsInternal' || kind === 'other' || /[*?$]/.test(value) || (isRole && roleOf(value) === undefined);
}

export interface Role {
  /** In an ARN, the account that its name is unique in. */
  readonly account: string | undefined;
  /** Its name, or its ID. */
  readonly name: string;
  readonly session: string | undefined;
}

/** A session's ARN has the role's name without its path. */
const rolePatterns = [
  /^arn:[\w-]+:iam::(?<account>\d{12}):role\/(?:.*\/)?(?<name>[^/]+)$/,
  /^arn:[\w-]+:sts::(?<account>\d{12}):assumed-role\/(?<name>[^/]+)\/(?<session>.+)$/,
  /^(?<account>\d{12}):(?<name>aws:[\w-]+):(?<session>.+)$/,
  /^(?<name>AROA[A-Z0-9]+)(?::(?<session>.+))?$/,
];

/** The role in a principal of a role: its ARN or ID, with or without a session. */
export function roleOf(value: string): Role | undefined {
  const { account, name, session } =
    rolePatterns.map((pattern) => pattern.exec(value)?.groups).find((groups) => groups !== undefined) ?? {};
  return name === undefined ? undefined : { account, name, session };
}

/** A role's ARN matches its sessions; a session is a part of its role. */
function relationToRole(named: Role, { account, name, session }: Role): Relation {
  if (named.account === account && named.name === name) {
    if (named.session === undefined) {
      // Two roles by the same name, with different paths, can't both exist.
      return session === undefined ? 'unknown' : 'principal';
    }
    if (session === undefined) {
      return 'unknown';
    }
    return session === named.session ? 'principal' : 'none';
  }
  // An ID that is too new to be resolved may be that role's. An ID in the policy is of a deleted principal.
  return account === undefined && named.account !== undefined ? 'unknown' : 'none';
}

/** How an entry of `Service` relates to the principal. */
function relationToService(entry: string, { kind, value, managedBy = '' }: Principal): Relation {
  if (!isServicePrincipal(entry)) {
    return 'unknown';
  }
  switch (kind) {
    case 'service':
      if (entry === value) {
        return 'principal';
      }
      // It may be the same service, of one Region or of all.
      return entry.split('.')[0]?.toLowerCase() === value.split('.')[0]?.toLowerCase() ? 'unknown' : 'none';
    case 'ec2Instance':
    case 'awsServiceSession':
      // A session of AWS's own may be the service's, also where we don't know which service that is.
      return managedBy.startsWith('aws:') || serviceName(entry) === managedBy ? 'unknown' : 'none';
    case 'awsInternal':
    case 'other':
      return 'unknown';
    default:
      return 'none';
  }
}
