import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { readKmsEvent } from '../../src/core/evidence/kmsEvent.ts';
import { isKmsError } from '../../src/core/kms/errors.ts';
import type { Grant, PrincipalRef } from '../../src/core/kms/model.ts';
import { collectPages, grantPages } from '../../src/core/kms/pages.ts';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator } from '../aws/emulator.ts';
import { startServer } from '../aws/server.ts';
import { unverified } from '../unit/actors.ts';
import { createWorld, never, profileAt } from '../unit/aws/support.ts';
import { noConstraints } from '../unit/core/fakes.ts';
import { withPython } from './peers.ts';

const principalArn = 'arn:aws:iam::111122223333:user/ops';
const secrets = { AKIADEFAULT: { secretAccessKey: 'secret', principalArn } };

/** What the AWS CLI printed, and how it ended. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A grant as the CLI prints it. */
interface PrintedGrant {
  readonly KeyId?: string;
  readonly GrantId?: string;
  readonly Name?: string;
  readonly CreationDate?: string;
  readonly GranteePrincipal?: string;
  readonly GranteeServicePrincipal?: string;
  readonly RetiringPrincipal?: string;
  readonly RetiringServicePrincipal?: string;
  readonly IssuingAccount?: string;
  readonly Operations?: readonly string[];
  readonly Constraints?: {
    readonly EncryptionContextSubset?: Record<string, string>;
    readonly EncryptionContextEquals?: Record<string, string>;
    readonly SourceArn?: string;
  };
}

