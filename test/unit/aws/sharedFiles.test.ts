import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { devNull, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { sharedFilePaths } from '../../../src/aws/sharedFiles.ts';
import { isKind } from '../../../src/core/kms/errors.ts';
import { explain } from '../../../src/core/words/explain.ts';
import { notOnWindows } from '../../systems.ts';
import { javaScript } from './programs.ts';
import { createWorld, identity, never, serve, signature } from './support.ts';

const keys = (name: string) => `aws_access_key_id = AKIA${name}\naws_secret_access_key = secret\n`;

test('a profile whose header has something after it neither vanishes nor lends its keys', async (t) => {
  const server = await serve(t, () => identity('111122223333'));
  const { aws, open } = await createWorld(t, {
    config: `[profile first]\n${keys('FIRST')}[profile second]; ben\n${keys('SECOND')}[profile third] # note\n${keys('THIRD')}`,
    env: { AWS_ENDPOINT_URL: server.url },
  });
  assert.deepEqual(
    (await aws.profiles()).map(({ name }) => name),
    ['first', 'second', 'third'],
  );
  for (const profile of ['first', 'second', 'third']) {
    await (await open(profile)).api.callerIdentity(never);
  }
  assert.deepEqual(
    server.received.map((request) => signature(request).accessKeyId),
    ['AKIAFIRST', 'AKIASECOND', 'AKIATHIRD'],
  );
});

const names = ['My MacBook Pro', 'équipe', 'prod(admin)', 'a#b', 'x;y', 'team = 1', '日本'];

test('a profile may have any name, in the config file, in the credentials file, and as a source', async (t) => {
  const server = await serve(t, ({ operation }) =>
    operation === 'AssumeRole'
      ? {
          headers: { 'content-type': 'text/xml' },
          body: '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>',
        }
      : identity('111122223333'),
  );
  const { aws, open } = await createWorld(t, {
    config: names
      .map(
        (name, at) =>
          `[profile "${name}"]\n${keys(`CONFIG${at}`)}[profile "role of ${name}"]\nrole_arn = arn:aws:iam::111122223333:role/R\nsource_profile = ${name}\n`,
      )
      .join(''),
    credentials: names.map((name, at) => `[my ${name}]\n${keys(`STORED${at}`)}`).join(''),
    env: { AWS_ENDPOINT_URL: server.url },
  });
  const listed = (await aws.profiles()).map(({ name }) => name).sort();
  assert.deepEqual(listed, names.flatMap((name) => [name, `role of ${name}`, `my ${name}`]).sort());
  for (const [at, name] of names.entries()) {
    const before = server.received.length;
    for (const profile of [name, `my ${name}`, `role of ${name}`]) {
      await (await open(profile)).api.callerIdentity(never);
    }
    const signed = server.received.slice(before).map((request) => signature(request).accessKeyId);
    assert.deepEqual(signed, [`AKIACONFIG${at}`, `AKIASTORED${at}`, `AKIACONFIG${at}`, 'ASIAROLE'], name);
  }
});

test('settings are read in any case, with : and =, before and after nested ones, and as a whole', async (t) => {
  const server = await serve(t, () => identity('111122223333'));
  const { aws, open } = await createWorld(t, {
    config: `[profile upper]\rs3 =\r  max_concurrent_requests = 20\rREGION: eu-north-1\routput =\rAWS_ACCESS_KEY_ID=AKIAUPPER\rAws_Secret_Access_Key : s # no comment\rendpoint_url = ${server.url}\r`,
  });
  assert.deepEqual(await aws.profiles(), [{ name: 'upper', region: 'eu-north-1', signIn: 'access key' }]);
  const { api, region } = await open('upper', 'eu-north-1');
  await api.callerIdentity(never);
  assert.equal(region, 'eu-north-1');
  assert.deepEqual(
    server.received.map(signature).map(({ accessKeyId }) => accessKeyId),
    ['AKIAUPPER'],
  );
});

for (const name of ['TEAM #1', 'TEAM ;1']) {
  test(`a credential_process with a quoted ${name} is run with it`, async (t) => {
    const script = "console.log(JSON.stringify({ Version: 1, AccessKeyId: process.argv[1], SecretAccessKey: 's' }))";
    const command = javaScript(script, `AKIA${name}`);
    const server = await serve(t, () => identity('111122223333'));
    const { open } = await createWorld(t, {
      config: `[profile tool]\ncredential_process = ${command}\nendpoint_url = ${server.url}\n`,
    });
    await (await open('tool')).api.callerIdentity(never);
    assert.equal(signature(server.received[0] ?? assert.fail()).accessKeyId, `AKIA${name}`);
  });
}

/** Each makes, of a path, something that can't be read. */
const unreadable: Readonly<Record<string, readonly [make: (path: string) => Promise<unknown>, reason: string]>> = {
  'a folder': [(path) => mkdir(path), 'It is a folder.'],
  'UTF-16': [(path) => writeFile(path, Buffer.from('\ufeff[default]\n', 'utf16le')), "It isn't encoded as UTF-8."],
  'UTF-16 without a mark': [
    (path) => writeFile(path, Buffer.from('[default]\n', 'utf16le')),
    "It isn't encoded as UTF-8.",
  ],
  'Latin-1': [(path) => writeFile(path, Buffer.from('[équipe]\n', 'latin1')), "It isn't encoded as UTF-8."],
  'a dangling link': [
    (path) => symlink(resolve('/nowhere/at/all'), path, 'junction'),
    "Its path contains a link to something that doesn't exist.",
  ],
  'a key before any section': [(path) => writeFile(path, 'region = x\n[default]\n'), 'Line 1 is before any section.'],
  'the same section twice': [(path) => writeFile(path, '[a]\n[a]\n'), 'Line 2 begins the section [a] a second time.'],
};

for (const [what, [make, reason]] of Object.entries(unreadable)) {
  for (const file of ['config', 'credentials']) {
    test(`a ${file} file that is ${what} is reported by path and reason, and never taken for an empty one`, async (t) => {
      const { aws, home, open } = await createWorld(t, {
        config: `[default]\n${keys('DEFAULT')}`,
        credentials: `[default]\n${keys('DEFAULT')}`,
      });
      const path = join(home, file);
      await rm(path);
      await make(path);
      const isReported = (error: unknown) => {
        assert.ok(isKind(error, 'filesUnreadable'), String(error));
        assert.equal(explain(error.details).sentence, `${path} can't be read: ${reason}`);
        return true;
      };
      const ref = { kind: 'profile', profile: 'default', region: 'eu-west-1' } as const;
      await assert.rejects(aws.profiles(), isReported);
      await assert.rejects(open('default'), isReported);
      await assert.rejects(aws.signInNeed(ref), isReported);
      await assert.rejects(aws.fingerprint(ref), isReported);
      await assert.rejects(aws.open({ kind: 'environment', region: 'eu-west-1' }), isReported);
      assert.deepEqual(await aws.files([ref]), [join(home, 'config'), join(home, 'credentials')]);
    });
  }
}

test('a file without permission is reported as such', {
  skip: notOnWindows('has no modes of files') || (process.getuid?.() === 0 && 'root may read all'),
}, async (t) => {
  const { aws, home } = await createWorld(t, { config: '[default]\n' });
  await chmod(join(home, 'config'), 0);
  await assert.rejects(aws.profiles(), (error) => isKind(error, 'filesUnreadable') && /permission/.test(error.message));
});

test('a file below a link to nothing is unreadable, and one that is missing in a folder is empty', async (t) => {
  const home = '$KMS_GRANTS_TEST/linked';
  const { aws, home: folder } = await createWorld(t, { env: { AWS_CONFIG_FILE: `${home}/config` } });
  process.env['KMS_GRANTS_TEST'] = folder;
  await symlink(join(folder, 'real'), join(folder, 'linked'), 'junction');
  await assert.rejects(aws.profiles(), (error) => isKind(error, 'filesUnreadable') && /link/.test(error.message));
  await mkdir(join(folder, 'real'));
  assert.deepEqual(await aws.profiles(), []);
  await writeFile(join(folder, 'real', 'config'), '[profile there]\n');
  assert.deepEqual(
    (await aws.profiles()).map(({ name }) => name),
    ['there'],
  );
});

test('the null device in place of a file is no file', async (t) => {
  const { aws } = await createWorld(t, { env: { AWS_CONFIG_FILE: devNull }, credentials: '[stored]\n' });
  assert.deepEqual(
    (await aws.profiles()).map(({ name }) => name),
    ['stored'],
  );
});

test('the variables of the files may have a home folder and variables in them, as for the AWS CLI', () => {
  const home = homedir();
  const paths: Readonly<Record<string, string>> = {
    '~/aws/config': join(home, 'aws/config'),
    '~': home,
    '$DIR/config': '/data/config',
    '${DIR}/$NAME.ini': '/data/work.ini',
    '$TILDE/config': join(home, 'config'),
    '/x/$UNSET/config': '/x/$UNSET/config',
    '/x/~/config': '/x/~/config',
    $$DIR: '$/data',
  };
  for (const [value, path] of Object.entries(paths)) {
    const env = { DIR: '/data', NAME: 'work', TILDE: '~', AWS_CONFIG_FILE: value, AWS_SHARED_CREDENTIALS_FILE: value };
    const expected = resolve(path);
    assert.deepEqual(sharedFilePaths(env), [expected, expected], value);
  }
  assert.deepEqual(sharedFilePaths({}), [join(home, '.aws/config'), join(home, '.aws/credentials')]);
  assert.deepEqual(sharedFilePaths({ AWS_CONFIG_FILE: '', AWS_SHARED_CREDENTIALS_FILE: '' }), sharedFilePaths({}));
});

test("the home folder of another user is found where the system's file has it, and is never guessed", {
  skip: notOnWindows('has no such file'),
}, async (t) => {
  const { aws } = await createWorld(t, {
    env: { AWS_CONFIG_FILE: '~daemon/aws', AWS_SHARED_CREDENTIALS_FILE: '~root' },
  });
  const homes = await Promise.all(['daemon', 'root'].map(homeInPasswd));
  assert.deepEqual(sharedFilePaths(process.env), [join(homes[0] ?? assert.fail(), 'aws'), homes[1]]);

  process.env['AWS_CONFIG_FILE'] = '~nobody-here/.aws/config';
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = devNull;
  await assert.rejects(aws.profiles(), (error) => {
    assert.ok(isKind(error, 'filesUnreadable'));
    assert.match(
      explain(error.details).sentence,
      /~nobody-here\/.aws\/config can't be read: The home folder of nobody-here is unknown\. Write the whole path\.$/,
    );
    return true;
  });
});

async function homeInPasswd(user: string): Promise<string | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  return lines.find((line) => line.startsWith(`${user}:`))?.split(':')[5];
}

