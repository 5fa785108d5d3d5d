import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { translate } from '../../../src/aws/errors.ts';
import { requestIdOf } from '../../../src/aws/errorText.ts';
import { isAbort } from '../../../src/core/base/abort.ts';
import { isKmsError } from '../../../src/core/kms/errors.ts';
import type { ConnectionRef } from '../../../src/core/kms/model.ts';
import { describeError, logCall } from '../../../src/platform/log.ts';
import { holdsHidden } from '../../hostileTexts.ts';
import { asyncProperty, hostileText, property } from '../hostile.ts';
import { createWorld } from './support.ts';

// The shared files

const section = fc.oneof(
  fc.constantFrom(
    'default',
    'profile dev',
    'dev',
    'sso-session corp',
    'services local',
    'profile "quoted"',
    'profile',
    '',
  ),
  fc.constantFrom(
    'constructor',
    'profile constructor',
    'profile\tconstructor',
    '__proto__',
    'toString',
    'profile __proto__',
  ),
  hostileText,
);
const setting = fc.constantFrom(
  'region',
  'role_arn',
  'source_profile',
  'credential_source',
  'credential_process',
  'sso_session',
  'sso_start_url',
  'login_session',
  'web_identity_token_file',
  'mfa_serial',
  'endpoint_url',
  'services',
  'use_fips_endpoint',
  'aws_access_key_id',
  'aws_secret_access_key',
  'keys',
  'assign',
  '__proto__',
);
const line = (marker: string) =>
  fc.oneof(
    { arbitrary: section.map((name) => `[${name}]`), weight: 3 },
    {
      arbitrary: fc
        .tuple(
          setting,
          fc.oneof(fc.constantFrom('dev', 'default', '', 'corp', `touch ${marker}`, 'http://127.0.0.1:1'), hostileText),
        )
        .map(([name, value]) => `${name} = ${value}`),
      weight: 6,
    },
    { arbitrary: hostileText, weight: 1 },
    {
      arbitrary: fc.constantFrom('kms =', '  endpoint_url = x', '# comment', '\ufeff[default]', '[profile dev', ']'),
      weight: 1,
    },
  );
const bytes = fc.uint8Array({ maxLength: 200 });

/** What a parser that took a section's name for a member of all objects would have changed. */
function builtIns(): string {
  const members = Object.getOwnPropertyNames(Object.prototype).map((name) => Reflect.get(Object.prototype, name));
  const own = [Object, Object.prototype, ...members.filter((member) => typeof member === 'function')];
  return JSON.stringify(own.map((one) => [Object.getOwnPropertyNames(one).sort(), typeof Reflect.get(one, 'keys')]));
}

test('whatever the AWS files hold, they are read or refused with a reason, and nothing in them is run', async (t) => {
  const { aws, home, writeConfig, writeCredentials } = await createWorld(t);
  const marker = join(home, 'was-run');
  const before = builtIns();
  const text = fc.array(line(marker), { maxLength: 12 }).map((lines) => lines.join('\n'));
  const refs: readonly ConnectionRef[] = [
    ...['default', 'dev', 'quoted', 'constructor'].map((profile) => ({
      kind: 'profile' as const,
      profile,
      region: 'eu-west-1',
    })),
    { kind: 'environment', region: 'eu-west-1' },
  ];
  const readOrRefused = async <T>(reading: Promise<T>): Promise<T | undefined> => {
    try {
      return await reading;
    } catch (error) {
      assert.ok(isKmsError(error), String(error));
      return undefined;
    }
  };
  await asyncProperty(
    [fc.oneof({ arbitrary: text, weight: 9 }, { arbitrary: bytes, weight: 1 }), text],
    async (config, credentials) => {
      if (typeof config === 'string') {
        await writeConfig(config);
      } else {
        await writeFile(join(home, 'config'), config);
      }
      await writeCredentials(credentials);
      for (const { name, signIn } of (await readOrRefused(aws.profiles())) ?? []) {
        assert.equal(typeof name, 'string');
        assert.ok(signIn === undefined || signIn !== '');
      }
      assert.ok((await aws.files(refs)).length >= 2, 'a file that was refused is watched all the same');
      for (const ref of refs) {
        await readOrRefused(aws.fingerprint(ref));
        await readOrRefused(aws.signInNeed(ref));
        (await readOrRefused(aws.open(ref)))?.close();
      }
      assert.equal(builtIns(), before);
    },
  );
  assert.ok(!existsSync(marker));
});

