import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Section } from '../../src/aws/ini.ts';
import { readSharedFiles } from '../../src/aws/sharedFiles.ts';
import { isKind, isKmsError } from '../../src/core/kms/errors.ts';
import { createWorld, identity, never, type Received, serve, signature, stsFailure, xml } from '../unit/aws/support.ts';
import { withPython } from './peers.ts';

/**
 * What differs from botocore on purpose, and is therefore not compared, neither here nor in `environment.test.ts`:
 *
 * | what | why |
 * |---|---|
 * | a profile whose name is empty is not listed | it can't be chosen |
 * | a folder, a dangling link, a file without permission is a failure, not an empty file | else nothing seems to be set up |
 * | files are UTF-8, whatever the locale says, and have no NUL | a window has no locale that its files go by |
 * | an empty variable is as good as none | shells and editors set such |
 * | the profile's Region comes before AWS_REGION | connections to several profiles are open side by side |
 * | AWS_PROFILE comes before the environment's access key | a connection is named by the profile whose keys sign |
 * | a profile without credentials does not become the container or instance, nor does an environment with nothing set become the instance | nobody chose that principal |
 * | a web identity of the environment has all of its parts there, and with one alone there is none | half of it must not meet half of the profile's |
 * | a setting of the instance's metadata that can't be used fails only where that is asked | nothing else depends on it |
 * | `~user` is a failure where neither the system's file of users nor Windows' folders say whose home it is | to look further, a program would have to run |
 * | AWS_LOGIN_CACHE_DIRECTORY is taken as it is | so does the SDK, which renews the session there |
 * | an access key with an empty part is refused before it is used | the reason is clearer than AWS's |
 * | a credential_process runs in a shell | so do AWS's other SDKs, and what relies on it works |
 */
const isListed = (name: string) => name !== '';

// The grammar

const names = [
  'default',
  'dev',
  'a b',
  'équipe',
  'prod(admin)',
  'x#y',
  'x;y',
  'k=v',
  '__proto__',
  '日本',
  'DEFAULT',
  '',
];
const name = fc.constantFrom(...names);
const spelled = fc.tuple(name, fc.nat(4)).map(([one, how]) => {
  const spellings = [
    `"${one}"`,
    `'${one}'`,
    one.replace(/[^\w]/gu, '\\$&'),
    one,
    `${one.slice(0, 1)}"${one.slice(1)}"`,
  ];
  return spellings[how] ?? one;
});
const prefix = fc.constantFrom(
  'profile ',
  'profile ',
  'profile ',
  'profile\t',
  'sso-session ',
  'services ',
  '',
  'profilex ',
);
const header = fc
  .tuple(prefix, spelled, fc.constantFrom('', '', ' ', ' x'), fc.constantFrom('', '', '; ben', ' # note', ' ] x'))
  .map(([before, one, inside, after]) => `[${before}${one}${inside}]${after}`);
/** The credentials file has no prefixes. */
const storedHeader = fc
  .tuple(fc.oneof(name, spelled), fc.constantFrom('', '; ben', ' # x'))
  .map(([one, after]) => `[${one}]${after}`);

const processes = [
  `printf '{"Version":1,"AccessKeyId":"AKIA %s","SecretAccessKey":"s"}' "TEAM #1"`,
  `sh -c "cd / ; printf '{\\"Version\\":1,\\"AccessKeyId\\":\\"AKIASH\\",\\"SecretAccessKey\\":\\"s\\"}'"`,
];
const valuesOf: Readonly<Record<string, readonly string[]>> = {
  aws_access_key_id: ['AKIAONE', 'AKIATWO', 'AKIATHREE', ''],
  aws_secret_access_key: ['secret', 's # t', ''],
  aws_session_token: ['token', ''],
  aws_security_token: ['other'],
  region: ['eu-west-1', '"eu-west-1"', 'Ireland', ''],
  role_arn: ['arn:aws:iam::111122223333:role/A', 'arn:aws:iam::111122223333:role/B', ''],
  source_profile: names,
  credential_source: ['Environment', 'Bogus'],
  external_id: ['outside'],
  duration_seconds: ['900', 'abc'],
  role_session_name: ['ana'],
  credential_process: processes,
  sso_session: names,
  sso_account_id: ['111122223333'],
  sso_region: ['eu-west-1'],
  web_identity_token_file: ['/nowhere/token', ''],
  services: names,
  output: ['', 'json'],
  s3: [''],
};
const key = fc.constantFrom(
  ...Object.keys(valuesOf),
  'aws_access_key_id',
  'aws_secret_access_key',
  'role_arn',
  'source_profile',
);
const setting = fc
  .tuple(
    key,
    fc.constantFrom('=', ' = ', ' = ', ':', ' : ', '\t=  '),
    fc.nat(),
    fc.constantFrom('', '', '', '', ' ', ' # note', ' ; x', '\u00a0', '\u001f'),
    fc.boolean(),
  )
  .map(([one, between, at, after, upper]) => {
    const values = valuesOf[one] ?? [''];
    return `${upper ? one.toUpperCase() : one}${between}${values[at % values.length]}${after}`;
  });