test('a profile that is not found names the files that were read', async (t) => {
  const { open, home } = await createWorld(t, { config: '[profile dev]\n' });
  await assert.rejects(open('prod'), (error) => {
    assert.ok(isKind(error, 'profileMissing'));
    assert.equal(
      explain(error.details).sentence,
      `Profile prod isn't in these files: ${join(home, 'config')}, ${join(home, 'credentials')}.`,
    );
    return true;
  });
});

for (const region of [
  '"eu-west-1"',
  "'eu-west-1'",
  'us east 1',
  'Ireland',
  'EU-WEST-1',
  'eu-west',
  'eu_west_1',
  'eu-west-1a',
  'eu-west-1\n[profile x]',
]) {
  test(`a Region that is none is quoted: ${JSON.stringify(region)}`, async (t) => {
    const { aws } = await createWorld(t, { config: `[profile dev]\n${keys('DEV')}` });
    for (const ref of [
      { kind: 'profile', profile: 'dev', region } as const,
      { kind: 'environment', region } as const,
    ]) {
      await assert.rejects(aws.open(ref), (error) => {
        assert.ok(isKind(error, 'regionInvalid'));
        assert.ok(explain(error.details).sentence.includes(region));
        return true;
      });
    }
  });
}

test('a Region of an SSO session that is none is quoted', async (t) => {
  const { open } = await createWorld(t, {
    config: `[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = "eu-west-1"\n`,
  });
  await assert.rejects(
    (await open('dev')).api.callerIdentity(never),
    (error) => isKind(error, 'regionInvalid') && error.details.region === '"eu-west-1"',
  );
});

test('a role_arn that has settings in the place of a value keeps a profile from signing in otherwise', async (t) => {
  const { open } = await createWorld(t, {
    config: `[profile dev]\nrole_arn =\n  x = 1\n${keys('DEV')}source_profile = dev\n`,
  });
  await assert.rejects(
    (await open('dev')).api.callerIdentity(never),
    (error) => isKind(error, 'profileInvalid') && /role_arn of dev isn't the ARN of a role/.test(error.message),
  );
});
