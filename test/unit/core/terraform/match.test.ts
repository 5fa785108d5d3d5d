import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Grant } from '../../../../src/core/kms/model.ts';
import { type FileResource, match, Resources } from '../../../../src/core/terraform/match.ts';
import { scanTerraform } from '../../../../src/core/terraform/scan.ts';
import { beforeEndText, comparedText, terraformLines } from '../../../../src/core/terraform/terraformText.ts';
import { grantAsTerraform } from '../../../../src/core/words/commandText.ts';
import { grant, keyArnOf, noConstraints } from '../fakes.ts';

const arn = keyArnOf('k1');
const reader = 'arn:aws:iam::111122223333:role/app/Reader';

function resource(body: string, path = 'main.tf'): FileResource {
  const [found] = scanTerraform(`resource "aws_kms_grant" "x" {\n${body}\n}\n`);
  assert.ok(found !== undefined);
  return { ...found, uri: `file:///${path}`, path };
}

const named = (fields: Partial<Grant> = {}) =>
  grant('g1', { name: 'nightly', operations: ['Encrypt', 'Decrypt'], ...fields });
const operations = 'operations = ["Decrypt", "Encrypt"]';
const tenant = { ...noConstraints, encryptionContextEquals: { tenant: 'a' } };
const ofPrincipal = (value: string) => ({ kind: 'principal', value }) as const;

const table: readonly (readonly [what: string, body: string, fields: Partial<Grant>, isMatch: boolean])[] = [
  ['the same name and operations', `name = "nightly"\n${operations}`, {}, true],
  [
    'operations in another order, one of them twice',
    'name = "nightly"\noperations = ["Encrypt", "Decrypt", "Decrypt"]',
    {},
    true,
  ],
  ['fewer operations', 'name = "nightly"\noperations = ["Decrypt"]', {}, false],
  ['more operations', 'name = "nightly"\noperations = ["Decrypt", "Encrypt", "Sign"]', {}, false],
  ['operations that are no literals', 'name = "nightly"\noperations = var.operations', {}, true],
  ['another name', `name = "hourly"\n${operations}`, {}, false],
  ['no name', `grantee_principal = "${reader}"\n${operations}`, {}, false],
  ['no name, as the grant', `grantee_principal = "${reader}"\n${operations}`, { name: undefined }, true],
  ['a name, and the grant has none', `name = "nightly"\n${operations}`, { name: undefined }, false],
  [
    'a name that is no literal, the same grantee',
    `name = var.n\ngrantee_principal = "${reader}"\n${operations}`,
    {},
    true,
  ],
  ['nothing that is a literal but the operations', `name = var.n\ngrantee_principal = var.g\n${operations}`, {}, false],
  ['nothing at all', operations, { name: undefined }, false],
  [
    'the same name, another grantee',
    `name = "nightly"\ngrantee_principal = "arn:aws:iam::111122223333:role/Other"\n${operations}`,
    {},
    false,
  ],
  [
    'the grantee of which KMS has the ID alone',
    `name = "nightly"\ngrantee_principal = "${reader}"\n${operations}`,
    { granteePrincipal: ofPrincipal('AROAEXAMPLEID1234567') },
    true,
  ],
  [
    'the same of a resource without a literal name',
    `name = var.n\ngrantee_principal = "${reader}"\n${operations}`,
    { granteePrincipal: ofPrincipal('AROAEXAMPLEID1234567') },
    false,
  ],
  [
    'a service principal of KMS',
    `name = "nightly"\ngrantee_principal = "x.amazonaws.com"\n${operations}`,
    { granteePrincipal: { kind: 'servicePrincipal', value: 'x.amazonaws.com' } },
    false,
  ],
  ['the ARN of the key', `name = "nightly"\nkey_id = "${arn}"\n${operations}`, {}, true],
  ['the ID of the key', `name = "nightly"\nkey_id = "${arn.split('/')[1]}"\n${operations}`, {}, true],
  ['another key', `name = "nightly"\nkey_id = "${keyArnOf('k2')}"\n${operations}`, {}, false],
  ['an alias, which CreateGrant does not take', `name = "nightly"\nkey_id = "alias/orders"\n${operations}`, {}, false],
  ['the Region of the key', `name = "nightly"\nregion = "eu-west-1"\n${operations}`, {}, true],
  ['another Region', `name = "nightly"\nregion = "us-east-1"\n${operations}`, {}, false],
  [
    'a retiring principal, and the grant has none',
    `name = "nightly"\nretiring_principal = "${reader}"\n${operations}`,
    {},
    false,
  ],
  [
    'no retiring principal, and the grant has one',
    `name = "nightly"\n${operations}`,
    { retiringPrincipal: ofPrincipal(reader) },
    false,
  ],
  [
    'the same retiring principal',
    `name = "nightly"\nretiring_principal = "${reader}"\n${operations}`,
    { retiringPrincipal: ofPrincipal(reader) },
    true,
  ],
  [
    'the same context',
    `name = "nightly"\nconstraints { encryption_context_equals = { tenant = "a" } }\n${operations}`,
    { constraints: tenant },
    true,
  ],
  [
    'another context',
    `name = "nightly"\nconstraints { encryption_context_equals = { tenant = "b" } }\n${operations}`,
    { constraints: tenant },
    false,
  ],
  [
    'the context as a subset',
    `name = "nightly"\nconstraints { encryption_context_subset = { tenant = "a" } }\n${operations}`,
    { constraints: tenant },
    false,
  ],
  ['no context', `name = "nightly"\n${operations}`, { constraints: tenant }, false],
  [
    'an empty context, and the grant has none',
    `name = "nightly"\nconstraints { encryption_context_equals = {} }\n${operations}`,
    {},
    true,
  ],
  [
    'a context that is no literal',
    `name = "nightly"\nconstraints { encryption_context_equals = var.c }\n${operations}`,
    { constraints: tenant },
    true,
  ],
  [
    'a grant with a source ARN, which Terraform can not make',
    `name = "nightly"\n${operations}`,
    { constraints: { ...noConstraints, sourceArn: 'arn:aws:s3:::b' } },
    false,
  ],
];

