import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { maxAnswerBytes } from '../../../src/aws/answer.ts';
import { isAbort, isSignInCancelled, wasNotSent } from '../../../src/core/base/abort.ts';
import { isKmsError, type KmsErrorKind, mayHaveBeenDone } from '../../../src/core/kms/errors.ts';
import type { KmsApi } from '../../../src/core/kms/kmsApi.ts';
import { unverified, verified } from '../actors.ts';
import { type Answer, createWorld, identity, keyArn, never, profileAt, serve } from './support.ts';

/** Each byte in time for every time-out of a silence, and never the last one. */
const drips = (response: ServerResponse) => {
  response.writeHead(200);
  // It may have been closed before anybody listened.
  if (response.destroyed) {
    return;
  }
  const timer = setInterval(() => response.write(' '), 5);
  response.once('close', () => clearInterval(timer));
};

/** As fast as it is taken, and without an end. */
const floods = (response: ServerResponse) => {
  response.writeHead(200);
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const write = () => {
    while (!response.destroyed && response.write(chunk)) {}
  };
  response.on('drain', write);
  write();
};

const connectMs = 10_000;
const requestMs = 10_000;

async function kindOf(call: Promise<unknown>): Promise<KmsErrorKind> {
  const error: unknown = await call.then(
    () => assert.fail('The call succeeded.'),
    (reason: unknown) => reason,
  );
  assert.ok(isKmsError(error), String(error));
  return error.details.kind;
}

const grant = { keyArn, grantId: 'g1' };
const calls: readonly (readonly [string, (api: KmsApi, signal: AbortSignal) => Promise<unknown>])[] = [
  ['RevokeGrant', (api, signal) => api.revokeGrant(grant, unverified, signal)],
  ['RetireGrant', (api, signal) => api.retireGrant(grant, unverified, signal)],
  ['ListGrants', (api, signal) => api.listGrants({ keyArn }, signal)],
  ['ListResourceTags', (api, signal) => api.listResourceTags(keyArn, signal)],
  ['GetCallerIdentity', (api, signal) => api.callerIdentity(signal)],
];

