import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  DescribeKeyCommand,
  type KeyMetadata,
  KMSClient,
  ListResourceTagsCommand,
  paginateListAliases,
} from '@aws-sdk/client-kms';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator } from '../aws/emulator.ts';
import { startServer } from '../aws/server.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import { contract, everyCapability, type Target } from './contract.ts';

/** Names a profile whose KMS is held to what the contract says of reading. */
const variable = 'KMS_GRANTS_CONTRACT_PROFILE';
const profile = process.env[variable];

if (profile === undefined || profile === '') {
  test('AWS itself', { skip: `${variable} names no profile` }, () => {});
  test(
    'the part for AWS itself reads, sends no dry run but of a grant that is not there, and changes nothing',
    onEmulator,
  );
} else {
  // The SDK reads a profile's endpoint only when the profile is chosen so.
  process.env['AWS_PROFILE'] = profile;
  contract(await findTarget(profile));
}

/** Keys of the profile's account that the tests can read. Throws when it has no key to begin with. */
async function findTarget(name: string): Promise<Target> {
  const kms = new KMSClient({});
  const region = await kms.config.region();
  const found: (KeyMetadata & { alias: string })[] = [];
  for await (const { Aliases = [] } of paginateListAliases({ client: kms }, {})) {
    for (const { AliasName: alias = '', TargetKeyId } of Aliases) {
      if (!alias.startsWith('alias/aws/') && TargetKeyId !== undefined && found.length < 100) {
        const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: TargetKeyId }));
        if (key?.KeyManager === 'CUSTOMER') {
          found.push({ ...key, alias });
        }
      }
    }
  }
  const symmetric = found.filter(({ KeyState, KeySpec }) => KeyState === 'Enabled' && KeySpec === 'SYMMETRIC_DEFAULT');
  const tagged = await firstOf(symmetric, async ({ KeyId }) => {
    const { Tags = [] } = await kms.send(new ListResourceTagsCommand({ KeyId }));
    return Tags.length >= 2;
  });
  const key = tagged ?? symmetric[0];
  assert.ok(key?.KeyId && key.AWSAccountId, `Profile ${name} has no enabled symmetric key with an alias in ${region}.`);
  const disabled = found.find(({ KeyState }) => KeyState === 'Disabled')?.KeyId;
  const pendingDeletion = found.find(({ KeyState }) => KeyState === 'PendingDeletion')?.KeyId;
  const hmac = found.find(({ KeyUsage }) => KeyUsage === 'GENERATE_VERIFY_MAC')?.KeyId;
  return {
    name: `AWS, profile ${name}`,
    isReadOnly: true,
    config: { region, maxAttempts: 5 },
    account: key.AWSAccountId,
    capabilities: { ...everyCapability, pagesTags: tagged ? true : 'no key with an alias has two tags' },
    keys: {
      symmetric: key.KeyId,
      alias: key.alias,
      ...(disabled === undefined ? {} : { disabled }),
      ...(pendingDeletion === undefined ? {} : { pendingDeletion }),
      ...(hmac === undefined ? {} : { hmac }),
    },
  };
}

async function firstOf<T>(items: readonly T[], matches: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const item of items) {
    if (await matches(item)) {
      return item;
    }
  }
  return undefined;
}

/** Runs this very file for a profile that leads to our emulator, whose signatures it has to make right. */
async function onEmulator(): Promise<void> {
  const principalArn = 'arn:aws:iam::111122223333:user/auditor';
  const data = createAccount({ region: 'eu-west-1' });
  const emulator = createEmulator({ data, secrets: { AKIAAUDITOR: { secretAccessKey: 'secret', principalArn } } });
  const grants = () =>
    [...data.keys.values()].flatMap(({ id }) => [...data.grantsOf(id).values()].map(({ grant }) => grant.id));
  const before = grants();
  await using temporary = await temporaryFolder('contract');
  const folder = temporary.path;
  await using server = await startServer(emulator);
  const config = join(folder, 'config');
  await writeFile(
    config,
    `[profile audit]\nregion = eu-west-1\nendpoint_url = ${server.url}\naws_access_key_id = AKIAAUDITOR\naws_secret_access_key = secret\n`,
  );
  const env = {
    PATH: process.env['PATH'],
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
    AWS_EC2_METADATA_DISABLED: 'true',
    [variable]: 'audit',
  };
  const args = ['--test', '--test-reporter=tap', fileURLToPath(import.meta.url)];
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(process.execPath, args, { env, maxBuffer: 2 ** 24 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}` }),
    );
  });
  assert.equal(code, 0, output);
  const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1]);
  const skipped = [...output.matchAll(/# SKIP (.*)$/gm)].map(([, reason]) => reason);
  assert.deepEqual([...new Set(skipped)], ['nothing is changed there']);
  assert.ok(count('pass') >= 20, output);

  const sent = emulator.requests.filter(({ service }) => service !== 'sts');
  const changes = sent.filter(({ operation }) => !/^(Describe|Get|List)/.test(operation));
  assert.ok(changes.length > 0 && changes.every(({ input, status }) => input['DryRun'] === true && status === 400));
  assert.deepEqual([...new Set(changes.map(({ operation }) => operation))], ['RevokeGrant']);
  assert.ok(changes.every(({ input }) => !before.includes(String(input['GrantId']))));
  assert.deepEqual(grants(), before);
  assert.deepEqual([...new Set(sent.map(({ operation }) => operation))].sort(), [
    'DescribeKey',
    'GetKeyLastUsage',
    'GetKeyPolicy',
    'GetKeyRotationStatus',
    'ListAliases',
    'ListGrants',
    'ListKeys',
    'ListResourceTags',
    'ListRetirableGrants',
    'RevokeGrant',
  ]);
}
