import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { isKind, isSignInProblem } from '../../../src/core/kms/errors.ts';
import { explain } from '../../../src/core/words/explain.ts';
import { accounts, anasKeys, createCloudWorld, mfaSerial, role } from './cloud.ts';
import { countedProgram, processOutput } from './programs.ts';
import {
  assumedRole,
  createWorld,
  failure,
  identity,
  never,
  profileAt,
  serve,
  signature,
  stsFailure,
} from './support.ts';

/** A profile of each kind whose sign-in is a person's, or costs something. */
const config = (command: string) => `
[profile keys]
${anasKeys}
[profile guarded]
role_arn = ${role('Guarded')}
source_profile = keys
mfa_serial = ${mfaSerial}
[profile process]
credential_process = ${command}
`;

async function createCounted(t: TestContext) {
  let prompts = 0;
  const world = await createCloudWorld(t, {
    aws: {
      mfaCode: async () => {
        prompts += 1;
        return '123456';
      },
    },
  });
  const { cloud, home } = world;
  const program = await countedProgram(home);
  await program.print(processOutput(cloud.issue(`arn:aws:iam::${accounts.ana}:user/ana`)));
  await world.writeConfig(config(program.command));
  return { ...world, program, prompts: () => prompts };
}

for (const profile of ['keys', 'guarded', 'process']) {
  for (const order of ['first', 'last', 'at the same time']) {
    test(`a Region that is not enabled, asked ${order}, costs no sign-in of profile ${profile}`, async (t) => {
      const { open, cloud, program, prompts } = await createCounted(t);
      const [ireland, capeTown] = [(await open(profile)).api, (await open(profile, 'af-south-1')).api];
      const refused = async () => {
        for (let count = 0; count < 3; count += 1) {
          await assert.rejects(
            capeTown.listKeys(undefined, never),
            (error) =>
              isKind(error, 'regionNotEnabled') &&
              error.details.region === 'af-south-1' &&
              error.details.awsName === 'UnrecognizedClientException' &&
              !isSignInProblem(error) &&
              /af-south-1 isn't enabled/.test(explain(error.details).sentence) &&
              explain(error.details).actions[0] === 'selectRegion',
          );
        }
      };
      const used = async () => {
        await ireland.listKeys(undefined, never);
        await ireland.callerIdentity(never);
      };
      if (order === 'at the same time') {
        await Promise.all([refused(), used()]);
      } else if (order === 'first') {
        await refused();
      }
      await used();
      await refused();
      await used();
      assert.equal(prompts(), profile === 'guarded' ? 1 : 0);
      const assumed = cloud.requests.filter(({ operation }) => operation === 'AssumeRole');
      assert.equal(assumed.length, profile === 'guarded' ? 1 : 0);
      assert.equal(await program.runs(), profile === 'process' ? 1 : 0);
    });
  }
}

const roleAt = (url: string) => `
[profile admin]
role_arn = arn:aws:iam::111122223333:role/Admin
source_profile = base
endpoint_url = ${url}
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = s
`;

for (const [name, answer, kind] of [
  ['RegionDisabledException', stsFailure('RegionDisabledException', 'STS is not activated'), 'regionNotEnabled'],
  ['InvalidClientTokenId', stsFailure('InvalidClientTokenId', 'invalid'), 'regionNotEnabled'],
  ['SignatureDoesNotMatch', stsFailure('SignatureDoesNotMatch', 'wrong'), 'invalidSignature'],
] as const) {
  test(`${name} of one Region's STS is that Region's, and the role is not assumed again`, async (t) => {
    const server = await serve(t, (request) => {
      if (request.operation === 'AssumeRole') {
        return assumedRole('ASIAROLE');
      }
      return signature(request).region === 'af-south-1' ? answer : identity('111122223333');
    });
    const { open } = await createWorld(t, { config: roleAt(server.url) });
    const [ireland, capeTown] = [(await open('admin')).api, (await open('admin', 'af-south-1')).api];
    await assert.rejects(capeTown.callerIdentity(never), (error) => isKind(error, kind));
    await ireland.callerIdentity(never);
    await assert.rejects(capeTown.callerIdentity(never), (error) => isKind(error, kind));
    assert.equal(server.received.filter(({ operation }) => operation === 'AssumeRole').length, 1);
  });
}

test('credentials that no Region takes are refused, and signed in to again once', async (t) => {
  let assumed = 0;
  const server = await serve(t, (request) => {
    if (request.operation === 'AssumeRole') {
      assumed += 1;
      return assumedRole(`ASIA${assumed}`);
    }
    if (signature(request).accessKeyId === 'ASIA2') {
      return { body: { Keys: [] } };
    }
    return request.operation === 'GetCallerIdentity'
      ? stsFailure('InvalidClientTokenId', 'invalid')
      : failure('UnrecognizedClientException', 'invalid');
  });
  const { open } = await createWorld(t, { config: roleAt(server.url) });
  await (await open('admin')).api.listKeys(undefined, never);
  assert.equal(assumed, 2);
});

test('where STS gives no answer, what was accepted in another Region before counts', async (t) => {
  const server = await serve(t, (request) => {
    if (request.operation === 'AssumeRole') {
      return assumedRole('ASIAROLE');
    }
    if (request.operation === 'GetCallerIdentity') {
      return 'close';
    }
    return signature(request).region === 'af-south-1'
      ? failure('UnrecognizedClientException', 'invalid')
      : { body: { Keys: [] } };
  });
  const { open } = await createWorld(t, { config: roleAt(server.url) });
  await (await open('admin')).api.listKeys(undefined, never);
  const { api } = await open('admin', 'af-south-1');
  await assert.rejects(api.listKeys(undefined, never), (error) => isKind(error, 'regionNotEnabled'));
  assert.equal(server.received.filter(({ operation }) => operation === 'AssumeRole').length, 1);
});

for (const [of, own, region] of [
  ['the connection', '', 'eu-west-1'],
  ['the profile', 'region = af-south-1', 'af-south-1'],
]) {
  test(`a role that is assumed in the Region of ${of}, which is not enabled, says which Region that is`, async (t) => {
    const server = await serve(t, () => stsFailure('RegionDisabledException', 'STS is not activated in this region'));
    const config = roleAt(server.url).replace('[profile admin]', `[profile admin]\n${own}`);
    const { open } = await createWorld(t, { config });
    await assert.rejects(
      (await open('admin')).api.listKeys(undefined, never),
      (error) =>
        isKind(error, 'regionNotEnabled') &&
        error.details.region === region &&
        error.details.operation === 'AssumeRole',
    );
    assert.deepEqual(
      server.received.map((request) => signature(request).region),
      [region],
    );
  });
}

test('IAM refuses a session of STS that began without MFA: that is a denial', async (t) => {
  const server = await serve(t, ({ operation }) =>
    operation === 'GetCallerIdentity'
      ? identity('111122223333')
      : stsFailure('InvalidClientTokenId', 'The security token included in the request is invalid'),
  );
  const { open } = await createWorld(t, { config: profileAt(server.url) });
  const { getRole } = await (await open()).evidence();
  await assert.rejects(
    getRole('Admin', never),
    (error) => isKind(error, 'accessDenied') && /GetRole \(IAM\)/.test(explain(error.details).sentence),
  );
});
