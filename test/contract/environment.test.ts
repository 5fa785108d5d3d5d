import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { resolveEndpoint } from '../../src/aws/endpoint.ts';
import { parseIni } from '../../src/aws/ini.ts';
import { metadataSettings } from '../../src/aws/instanceMetadata.ts';
import { environmentCredentials } from '../../src/aws/resolveChain.ts';
import { combine, sharedFilePaths } from '../../src/aws/sharedFiles.ts';
import { chooseConnections } from '../../src/core/connections/chooseConnections.ts';
import { isKind, isKmsError } from '../../src/core/kms/errors.ts';
import { listen } from '../unit/aws/cloud.ts';
import { destinationOf } from '../unit/aws/destination.ts';
import { createWorld, identity, never, serve, signature } from '../unit/aws/support.ts';
import { withPython } from './peers.ts';

// What differs from botocore on purpose is in the table of `sharedFiles.test.ts`.

interface Case {
  readonly env: Readonly<Record<string, string>>;
  /** The config file. */
  readonly config: string;
}

/** Each case's config file and variables are in force when `read()` is called. */
const harness = (read: string) => `
import io, json, os, sys
import botocore.session, botocore.credentials, botocore.loaders
loader = botocore.loaders.create_loader()
cases, home = json.load(sys.stdin)
config = os.path.join(home, "py-config")
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
before = dict(os.environ)

def metadata_provider(profile=None):
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", loader)
    resolver = botocore.credentials.create_credential_resolver(session)
    return next(one for one in resolver.providers if one.METHOD == "iam-role")

${read}

def result(case):
    os.environ.clear()
    os.environ.update(before, AWS_CONFIG_FILE=config, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    os.environ.update(case["env"])
    with open(config, "w") as file:
        file.write(case["config"])
    try:
        return read(case)
    except Exception as error:
        return dict(error=type(error).__name__)

json.dump([result(case) for case in cases], sys.stdout)
`;

