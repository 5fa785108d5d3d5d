import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import {
  CreateRoleCommand,
  CreateUserCommand,
  GetAccountAuthorizationDetailsCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  ListRolesCommand,
  ListUsersCommand,
} from '@aws-sdk/client-iam';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator } from '../aws/emulator.ts';
import { startServer } from '../aws/server.ts';
import { startMoto } from '../host/python.ts';
import { withPython } from './peers.ts';

const trustPolicy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
const roles = Array.from({ length: 5 }, (_, n) => ({ name: `role-${n}`, path: n < 2 ? '/team/' : '/' }));
const clientFor = (endpoint: string) =>
  new IAMClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });

/** What a client sees of IAM, the same on every server but for the form of a user's ID. */
function contract(name: string, account: string, iam: IAMClient, userId: RegExp): void {
  suite(`IAM: ${name}`, () => {
    test('a role by its name', async () => {
      const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'role-0' }));
      assert.match(Role?.RoleId ?? '', /^AROA[A-Z0-9]{12,}$/);
      assert.ok(Role?.CreateDate instanceof Date);
      assert.equal(Role.Arn, `arn:aws:iam::${account}:role/team/role-0`);
      assert.deepEqual(JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument ?? '')), JSON.parse(trustPolicy));
      assert.deepEqual(Role.RoleLastUsed ?? {}, {});
    });

    test('a user by its name', async () => {
      const { User } = await iam.send(new GetUserCommand({ UserName: 'ana' }));
      assert.match(User?.UserId ?? '', userId);
      assert.deepEqual([User?.Path, User?.Arn], ['/', `arn:aws:iam::${account}:user/ana`]);
    });

    test('all roles, page by page, without their last use', async () => {
      const seen: (string | undefined)[] = [];
      let Marker: string | undefined;
      do {
        const page = await iam.send(new ListRolesCommand({ MaxItems: 2, ...(Marker && { Marker }) }));
        assert.ok((page.Roles?.length ?? 0) <= 2);
        assert.equal(page.IsTruncated, page.Marker !== undefined);
        assert.ok(page.Roles?.every(({ RoleLastUsed }) => RoleLastUsed === undefined));
        seen.push(...(page.Roles ?? []).map(({ RoleName }) => RoleName));
        Marker = page.Marker;
      } while (Marker !== undefined);
      assert.deepEqual(
        seen.sort(),
        roles.map(({ name }) => name),
      );
    });

    test('the details of the account: what the filter names, and the other lists empty', async () => {
      const all = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role', 'User'] }));
      assert.equal(all.IsTruncated, false);
      assert.deepEqual(
        all.RoleDetailList?.map(({ RoleName }) => RoleName).sort(),
        roles.map(({ name }) => name),
      );
      const [role] = all.RoleDetailList?.filter(({ RoleName }) => RoleName === 'role-0') ?? [];
      const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'role-0' }));
      assert.deepEqual(
        [role?.RoleId, role?.Arn, role?.CreateDate, role?.RoleLastUsed ?? {}],
        [Role?.RoleId, Role?.Arn, Role?.CreateDate, Role?.RoleLastUsed ?? {}],
      );
      assert.deepEqual(
        all.UserDetailList?.map(({ UserName }) => UserName),
        ['ana'],
      );
      assert.match(all.UserDetailList?.[0]?.UserId ?? '', userId);
      const users = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['User'] }));
      assert.deepEqual([users.RoleDetailList, users.UserDetailList?.length], [[], 1]);
    });

    test('roles below a path, and users', async () => {
      const { Roles } = await iam.send(new ListRolesCommand({ PathPrefix: '/team/' }));
      assert.deepEqual(Roles?.map(({ RoleName }) => RoleName).sort(), ['role-0', 'role-1']);
      const { Users } = await iam.send(new ListUsersCommand({}));
      assert.deepEqual(
        Users?.map(({ UserName }) => UserName),
        ['ana'],
      );
    });

    test('what there is not', async () => {
      const gone = { name: 'NoSuchEntityException' };
      await assert.rejects(iam.send(new GetRoleCommand({ RoleName: 'none' })), gone);
      await assert.rejects(iam.send(new GetUserCommand({ UserName: 'none' })), gone);
    });
  });
}

const data = createAccount({ keys: 0 });
for (const [n, role] of roles.entries()) {
  data.roles.set(role.name, { ...role, id: `AROA${'A'.repeat(16)}${n}`, createdAt: 0, trustPolicy });
}
data.users.set('ana', { name: 'ana', path: '/', id: `AIDA${'A'.repeat(17)}`, createdAt: 0 });
const server = await startServer(createEmulator({ data }));
after(() => server.close());
contract('the emulator', data.id, clientFor(server.url), /^AIDA[A-Z0-9]{12,}$/);

await withPython('IAM: moto', async (tools) => {
  const moto = await startMoto(tools);
  after(() => moto.stop());
  const iam = clientFor(moto.url);
  for (const { name: RoleName, path: Path } of roles) {
    await iam.send(new CreateRoleCommand({ RoleName, Path, AssumeRolePolicyDocument: trustPolicy }));
  }
  await iam.send(new CreateUserCommand({ UserName: 'ana' }));
  // The IDs that moto gives to users do not begin with AIDA.
  contract('moto', '123456789012', iam, /^\w{16,}$/);
});
