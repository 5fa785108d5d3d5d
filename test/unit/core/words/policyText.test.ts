import assert from 'node:assert/strict';
import test from 'node:test';
import { readKeyPolicy } from '../../../../src/core/kms/keyPolicy.ts';
import { parsePrincipal } from '../../../../src/core/kms/principal.ts';
import { policySentence } from '../../../../src/core/words/policyText.ts';

const account = '111122223333';
const roleArn = `arn:aws:iam::${account}:role/R`;
const question = {
  keyArn: `arn:aws:kms:eu-west-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
  principal: parsePrincipal({ kind: 'principal', value: roleArn }),
  operations: ['Decrypt'],
};
const allow = (principal: string) => ({
  Effect: 'Allow',
  Principal: { AWS: principal },
  Action: 'kms:*',
  Resource: '*',
});
const ifVia = { Condition: { StringEquals: { 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' } } };
const root = allow(`arn:aws:iam::${account}:root`);

test('what a policy says is under conditions where its strongest statement is, whatever a weaker one has', () => {
  const sentence = (...statements: readonly object[]) =>
    readKeyPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), question)
      .map((reading) => policySentence(reading))
      .join(' ');
  const iamToo = 'IAM policies of the account can allow it too.';
  const toRole = 'Allows Decrypt to this principal, under conditions.';
  assert.equal(sentence(root, { ...allow(roleArn), ...ifVia }), `${toRole} ${iamToo}`);
  assert.equal(sentence({ ...allow('*'), ...ifVia }, root), `Allows Decrypt to everyone, under conditions. ${iamToo}`);
  assert.equal(sentence({ ...allow(roleArn), ...ifVia }), toRole);
  assert.equal(sentence(root, { ...allow('*'), ...ifVia }, allow(roleArn)), 'Allows Decrypt to this principal.');
  assert.equal(sentence(root), 'Leaves Decrypt to IAM policies of the account.');
  assert.equal(sentence({ ...root, ...ifVia }), 'Leaves Decrypt to IAM policies of the account, under conditions.');
});