await withPython('the AWS CLI', ({ aws: program }) => {
  /** The CLI and our client on one server, by one config file, with credentials whose signatures the server checks. */
  async function setUp(t: TestContext) {
    const data = createAccount();
    const emulator = createEmulator({ data, secrets, grantsPerKey: 30, eventDelayMs: 0 });
    const server = await startServer(emulator);
    t.after(() => server.close());
    const region = 'region = eu-west-1\noutput = json\ncli_timestamp_format = iso8601\n';
    const { home, open } = await createWorld(t, { config: `${profileAt(server.url)}${region}` });
    const { api, evidence } = await open();
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      AWS_CONFIG_FILE: join(home, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '1',
      PYTHONUTF8: '1',
    };
    const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      new Promise<Ended>((resolve) => {
        execFile(program, args, { env: { ...env, ...more } }, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr: stderr.trim() });
        });
      });
    /** What it prints, parsed; nothing for the operations that answer with nothing. */
    const cli = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 0, stderr);
      return stdout === '' ? undefined : JSON.parse(stdout);
    };
    const keyOf = (alias: string) => {
      const key = data.keys.get(data.aliases.get(alias)?.targetKeyId ?? '');
      assert.ok(key);
      return { id: key.id, arn: key.arn };
    };
    return { emulator, data, api, evidence, run, cli, keyOf, orders: keyOf('alias/orders-db') };
  }

  suite('the AWS CLI sees the same as our client', () => {
    test('keys and aliases, page by page', async (t) => {
      const { api, cli, emulator, orders } = await setUp(t);
      const { Keys } = await cli('kms', 'list-keys', '--page-size', '7');
      const pages = emulator.requests.filter(
        ({ operation, input }) => operation === 'ListKeys' && input['Limit'] === 7,
      );
      assert.equal(pages.length, Math.ceil(Keys.length / 7));
      const keys = await collectPages((marker) => api.listKeys(marker, never));
      assert.deepEqual(
        Keys,
        keys.map(({ keyId, arn }) => ({ KeyId: keyId, KeyArn: arn })),
      );
      const { Aliases } = await cli('kms', 'list-aliases', '--page-size', '10');
      const aliases = await collectPages((marker) => api.listAliases(marker, never));
      assert.deepEqual(
        Aliases.map((alias: Record<string, unknown>) => [alias['AliasName'], alias['TargetKeyId']]),
        aliases.map(({ aliasName, targetKeyId }) => [aliasName, targetKeyId]),
      );
      assert.ok(aliases.some(({ targetKeyId }) => targetKeyId === undefined));
      const ofKey = await cli('kms', 'list-aliases', '--key-id', orders.arn);
      assert.deepEqual(
        ofKey.Aliases.map((alias: Record<string, unknown>) => alias['AliasName']),
        await api.listAliasesOf(orders.arn, never),
      );
    });

    test('the grants of a key, whole, page by page, and in portions that go on', async (t) => {
      const { api, cli, emulator, orders } = await setUp(t);
      const seen = await collectPages(grantPages(api, { keyArn: orders.arn }, never));
      assert.ok(seen.length >= 5);
      const named = ['kms', 'list-grants', '--key-id', orders.id];
      assert.deepEqual(printedGrants(await cli(...named)), seen);
      const before = emulator.requests.length;
      assert.deepEqual(printedGrants(await cli(...named, '--page-size', '2')), seen);
      assert.equal(emulator.requests.length - before, Math.ceil(seen.length / 2));
      // Three at a time of pages of two: every other portion starts within a page.
      const portions: Grant[][] = [];
      let token: string | undefined;
      do {
        const from: readonly string[] = token === undefined ? [] : ['--starting-token', token];
        const portion = await cli(...named, '--page-size', '2', '--max-items', '3', ...from);
        portions.push(printedGrants(portion));
        token = portion.NextToken;
      } while (token !== undefined);
      assert.deepEqual(portions.flat(), seen);
      assert.ok(portions.slice(0, -1).every(({ length }) => length === 3));
    });

    test('grants by ID and by grantee', async (t) => {
      const { api, cli, orders } = await setUp(t);
      const seen = await collectPages(grantPages(api, { keyArn: orders.arn }, never));
      const [grant] = seen.filter(({ granteePrincipal }) => granteePrincipal?.kind === 'principal');
      assert.ok(grant?.granteePrincipal);
      const { grantId, granteePrincipal } = grant;
      const named = ['kms', 'list-grants', '--key-id', orders.arn];
      assert.deepEqual(printedGrants(await cli(...named, '--grant-id', grantId)), [grant]);
      assert.deepEqual(
        printedGrants(await cli(...named, '--grantee-principal', granteePrincipal.value)),
        seen.filter((other) => other.granteePrincipal?.value === granteePrincipal.value),
      );
    });

    test('a key of each kind, its policy, tags, rotation and last use, and the caller', async (t) => {
      const { api, cli, keyOf, orders } = await setUp(t);
      for (const alias of ['alias/orders-db', 'alias/legacy/crm', 'alias/global/sessions']) {
        const { arn } = keyOf(alias);
        const { KeyMetadata: printed } = await cli('kms', 'describe-key', '--key-id', alias);
        const {
          KeyId,
          Arn,
          AWSAccountId,
          Description,
          KeyState,
          KeyManager,
          Origin,
          KeyUsage,
          KeySpec,
          MultiRegion,
          CreationDate,
          DeletionDate,
          ...otherFields
        } = printed;
        assert.deepEqual(await api.describeKey(arn, never), {
          keyId: KeyId,
          arn: Arn,
          account: AWSAccountId,
          description: Description,
          state: KeyState,
          manager: KeyManager,
          origin: Origin,
          usage: KeyUsage,
          spec: KeySpec,
          multiRegion: MultiRegion,
          creationDate: dateOf(CreationDate),
          deletionDate: dateOf(DeletionDate),
          otherFields,
        });
      }
      const named = ['--key-id', orders.id];
      assert.equal(
        (await cli('kms', 'get-key-policy', ...named)).Policy,
        await api.getKeyPolicy(orders.arn, 'default', never),
      );
      assert.deepEqual((await cli('kms', 'list-key-policies', ...named)).PolicyNames, ['default']);
      const { Tags } = await cli('kms', 'list-resource-tags', ...named, '--page-size', '1');
      assert.deepEqual(
        Tags,
        (await api.listResourceTags(orders.arn, never)).map(({ key, value }) => ({ TagKey: key, TagValue: value })),
      );
      assert.ok(Tags.length > 1);
      const rotation = await cli('kms', 'get-key-rotation-status', ...named);
      assert.deepEqual(await api.getKeyRotationStatus(orders.arn, never), {
        enabled: rotation.KeyRotationEnabled,
        periodInDays: rotation.RotationPeriodInDays,
        nextRotationDate: dateOf(rotation.NextRotationDate),
        onDemandRotationStartDate: undefined,
      });
      const usage = await cli('kms', 'get-key-last-usage', ...named);
      assert.deepEqual(await api.getKeyLastUsage(orders.arn, never), {
        last: {
          operation: usage.KeyLastUsage.Operation,
          timestamp: dateOf(usage.KeyLastUsage.Timestamp),
          cloudTrailEventId: usage.KeyLastUsage.CloudTrailEventId,
        },
        trackingStartDate: dateOf(usage.TrackingStartDate),
        keyCreationDate: dateOf(usage.KeyCreationDate),
      });
      const { Account: account, Arn: arn } = await cli('sts', 'get-caller-identity');
      assert.deepEqual(await api.callerIdentity(never), { account, arn });
      assert.equal(arn, principalArn);
    });
  });

  suite('the AWS CLI sees the same evidence as our client', () => {
    test('the events of a key, page by page', async (t) => {
      const { api, cli, evidence, orders, emulator } = await setUp(t);
      for (let n = 0; n < 3; n++) {
        await cli(
          ...['kms', 'create-grant', '--key-id', orders.id, '--operations', 'Decrypt', '--name', `made-${n}`],
          ...['--grantee-principal', 'arn:aws:iam::111122223333:role/app'],
        );
      }
      const grants = await collectPages(grantPages(api, { keyArn: orders.arn }, never));
      const made = grants.filter(({ name }) => name?.startsWith('made-')).map(({ grantId }) => grantId);
      assert.equal(made.length, 3);
      const { lookupEvents } = await evidence();
      const query = { attribute: { key: 'ResourceName', value: orders.arn } } as const;
      const seen = await collectPages((marker) => lookupEvents(query, marker, never));
      const grantIds = seen.map(({ json }) => readKmsEvent(json)?.grantId);
      assert.ok(made.every((grantId) => grantIds.includes(grantId)));
      const named = ['cloudtrail', 'lookup-events', '--lookup-attributes'];
      const attribute = `AttributeKey=ResourceName,AttributeValue=${orders.arn}`;
      const { Events } = await cli(...named, attribute, '--page-size', '2');
      assert.deepEqual(
        Events.map(({ EventId, EventName, EventTime, CloudTrailEvent }: Readonly<Record<string, string>>) => ({
          eventId: EventId,
          name: EventName,
          time: dateOf(EventTime),
          json: CloudTrailEvent,
        })),
        seen,
      );
      const pages = emulator.requests.filter(({ input }) => input['MaxResults'] === 2);
      assert.equal(pages.length, Math.ceil(seen.length / 2));
    });

    test('roles and users, one by one and page by page', async (t) => {
      const { cli, evidence, data } = await setUp(t);
      const { getRole, getUser, listRoles, listUsers, getAccountAuthorizationDetails } = await evidence();
      const { Role } = await cli('iam', 'get-role', '--role-name', 'nightly-export');
      assert.deepEqual(await getRole('nightly-export', never), {
        ...printedPrincipal(Role),
        lastUsed: Role.RoleLastUsed.LastUsedDate && {
          at: dateOf(Role.RoleLastUsed.LastUsedDate),
          region: Role.RoleLastUsed.Region,
        },
      });
      assert.equal(typeof Role.AssumeRolePolicyDocument, 'object', 'the CLI has decoded it');
      const { User } = await cli('iam', 'get-user', '--user-name', 'alex');
      assert.deepEqual(await getUser('alex', never), printedPrincipal(User));
      const { Roles } = await cli('iam', 'list-roles', '--page-size', '3');
      assert.deepEqual(Roles.map(printedPrincipal), await collectPages((marker) => listRoles(marker, never)));
      assert.equal(Roles.length, data.roles.size);
      const { Users } = await cli('iam', 'list-users', '--page-size', '1');
      assert.deepEqual(Users.map(printedPrincipal), await collectPages((marker) => listUsers(marker, never)));
      const filter = ['--filter', 'Role', 'User', '--page-size', '3'];
      const details = await cli('iam', 'get-account-authorization-details', ...filter);
      const listed = await collectPages((marker) => getAccountAuthorizationDetails(marker, never));
      assert.deepEqual(details.UserDetailList.map(printedPrincipal), Users.map(printedPrincipal));
      assert.equal(listed.length, data.roles.size + data.users.size);
      assert.deepEqual(
        listed.flatMap((one) => (one.kind === 'role' ? [one.role] : [])),
        details.RoleDetailList.map((printed: typeof Role) => ({
          ...printedPrincipal(printed),
          lastUsed: printed.RoleLastUsed.LastUsedDate && {
            at: dateOf(printed.RoleLastUsed.LastUsedDate),
            region: printed.RoleLastUsed.Region,
          },
        })),
      );
    });

    test('what IAM and CloudTrail refuse', async (t) => {
      const { run, evidence, emulator } = await setUp(t);
      const missing = await run(['iam', 'get-role', '--role-name', 'none']);
      assert.equal(refusalIn(missing.stderr).name, 'NoSuchEntity');
      const trail = ['cloudtrail', 'lookup-events', '--no-paginate'];
      const token = await run([...trail, '--next-token', 'none']);
      assert.equal(refusalIn(token.stderr).name, 'InvalidNextTokenException');
      const times = await run([...trail, '--start-time', '2026-01-02', '--end-time', '2026-01-01']);
      assert.equal(refusalIn(times.stderr).name, 'InvalidTimeRangeException');
      emulator.setDenials([{ operation: 'iam:*' }, { operation: 'cloudtrail:*' }]);
      const { getRole, lookupEvents } = await evidence();
      const query = { attribute: { key: 'EventName', value: 'CreateGrant' } } as const;
      for (const [args, ask] of [
        [['iam', 'get-role', '--role-name', 'nightly-export'], () => getRole('nightly-export', never)],
        [trail, () => lookupEvents(query, undefined, never)],
      ] as const) {
        const { name, message } = refusalIn((await run(args)).stderr);
        const error = await ask().catch((problem: unknown) => problem);
        assert.ok(isKmsError(error));
        assert.deepEqual(
          [error.details.kind, error.details.awsName, error.details.message],
          ['accessDenied', name, message],
        );
      }
    });
  });

  suite('what the AWS CLI does, our client sees', () => {
    const create = (keyId: string, ...more: readonly string[]) => [
      ...['kms', 'create-grant', '--key-id', keyId, '--operations', 'Decrypt', 'RetireGrant', ...more],
    ];

    test('a grant that it creates, and revokes', async (t) => {
      const { api, cli, orders } = await setUp(t);
      const grantee = 'arn:aws:iam::111122223333:role/app';
      const { GrantId: grantId, GrantToken } = await cli(
        ...create(orders.id, '--grantee-principal', grantee, '--name', 'made/by:cli'),
        ...['--constraints', '{"EncryptionContextSubset":{"größe":"10 × 10","☃":""}}'],
      );
      assert.ok(GrantToken);
      const [grant] = (await api.listGrants({ keyArn: orders.arn, grantId }, never)).items;
      assert.deepEqual([grant?.name, grant?.granteePrincipal], ['made/by:cli', { kind: 'principal', value: grantee }]);
      assert.deepEqual(grant?.constraints.encryptionContextSubset, { größe: '10 × 10', '☃': '' });
      const named = ['--key-id', orders.arn, '--grant-id', grantId];
      assert.deepEqual(printedGrants(await cli('kms', 'list-grants', ...named)), [grant]);
      assert.equal(await cli('kms', 'revoke-grant', ...named), undefined);
      assert.deepEqual((await api.listGrants({ keyArn: orders.arn, grantId }, never)).items, []);
    });

    test('a grant to a service', async (t) => {
      const { api, cli, orders } = await setUp(t);
      const service = 'dynamodb.amazonaws.com';
      const SourceArn = 'arn:aws:dynamodb:eu-west-1:111122223333:table/cli';
      const { GrantId: grantId } = await cli(
        ...create(orders.id, '--grantee-service-principal', service, '--retiring-service-principal', service),
        ...['--constraints', JSON.stringify({ SourceArn })],
      );
      const [grant] = (await api.listGrants({ keyArn: orders.arn, grantId }, never)).items;
      const principal = { kind: 'servicePrincipal', value: service };
      assert.deepEqual([grant?.granteePrincipal, grant?.retiringPrincipal], [principal, principal]);
      assert.equal(grant?.constraints.sourceArn, SourceArn);
    });

    test('grants that it may retire, and retires by token, or by key and ID', async (t) => {
      const { api, cli, orders } = await setUp(t);
      const more = ['--grantee-principal', 'arn:aws:iam::111122223333:role/app', '--retiring-principal', principalArn];
      const byToken = await cli(...create(orders.id, ...more));
      const byId = await cli(...create(orders.id, ...more));
      const list = ['kms', 'list-retirable-grants', '--retiring-principal', principalArn, '--page-size', '1'];
      const seen = await collectPages((marker) => api.listRetirableGrants(principalArn, marker, never));
      assert.deepEqual(new Set(seen.map(({ grantId }) => grantId)), new Set([byToken.GrantId, byId.GrantId]));
      assert.deepEqual(printedGrants(await cli(...list)), seen);
      assert.equal(await cli('kms', 'retire-grant', '--grant-token', byToken.GrantToken), undefined);
      const left = await api.listRetirableGrants(principalArn, undefined, never);
      assert.deepEqual(
        left.items.map(({ grantId }) => grantId),
        [byId.GrantId],
      );
      await cli('kms', 'retire-grant', '--key-id', orders.arn, '--grant-id', byId.GrantId);
      assert.deepEqual((await api.listRetirableGrants(principalArn, undefined, never)).items, []);
    });

    test('nothing, when it only asks', async (t) => {
      const { api, run, cli, orders } = await setUp(t);
      const more = ['--grantee-principal', 'arn:aws:iam::111122223333:role/app', '--retiring-principal', principalArn];
      const { GrantId: grantId } = await cli(...create(orders.id, ...more));
      const before = await collectPages(grantPages(api, { keyArn: orders.arn }, never));
      const named = ['--key-id', orders.arn, '--grant-id', grantId];
      for (const args of [
        ['kms', 'revoke-grant', ...named],
        ['kms', 'retire-grant', ...named],
        create(orders.id, ...more),
      ]) {
        const { code, stderr } = await run([...args, '--dry-run']);
        assert.notEqual(code, 0);
        assert.equal(refusalIn(stderr).name, 'DryRunOperationException');
      }
      assert.equal(await api.dryRunRevokeGrant({ keyArn: orders.arn, grantId }, never), 'allowed');
      assert.equal(await api.dryRunRetireGrant({ keyArn: orders.arn, grantId }, never), 'allowed');
      assert.deepEqual(await collectPages(grantPages(api, { keyArn: orders.arn }, never)), before);
    });
  });

  suite('a refusal has the same name and text in the AWS CLI and in our client', () => {
    type World = Awaited<ReturnType<typeof setUp>>;
    interface Refusal {
      readonly args: (world: World) => readonly string[];
      readonly ask: (world: World) => Promise<unknown>;
      readonly order?: (world: World) => void;
      readonly env?: Readonly<Record<string, string>>;
    }
    const listGrants = {
      args: ({ orders }: World) => ['list-grants', '--key-id', orders.arn],
      ask: ({ api, orders }: World) => api.listGrants({ keyArn: orders.arn }, never),
    };
    const listGrantsOf = (keyId: string): Refusal => ({
      args: () => ['list-grants', '--key-id', keyId],
      ask: ({ api }) => api.listGrants({ keyArn: keyId }, never),
    });
    const revoke = (grantId: string): Refusal => ({
      args: ({ orders }) => ['revoke-grant', '--key-id', orders.arn, '--grant-id', grantId],
      ask: ({ api, orders }) => api.revokeGrant({ keyArn: orders.arn, grantId }, unverified, never),
    });
    const createOn = (alias: string, name: string): Refusal => {
      const grantee = 'arn:aws:iam::111122223333:role/app';
      return {
        args: ({ keyOf }) => [
          ...['create-grant', '--key-id', keyOf(alias).arn, '--grantee-principal', grantee],
          ...['--operations', 'Decrypt', '--name', name],
        ],
        ask: ({ api, keyOf }) =>
          api.createGrant(
            {
              keyArn: keyOf(alias).arn,
              granteePrincipal: { kind: 'principal', value: grantee },
              operations: ['Decrypt'],
              constraints: noConstraints,
              name,
            },
            unverified,
            never,
          ),
      };
    };
    const struck = (code: string, status: number): Refusal => ({
      ...listGrants,
      order: ({ emulator }) => emulator.setFaults([{ fault: { kind: 'error', code, status, message: `${code}!` } }]),
    });
    const refusals: readonly (readonly [name: string, refusal: Refusal])[] = [
      [
        'NotFoundException',
        listGrantsOf('arn:aws:kms:eu-west-1:111122223333:key/00000000-1111-2222-3333-444444444444'),
      ],
      ['NotFoundException', revoke('f'.repeat(64))],
      ['InvalidGrantIdException', revoke('none')],
      ['InvalidArnException', listGrantsOf('alias/orders-db')],
      [
        'InvalidMarkerException',
        {
          args: (world) => [...listGrants.args(world), '--no-paginate', '--marker', 'bm90IGEgbWFya2Vy'],
          ask: ({ api, orders }) => api.listGrants({ keyArn: orders.arn, marker: 'bm90IGEgbWFya2Vy' }, never),
        },
      ],
      ['ValidationException', createOn('alias/orders-db', 'not a name')],
      ['DisabledException', createOn('alias/legacy/billing-archive', 'a')],
      ['KMSInvalidStateException', createOn('alias/legacy/crm', 'a')],
      [
        'LimitExceededException',
        {
          ...createOn('alias/orders-db', 'a'),
          order: ({ data, orders }) => {
            const [stored] = data.grantsOf(orders.id).values();
            assert.ok(stored);
            for (let n = 0; n < 30; n++) {
              data.addGrant({ ...stored.grant, id: n.toString(16).padStart(64, '0') }, []);
            }
          },
        },
      ],
      [
        'UnsupportedOperationException',
        {
          args: ({ keyOf }) => ['get-key-rotation-status', '--key-id', keyOf('alias/partners/webhook-hmac').arn],
          ask: ({ api, keyOf }) => api.getKeyRotationStatus(keyOf('alias/partners/webhook-hmac').arn, never),
        },
      ],
      ['AccessDeniedException', { ...listGrants, order: ({ emulator }) => emulator.setDenials([{ operation: '*' }]) }],
      [
        'UnrecognizedClientException',
        { ...listGrants, order: ({ emulator }) => emulator.setSecrets({ AKIAOTHER: secrets.AKIADEFAULT }) },
      ],
      ['ExpiredTokenException', { ...listGrants, order: ({ emulator }) => emulator.setFaults([expired]) }],
      ['ThrottlingException', struck('ThrottlingException', 400)],
      ['KMSInternalException', struck('KMSInternalException', 500)],
      ['DependencyTimeoutException', struck('DependencyTimeoutException', 503)],
    ];
    for (const [name, { args, ask, order }] of refusals) {
      test(name, async (t) => {
        const world = await setUp(t);
        order?.(world);
        const { code, stderr, stdout } = await world.run(['kms', ...args(world)]);
        assert.notEqual(code, 0, stdout);
        const refusal = refusalIn(stderr);
        assert.equal(refusal.name, name, stderr);
        const error = await ask(world).then(
          () => undefined,
          (problem: unknown) => problem,
        );
        assert.ok(isKmsError(error));
        assert.deepEqual([error.details.awsName, error.details.message], [name, refusal.message]);
      });
    }

    test('InvalidSignatureException, and what only the CLI can ask', async (t) => {
      const { run, api, orders, emulator } = await setUp(t);
      const withToken = await run([
        ...['kms', 'create-grant', '--key-id', orders.arn, '--operations', 'Decrypt', '--grant-tokens', 'none'],
        ...['--grantee-principal', 'arn:aws:iam::111122223333:role/app'],
      ]);
      assert.equal(refusalIn(withToken.stderr).name, 'InvalidGrantTokenException');
      emulator.setSecrets({ AKIADEFAULT: { ...secrets.AKIADEFAULT, secretAccessKey: 'another' } });
      const { stderr } = await run(['kms', 'list-keys']);
      const error = await api.listKeys(undefined, never).catch((problem: unknown) => problem);
      assert.ok(isKmsError(error));
      const refusal = refusalIn(stderr);
      assert.equal(refusal.name, 'InvalidSignatureException');
      // Ours leaves out the canonical request, which can hold a session token.
      assert.ok(refusal.message.startsWith(error.details.message));
    });
  });
});

