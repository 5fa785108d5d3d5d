import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { cloudTrailUrl, consoleUrl, partitions, regions } from '../../../src/aws/regions.ts';
import { isServicePrincipal, serviceName } from '../../../src/core/kms/awsServices.ts';

async function partitionsOfSdk() {
  const path = 'node_modules/@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js';
  const source = await readFile(path, 'utf8');
  const data = JSON.parse(source.slice(source.indexOf('{'), source.lastIndexOf('}') + 1)) as {
    partitions: {
      id: string;
      regionRegex: string;
      outputs: { dnsSuffix: string };
      regions: Record<string, { description: string }>;
    }[];
  };
  return data.partitions;
}

test("the Regions are exactly those of the SDK's own partition data", async () => {
  const known = (await partitionsOfSdk())
    .flatMap((partition) => Object.entries(partition.regions))
    .filter(([name]) => !name.endsWith('-global'))
    .map(([name, { description }]) => `${name} ${description}`);
  assert.deepEqual(regions.map(({ name, description }) => `${name} ${description}`).sort(), known.sort());
});

test('commercial Regions come first, then GovCloud, then China, then the isolated ones', () => {
  const first = (prefix: string) => regions.findIndex(({ name }) => name.startsWith(prefix));
  assert.deepEqual([first('af-'), first('us-gov-') < first('cn-'), first('cn-') < first('us-iso')], [0, true, true]);
  assert.ok(regions.findLastIndex(({ name }) => name.startsWith('us-west-')) < first('us-gov-'));
});

test("the partitions and the forms of their Regions' names are those of the SDK's own partition data", async () => {
  assert.deepEqual(
    partitions.map(({ id, regionForm }) => `${id} ${regionForm.source}`),
    (await partitionsOfSdk()).map(({ id, regionRegex }) => `${id} ${regionRegex.replaceAll('\\-', '-')}`),
  );
});

test('service principals are known by the suffix of every partition', async () => {
  for (const { id, outputs } of await partitionsOfSdk()) {
    assert.ok(isServicePrincipal(`rds.eu-west-1.${outputs.dnsSuffix}`), `${id}: ${outputs.dnsSuffix}`);
    assert.equal(serviceName(`dynamodb.eu-west-1.${outputs.dnsSuffix}`), 'Amazon DynamoDB');
  }
});

for (const [region, url] of [
  ['eu-west-1', 'https://eu-west-1.console.aws.amazon.com/kms/home?region=eu-west-1#/kms/keys'],
  // Newer than the SDK's list.
  ['eu-west-9', 'https://eu-west-9.console.aws.amazon.com/kms/home?region=eu-west-9#/kms/keys'],
  ['us-gov-east-1', 'https://console.amazonaws-us-gov.com/kms/home?region=us-gov-east-1#/kms/keys'],
  ['cn-north-1', 'https://console.amazonaws.cn/kms/home?region=cn-north-1#/kms/keys'],
  ['eusc-de-east-1', 'https://console.amazonaws-eusc.eu/kms/home?region=eusc-de-east-1#/kms/keys'],
  ['us-iso-east-1', undefined],
  ['us-isob-east-1', undefined],
  ['eu-isoe-west-1', undefined],
  ['us-isof-south-1', undefined],
  ['local', undefined],
] as const) {
  test(`the console of ${region} is ${url === undefined ? 'not known' : `at ${new URL(url).host}`}`, () => {
    assert.equal(consoleUrl(region), url);
    assert.equal(consoleUrl(region, 'mrk-1'), url && `${url}/mrk-1`);
  });
}

for (const [region, host] of [
  ['eu-west-1', 'eu-west-1.console.aws.amazon.com'],
  ['us-gov-west-1', 'console.amazonaws-us-gov.com'],
  ['cn-north-1', 'console.amazonaws.cn'],
  ['eusc-de-east-1', 'console.amazonaws-eusc.eu'],
  ['us-iso-east-1', undefined],
  ['local', undefined],
] as const) {
  test(`the event history of CloudTrail in ${region} is ${host === undefined ? 'not known' : `at ${host}`}`, () => {
    const page = host && `https://${host}/cloudtrailv2/home?region=${region}#/events`;
    const keyArn = `arn:aws:kms:${region}:111122223333:key/mrk-1`;
    assert.equal(
      cloudTrailUrl(region, { kind: 'event', name: 'RevokeGrant' }),
      page && `${page}?EventName=RevokeGrant`,
    );
    assert.equal(
      cloudTrailUrl(region, { kind: 'key', keyArn }),
      page && `${page}?ResourceName=arn%3Aaws%3Akms%3A${region}%3A111122223333%3Akey%2Fmrk-1`,
    );
  });
}
