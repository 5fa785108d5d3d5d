import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { resolveEndpoint, resolveEndpointBeside, type ServiceId, shownUrl } from '../../../src/aws/endpoint.ts';
import { parseIni } from '../../../src/aws/ini.ts';
import { combine } from '../../../src/aws/sharedFiles.ts';
import { hostileText, property } from '../hostile.ts';
import { destinationOf } from './destination.ts';

const files = combine(
  parseIni(`
[profile dev]
services = local
endpoint_url = http://profile.test
[profile plain]
endpoint_url = http://plain.test
[profile ignoring]
endpoint_url = http://profile.test
ignore_configured_endpoint_urls = true
[profile lost]
services = gone
endpoint_url = http://profile.test
[profile typo]
endpoint_url = localhost:4566
[profile fips]
use_fips_endpoint = true
use_dualstack_endpoint = true
[profile fipsAtHome]
use_fips_endpoint = true
use_dualstack_endpoint = true
endpoint_url = http://plain.test
[services local]
kms =
  endpoint_url = http://section.test
`),
  parseIni('[stored]\nendpoint_url = http://stored.test\n'),
);

const urlOf = (profile: string, env: Record<string, string> = {}, service: ServiceId = 'KMS') =>
  resolveEndpoint(service, env, files, profile).url;

test('a variable for the service comes before one for all, then the services section, then the profile', () => {
  const all = { AWS_ENDPOINT_URL: 'http://all.test' };
  assert.equal(urlOf('dev', { ...all, AWS_ENDPOINT_URL_KMS: 'http://kms.test' }), 'http://kms.test');
  assert.equal(urlOf('dev', all), 'http://all.test');
  assert.equal(urlOf('dev'), 'http://section.test');
  assert.equal(urlOf('plain'), 'http://plain.test');
  assert.equal(urlOf('stored'), 'http://stored.test');
  assert.equal(urlOf('unknown'), undefined);
});

test('STS has an endpoint of its own, and shares what is configured for all services', () => {
  assert.equal(urlOf('plain', { AWS_ENDPOINT_URL_KMS: 'http://kms.test' }, 'STS'), 'http://plain.test');
  assert.equal(urlOf('plain', { AWS_ENDPOINT_URL_STS: 'http://sts.test' }, 'STS'), 'http://sts.test');
  assert.equal(urlOf('plain', { AWS_ENDPOINT_URL_STS: 'http://sts.test' }), 'http://plain.test');
  assert.equal(urlOf('dev', {}, 'STS'), 'http://profile.test');
});

