import type { Role, User } from '../account.ts';
import { AwsError } from '../errors.ts';
import { Input } from '../input.ts';
import { type Call, checkPermission, type Operation } from '../kms.ts';
import { OrderedMap } from '../orderedMap.ts';
import { type Page, readPage } from '../paging.ts';
import { parseArn } from '../principals.ts';
import { isoTime } from '../time.ts';

const getRole: Operation = (call) => {
  const { input, kms } = call;
  const name = input.requiredString('RoleName', { max: 64, pattern: namePattern });
  input.check();
  checkPermission(call, 'iam:GetRole', `role ${name}`);
  const role = kms.account.roles.get(name);
  if (!role) {
    throw noSuchEntity('role', name);
  }
  return { Role: { ...roleMembers(call, role), RoleLastUsed: lastUsed(role) } };
};

const getUser: Operation = (call) => {
  const { input, kms } = call;
  const name = input.string('UserName', { max: 128, pattern: namePattern }) ?? callersName(call);
  input.check();
  checkPermission(call, 'iam:GetUser', `user ${name}`);
  const user = kms.account.users.get(name);
  if (!user) {
    throw noSuchEntity('user', name);
  }
  return { User: userMembers(call, user) };
};

/** Without `RoleLastUsed`, which GetRole answers. */
const listRoles: Operation = (call) => listPage(call, 'Roles', call.kms.account.roles, roleMembers);

const listUsers: Operation = (call) => listPage(call, 'Users', call.kms.account.users, userMembers);

/** Roles with `RoleLastUsed`, then users. There are no groups and no policies here. */
const getAccountAuthorizationDetails: Operation = (call) => {
  const { input, kms } = call;
  const filter = input.strings('Filter', { max: 64 }) ?? [];
  input.oneOf('Filter', filter, entityTypes);
  const { marker, limit } = readList(input);
  input.check();
  checkPermission(call, 'iam:GetAccountAuthorizationDetails');
  const has = (type: string) => filter.length === 0 || filter.includes(type);
  const { roles, users } = kms.account;
  const all = new OrderedMap<{ readonly role: Role } | { readonly user: User }>();
  for (const role of has('Role') ? roles.values() : []) {
    all.set(`role ${role.name}`, { role });
  }
  for (const user of has('User') ? users.values() : []) {
    all.set(`user ${user.name}`, { user });
  }
  const page = readPage(all, {
    limit,
    scope: JSON.stringify(['GetAccountAuthorizationDetails', filter]),
    scanLimit: kms.scanLimit,
    invalidMarker,
    ...(marker === undefined ? {} : { marker }),
  });
  return {
    UserDetailList: page.items.flatMap((item) => ('user' in item ? [userDetail(call, item.user)] : [])),
    GroupDetailList: [],
    RoleDetailList: page.items.flatMap((item) => ('role' in item ? [roleDetail(call, item.role)] : [])),
    Policies: [],
    ...restOf(page),
  };
};

const entityTypes = ['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'];

/** The operations of IAM that are implemented, by `Action`. */
export const iamOperations: ReadonlyMap<string, Operation> = new Map([
  ['GetRole', getRole],
  ['GetUser', getUser],
  ['ListRoles', listRoles],
  ['ListUsers', listUsers],
  ['GetAccountAuthorizationDetails', getAccountAuthorizationDetails],
]);

/** The members of a form, in which a number is text, and a list a member for each item. @throws AwsError MalformedInput */
export function formInput(form: Readonly<Record<string, unknown>>): Input {
  const { MaxItems: maxItems, ...members } = form;
  const filter = Object.keys(members).filter((name) => name.startsWith('Filter.member.'));
  const texts = filter.length === 0 ? members : { ...members, Filter: filter.map((name) => members[name]) };
  if (maxItems === undefined) {
    return new Input(texts);
  }
  if (!/^-?\d+$/.test(String(maxItems))) {
    throw new AwsError('MalformedInput', 'STRING_VALUE can not be converted to an Integer');
  }
  return new Input({ ...texts, MaxItems: Number(maxItems) });
}