for (const [what, body, fields, isMatch] of table) {
  test(`a resource ${isMatch ? 'may' : 'does not'} make the grant: ${what}`, () => {
    const [one, subject] = [resource(body), named(fields)];
    assert.equal(match(one, subject) !== undefined, isMatch);
    assert.equal(new Resources([one]).mayMake(subject).length > 0, isMatch, 'The index leaves none out.');
  });
}

test('a match says what is equal, what could not be compared, and that there may be several', () => {
  const one = resource(`for_each = var.all\nname = "nightly"\nkey_id = var.key\n${operations}`);
  const found = match(one, named());
  assert.ok(found !== undefined);
  assert.deepEqual(comparedText(found), [
    'aws_kms_grant.x',
    'Equal: name, retiring_principal, operations, encryption_context_equals, encryption_context_subset',
    'Not compared: key_id, grantee_principal, region',
    'for_each: it may define several grants, or none.',
  ]);
});

test('what is copied as Terraform is known as the resource of its grant', () => {
  const subject = named({
    retiringPrincipal: ofPrincipal(reader),
    constraints: { ...noConstraints, encryptionContextSubset: { tenant: `$${'{'}a}`, b: '"' } },
  });
  const [found] = scanTerraform(grantAsTerraform(subject, { imports: true }));
  assert.ok(found !== undefined);
  assert.deepEqual(match(found, subject)?.notCompared, ['region']);
});

test('rows and questions name files and lines, never the grant as made by one, and no more than fit', () => {
  const all = Array.from({ length: 8 }, (_, index) => resource(`name = "nightly"\n${operations}`, `m${index}.tf`));
  const matches = new Resources(all).mayMake(named());
  assert.equal(matches.length, 8);
  const rows = terraformLines(matches);
  assert.deepEqual(
    rows.map(({ text }) => text),
    ['m0.tf:1', 'm1.tf:1', 'm2.tf:1', 'm3.tf:1', 'm4.tf:1', '3 more'],
  );
  assert.deepEqual([...new Set(rows.map(({ title }) => title))], ['May be defined by']);
  assert.deepEqual(beforeEndText([matches]), [
    'Terraform may create it again at the next apply: m0.tf:1, m1.tf:1, m2.tf:1, 5 more',
  ]);
  assert.deepEqual(beforeEndText([matches.slice(0, 1)]), ['Terraform may create it again at the next apply: m0.tf:1']);
  assert.deepEqual(beforeEndText([matches, [], matches]), ['Terraform may create 2 of these again at the next apply.']);
  assert.deepEqual([beforeEndText([[]]), beforeEndText([[], []])], [[], []]);
});

test('of a long path the end is shown, which names the file', () => {
  const long = `${'modules/'.repeat(50)}grants/main.tf`;
  const [line] = terraformLines(new Resources([resource(`name = "nightly"\n${operations}`, long)]).mayMake(named()));
  assert.match(line?.text ?? '', /^….*\/grants\/main\.tf:1$/);
  assert.ok((line?.text.length ?? 0) < 90);
});

test('the path of a file is shown as text', () => {
  const [line] = terraformLines(
    new Resources([resource(`name = "nightly"\n${operations}`, 'a\u202eb.tf')]).mayMake(named()),
  );
  assert.equal(line?.text, 'a\\u{202e}b.tf:1');
});