for (const [operation, call] of calls) {
  test(`${operation} at a server that drips ends in time, and frees its connection`, { timeout: 20_000 }, async (t) => {
    let closed = 0;
    const server = await serve(t, () => (response) => {
      response.once('close', () => {
        closed += 1;
      });
      drips(response);
    });
    const { open, log } = await createWorld(t, {
      config: profileAt(server.url),
      aws: { timeouts: { connectMs, requestMs, callMs: 600 } },
    });
    const { api } = await open();
    assert.equal(await kindOf(call(api, never)), 'timeout');
    assert.deepEqual(
      log.map(({ outcome }) => outcome),
      ['timeout'],
    );
    // On a slow machine the deadline can come before the request.
    while (closed < server.received.length) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test(`${operation} at a server that drips ends at once when it is cancelled`, { timeout: 20_000 }, async (t) => {
    const controller = new AbortController();
    const server = await serve(t, () => (response) => {
      drips(response);
      setImmediate(() => controller.abort());
    });
    const { open } = await createWorld(t, {
      config: profileAt(server.url),
      aws: { timeouts: { connectMs, requestMs, callMs: 600_000 } },
    });
    await assert.rejects(call((await open()).api, controller.signal), isAbort);
  });

  test(`an answer to ${operation} that is larger than any of AWS is refused as such`, {
    timeout: 20_000,
  }, async (t) => {
    const server = await serve(t, () => floods);
    const { open } = await createWorld(t, {
      config: profileAt(server.url),
      aws: { timeouts: { connectMs, requestMs } },
    });
    assert.equal(await kindOf(call((await open()).api, never)), 'tooLarge');
  });
}

test('an answer as large as AWS could give it is read whole', async (t) => {
  const name = 'n'.repeat(maxAnswerBytes - 1000);
  const server = await serve(t, () => ({ body: { Grants: [{ GrantId: 'g1', Name: name }] } }));
  const { open } = await createWorld(t, { config: profileAt(server.url) });
  const { items } = await (await open()).api.listGrants({ keyArn }, never);
  assert.equal(items[0]?.name?.length, name.length);
});

test('a call may take longer than the deadline of another that it waits for', async (t) => {
  // The account is asked for before each call once it is known, and has a time of its own.
  const server = await serve(t, ({ operation }) =>
    operation === 'GetCallerIdentity' ? identity('111122223333') : drips,
  );
  const { open, log } = await createWorld(t, {
    config: profileAt(server.url),
    aws: { timeouts: { connectMs, requestMs, callMs: 600 } },
  });
  const { api } = await open();
  const actor = verified(await api.callerIdentity(never));
  assert.equal(await kindOf(api.revokeGrant(grant, actor, never)), 'timeout');
  assert.deepEqual(
    log.map(({ operation, outcome }) => [operation, outcome]),
    [
      ['GetCallerIdentity', 'ok'],
      ['RevokeGrant', 'timeout'],
    ],
  );
});

const startUrl = 'https://corp.awsapps.com/start';

async function writeSsoToken(home: string): Promise<void> {
  const folder = join(home, '.aws', 'sso', 'cache');
  await mkdir(folder, { recursive: true });
  const name = createHash('sha1').update(startUrl).digest('hex');
  const token = { accessToken: 'token', expiresAt: '2099-01-01T00:00:00Z' };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(token));
}

const ssoProfile = (url: string) => `[default]
sso_start_url = ${startUrl}
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Admin
services = local
[services local]
sso =
  endpoint_url = ${url}
`;

const roleProfile = (url: string, mfa = '') => `[default]
role_arn = arn:aws:iam::111122223333:role/Admin
source_profile = base
${mfa}
endpoint_url = ${url}
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = secret
`;

for (const [what, config] of [
  ['a role', roleProfile],
  ['an SSO session', ssoProfile],
] as const) {
  for (const [does, answer, kind] of [
    ['drips', drips, 'timeout'],
    ['never stops', floods, 'tooLarge'],
  ] as const) {
    test(`a sign-in with ${what} at a server that ${does} ends in time`, { timeout: 20_000 }, async (t) => {
      let closed = 0;
      const server = await serve(
        t,
        (): Answer => (response) => {
          response.once('close', () => {
            closed += 1;
          });
          answer(response);
        },
      );
      const { open, home } = await createWorld(t, {
        config: config(server.url),
        aws: { timeouts: { connectMs, requestMs, signInMs: kind === 'timeout' ? 100 : 600_000 } },
      });
      await writeSsoToken(home);
      assert.equal(await kindOf((await open()).api.listKeys(undefined, never)), kind);
      // On a slow machine the deadline can come before the request.
      while (closed < server.received.length) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
  }
}

test('the time that a person takes for an MFA code is not that of the sign-in', { timeout: 20_000 }, async (t) => {
  const server = await serve(t, () => drips);
  let asked = 0;
  const { open } = await createWorld(t, {
    config: roleProfile(server.url, 'mfa_serial = arn:aws:iam::111122223333:mfa/ana'),
    aws: {
      timeouts: { connectMs, requestMs, signInMs: 600 },
      mfaCode: async () => {
        asked += 1;
        // Longer than the sign-in may take.
        await new Promise((resolve) => setTimeout(resolve, 700));
        return '123456';
      },
    },
  });
  assert.equal(await kindOf((await open()).api.listKeys(undefined, never)), 'timeout');
  assert.deepEqual([asked, server.received.map(({ operation }) => operation)], [1, ['AssumeRole']]);
});

// What was sent

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => assert.fail('The call succeeded.'),
    (reason: unknown) => reason,
  );
}

const mfa = 'mfa_serial = arn:aws:iam::111122223333:mfa/ana';

test('a change whose MFA code was not given was not sent, and says that the person cancelled', async (t) => {
  const server = await serve(t, () => 'hang');
  const { open } = await createWorld(t, {
    config: roleProfile(server.url, mfa),
    aws: { mfaCode: async () => undefined },
  });
  const error = await errorOf((await open()).api.revokeGrant(grant, unverified, never));
  assert.deepEqual([isAbort(error), wasNotSent(error), isSignInCancelled(error)], [true, true, true]);
  assert.deepEqual(server.received, []);
});

test('a change that is cancelled while somebody is asked for an MFA code was not sent', async (t) => {
  const server = await serve(t, () => 'hang');
  const controller = new AbortController();
  const { open } = await createWorld(t, {
    config: roleProfile(server.url, mfa),
    aws: {
      mfaCode: (_, __, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(undefined));
          controller.abort();
        }),
    },
  });
  const error = await errorOf((await open()).api.revokeGrant(grant, unverified, controller.signal));
  assert.deepEqual([isAbort(error), wasNotSent(error), isSignInCancelled(error)], [true, true, false]);
});

test('a change that is cancelled once it is on its way may have been made', async (t) => {
  const controller = new AbortController();
  const server = await serve(t, () => {
    controller.abort();
    return 'hang';
  });
  const { open } = await createWorld(t, { config: profileAt(server.url) });
  const error = await errorOf((await open()).api.revokeGrant(grant, unverified, controller.signal));
  assert.deepEqual([isAbort(error), wasNotSent(error)], [true, false]);
});

test('a change whose sign-in failed was not made', async (t) => {
  for (const answer of [drips, floods, 'close'] as const) {
    const server = await serve(t, () => answer);
    const { open } = await createWorld(t, {
      config: roleProfile(server.url),
      aws: { timeouts: { connectMs, requestMs, signInMs: 100 } },
    });
    const error = await errorOf((await open()).api.revokeGrant(grant, unverified, never));
    assert.ok(isKmsError(error));
    assert.equal(mayHaveBeenDone(error), false, error.details.kind);
  }
});