const namePattern = /^[\w+=,.@-]+$/;

function listPage<T extends Role | User>(
  call: Call,
  name: 'Roles' | 'Users',
  list: OrderedMap<T>,
  members: (call: Call, item: T) => object,
) {
  const { input, kms, operation } = call;
  const prefix = input.string('PathPrefix', { max: 512, pattern: /^\/[\x21-\x7f]*$/ }) ?? '/';
  const { marker, limit } = readList(input);
  input.check();
  checkPermission(call, `iam:${operation}`, kms.account.iamArn(`${name === 'Roles' ? 'role' : 'user'}${prefix}`));
  const page = readPage(list, {
    limit,
    scope: JSON.stringify([operation, prefix]),
    scanLimit: kms.scanLimit,
    matches: ({ path }) => path.startsWith(prefix),
    invalidMarker,
    ...(marker === undefined ? {} : { marker }),
  });
  return { [name]: page.items.map((item) => members(call, item)), ...restOf(page) };
}

/** Which part of a list is asked for. */
function readList(input: Input) {
  return {
    marker: input.string('Marker', { max: 320, pattern: /^[ -ÿ]+$/ }),
    limit: input.integer('MaxItems', { min: 1, max: 1000 }) ?? 100,
  };
}

const invalidMarker = () => new AwsError('ValidationError', 'Invalid Marker.');

/** Whether more may follow a page. */
function restOf({ nextMarker }: Page<unknown>) {
  return { IsTruncated: nextMarker !== undefined, ...(nextMarker === undefined ? {} : { Marker: nextMarker }) };
}

function roleDetail(call: Call, role: Role) {
  const { MaxSessionDuration: _, ...members } = roleMembers(call, role);
  return {
    ...members,
    InstanceProfileList: [],
    RolePolicyList: [],
    AttachedManagedPolicies: [],
    RoleLastUsed: lastUsed(role),
  };
}

function userDetail(call: Call, user: User) {
  const { PasswordLastUsed: _, ...members } = { PasswordLastUsed: undefined, ...userMembers(call, user) };
  return { ...members, GroupList: [], AttachedManagedPolicies: [] };
}

function roleMembers({ kms }: Call, { path, name, id, createdAt, trustPolicy }: Role) {
  return {
    Path: path,
    RoleName: name,
    RoleId: id,
    Arn: kms.account.iamArn(`role${path}${name}`),
    CreateDate: isoTime(createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(trustPolicy),
    MaxSessionDuration: 3600,
  };
}

function userMembers({ kms }: Call, { path, name, id, createdAt, passwordLastUsedAt }: User) {
  return {
    Path: path,
    UserName: name,
    UserId: id,
    Arn: kms.account.iamArn(`user${path}${name}`),
    CreateDate: isoTime(createdAt),
    ...(passwordLastUsedAt === undefined ? {} : { PasswordLastUsed: isoTime(passwordLastUsedAt) }),
  };
}

/** Empty when no use was recorded. */
function lastUsed({ lastUsed: use }: Role) {
  return use ? { LastUsedDate: isoTime(use.at), Region: use.region } : {};
}

/** @throws AwsError ValidationError when the caller is not a user */
function callersName({ principalArn }: Call): string {
  const [kind, ...names] = parseArn(principalArn)?.resource.split('/') ?? [];
  const name = names.at(-1);
  if (kind !== 'user' || name === undefined) {
    throw new AwsError('ValidationError', 'Must specify userName when calling with non-User credentials');
  }
  return name;
}

function noSuchEntity(kind: 'role' | 'user', name: string): AwsError {
  return new AwsError('NoSuchEntity', `The ${kind} with name ${name} cannot be found.`, 404);
}
