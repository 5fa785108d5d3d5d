import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  findKeyArns,
  isAliasArn,
  keyArnProblem,
  keyOfArn,
  parseKeyArn,
  partsOfArn,
} from '../../../../src/core/kms/keyArn.ts';
import { hostileText, property } from '../../hostile.ts';

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
    assert.equal(isAliasArn(arn), false);
    assert.deepEqual(partsOfArn(arn), { region, account, resource: `key/${keyId}` });
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

const withoutPlace: readonly string[] = [
  'alias/prod',
  'alias/aws/s3',
  'alias/',
  'arn:aws:kms:eu-west-1:111122223333:alias/',
  'arn:aws-cn:kms::111122223333:alias/prod',
  // A name is free text: it may look like the ARN of a key.
  `alias/${arn}`,
];

for (const alias of withoutPlace) {
  test(`${alias} is refused as an alias without its place`, () => {
    assert.equal(parseKeyArn(alias), undefined);
    assert.equal(isAliasArn(alias), false);
    assert.match(
      keyArnProblem(alias) ?? '',
      /^The ARN of an alias looks like arn:aws:kms:eu-west-1:111122223333:alias\/name\.$/,
    );
  });
}

const aliasArns: readonly (readonly [arn: string, region: string, alias: string])[] = [
  ['arn:aws:kms:eu-west-1:111122223333:alias/prod', 'eu-west-1', 'alias/prod'],
  ['arn:aws:kms:eu-west-1:111122223333:alias/aws/ebs', 'eu-west-1', 'alias/aws/ebs'],
  ['arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/team_a/prod-1', 'us-gov-west-1', 'alias/team_a/prod-1'],
];

for (const [aliasArn, region, alias] of aliasArns) {
  test(`${aliasArn} is the ARN of an alias, and of no key`, () => {
    assert.equal(parseKeyArn(aliasArn), undefined);
    assert.equal(isAliasArn(aliasArn), true);
    assert.deepEqual(partsOfArn(aliasArn), { region, account: '111122223333', resource: alias });
    assert.equal(keyArnProblem(aliasArn), undefined);
  });
}

const found = (text: string) => findKeyArns(text).map((one) => one.arn);
const aliasArn = 'arn:aws:kms:eu-west-1:111122223333:alias/team/prod';

for (const whole of [...keys.map(([keyArn]) => keyArn), ...aliasArns.map(([one]) => one)]) {
  test(`${whole} is found in what people and programs write around it`, () => {
    for (const text of [
      whole,
      `"KeyId": "${whole}",`,
      `key=${whole}`,
      `key:${whole}`,
      `(${whole})`,
      `See ${whole}.`,
      `<td>${whole}</td>`,
      `\`${whole}\``,
      `[${whole}](x)`,
      `${whole}\n`,
      `https://example.com/?arn=${whole}&x=1`,
    ]) {
      assert.deepEqual(findKeyArns(text), [{ index: text.indexOf(whole), arn: whole }], text);
    }
  });
}

test('several ARNs are found in their order, on one line and on many', () => {
  assert.deepEqual(found(`${arn},${aliasArn} ${arn}\r\n${aliasArn}`), [arn, aliasArn, arn, aliasArn]);
});

test('no ARN is found within a longer word, nor where a part of it is missing', () => {
  for (const text of [
    `x${arn}`,
    `_${arn}`,
    `-${arn}`,
    `1${arn}`,
    `é${arn}`,
    `𝒳${arn}`,
    `${arn}0`,
    `${arn}x`,
    `${arn}-`,
    `${arn}/x`,
    `${arn}é`,
    `${arn}𝒳`,
    `${aliasArn}é`,
    `${aliasArn}*`,
    `${aliasArn}-*`,
    `${aliasArn}-\${env}`,
    `${aliasArn}-{env}`,
    `${aliasArn}-%s`,
    `${aliasArn}-<env>`,
    `${aliasArn}${'x'.repeat(250)}`,
    arn.slice(0, -1),
    arn.slice(0, -10),
    arn.replace('111122223333', ''),
    arn.replace('111122223333', 'X'.repeat(12)),
    arn.replace('111122223333', '1111********'),
    arn.replace('eu-west-1', '*'),
    arn.replace(id, '*'),
    arn.replace(':kms:', ':s3:'),
  ]) {
    assert.deepEqual(found(text), [], text);
  }
});

test('a key in bold is found, since its end is known', () => {
  assert.deepEqual(found(`**${arn}**`), [arn]);
});

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const anyArn = fc
  .tuple(
    fc.constantFrom(
      'aws:kms:eu-west-1',
      'aws-cn:kms:cn-north-1',
      'aws-us-gov:kms:us-gov-east-1',
      'aws-iso-b:kms:us-isob-east-1',
    ),
    fc.stringMatching(/^\d{12}$/),
    fc.oneof(
      hex(32).map((one) => `key/mrk-${one}`),
      hex(32).map((one) => `key/${one.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`),
      fc.stringMatching(/^[A-Za-z0-9/_-]{1,250}$/).map((one) => `alias/${one}`),
    ),
  )
  .map(([place, account, resource]) => `arn:${place}:${account}:${resource}`);

test('every ARN between other texts is found, and what is found is there and is one', () => {
  property([fc.array(fc.tuple(hostileText, anyArn), { maxLength: 4 }), hostileText], (parts, end) => {
    const text = `${parts.map(([before, one]) => `${before} ${one} `).join('')}${end}`;
    const all = findKeyArns(text);
    for (const { index, arn: one } of all) {
      assert.equal(text.slice(index, index + one.length), one);
      assert.equal(keyArnProblem(one), undefined);
    }
    const arns = all.map((one) => one.arn);
    for (const [, one] of parts) {
      assert.ok(arns.includes(one), one);
    }
  });
});

test('what is cut off, or goes on, is not found', () => {
  property([anyArn, fc.integer({ min: 1, max: 12 })], (one, cut) => {
    if (one.includes(':key/')) {
      assert.deepEqual(found(one.slice(0, -cut)), []);
    }
    assert.deepEqual(found(one.slice(cut)), []);
    assert.deepEqual(found(`x${one}`), []);
    assert.deepEqual(found(`${one}ß`), []);
  });
});

test('a megabyte of beginnings is searched at once', { timeout: 2000 }, () => {
  for (const part of [
    'arn:aws',
    'arn:aws-',
    'arn:aws:kms:',
    'arn:aws:kms:eu-',
    'a-',
    `${arn.slice(0, -1)} `,
    ':kms:',
  ]) {
    assert.deepEqual(found(part.repeat(1_000_000 / part.length)), []);
  }
  assert.equal(found(`${arn} `.repeat(10_000)).length, 10_000);
});

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
