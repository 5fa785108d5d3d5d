import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  GetAccountAuthorizationDetailsCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  ListRolesCommand,
  ListUsersCommand,
} from '@aws-sdk/client-iam';
import { createAccount } from '../../../src/emulator/sampleData.ts';
import { createCloud } from '../../aws/cloud.ts';
import { createEmulator, type EmulatorOptions } from '../../aws/emulator.ts';
import { inProcessHandler } from '../../aws/inProcess.ts';
import type { Service } from '../../aws/service.ts';

const account = '111122223333';
const created = Date.UTC(2024, 1, 3, 4, 5, 6);
const used = { at: Date.UTC(2026, 9, 20), region: 'us-east-1' };
const trustPolicy = JSON.stringify({ Version: '2012-10-17', Statement: [] });

const clientOf = (service: Service, region = 'eu-west-1', accessKeyId = 'any') =>
  new IAMClient({
    region,
    credentials: { accessKeyId, secretAccessKey: 's' },
    maxAttempts: 1,
    requestHandler: inProcessHandler(service),
  });

/** An account with 25 roles below two paths and two users. */
function setUp(options: Partial<EmulatorOptions> = {}) {
  const data = createAccount({ keys: 0 });
  for (let n = 0; n < 25; n++) {
    const [name, path] = [`role-${String(n).padStart(2, '0')}`, n % 5 === 0 ? '/team/a/' : '/'];
    data.roles.set(name, {
      name,
      path,
      id: `AROA${'A'.repeat(15)}${10 + n}`,
      createdAt: created,
      trustPolicy,
      lastUsed: used,
    });
  }
  data.roles.set('idle', { name: 'idle', path: '/', id: 'AROAIDLEIDLEIDLE', createdAt: created, trustPolicy });
  data.users.set('alex', { name: 'alex', path: '/', id: 'AIDAALEXALEXALEX', createdAt: created });
  data.users.set('ana', {
    name: 'ana',
    path: '/x/',
    id: 'AIDAANAANAANAANA',
    createdAt: created,
    passwordLastUsedAt: created,
  });
  const emulator = createEmulator({ data, ...options });
  return { data, emulator, iam: clientOf(emulator) };
}

async function fails(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => assert.fail('It succeeded.'),
    (reason: unknown) => reason,
  );
  const { name, message, $metadata } = Object(error);
  return { name, message, status: $metadata?.httpStatusCode };
}