const expired = { fault: { kind: 'expiredToken' } } as const;

function refusalIn(stderr: string): { readonly name: string | undefined; readonly message: string } {
  const match = /^An error occurred \((\w+)\) when calling the \w+ operation(?: \([^)]*\))?: ([\s\S]*)$/m.exec(stderr);
  return { name: match?.[1], message: match?.[2] ?? '' };
}

/** The grants that the CLI printed, as our client should see them. */
function printedGrants({ Grants }: { readonly Grants: readonly PrintedGrant[] }): Grant[] {
  return Grants.map((printed) => ({
    grantId: printed.GrantId ?? '',
    keyArn: printed.KeyId ?? '',
    name: printed.Name,
    creationDate: dateOf(printed.CreationDate),
    granteePrincipal: principalOf(printed.GranteePrincipal, printed.GranteeServicePrincipal),
    retiringPrincipal: principalOf(printed.RetiringPrincipal, printed.RetiringServicePrincipal),
    issuingAccount: printed.IssuingAccount,
    operations: printed.Operations ?? [],
    constraints: {
      encryptionContextEquals: printed.Constraints?.EncryptionContextEquals,
      encryptionContextSubset: printed.Constraints?.EncryptionContextSubset,
      sourceArn: printed.Constraints?.SourceArn,
    },
  }));
}

/** A role or user that the CLI printed, as our client should see it. */
function printedPrincipal(printed: Readonly<Record<string, string>>) {
  return {
    id: printed['RoleId'] ?? printed['UserId'],
    arn: printed['Arn'],
    name: printed['RoleName'] ?? printed['UserName'],
    created: dateOf(printed['CreateDate']),
  };
}

function principalOf(value: string | undefined, service: string | undefined): PrincipalRef | undefined {
  if (value !== undefined) {
    return { kind: 'principal', value };
  }
  return service === undefined ? undefined : { kind: 'servicePrincipal', value: service };
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