const between = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 48 },
  { arbitrary: fc.constantFrom('', '  ', '# comment', '; comment = x', '  # indented', '\u2028'), weight: 16 },
  {
    arbitrary: fc.constantFrom('  x = 1', '\ty = 2 = 3', '  Endpoint_Url = http://a', '    [profile deep]'),
    weight: 12,
  },
  { arbitrary: fc.constantFrom('bare', '= no key', '[open', '\ufeff', '[]'), weight: 1 },
);
const keyOf = (line: string) => line.split(/[=:]/)[0]?.trim().toLowerCase();
/** What belongs together, so that many profiles sign in. */
const together: fc.Arbitrary<readonly string[]> = fc.oneof(
  { arbitrary: fc.constant<readonly string[]>([]), weight: 1 },
  {
    arbitrary: fc
      .constantFrom('AKIAONE', 'AKIATWO', 'AKIATHREE # x', 'AKIAFOUR;y')
      .map((id) => [`AWS_Access_Key_Id : ${id}`, 'aws_secret_access_key= s # t']),
    weight: 4,
  },
  {
    arbitrary: name.map((one) => ['role_arn=arn:aws:iam::111122223333:role/A', `Source_Profile = ${one}`]),
    weight: 2,
  },
  { arbitrary: fc.constantFrom(...processes).map((one) => [`credential_process: ${one}`]), weight: 1 },
);
const file = (one: fc.Arbitrary<string>) =>
  fc
    .record({
      start: fc.oneof(
        { arbitrary: fc.constant([]), weight: 30 },
        { arbitrary: fc.constantFrom(['\ufeff'], ['k = 1'], ['# c']), weight: 1 },
      ),
      sections: fc.uniqueArray(
        fc.tuple(
          one,
          fc
            .tuple(together, fc.uniqueArray(setting, { selector: keyOf, maxLength: 4 }))
            .map(([first, others]) => [...new Map([...others, ...first].map((line) => [keyOf(line), line])).values()]),
          fc.array(between, { minLength: 6, maxLength: 6 }),
        ),
        { selector: ([line]) => line.slice(0, line.lastIndexOf(']')), maxLength: 5 },
      ),
      indent: fc.constantFrom('', '', '', ' '),
      again: fc.oneof({ arbitrary: fc.constant(false), weight: 30 }, { arbitrary: fc.constant(true), weight: 1 }),
      end: fc.constantFrom('\n', '\n', '\r\n', '\r'),
    })
    .map(({ start, sections, indent, again, end }) => {
      const lines = [...sections, ...(again ? sections.slice(0, 1) : [])].flatMap(([head, settings, others]) => [
        head,
        ...settings.flatMap((line, at) => [line, ...(others[at] === undefined ? [] : [others[at]])]),
      ]);
      return [...start, ...lines.map((line) => indent + line)].join(end);
    });

interface Case {
  readonly config: string;
  readonly credentials: string;
}

// botocore

type Settings = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/** What botocore makes of a case; `null` when it refuses the files. */
type Read = null | {
  readonly profiles: Readonly<Record<string, Settings>>;
  readonly sso_sessions: Readonly<Record<string, Settings>>;
  readonly services: Readonly<Record<string, Settings>>;
  /** By profile: the access key that it signs with; `null` when it has none. */
  readonly signers: Readonly<Record<string, string | null>>;
};

const reader = `
import json, os, sys, botocore.session, botocore.loaders
cases, home, processes = json.load(sys.stdin)
loader = botocore.loaders.create_loader()
config, credentials = os.path.join(home, "py-config"), os.path.join(home, "py-credentials")
os.environ.update(AWS_CONFIG_FILE=config, AWS_SHARED_CREDENTIALS_FILE=credentials)

def session_of(profile):
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", loader)
    return session

def signer(profile):
    try:
        found = session_of(profile).get_credentials()
        frozen = found and found.get_frozen_credentials()
        # Nothing of several lines is in a header that a server could get.
        sent = all(isinstance(one, str) and one.isprintable() for one in (frozen.access_key, frozen.token or ""))
        return frozen.access_key if sent and frozen.access_key and frozen.secret_key else None
    except Exception:
        return None

def read(case):
    for path, text in ((config, case["config"]), (credentials, case["credentials"])):
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    try:
        full = session_of(None).full_config
    except Exception as error:
        return None
    profiles = full["profiles"]
    safe = all(one.get("credential_process", processes[0]) in processes for one in profiles.values())
    signers = {name: signer(name) for name in profiles if name} if case["signs"] and safe else {}
    return dict(profiles=profiles, sso_sessions=full["sso_sessions"], services=full["services"], signers=signers)

json.dump([read(case) for case in cases], sys.stdout)
`;