test('configured endpoints are ignored when the environment or the profile says so', () => {
  const env = { AWS_ENDPOINT_URL_KMS: 'http://kms.test' };
  assert.equal(urlOf('ignoring', env), undefined);
  assert.equal(urlOf('plain', { ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' }), undefined);
  assert.equal(urlOf('ignoring', { ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' }), 'http://kms.test');
});

test('FIPS and dual-stack come from the profile, and the environment overrules it', () => {
  const flags = (profile: string, env: Record<string, string> = {}) => {
    const { useFipsEndpoint, useDualstackEndpoint } = resolveEndpoint('KMS', env, files, profile);
    return [useFipsEndpoint, useDualstackEndpoint];
  };
  assert.deepEqual(flags('fips'), [true, true]);
  assert.deepEqual(flags('fips', { AWS_USE_FIPS_ENDPOINT: 'false' }), [false, true]);
  assert.deepEqual(flags('unknown', { AWS_USE_FIPS_ENDPOINT: 'true' }), [true, false]);
  assert.deepEqual(flags('unknown', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }), [false, true]);
});

test('FIPS and dual-stack are never combined with a custom endpoint, which the SDK refuses', () => {
  assert.deepEqual(resolveEndpoint('KMS', {}, files, 'fipsAtHome'), {
    url: 'http://plain.test',
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
  });
});

test('a services section that is not there is an error, not a silent way to AWS', () => {
  assert.throws(() => urlOf('lost'), /services gone/);
});

test('an endpoint that is no URL is an error that names the profile', () => {
  assert.throws(() => urlOf('typo'), { message: "It isn't an http or https URL." });
});

test('an endpoint is shown without the user name and password in it', () => {
  assert.equal(shownUrl('http://ana:canary@proxy.test:8080/kms'), 'http://proxy.test:8080/kms');
  assert.equal(shownUrl('http://127.0.0.1:4599'), 'http://127.0.0.1:4599');
});

/** Where a request of a profile with these settings would go. */
function destination(service: 'KMS' | 'CLOUDTRAIL' | 'IAM', region: string, settings: string) {
  const lines = settings === '' ? [] : settings.split(' ').map((name) => `${name} = true`);
  const files = combine(parseIni(['[profile p]', ...lines].join('\n')), new Map());
  return destinationOf(service, resolveEndpoint(service, {}, files, 'p'), region);
}

const [fips, dualStack, both] = [
  'use_fips_endpoint',
  'use_dualstack_endpoint',
  'use_fips_endpoint use_dualstack_endpoint',
];

for (const [region, settings, host] of [
  ['eu-west-1', '', 'kms.eu-west-1.amazonaws.com'],
  ['us-east-1', fips, 'kms-fips.us-east-1.amazonaws.com'],
  ['eu-west-1', dualStack, 'kms.eu-west-1.api.aws'],
  ['us-east-1', both, 'kms-fips.us-east-1.api.aws'],
  ['us-gov-west-1', '', 'kms.us-gov-west-1.amazonaws.com'],
  ['us-gov-west-1', fips, 'kms-fips.us-gov-west-1.amazonaws.com'],
  ['us-gov-east-1', dualStack, 'kms.us-gov-east-1.api.aws'],
  ['cn-north-1', '', 'kms.cn-north-1.amazonaws.com.cn'],
  ['cn-northwest-1', dualStack, 'kms.cn-northwest-1.api.amazonwebservices.com.cn'],
  ['eusc-de-east-1', '', 'kms.eusc-de-east-1.amazonaws.eu'],
  ['us-iso-east-1', '', 'kms.us-iso-east-1.c2s.ic.gov'],
  ['us-iso-east-1', fips, 'kms-fips.us-iso-east-1.c2s.ic.gov'],
  ['us-isob-east-1', '', 'kms.us-isob-east-1.sc2s.sgov.gov'],
  ['eu-isoe-west-1', '', 'kms.eu-isoe-west-1.cloud.adc-e.uk'],
  ['us-isof-south-1', '', 'kms.us-isof-south-1.csp.hci.ic.gov'],
] as const) {
  test(`KMS in ${region}${settings ? ` with ${settings}` : ''} is at ${host}`, async () => {
    assert.deepEqual(await destination('KMS', region, settings ?? ''), [`https://${host}/`, region]);
  });
}

for (const [region, settings, trail, iam, signedFor] of [
  ['eu-west-1', '', 'cloudtrail.eu-west-1.amazonaws.com', 'iam.amazonaws.com', 'us-east-1'],
  ['us-east-2', fips, 'cloudtrail-fips.us-east-2.amazonaws.com', 'iam-fips.amazonaws.com', 'us-east-1'],
  ['eu-west-1', dualStack, 'cloudtrail.eu-west-1.api.aws', 'iam.global.api.aws', 'us-east-1'],
  ['cn-northwest-1', '', 'cloudtrail.cn-northwest-1.amazonaws.com.cn', 'iam.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ['us-gov-east-1', '', 'cloudtrail.us-gov-east-1.amazonaws.com', 'iam.us-gov.amazonaws.com', 'us-gov-west-1'],
  ['us-iso-west-1', '', 'cloudtrail.us-iso-west-1.c2s.ic.gov', 'iam.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1'],
  ['eusc-de-east-1', '', 'cloudtrail.eusc-de-east-1.amazonaws.eu', 'iam.eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1'],
] as const) {
  test(`CloudTrail and IAM of ${region}${settings ? ` with ${settings}` : ''} are at ${trail} and ${iam}`, async () => {
    assert.deepEqual(
      [await destination('CLOUDTRAIL', region, settings ?? ''), await destination('IAM', region, settings ?? '')],
      [
        [`https://${trail}/`, region],
        [`https://${iam}/`, signedFor],
      ],
    );
  });
}

test('beside a KMS with an endpoint of its own, a service is where one is configured for it or for all, and nowhere else', () => {
  const beside = (profile: string, env: Record<string, string> = {}) => {
    const kms = resolveEndpoint('KMS', env, files, profile);
    return resolveEndpointBeside(kms, 'CLOUDTRAIL', env, files, profile)?.url;
  };
  const own = { AWS_ENDPOINT_URL_KMS: 'http://kms.test' };
  const aws = { url: undefined, useFipsEndpoint: true, useDualstackEndpoint: true };
  assert.equal(resolveEndpointBeside(resolveEndpoint('KMS', own, files, 'fips'), 'IAM', own, files, 'fips'), undefined);
  assert.deepEqual(resolveEndpointBeside(aws, 'IAM', {}, files, 'fips'), aws);
  assert.equal(beside('fips', { ...own, AWS_ENDPOINT_URL_CLOUDTRAIL: 'http://trail.test' }), 'http://trail.test');
  assert.equal(beside('fips', { AWS_ENDPOINT_URL_CLOUDTRAIL: 'http://trail.test' }), 'http://trail.test');
  assert.equal(beside('fips', { ...own, AWS_ENDPOINT_URL: 'http://all.test' }), 'http://all.test');
  assert.equal(beside('dev'), 'http://profile.test');
  assert.equal(beside('fips', { ...own, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }), undefined);
});

/** How a URL parser lets a user name and password be written. */
const secret = 'canary';
const userInfo = fc.constantFrom(
  `ana:${secret}`,
  `${secret}:pw`,
  `:${secret}`,
  secret,
  `ana@home:${secret}`,
  `ana:${secret}:more@`,
  `a%40b:${secret}`,
  `ana:can\tary`,
  `ana:can\nary`,
  `${secret}\r`,
);
const slashes = fc.constantFrom('//', '/', '', '\\\\', '/\\', '\\/', '\\', '///', '////', '/\t/', '\n//');
const scheme = fc.constantFrom('http:', 'https:', 'HTTP:', 'hTTps:', ' http:', '\u0000http:', 'ht\ntp:', 'http\t:');
const host = fc.constantFrom(
  'proxy.test',
  'PROXY.test:8080',
  '[::1]:4599',
  '127.0.0.1',
  'xn--e1afmkfd.test',
  'пример.test',
);
const path = fc.constantFrom('', '/', '/kms', '\\kms', '/a@b', '?at=@', '#@x', '/kms/?q=1#f', '//x@y', ' ');

test('a URL is shown without its user name and password, however they are written', () => {
  property([scheme, slashes, userInfo, host, path], (...[protocol, between, user, name, rest]) => {
    const text = `${protocol}${between}${user}@${name}${rest}`;
    const shown = shownUrl(text);
    assert.ok(!shown.includes(secret), `${JSON.stringify(text)} is shown as ${shown}`);
    if (!URL.canParse(text)) {
      assert.equal(shown, '…');
      return;
    }
    const [given, read] = [new URL(text), new URL(shown)];
    assert.deepEqual([read.username, read.password], ['', '']);
    for (const part of ['protocol', 'host', 'pathname', 'search', 'hash'] as const) {
      assert.equal(read[part], given[part]);
    }
    assert.match(shown, /^[!-~]+$/);
  });
});

test('of a text that is no URL nothing is shown, and of any that is, no user information', () => {
  property([hostileText, hostileText], (one, other) => {
    for (const text of [one, `http://${one}`, `http:${one}@${other}`, `http://${one}:${secret}@${other}`]) {
      const shown = shownUrl(text);
      if (URL.canParse(text)) {
        const { username, password } = new URL(shown);
        assert.deepEqual([username, password], ['', '']);
      } else {
        assert.equal(shown, '…');
      }
    }
  });
});
