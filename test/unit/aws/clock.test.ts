import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { KmsApi } from '../../../src/core/kms/kmsApi.ts';
import { accounts, anasKeys, type CloudWorld, createCloudWorld, mfaSerial, role, ssoConfig } from './cloud.ts';
import { countedProgram, processOutput } from './programs.ts';
import { never } from './support.ts';

const hourMs = 60 * 60_000;

/** What the local clock makes of credentials that AWS takes: by how much it is ahead, or how long they say to hold. */
const clocks = [
  ['two hours ahead', 2 * hourMs],
  ['two hours behind', -2 * hourMs],
  ['four minutes before the end', hourMs - 4 * 60_000],
] as const;

/** The clock of this computer is off; AWS's, and the one by which the tests' time passes, are not. */
function setLocalClock(t: TestContext, byMs: number): void {
  const { now } = Date;
  const off = () => now() + byMs;
  t.mock.method(Date, 'now', off);
}

interface Counts {
  readonly prompts: number;
  readonly runs: number;
  readonly assumed: number;
  readonly portal: number;
  readonly renewed: number;
}

interface Counted extends CloudWorld {
  counts(): Promise<Counts>;
}

async function createCounted(t: TestContext, byMs: number, session: string): Promise<Counted> {
  let prompts = 0;
  const world = await createCloudWorld(t, {
    aws: {
      // The SDK sends again with the time that AWS gave.
      maxAttempts: 3,
      mfaCode: async () => {
        prompts += 1;
        return '123456';
      },
    },
  });
  const { cloud, home } = world;
  const program = await countedProgram(home);
  await program.print(processOutput(cloud.issue(`arn:aws:iam::${accounts.ana}:user/ana`, 3_600)));
  await world.writeConfig(`
${ssoConfig(session)}
[profile base]
${anasKeys}
[profile guarded]
role_arn = ${role('Guarded')}
source_profile = base
mfa_serial = ${mfaSerial}
[profile chain]
role_arn = ${role('Second')}
external_id = outside
source_profile = admin
[profile admin]
role_arn = ${role('Admin')}
source_profile = base
[profile process]
credential_process = ${program.command}
`);
  await world.writeSsoToken(session);
  setLocalClock(t, byMs);
  // What was refused for its time was sent again, and gave no credentials.
  const isServed = ({ operation, status }: (typeof cloud.requests)[number]) =>
    operation !== 'AssumeRole' || status === 200;
  const count = (name: string) =>
    cloud.requests.filter((request) => request.operation === name && isServed(request)).length;
  return {
    ...world,
    counts: async () => ({
      prompts,
      runs: await program.runs(),
      assumed: count('AssumeRole'),
      portal: count('GET /federation/credentials'),
      renewed: count('POST /token'),
    }),
  };
}

async function useOften(api: KmsApi): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    await api.listKeys(undefined, never);
    await Promise.all([api.listAliases(undefined, never), api.callerIdentity(never)]);
  }
}

const none: Counts = { prompts: 0, runs: 0, assumed: 0, portal: 0, renewed: 0 };
const signIns: Readonly<Record<string, Counts>> = {
  guarded: { ...none, prompts: 1, assumed: 1 },
  chain: { ...none, assumed: 2 },
  process: { ...none, runs: 1 },
  sso: { ...none, portal: 1 },
};

for (const [clock, byMs] of clocks) {
  for (const [profile, expected] of Object.entries(signIns)) {
    test(`with the clock ${clock}, profile ${profile} is signed in to once, for all calls and Regions`, async (t) => {
      const { open, aws, counts } = await createCounted(t, byMs, `${clock} ${profile}`.replaceAll(' ', '-'));
      await useOften((await open(profile)).api);
      const region = 'us-east-2';
      assert.deepEqual(await aws.signInNeed({ kind: 'profile', profile, region }), { kind: 'none' });
      await useOften((await open(profile, region)).api);
      assert.deepEqual(await counts(), expected);
    });

    test(`with the clock ${clock}, profile ${profile} is signed in to again once when AWS refuses its credentials`, async (t) => {
      const { open, cloud, counts } = await createCounted(t, byMs, `${clock} ${profile} again`.replaceAll(' ', '-'));
      const { api } = await open(profile);
      await useOften(api);
      if (profile === 'process') {
        return;
      }
      cloud.expire();
      await useOften(api);
      const twice = Object.entries(expected).map(([name, times]) => [name, 2 * times]);
      assert.deepEqual(await counts(), Object.fromEntries(twice));
    });
  }
}

test('a program whose output says that it has expired is taken at its word by AWS alone', async (t) => {
  const { open, counts } = await createCounted(t, 30 * 24 * hourMs, 'month');
  await useOften((await open('process')).api);
  assert.equal((await counts()).runs, 1);
});

test('a token of SSO that AWS refuses is renewed once, whatever the clock says of it', async (t) => {
  const { open, cloud, counts } = await createCounted(t, -2 * hourMs, 'behind');
  cloud.sessions.expireTokens();
  await useOften((await open('sso')).api);
  assert.deepEqual(await counts(), { ...none, portal: 2, renewed: 1 });
});