await withPython('the environment, as botocore reads it', ({ python }) => {
  /** What botocore makes of each case, by a function `read(case)` in Python. */
  async function botocore<T>(t: TestContext, cases: readonly Case[], read: string): Promise<readonly T[]> {
    const home = await mkdtemp(join(tmpdir(), 'kms-grants-environment-'));
    t.after(() => rm(home, { recursive: true }));
    const child = spawn(python, ['-c', harness(read)], {
      env: { ...process.env, PYTHONUTF8: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(JSON.stringify([cases, home]));
    const results: readonly T[] = JSON.parse(await text(child.stdout));
    assert.equal(results.length, cases.length);
    return results;
  }

  test('the variables that name the files are expanded to the same paths', async (t) => {
    const { USER = 'root' } = process.env;
    const paths = ['~', '~/', '~/x', '~//x', '~root', '~root/x/../y', '~daemon/x', `~${USER}/x`, '$DIR/x', '~$NAME/x'];
    const odd = [`$\{DIR}/$\{NAME}`, `$\{}`, '$', 'a~/x', './~/x', '$UNSET/x', '~nobody-here/x', '~+/x', '$TILDE/x'];
    const cases = [...paths, ...odd].map((path) => ({
      env: { DIR: '/data', NAME: 'root', TILDE: '~', AWS_CONFIG_FILE: path },
      config: '',
    }));
    const read = `
def read(case):
    path = os.environ["AWS_CONFIG_FILE"]
    return os.path.abspath(os.path.expanduser(os.path.expandvars(path)))`;
    for (const [at, expected] of (await botocore<string>(t, cases, read)).entries()) {
      const { env } = cases[at] ?? assert.fail();
      assert.equal(sharedFilePaths(env)[0], expected, env.AWS_CONFIG_FILE);
    }
  });

  test('the access key of the environment has the same parts, and comes before the default profile where botocore has it so', async (t) => {
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN'];
    const cases = Array.from({ length: 2 ** names.length }, (_, bits) => ({
      env: Object.fromEntries(names.flatMap((name, bit) => ((bits >> bit) & 1 ? [[name, `of ${name}`]] : []))),
      config: '',
    }));
    const read = `
def read(case):
    found = botocore.credentials.EnvProvider().load()
    return found and [found.access_key, found.secret_key, found.token]`;
    type Found = null | { readonly error: string } | readonly [key: string, secret: string, token: string | null];
    for (const [at, expected] of (await botocore<Found>(t, cases, read)).entries()) {
      const { env } = cases[at] ?? assert.fail();
      const shown = JSON.stringify(env);
      const region = 'eu-west-1';
      const preferences = { connections: undefined, sample: false, profile: '', region, env };
      const [first] = chooseConnections(preferences, [{ name: 'default', region, signIn: 'access key' }]);
      assert.equal(first?.kind, expected === null ? 'profile' : 'environment', shown);
      if (expected === null || 'error' in expected) {
        assert.throws(
          () => environmentCredentials(env, undefined),
          (error) => isKind(error, 'profileInvalid'),
          shown,
        );
      } else {
        const { accessKeyId, secretAccessKey, sessionToken = null } = environmentCredentials(env, undefined);
        assert.deepEqual([accessKeyId, secretAccessKey, sessionToken], expected, shown);
      }
    }
  });

  test('the metadata service of an instance is asked at the same place, as long and as often', async (t) => {
    const values = {
      ec2_metadata_service_endpoint: [
        'http://127.0.0.1:1/',
        'http://[::1]:2',
        'http://host/base',
        'no url',
        '127.0.0.1',
      ],
      ec2_metadata_service_endpoint_mode: ['ipv4', 'IPv6', 'ipv6', 'both'],
      imds_use_ipv6: ['true', 'True', 'false', 'yes'],
      metadata_service_timeout: ['1', '7', '+3', 'long', '1.5'],
      metadata_service_num_attempts: ['1', '4', 'often'],
      ec2_metadata_v1_disabled: ['true', 'TRUE', 'false', 'no'],
    };
    const pairs = Object.entries(values).flatMap(([name, all]) => all.map((value) => [name, value] as const));
    const some = fc.uniqueArray(fc.constantFrom(...pairs), { selector: ([name]) => name, maxLength: 2 });
    const variables = some.map((all) =>
      Object.fromEntries(all.map(([name, value]) => [`AWS_${name.toUpperCase()}`, value])),
    );
    const section = some.map((all) => all.map(([name, value]) => `${name} = ${value}\n`).join(''));
    const cases = fc.sample(
      fc
        .tuple(variables, section, section)
        .map(([env, standard, dev]) => ({ env, config: `[default]\n${standard}[profile dev]\n${dev}` })),
      { seed: 20261126, numRuns: 120 },
    );
    const read = `
def read(case):
    def settings(profile):
        try:
            fetcher = metadata_provider(profile)._role_fetcher
            url = fetcher.get_base_url()
            return [url if url.endswith("/") else url + "/", fetcher._timeout * 1000, fetcher._num_attempts, not fetcher._imds_v1_disabled]
        except Exception:
            return None
    return [settings(None), settings("dev")]`;
    type Settings = null | readonly [url: string, timeoutMs: number, attempts: number, mayGoWithoutToken: boolean];
    const counts = { read: 0, refused: 0 };
    for (const [at, pair] of (await botocore<readonly [Settings, Settings]>(t, cases, read)).entries()) {
      const { env, config } = cases[at] ?? assert.fail();
      const files = combine(parseIni(config), new Map());
      for (const [which, profile] of [undefined, 'dev'].entries()) {
        let settings: Settings;
        try {
          const { url, timeoutMs, attempts, mayGoWithoutToken } = metadataSettings(env, files, profile);
          settings = [url, timeoutMs, attempts, mayGoWithoutToken];
        } catch (error) {
          assert.ok(isKind(error, 'profileInvalid'), String(error));
          settings = null;
        }
        assert.deepEqual(
          settings,
          pair[which],
          `${profile} of case ${at}\n${JSON.stringify({ env, config }, null, 1)}`,
        );
        counts[settings === null ? 'refused' : 'read']++;
      }
    }
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts.read > 50 && counts.refused > 50, JSON.stringify(counts));
  });

  test('CloudTrail and IAM are asked at the same host, signed for the same Region', async (t) => {
    const config = `[default]
[profile fips]
use_fips_endpoint = true
[profile dual]
use_dualstack_endpoint = true
[profile local]
services = local
[services local]
cloudtrail =
  endpoint_url = http://trail.test:4566
iam =
  endpoint_url = http://iam.test:4566
`;
    const profiles = ['default', 'fips', 'dual', 'local'];
    // Of every partition, not the one Region that IAM is in where there are others.
    const regions = [
      'eu-west-1',
      'cn-northwest-1',
      'us-gov-east-1',
      'eusc-de-east-1',
      'us-iso-west-1',
      'us-isob-east-1',
      'eu-isoe-west-1',
      'us-isof-east-1',
    ];
    const services = ['CLOUDTRAIL', 'IAM'] as const;
    const asked = regions.flatMap((region) =>
      profiles.flatMap((profile) => services.map((service) => ({ region, profile, service }))),
    );
    const read = `
import botocore.awsrequest
def read(case):
    session = botocore.session.Session(profile=os.environ["PROFILE"])
    session.register_component("data_loader", loader)
    session.set_credentials("AKIA", "secret")
    client = session.create_client(os.environ["SERVICE"].lower(), os.environ["REGION"])
    sent = []
    def answer(request, **_):
        sent.append(request)
        return botocore.awsrequest.AWSResponse(request.url, 403, {}, io.BytesIO())
    client.meta.events.register("before-send", answer)
    try:
        client.lookup_events() if os.environ["SERVICE"] == "CLOUDTRAIL" else client.list_users()
    except Exception:
        pass
    return [sent[0].url, sent[0].headers["Authorization"].decode().split("/")[2]]`;
    const found = await botocore<readonly [url: string, region: string] | { readonly error: string }>(
      t,
      asked.map(({ region, profile, service }) => ({
        env: { REGION: region, PROFILE: profile, SERVICE: service },
        config,
      })),
      read,
    );
    const files = combine(parseIni(config), new Map());
    const unknown: string[] = [];
    for (const [at, { region, profile, service }] of asked.entries()) {
      const expected = found[at] ?? assert.fail();
      const shown = `${service} in ${region}, profile ${profile}`;
      if ('error' in expected) {
        unknown.push(shown);
      } else {
        const endpoint = resolveEndpoint(service, {}, files, profile);
        assert.deepEqual(await destinationOf(service, endpoint, region), expected, shown);
      }
    }
    // botocore's table of these Regions has no dual-stack endpoints; the services' own rules have.
    assert.deepEqual(
      unknown,
      ['eu-isoe-west-1', 'us-isof-east-1'].flatMap((region) =>
        services.map((service) => `${service} in ${region}, profile dual`),
      ),
    );
  });

  test('the metadata service of an instance gets the same requests, whatever it answers', async (t) => {
    const credentials = JSON.stringify({
      AccessKeyId: 'ASIAINSTANCE',
      SecretAccessKey: 's',
      Token: 't',
      Expiration: '2099-01-01T00:00:00Z',
    });
    type Answer = 'hang' | 'close' | readonly [status: number, body: string];
    const ok = {
      token: [[200, 'token']],
      role: [[200, 'Host']],
      credentials: [[200, credentials]],
    } satisfies Record<string, readonly Answer[]>;
    /** Its answers in order; the last one for all others. */
    type Service = Readonly<Record<'token' | 'role' | 'credentials', readonly Answer[]>>;
    const attempts = (count: number) => `metadata_service_num_attempts = ${count}\n`;
    const services: Readonly<Record<string, readonly [Service, config?: string]>> = {
      'all is well': [ok],
      'no token, 403': [{ ...ok, token: [[403, '']] }],
      'no token, 404': [{ ...ok, token: [[404, '']] }, attempts(3)],
      'no token, 405': [{ ...ok, token: [[405, '']] }],
      'no token, 400': [{ ...ok, token: [[400, '']] }, attempts(2)],
      'no token, 500': [{ ...ok, token: [[500, '']] }, attempts(2)],
      'a token at the second time': [
        {
          ...ok,
          token: [
            [500, ''],
            [200, 'token'],
          ],
        },
        attempts(2),
      ],
      'no token, closed': [{ ...ok, token: ['close'] }, attempts(2)],
      'no token, silent': [{ ...ok, token: ['hang'] }, attempts(2)],
      'no token, and none is not enough': [{ ...ok, token: [[404, '']] }, 'ec2_metadata_v1_disabled = true\n'],
      'no role': [{ ...ok, role: [[404, '']] }, attempts(2)],
      'an empty role': [{ ...ok, role: [[200, '']] }, attempts(2)],
      'a role at the third time': [{ ...ok, role: [[500, ''], 'close', [200, 'Host']] }, attempts(3)],
      'credentials at the second time': [
        {
          ...ok,
          credentials: [
            [200, '{"AccessKeyId":'],
            [200, credentials],
          ],
        },
        attempts(2),
      ],
      'no JSON': [{ ...ok, credentials: [[200, '<html>']] }, attempts(2)],
    };
    const asked = new Map<string, string[]>();
    const server = await listen(t, (request, response) => {
      const [, who = '', at = '', path = ''] = /^\/(\w+)\/(\d+)\/(.*)$/.exec(request.url ?? '') ?? [];
      const list = asked.get(`${who} ${at}`) ?? [];
      asked.set(`${who} ${at}`, list);
      const [service] = Object.values(services)[Number(at)] ?? assert.fail(request.url);
      const answers =
        path === 'latest/api/token' ? service.token : path.endsWith('/') ? service.role : service.credentials;
      const answer = answers[Math.min(list.filter((line) => line.includes(` ${path} `)).length, answers.length - 1)];
      const headers = ['', '-ttl-seconds'].map((rest) => request.headers[`x-aws-ec2-metadata-token${rest}`] ?? '-');
      list.push(`${request.method} ${path} ${headers.join(' ')}`);
      if (answer === 'close') {
        request.socket.destroy();
      } else if (answer !== undefined && answer !== 'hang') {
        response.writeHead(answer[0]).end(answer[1]);
      }
    });
    const caseOf = (who: string) =>
      Object.values(services).map(([, more = ''], at) => ({
        env: { AWS_EC2_METADATA_DISABLED: 'false' },
        config: `[default]\nec2_metadata_service_endpoint = ${server}/${who}/${at}\n${more}`,
      }));
    const read = `
def read(case):
    found = metadata_provider().load()
    return found and found.access_key`;
    const expected = await botocore<null | string | { readonly error: string }>(t, caseOf('py'), read);

    for (const [at, { env, config }] of caseOf('ts').entries()) {
      const name = Object.keys(services)[at] ?? assert.fail();
      await t.test(name, async (t) => {
        const sts = await serve(t, () => identity('111122223333'));
        const { aws } = await createWorld(t, { config, env: { ...env, AWS_ENDPOINT_URL: sts.url } });
        const connection = await aws.open({ kind: 'environment', region: 'eu-west-1' });
        t.after(connection.close);
        const failure: unknown = await connection.api.callerIdentity(never).then(
          () => undefined,
          (error: unknown) => error,
        );
        const found = expected[at];
        if (typeof found === 'string') {
          assert.deepEqual(
            [failure, sts.received.map((request) => signature(request).accessKeyId)],
            [undefined, [found]],
          );
        } else {
          assert.ok(isKmsError(failure), String(failure));
        }
        assert.deepEqual(asked.get(`ts ${at}`), asked.get(`py ${at}`));
      });
    }
  });
});