/** Gives credentials for every role, which say who asked for what. */
function stsAnswer(request: Received) {
  const asked = new URLSearchParams(request.body);
  if (request.operation !== 'AssumeRole') {
    return identity('111122223333');
  }
  if ((asked.get('RoleArn') ?? '').length < 20) {
    return stsFailure('ValidationError', 'Too short.', 400);
  }
  const session = asked.get('RoleSessionName') === 'ana' ? 'ana' : '';
  // The SDKs say an hour themselves, or leave it to AWS.
  const duration = asked.get('DurationSeconds') === '900' ? '900' : '';
  const parts = [signature(request).accessKeyId, asked.get('RoleArn'), asked.get('ExternalId'), duration, session];
  const accessKeyId = `ASIA${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)}`;
  return xml(
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/R/s</Arn></AssumedRoleUser><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>`,
  );
}

const plain = (sections: ReadonlyMap<string, Section>) =>
  [...sections]
    .map(([one, section]) => [
      one,
      [...section].map(([at, value]) => [at, typeof value === 'string' ? value : [...value].sort()]).sort(),
    ])
    .sort();
const plainOf = (sections: Readonly<Record<string, Settings>>) =>
  plain(
    new Map(
      Object.entries(sections).map(([one, settings]) => [
        one,
        new Map(
          Object.entries(settings).map(([at, value]) => [
            at,
            typeof value === 'string' ? value : new Map(Object.entries(value)),
          ]),
        ),
      ]),
    ),
  );

await withPython('the shared files, as botocore reads them', ({ python }) => {
  test('every profile that botocore lists is listed, with its settings, and signs with the same access key', async (t) => {
    const server = await serve(t, stsAnswer);
    const env = { AWS_ENDPOINT_URL: server.url, AWS_DEFAULT_REGION: 'eu-west-1', AWS_MAX_ATTEMPTS: '1' };
    const world = await createWorld(t, { env });
    const numRuns = Number(process.env['KMS_GRANTS_FUZZ_RUNS']) || 400;
    const cases: readonly Case[] = fc.sample(fc.record({ config: file(header), credentials: file(storedHeader) }), {
      seed: 20261126,
      numRuns,
    });
    const signs = (at: number) => at % 5 === 0;
    const child = spawn(python, ['-c', reader], {
      env: { ...process.env, PYTHONUTF8: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(JSON.stringify([cases.map((one, at) => ({ ...one, signs: signs(at) })), world.home, processes]));
    const reads: readonly Read[] = JSON.parse(await text(child.stdout));
    assert.equal(reads.length, cases.length);

    const counts = { read: 0, refused: 0, signed: 0, unsigned: 0 };
    for (const [at, { config, credentials }] of cases.entries()) {
      const expected = reads[at];
      const shown = `case ${at}\n${JSON.stringify({ config, credentials }, null, 1)}`;
      await world.writeConfig(config);
      await world.writeCredentials(credentials);
      const files = await readSharedFiles(process.env).catch((error: unknown) => {
        assert.ok(isKind(error, 'filesUnreadable'), shown);
        return null;
      });
      if (files === null || expected === null || expected === undefined) {
        assert.equal(files, expected, shown);
        counts.refused++;
        continue;
      }
      counts.read++;
      assert.deepEqual(plain(files.profiles), plainOf(expected.profiles), shown);
      assert.deepEqual(plain(files.ssoSessions), plainOf(expected.sso_sessions), shown);
      assert.deepEqual(plain(files.services), plainOf(expected.services), shown);
      assert.deepEqual(
        (await world.aws.profiles()).map((one) => one.name).sort(),
        Object.keys(expected.profiles).filter(isListed).sort(),
        shown,
      );
      for (const [profile, signer] of Object.entries(expected.signers)) {
        counts[signer === null ? 'unsigned' : 'signed']++;
        assert.equal(await signerOf(profile), signer, `profile ${profile} of ${shown}`);
      }
    }
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts.read > numRuns / 2 && counts.refused > numRuns / 20, JSON.stringify(counts));
    assert.ok(counts.signed > numRuns / 20 && counts.unsigned > numRuns / 20, JSON.stringify(counts));

    async function signerOf(profile: string): Promise<string | null> {
      const before = server.received.length;
      try {
        await (await world.open(profile)).api.callerIdentity(never);
      } catch (error) {
        assert.ok(isKmsError(error), String(error));
        return null;
      }
      const last = server.received.slice(before).at(-1);
      assert.ok(last);
      return signature(last).accessKeyId;
    }
  });
});
