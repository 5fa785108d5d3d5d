import assert from 'node:assert/strict';
import { after, suite, type TestContext, test } from 'node:test';
import { CreateRoleCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  type CreateGrantCommandInput,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DisableKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { systemClock } from '../../src/core/base/clock.ts';
import { preflight } from '../../src/core/changes/preflight.ts';
import { defaultPolicy, PropagationPoller } from '../../src/core/changes/propagation.ts';
import { Inventory } from '../../src/core/connections/inventory.ts';
import type { Session } from '../../src/core/connections/session.ts';
import { isKmsError, type KmsError, type KmsErrorKind } from '../../src/core/kms/errors.ts';
import type { OpenedConnection } from '../../src/core/kms/kmsApi.ts';
import { findGrant, listedGrantsReader } from '../../src/core/kms/readGrant.ts';
import { explain } from '../../src/core/words/explain.ts';
import { type PythonTools, startMoto } from '../host/python.ts';
import { unverified } from '../unit/actors.ts';
import { createWorld, never, profileAt } from '../unit/aws/support.ts';
import { noConstraints } from '../unit/core/fakes.ts';
import { type Capabilities, contract } from './contract.ts';
import { withPython } from './peers.ts';

const account = '123456789012';
const region = 'eu-west-1';
const role = `arn:aws:iam::${account}:role/app`;
const janitor = `arn:aws:iam::${account}:role/janitor`;

const capabilities: Capabilities = {
  pagesGrants: 'moto gives every grant at once, whatever Limit says',
  pagesKeys: 'moto gives every key at once, whatever Limit says',
  pagesTags: 'moto gives every tag at once, whatever Limit says',
  datesAliases: 'the aliases of moto have no dates',
  filtersByGrantee: 'moto ignores GranteePrincipal in ListGrants',
  honoursDryRun: 'moto ignores DryRun, and does what it was only asked about',
  fullGrantEntries: 'the grants of moto have bare key IDs, short IDs, and neither date nor issuer',
  namesMakeCreateRepeatable: 'moto makes a second grant of the same name',
  validates: 'moto checks hardly a parameter, and no state of a key',
  refusesUnknownKeys: 'moto answers with a server error where a grant is asked for on a key that it does not know',
  servicePrincipals: 'moto does not know service principals',
  tracksLastUsage: 'moto has no GetKeyLastUsage',
};

await withPython('moto', async (tools) => {
  const { url, kms, keys } = await setUp(tools);
  contract({
    name: 'moto',
    config: { region, endpoint: url, credentials: { accessKeyId: 'any', secretAccessKey: 'any' } },
    account,
    capabilities,
    keys,
  });

  const keyArn = `arn:aws:kms:${region}:${account}:key/${keys.symmetric}`;
  const missingKeyArn = `arn:aws:kms:${region}:${account}:key/00000000-1111-2222-3333-444444444444`;
  const open = async (t: TestContext): Promise<OpenedConnection> => {
    const timeouts = { connectMs: 5_000, requestMs: 15_000 };
    const world = await createWorld(t, { config: profileAt(url), aws: { timeouts } });
    return await world.open();
  };
  const newGrant = async (input: Partial<CreateGrantCommandInput> = {}): Promise<string> => {
    const { GrantId = '' } = await kms.send(
      new CreateGrantCommand({ KeyId: keyArn, GranteePrincipal: role, Operations: ['Decrypt'], ...input }),
    );
    assert.ok(GrantId);
    return GrantId;
  };
  const rawGrants = async (input: object = {}) =>
    (await kms.send(new ListGrantsCommand({ KeyId: keyArn, ...input }))).Grants ?? [];
  const isListed = async (GrantId: string) => (await rawGrants({ GrantId })).length > 0;

  test('moto still lacks what the skipped tests need', async () => {
    const made = [
      await newGrant({ Name: 'twice' }),
      await newGrant({ Name: 'twice' }),
      await newGrant({ GranteePrincipal: undefined, GranteeServicePrincipal: 'dynamodb.amazonaws.com' }),
      await newGrant({ Name: 'not a name', Operations: ['Sign'] }),
    ];
    const [one, other, toService] = made;
    assert.notEqual(one, other, String(capabilities.namesMakeCreateRepeatable));
    const grants = await rawGrants({ GranteePrincipal: `${role}-of-nobody` });
    assert.ok(grants.length >= made.length, String(capabilities.filtersByGrantee));
    const service = grants.find(({ GrantId }) => GrantId === toService)?.GranteeServicePrincipal;
    assert.equal(service, undefined, String(capabilities.servicePrincipals));
    const [{ Keys = [] }, { Aliases = [] }, { Tags = [] }] = await Promise.all([
      kms.send(new ListKeysCommand({ Limit: 1 })),
      kms.send(new ListAliasesCommand({ KeyId: keys.symmetric })),
      kms.send(new ListResourceTagsCommand({ KeyId: keys.symmetric, Limit: 1 })),
    ]);
    assert.ok(Keys.length > 1, String(capabilities.pagesKeys));
    assert.ok(Tags.length > 1, String(capabilities.pagesTags));
    assert.ok(Aliases[0] && !('CreationDate' in Aliases[0]), String(capabilities.datesAliases));
    for (const GrantId of made) {
      await kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId }));
    }
  });

  suite('where moto is not AWS, our client', () => {
    test('takes a list that is longer than a page may be', async (t) => {
      const { api } = await open(t);
      const made = await Promise.all(Array.from({ length: 120 }, () => newGrant()));
      assert.ok((await rawGrants({ Limit: 100 })).length > 100, 'moto pages now');
      const { items, nextMarker } = await api.listGrants({ keyArn }, never);
      assert.equal(nextMarker, undefined);
      const ids = new Set(items.map(({ grantId }) => grantId));
      assert.ok(made.every((id) => ids.has(id)));
      const listed = await listedGrantsReader(api, keyArn)([...made.slice(0, 4), 'f'.repeat(64)], never);
      assert.deepEqual(listed, new Set(made.slice(0, 4)));
      for (const grantId of made) {
        await api.revokeGrant({ keyArn, grantId }, unverified, never);
      }
      assert.equal((await listedGrantsReader(api, keyArn)(made, never)).size, 0);
    });

    test('makes an ARN of a bare key ID, in both lists of grants', async (t) => {
      const { api } = await open(t);
      const grantId = await newGrant({ RetiringPrincipal: janitor });
      assert.equal((await rawGrants({ GrantId: grantId }))[0]?.KeyId, keys.symmetric, 'moto gives ARNs now');
      const { items } = await api.listGrants({ keyArn, grantId }, never);
      assert.deepEqual(
        items.map((grant) => grant.keyArn),
        [keyArn],
      );
      const retirable = await api.listRetirableGrants(janitor, undefined, never);
      assert.deepEqual(
        retirable.items.map((grant) => [grant.grantId, grant.keyArn]),
        [[grantId, keyArn]],
      );
      await api.retireGrant({ keyArn, grantId }, unverified, never);
      assert.equal(await isListed(grantId), false);
    });

    test('says nothing of the date and the issuer that moto does not give', async (t) => {
      const { api } = await open(t);
      const grantId = await newGrant();
      const [raw] = await rawGrants({ GrantId: grantId });
      assert.ok(raw && !('CreationDate' in raw) && !('IssuingAccount' in raw), 'moto gives them now');
      assert.deepEqual(await findGrant(api, { keyArn, grantId }, never), {
        grantId,
        keyArn,
        name: undefined,
        creationDate: undefined,
        granteePrincipal: { kind: 'principal', value: role },
        retiringPrincipal: undefined,
        issuingAccount: undefined,
        operations: ['Decrypt'],
        constraints: noConstraints,
      });
      await api.revokeGrant({ keyArn, grantId }, unverified, never);
    });

    test('an ignored dry run is reported as the change that it made', async (t) => {
      const { api } = await open(t);
      const revoked = await newGrant();
      assert.equal(await api.dryRunRevokeGrant({ keyArn, grantId: revoked }, never), 'revoked');
      assert.equal(await isListed(revoked), false);
      const retired = await newGrant();
      assert.equal(await api.dryRunRetireGrant({ keyArn, grantId: retired }, never), 'retired');
      assert.equal(await isListed(retired), false);
      const input = {
        keyArn,
        operations: ['Decrypt'],
        granteePrincipal: { kind: 'principal', value: `${role}-of-a-dry-run` },
        retiringPrincipal: undefined,
        constraints: noConstraints,
        name: undefined,
      } as const;
      assert.equal(await api.dryRunCreateGrant(input, never), 'created');
      const created = (await rawGrants()).filter(({ GranteePrincipal }) => GranteePrincipal?.endsWith('-of-a-dry-run'));
      assert.equal(created.length, 1);
      await api.revokeGrant({ keyArn, grantId: created[0]?.GrantId ?? '' }, unverified, never);
    });

    test('sends no dry run before a revoke, since this is not AWS', async (t) => {
      const connection = await open(t);
      const grantId = await newGrant();
      const shown = await findGrant(connection.api, { keyArn, grantId }, never);
      assert.ok(shown !== undefined);
      const answer = await preflight(sessionOf(connection), keyArn, shown, never);
      assert.equal(answer.kind, 'ready');
      assert.equal(await isListed(grantId), true);
      await connection.api.revokeGrant({ keyArn, grantId }, unverified, never);
    });

    test('follows a revoke to its end', async (t) => {
      const { api } = await open(t);
      const [grantId, other] = [await newGrant(), await newGrant()];
      const read = listedGrantsReader(api, keyArn);
      assert.deepEqual([...(await read([grantId, other], never))], [grantId, other]);
      await api.revokeGrant({ keyArn, grantId }, unverified, never);
      const poller = new PropagationPoller({
        read,
        // No time passes between the reads.
        clock: { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() },
        random: () => 0,
        policy: defaultPolicy,
      });
      assert.deepEqual(await poller.follow(grantId, 0), { kind: 'gone', afterMs: 0 });
      poller.dispose();
      assert.equal(await findGrant(api, { keyArn, grantId }, never), undefined);
      assert.ok(await findGrant(api, { keyArn, grantId: other }, never));
      await api.revokeGrant({ keyArn, grantId: other }, unverified, never);
      await fails(api.revokeGrant({ keyArn, grantId }, unverified, never), 'grantNotFound');
    });

    test('takes the server error of an unknown key for no answer, and never for a grant that is gone', async (t) => {
      const { api } = await open(t);
      const ref = { keyArn: missingKeyArn, grantId: 'f'.repeat(64) };
      const asked: Record<string, () => Promise<unknown>> = {
        ListGrants: () => api.listGrants({ keyArn: missingKeyArn }, never),
        RevokeGrant: () => api.revokeGrant(ref, unverified, never),
        RetireGrant: () => api.retireGrant(ref, unverified, never),
      };
      for (const [operation, request] of Object.entries(asked)) {
        const { details } = await fails(request(), 'notJson');
        assert.equal(details.operation, operation);
        assert.match(details.message, /^HTTP 500: /);
        assert.doesNotMatch(details.message, /</);
        assert.equal(explain(details).sentence, `The answer to ${operation} isn't in the format that KMS uses.`);
      }
      await fails(findGrant(api, ref, never), 'notJson');
      await fails(listedGrantsReader(api, missingKeyArn)([ref.grantId], never), 'notJson');
      // Where moto looks for the key first, it answers as AWS does.
      await fails(api.describeKey(missingKeyArn, never), 'keyNotFound');
      await fails(api.getKeyPolicy(missingKeyArn, 'default', never), 'keyNotFound');
    });

    test('shows no key for a reserved alias whose key does not exist', async (t) => {
      const { api } = await open(t);
      const [{ Keys = [] }, { Aliases = [] }] = await Promise.all([
        kms.send(new ListKeysCommand({})),
        kms.send(new ListAliasesCommand({})),
      ]);
      const real = new Set(Keys.map(({ KeyId }) => KeyId));
      assert.ok(
        Aliases.some(({ TargetKeyId }) => TargetKeyId !== undefined && !real.has(TargetKeyId)),
        'moto no longer lists such an alias',
      );
      const inventory = new Inventory(api, never, systemClock);
      let shown = await inventory.keys();
      for await (const listing of inventory.allKeys()) {
        shown = listing;
      }
      assert.deepEqual(shown.state, { kind: 'complete' });
      assert.equal(shown.aliasError, undefined);
      assert.deepEqual(new Set(shown.keys.map(({ keyId }) => keyId)), real);
      assert.deepEqual(
        shown.keys.flatMap(({ aliases }) => aliases),
        [keys.alias],
      );
    });

    test('reads of a key what moto has, and says what it has not', async (t) => {
      const { api } = await open(t);
      const { state, arn, usage } = await api.describeKey(keyArn, never);
      assert.deepEqual([state, arn, usage], ['Enabled', keyArn, 'ENCRYPT_DECRYPT']);
      const disabled = await api.describeKey(keyArn.replace(keys.symmetric, keys.disabled), never);
      assert.deepEqual([disabled.state, disabled.usage], ['Disabled', undefined]);
      assert.deepEqual(await api.listResourceTags(keyArn, never), [
        { key: 'team', value: 'payments' },
        { key: 'stage', value: 'test' },
      ]);
      assert.deepEqual(await api.listAliasesOf(keyArn, never), [keys.alias]);
      assert.equal((await api.getKeyRotationStatus(keyArn, never)).enabled, false);
      assert.equal((await api.callerIdentity(never)).account, account);
      await fails(api.getKeyLastUsage(keyArn, never), 'notSupported');
    });

    test('reads roles and users of IAM, and says that moto has no event history', async (t) => {
      const evidence = await (await open(t)).evidence();
      const iam = new IAMClient({ endpoint: url, region, credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });
      const empty = { items: [], nextMarker: undefined };
      assert.deepEqual(await evidence.listUsers(undefined, never), empty);
      assert.deepEqual(await evidence.listRoles(undefined, never), empty);
      const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
      const names = Array.from({ length: 3 }, (_, at) => `app-${at}`);
      for (const RoleName of names) {
        await iam.send(new CreateRoleCommand({ RoleName, Path: '/team/', AssumeRolePolicyDocument }));
      }
      await iam.send(new CreateUserCommand({ UserName: 'ana' }));
      const role = (await evidence.getRole('app-1', never)) ?? assert.fail('There is no role.');
      assert.match(role.id, /^AROA/);
      assert.ok(role.created instanceof Date);
      assert.deepEqual([role.name, role.arn], ['app-1', `arn:aws:iam::${account}:role/team/app-1`]);
      const user = (await evidence.getUser('ana', never)) ?? assert.fail('There is no user.');
      assert.deepEqual((await evidence.listUsers(undefined, never)).items, [user]);
      const roles = await evidence.listRoles(undefined, never);
      assert.deepEqual(roles.items.map(({ name }) => name).toSorted(), names);
      assert.equal(roles.items.find(({ name }) => name === role.name)?.id, role.id);
      const details = (await evidence.getAccountAuthorizationDetails(undefined, never)).items;
      assert.deepEqual(
        details.filter(({ kind }) => kind === 'user'),
        [{ kind: 'user', user }],
      );
      assert.deepEqual(
        details.find((one) => one.kind === 'role' && one.role.name === role.name),
        { kind: 'role', role },
      );
      assert.equal(details.length, names.length + 1);
      assert.equal(await evidence.getRole('app', never), undefined);
      assert.equal(await evidence.getUser('ben', never), undefined);
      const query = { attribute: { key: 'EventName', value: 'CreateGrant' } } as const;
      await fails(evidence.lookupEvents(query, undefined, never), 'notSupported');
    });
  });
});