suite('roles and users', () => {
  test('a role has its ID, its date, who may assume it, and its last use', async () => {
    const { iam } = setUp();
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'role-05' }));
    assert.deepEqual(Role, {
      Path: '/team/a/',
      RoleName: 'role-05',
      RoleId: 'AROAAAAAAAAAAAAAAAA15',
      Arn: `arn:aws:iam::${account}:role/team/a/role-05`,
      CreateDate: new Date(created),
      AssumeRolePolicyDocument: encodeURIComponent(trustPolicy),
      MaxSessionDuration: 3600,
      RoleLastUsed: { LastUsedDate: new Date(used.at), Region: 'us-east-1' },
    });
    const idle = await iam.send(new GetRoleCommand({ RoleName: 'idle' }));
    assert.deepEqual(idle.Role?.RoleLastUsed, {});
  });

  test('a user, by name or as the caller', async () => {
    const { iam } = setUp();
    const ana = await iam.send(new GetUserCommand({ UserName: 'ana' }));
    assert.deepEqual(ana.User, {
      Path: '/x/',
      UserName: 'ana',
      UserId: 'AIDAANAANAANAANA',
      Arn: `arn:aws:iam::${account}:user/x/ana`,
      CreateDate: new Date(created),
      PasswordLastUsed: new Date(created),
    });
    assert.equal((await iam.send(new GetUserCommand({}))).User?.UserName, 'alex');
    const session = setUp({ principalArn: `arn:aws:sts::${account}:assumed-role/role-05/s` });
    const { name } = await fails(session.iam.send(new GetUserCommand({})));
    assert.equal(name, 'ValidationError');
  });

  test('what there is not', async () => {
    const { iam } = setUp();
    assert.deepEqual(await fails(iam.send(new GetRoleCommand({ RoleName: 'role' }))), {
      name: 'NoSuchEntityException',
      message: 'The role with name role cannot be found.',
      status: 404,
    });
    assert.equal(
      (await fails(iam.send(new GetUserCommand({ UserName: 'role-05' })))).message,
      'The user with name role-05 cannot be found.',
    );
  });

  test('lists go page by page, and never have the last use of a role', async () => {
    const { iam } = setUp();
    const names: (string | undefined)[] = [];
    const sizes: number[] = [];
    let Marker: string | undefined;
    do {
      const page = await iam.send(new ListRolesCommand({ MaxItems: 10, ...(Marker && { Marker }) }));
      assert.equal(page.IsTruncated, page.Marker !== undefined);
      assert.ok(page.Roles?.every(({ RoleLastUsed, RoleId }) => RoleLastUsed === undefined && RoleId));
      sizes.push(page.Roles?.length ?? 0);
      names.push(...(page.Roles ?? []).map(({ RoleName }) => RoleName));
      Marker = page.Marker;
    } while (Marker !== undefined);
    assert.deepEqual(sizes, [10, 10, 6]);
    assert.equal(new Set(names).size, 26);
    const { Users, IsTruncated } = await iam.send(new ListUsersCommand({}));
    assert.deepEqual([Users?.map(({ UserName }) => UserName), IsTruncated], [['alex', 'ana'], false]);
  });

  test('the details of the account have roles with their last use, then users, page by page', async () => {
    const { iam } = setUp();
    const read = async (filter: ('Role' | 'User' | 'Group')[] | undefined, MaxItems: number) => {
      const names: string[] = [];
      const sizes: number[] = [];
      let Marker: string | undefined;
      do {
        const input = { MaxItems, ...(filter && { Filter: filter }), ...(Marker && { Marker }) };
        const page = await iam.send(new GetAccountAuthorizationDetailsCommand(input));
        assert.deepEqual([page.GroupDetailList, page.Policies], [[], []]);
        const [roles = [], users = []] = [page.RoleDetailList, page.UserDetailList];
        assert.ok(
          roles.every(
            ({ RoleName, RoleLastUsed }) => (RoleLastUsed?.LastUsedDate === undefined) === (RoleName === 'idle'),
          ),
        );
        sizes.push(roles.length + users.length);
        names.push(...roles.map(({ RoleId = '' }) => RoleId), ...users.map(({ UserName = '' }) => UserName));
        Marker = page.Marker;
      } while (Marker !== undefined);
      return { names, sizes };
    };
    const all = await read(['Role', 'User'], 9);
    assert.deepEqual(all.sizes, [9, 9, 9, 1]);
    assert.equal(new Set(all.names).size, 28);
    assert.deepEqual(all.names.slice(-3), ['AROAIDLEIDLEIDLE', 'alex', 'ana']);
    assert.deepEqual(await read(undefined, 9), all);
    assert.deepEqual(await read(['User'], 1), { names: ['alex', 'ana'], sizes: [1, 1] });
    assert.deepEqual(await read(['Group'], 9), { names: [], sizes: [0] });
    const { Marker = '' } = await iam.send(new GetAccountAuthorizationDetailsCommand({ MaxItems: 1 }));
    assert.equal((await fails(iam.send(new ListRolesCommand({ Marker })))).name, 'ValidationError');
  });

  test('lists can be narrowed by a path, and a marker is for its own list', async () => {
    const { iam } = setUp();
    const { Roles, Marker = '' } = await iam.send(new ListRolesCommand({ PathPrefix: '/team/', MaxItems: 2 }));
    assert.deepEqual(
      Roles?.map(({ RoleName }) => RoleName),
      ['role-00', 'role-05'],
    );
    for (const call of [
      iam.send(new ListRolesCommand({ Marker, MaxItems: 2 })),
      iam.send(new ListUsersCommand({ Marker })),
      iam.send(new ListRolesCommand({ Marker: 'none' })),
    ]) {
      assert.deepEqual(await fails(call), { name: 'ValidationError', message: 'Invalid Marker.', status: 400 });
    }
    const { Users } = await iam.send(new ListUsersCommand({ PathPrefix: '/none/' }));
    assert.deepEqual(Users, []);
  });

  test('what is not valid is refused in the words of the query protocol', async () => {
    const { iam, emulator } = setUp();
    for (const call of [
      iam.send(new GetRoleCommand({ RoleName: 'a/b' })),
      iam.send(new GetRoleCommand({ RoleName: 'x'.repeat(65) })),
      iam.send(new ListRolesCommand({ MaxItems: 0 })),
      iam.send(new ListUsersCommand({ MaxItems: 1001 })),
      iam.send(new ListRolesCommand({ PathPrefix: 'team' })),
    ]) {
      const { name, status, message } = await fails(call);
      assert.deepEqual([name, status], ['ValidationError', 400]);
      assert.match(message, /^1 validation error detected: /);
    }
    const send = (body: string) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const reply = emulator.handle({ method: 'POST', path: '/', headers, body: `${body}&Version=2010-05-08` });
      return reply.kind === 'response' ? `${reply.status} ${/<Code>(\w+)/.exec(reply.body)?.[1]}` : reply.kind;
    };
    assert.equal(send('Action=ListRoles&MaxItems=many'), '400 MalformedInput');
    assert.equal(send('Action=GetRole'), '400 ValidationError');
    assert.equal(send('Action=GetAccountAuthorizationDetails&Filter.member.1=Roles'), '400 ValidationError');
    assert.equal(send('Action=DeleteRole'), '400 InvalidAction');
  });

  test('a denial names the role, and a throttle is one', async () => {
    const { iam, emulator } = setUp();
    emulator.setDenials([{ operation: 'iam:*' }]);
    const { name, message, status } = await fails(iam.send(new GetRoleCommand({ RoleName: 'role-05' })));
    assert.deepEqual([name, status], ['AccessDenied', 403]);
    assert.equal(
      message,
      `User: arn:aws:iam::${account}:user/alex is not authorized to perform: iam:GetRole on resource: role role-05 because no identity-based policy allows the iam:GetRole action`,
    );
    const list = await fails(iam.send(new ListRolesCommand({})));
    assert.match(list.message, new RegExp(`iam:ListRoles on resource: arn:aws:iam::${account}:role/ because`));
    emulator.setFaults([{ fault: { kind: 'error', code: 'ThrottlingException', message: 'Rate exceeded' } }]);
    assert.deepEqual(await fails(iam.send(new ListUsersCommand({}))), {
      name: 'Throttling',
      message: 'Rate exceeded',
      status: 400,
    });
  });
});

test('IAM is the same from all Regions of an account, and its signatures are for us-east-1 or the Region asked', async () => {
  const cloud = createCloud({
    accounts: [
      { id: account, regions: { 'eu-west-1': { keys: 20 } } },
      { id: '444455556666', regions: { 'eu-west-1': { keys: 1 } } },
    ],
    accessKeys: {
      AKIAANA: { secretAccessKey: 's', principalArn: `arn:aws:iam::${account}:user/ana` },
      AKIABEN: { secretAccessKey: 's', principalArn: 'arn:aws:iam::444455556666:user/ben' },
    },
  });
  const rolesOf = async (accessKeyId: string, region: string) =>
    (await clientOf(cloud, region, accessKeyId).send(new ListRolesCommand({ MaxItems: 1000 }))).Roles ?? [];
  const [anas, global, bens] = await Promise.all([
    rolesOf('AKIAANA', 'eu-west-1'),
    rolesOf('AKIAANA', 'us-east-1'),
    rolesOf('AKIABEN', 'us-east-1'),
  ]);
  assert.ok(anas.length > bens.length && bens.length > 0);
  assert.deepEqual(global, anas);
  assert.ok(bens.every(({ Arn }) => Arn?.includes('444455556666')));
});