for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
  for (const header of [`[profile ${name}]`, `[profile\t'${name}']`, ` [profile "${name}"] # x`]) {
    test(`the section ${JSON.stringify(header)} is a profile like any other, and JavaScript's own objects stay as they are`, async (t) => {
      const before = builtIns();
      const { aws, open } = await createWorld(t, {
        config: `${header}\nkeys = gone\nassign = gone\nregion = eu-north-1\nservices = ${name}\n[services ${name}]\nkms =\n  endpoint_url = http://127.0.0.1:1\n[default]\nregion = eu-west-1\n`,
        credentials: `[${name}]\n${name} = gone\naws_access_key_id = AKIA\naws_secret_access_key = s\n`,
      });
      assert.deepEqual(
        (await aws.profiles()).map(({ name, region, signIn }) => [name, region, signIn]),
        [
          ['default', 'eu-west-1', undefined],
          [name, 'eu-north-1', 'access key'],
        ],
      );
      assert.deepEqual((await open(name)).endpoint, { kind: 'custom', url: 'http://127.0.0.1:1' });
      assert.equal(builtIns(), before);
    });
  }
}

test('a file of a megabyte of blank lines is read at once', async (t) => {
  const { aws } = await createWorld(t, { config: '\n\u2028 '.repeat(2 ** 18), credentials: ' '.repeat(2 ** 20) });
  assert.deepEqual(await aws.profiles(), []);
});

// Failures and the log

/** What an SDK or a server may throw. */
const thrown = fc
  .record({
    name: fc.oneof(
      fc.constantFrom('AccessDeniedException', 'NotFoundException', 'Unknown', 'SignInError'),
      hostileText,
    ),
    message: hostileText,
    code: fc.option(hostileText),
    requestId: hostileText,
    cause: fc.option(hostileText),
  })
  .map(({ name, message, code, requestId, cause }) =>
    Object.assign(new Error(message, { cause }), {
      name,
      $metadata: { requestId, httpStatusCode: 400 },
      ...(code === null ? {} : { code }),
    }),
  );

test('whatever was thrown, it becomes a failure, and each line of the log is a line with nothing hidden', () => {
  const lines: string[] = [];
  const write = (text: string) => lines.push(text);
  const log = { debug: write, warn: write, error: write };
  property([fc.oneof(thrown, hostileText, fc.anything()), hostileText], (error, profile) => {
    const failure = translate(error, { operation: 'ListGrants', profile });
    if (isAbort(failure) || !isKmsError(failure)) {
      return;
    }
    const { awsName, kind, requestId } = failure.details;
    assert.match(awsName, /^[\w.:-]{1,100}$/);
    assert.match(requestId ?? '', /^[\w.:-]{0,100}$/);
    assert.equal(requestIdOf({ $metadata: { requestId } }), requestId);
    log.error(describeError(failure));
    log.error(describeError(error));
    logCall(log, {
      connection: `profile/${profile}/x`,
      operation: 'ListGrants',
      outcome: kind,
      awsName,
      message: failure.message,
      requestId,
      durationMs: 1,
      attempts: 1,
      dropped: 0,
    });
  });
  assert.ok(lines.length > 300);
  for (const one of lines) {
    assert.ok(!holdsHidden(one), JSON.stringify(one));
    assert.ok(one.length < 8_000);
  }
});
