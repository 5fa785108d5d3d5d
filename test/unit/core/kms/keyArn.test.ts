import assert from 'node:assert/strict';
import test from 'node:test';
import { keyArnProblem, keyOfArn, parseKeyArn } from '../../../../src/core/kms/keyArn.ts';

const id = '1234abcd-12ab-34cd-56ef-1234567890ab';
const multiRegionId = 'mrk-1234abcd12ab34cd56ef1234567890ab';

const keys: readonly [arn: string, region: string, account: string, keyId: string][] = [
  [`arn:aws:kms:eu-west-1:111122223333:key/${id}`, 'eu-west-1', '111122223333', id],
  [`arn:aws:kms:us-east-1:111122223333:key/${multiRegionId}`, 'us-east-1', '111122223333', multiRegionId],
  [`arn:aws:kms:ap-southeast-5:000000000000:key/${id}`, 'ap-southeast-5', '000000000000', id],
  [`arn:aws-cn:kms:cn-north-1:444455556666:key/${id}`, 'cn-north-1', '444455556666', id],
  [
    `arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/${multiRegionId}`,
    'us-gov-west-1',
    '444455556666',
    multiRegionId,
  ],
  [`arn:aws-iso:kms:us-iso-east-1:444455556666:key/${id}`, 'us-iso-east-1', '444455556666', id],
  [`arn:aws-iso-b:kms:us-isob-east-1:444455556666:key/${id}`, 'us-isob-east-1', '444455556666', id],
  [`arn:aws-iso-e:kms:eu-isoe-west-1:444455556666:key/${id}`, 'eu-isoe-west-1', '444455556666', id],
  [`arn:aws-iso-f:kms:us-isof-south-1:444455556666:key/${id}`, 'us-isof-south-1', '444455556666', id],
  [`arn:aws-eusc:kms:eusc-de-east-1:444455556666:key/${id}`, 'eusc-de-east-1', '444455556666', id],
];

for (const [arn, region, account, keyId] of keys) {
  test(`${arn} is the ARN of a key`, () => {
    assert.deepEqual({ ...parseKeyArn(arn) }, { arn, region, account, keyId });
    assert.equal(keyArnProblem(arn), undefined);
  });
}

const arn = `arn:aws:kms:eu-west-1:111122223333:key/${id}`;
const neither: readonly string[] = [
  '',
  ' ',
  id,
  `key/${id}`,
  ` ${arn}`,
  `${arn} `,
  `${arn}\n`,
  `\n${arn}`,
  `${arn}\n${arn}`,
  `"${arn}"`,
  arn.toUpperCase(),
  arn.slice(0, -id.length),
  `${arn}/`,
  `${arn}/grant`,
  `${arn}?x=1`,
  `${arn}\u202e`,
  `${arn}\0`,
  `${arn}é`,
  arn.replace('arn:aws:', 'arn:azure:'),
  arn.replace('arn:aws:', 'arn::'),
  arn.replace(':kms:', ':s3:'),
  arn.replace(':kms:', ':KMS:'),
  arn.replace('eu-west-1', ''),
  arn.replace('eu-west-1', '*'),
  arn.replace('eu-west-1', 'eu-west-1.evil.example'),
  arn.replace('eu-west-1', 'x/../y'),
  arn.replace('eu-west-1', 'EU-WEST-1'),
  arn.replace('eu-west-1', 'eu_west_1'),
  arn.replace('111122223333', ''),
  arn.replace('111122223333', '11112222333'),
  arn.replace('111122223333', '1111222233334'),
  arn.replace('111122223333', '11112222333x'),
  arn.replace('111122223333', '１１１１２２２２３３３３'),
  arn.replace(id, '../../../etc/passwd'),
  arn.replace(id, '$(reboot)'),
  arn.replace(id, '[x](command:workbench.action.quit)'),
  'arn:aws:iam::111122223333:role/Admin',
  'arn:aws:kms:eu-west-1:111122223333:custom-key-store/cks-1',
  'not an alias/prod',
  'arn:aws:s3:::alias/prod',
  'Alias/prod',
  ' alias/prod',
];

for (const text of neither) {
  test(`${JSON.stringify(text)} is no ARN of a key, and the reason shows what one looks like`, () => {
    assert.equal(parseKeyArn(text), undefined);
    assert.match(keyArnProblem(text) ?? '', /looks like arn:aws:kms:eu-west-1:111122223333:key\//);
  });
}

const aliases: readonly string[] = [
  'alias/prod',
  'alias/aws/s3',
  'alias/',
  'arn:aws:kms:eu-west-1:111122223333:alias/prod',
  'arn:aws:kms:eu-west-1:111122223333:alias/aws/ebs',
  'arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/prod',
  'arn:aws-cn:kms::111122223333:alias/prod',
  // A name is free text: it may look like the ARN of a key.
  `alias/${arn}`,
];

for (const alias of aliases) {
  test(`${alias} is refused as an alias, which grants don't take`, () => {
    assert.equal(parseKeyArn(alias), undefined);
    assert.match(keyArnProblem(alias) ?? '', /^This is an alias\. .* use the ARN of the key itself\.$/);
  });
}

test('a text of a megabyte is refused at once', { timeout: 1000 }, () => {
  for (const part of ['-', 'aws-', ':', '1', 'a:', 'alias/', arn]) {
    const long = part.repeat(1_000_000 / part.length);
    for (const text of [long, `arn:aws${long}`, `arn:aws:kms:${long}`, `${arn}${long}!`]) {
      assert.equal(parseKeyArn(text), undefined);
      assert.equal(typeof keyArnProblem(text), 'string');
    }
  }
});

test('of a key that was opened by ARN, the ARN and the ID are known, and no alias', () => {
  const read = parseKeyArn(arn) ?? assert.fail();
  assert.deepEqual(keyOfArn(read), { keyId: id, arn, aliases: [] });
});