/** Starts moto, which ends with this file, and makes the keys that the contract asks for. */
async function setUp(tools: PythonTools) {
  const moto = await startMoto(tools);
  after(() => moto.stop());
  const kms = new KMSClient({
    endpoint: moto.url,
    region,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  const newKey = async (input: CreateKeyCommandInput = {}) => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
    assert.ok(KeyMetadata?.KeyId);
    return KeyMetadata.KeyId;
  };
  const alias = 'alias/contract/orders';
  const symmetric = await newKey({
    // The API has it as the default, moto has none.
    KeyUsage: 'ENCRYPT_DECRYPT',
    Tags: [
      { TagKey: 'team', TagValue: 'payments' },
      { TagKey: 'stage', TagValue: 'test' },
    ],
  });
  await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: symmetric }));
  const disabled = await newKey();
  await kms.send(new DisableKeyCommand({ KeyId: disabled }));
  const pendingDeletion = await newKey();
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: pendingDeletion, PendingWindowInDays: 7 }));
  const hmac = await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  return { url: moto.url, kms, keys: { symmetric, alias, disabled, pendingDeletion, hmac } };
}

function sessionOf({ api, endpoint, awsTime, evidence }: OpenedConnection): Session {
  const ref = { kind: 'profile', profile: 'default', region } as const;
  return {
    connection: { id: 'moto', opening: 1, ref, region, endpoint },
    api,
    background: api,
    inventory: new Inventory(api, never, systemClock),
    closed: never,
    identity: () => api.callerIdentity(never),
    knownIdentity: undefined,
    confirmIdentity: (signal) => api.callerIdentity(signal),
    awsTime,
    evidence,
  };
}

async function fails(request: Promise<unknown>, kind: KmsErrorKind): Promise<KmsError> {
  const outcome = await request.then(
    (answer) => answer,
    (error: unknown) => error,
  );
  assert.ok(isKmsError(outcome), `it should have failed as ${kind}`);
  assert.equal(outcome.details.kind, kind, outcome.details.message);
  return outcome;
}
