import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GrantResource } from '../../../../src/core/terraform/resource.ts';
import { scanTerraform } from '../../../../src/core/terraform/scan.ts';
import { scanTerraformJson } from '../../../../src/core/terraform/scanJson.ts';

const brace = '{';
/** What a template interpolates. */
const interpolated = (code: string) => `$${brace}${code}}`;

/** Maps, as objects; what isn't a literal, as `?`; what is absent is left out. */
function stated({ arguments: all }: GrantResource): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, argument]): [string, unknown][] => {
      if (argument.kind === 'absent') {
        return [];
      }
      const value = argument.kind === 'expression' ? '?' : argument.value;
      return [[name, value instanceof Map ? Object.fromEntries(value) : value]];
    }),
  );
}

const only = (text: string): GrantResource => {
  const [found, ...others] = scanTerraform(text);
  assert.ok(found !== undefined && others.length === 0, `${others.length + 1} resources`);
  return found;
};

/** One resource with this between its braces. */
const block = (body: string) => `resource "aws_kms_grant" "x" {\n${body}\n}\n`;

const readings: readonly (readonly [what: string, body: string, stated: Readonly<Record<string, unknown>>])[] = [
  ['a literal name', 'name = "nightly"', { name: 'nightly' }],
  ['escapes', String.raw`name = "a\"b\\c\n\t\r\u00e9\U0001F511"`, { name: 'a"b\\c\n\t\ré🔑' }],
  ['doubled signs of a template', `name = "a$$${brace}b}%%${brace}c}"`, { name: `a$${brace}b}%${brace}c}` }],
  ['signs that begin nothing', 'name = "50% $5 $$ {x}"', { name: '50% $5 $$ {x}' }],
  ['a sign before one that is escaped', String.raw`name = "$\u0024{x}"`, { name: `$$${brace}x}` }],
  ['more signs than have one meaning', `name = "$$$${brace}x}"`, { name: '?' }],
  ['an interpolation', `name = "a-${interpolated('var.x')}"`, { name: '?' }],
  ['a directive', `name = "%${brace} if true }a%${brace} endif }"`, { name: '?' }],
  [
    'quotes and braces in an interpolation',
    `name = "${interpolated('f("}\\"", { a = "b" })')}"\nregion = "r"`,
    { name: '?', region: 'r' },
  ],
  ['an escape without meaning', String.raw`name = "a\qb"`, { name: '?' }],
  ['a number of no character', String.raw`name = "\UFFFFFFFF"`, { name: '?' }],
  ['a reference', 'key_id = aws_kms_key.orders.key_id', { key_id: '?' }],
  ['a condition', 'name = var.x ? "a" : "b"', { name: '?' }],
  ['a literal that is compared', 'name = "a" == "b"', { name: '?' }],
  ['a literal in parentheses', 'name = ("a")', { name: '?' }],
  ['null, which is as absent as nothing', 'name = null', {}],
  ['an empty text, which the provider takes for none', 'name = ""', {}],
  ['a number', 'name = 7', { name: '?' }],
  ['a heredoc', 'name = <<EOT\na\nEOT\nregion = "r"', { name: '?', region: 'r' }],
  ['a list', 'operations = ["Decrypt", "Encrypt"]', { operations: ['Decrypt', 'Encrypt'] }],
  [
    'a list over lines, with comments and a last comma',
    'operations = [\n  "A", # one\n  /* two */ "B", // and\n]',
    { operations: ['A', 'B'] },
  ],
  ['an empty list', 'operations = []', { operations: [] }],
  ['a list with a reference in it', 'operations = ["A", var.b]', { operations: '?' }],
  ['a list without commas', 'operations = ["A" "B"]', { operations: '?' }],
  ['a list that is indexed', 'operations = [["A"], ["B"]][0]', { operations: '?' }],
  ['a function over lines', 'operations = concat(\n  ["A"],\n  ["B"],\n)\nname = "n"', { operations: '?', name: 'n' }],
  [
    'constraints',
    'constraints {\n encryption_context_equals = {\n  a = "1"\n  "b c" : "2", d = "3"\n }\n}',
    { encryption_context_equals: { a: '1', 'b c': '2', d: '3' } },
  ],
  [
    'constraints on one line',
    'constraints { encryption_context_subset = { a = "1" } }\nname = "n"',
    { encryption_context_subset: { a: '1' }, name: 'n' },
  ],
  [
    'a context with a reference in it',
    'constraints {\n encryption_context_subset = { a = var.a }\n}',
    { encryption_context_subset: '?' },
  ],
  [
    'a context with keys that are computed',
    'constraints {\n encryption_context_subset = { (var.k) = "1" }\n}',
    { encryption_context_subset: '?' },
  ],
  [
    'several constraints',
    'constraints {}\nconstraints {}',
    { encryption_context_equals: '?', encryption_context_subset: '?' },
  ],
  [
    'constraints that are made',
    'dynamic "constraints" {\n for_each = []\n content { encryption_context_equals = { a = "1" } }\n}',
    { encryption_context_equals: '?', encryption_context_subset: '?' },
  ],
  [
    'other blocks, whose arguments are their own',
    'lifecycle {\n  name = "no"\n  precondition { condition = { name = "no" } }\n}\nname = "n"',
    { name: 'n' },
  ],
  [
    'comments of all kinds',
    '# name = "a"\n// name = "b"\n/* name = "c"\n name = "d" */\nname = "e" # name = "f"',
    { name: 'e' },
  ],
  ['braces and quotes in comments', '# }"\n/* }" */\nname = "e" // "}', { name: 'e' }],
  ['arguments that are not read', 'retire_on_delete = true\ndepends_on = [aws_iam_role.a]\nname = "n"', { name: 'n' }],
  ['names of other scripts', 'имя = "a"\nname = "n"', { name: 'n' }],
  ['the ends of lines of Windows', 'name = "n"\r\noperations = ["A"]\r', { name: 'n', operations: ['A'] }],
  ['a string that its line cuts', 'name = "open\nregion = "r"', { name: '?', region: 'r' }],
];

for (const [what, body, expected] of readings) {
  test(`of a resource is read: ${what}`, () => {
    const found = only(block(body));
    assert.deepEqual(stated(found), expected);
    assert.deepEqual([found.name, found.line, found.repeats], ['x', 1, undefined]);
  });
}

test('each resource has its name, its line and the place of its name', () => {
  const text = [
    'terraform {}',
    '/* resource "aws_kms_grant" "no" {} */',
    'resource "aws_kms_key" "k" {',
    '  policy = <<-EOT',
    '    resource "aws_kms_grant" "no" {}',
    `    ${interpolated('<<X\n}\n  X\n')} $$${brace} %${brace} if true }EOT%${brace} endif }`,
    '    EOT',
    '}',
    'resource "aws_kms_grant" "one" { name = "1" }',
    'resource aws_kms_grant two {',
    '}',
    'locals { x = { resource = "aws_kms_grant" } }',
    'data "aws_kms_grant" "no" {}',
    'resource "aws_kms_grant" "three" {}',
  ].join('\n');
  const found = scanTerraform(text);
  assert.deepEqual(
    found.map(({ name, start, end }) => [name, text.slice(start, end)]),
    [
      ['one', 'one'],
      ['two', 'two'],
      ['three', 'three'],
    ],
  );
  const lineOf = (what: string) => text.slice(0, text.indexOf(what)).split('\n').length;
  assert.deepEqual(
    found.map(({ line }) => line),
    [lineOf('"one"'), lineOf('two'), lineOf('"three"')],
  );
});

test('count and for_each are seen; with a count of zero there is no grant', () => {
  assert.equal(only(block('count = 2')).repeats, 'count');
  assert.equal(only(block('count = var.on ? 1 : 0')).repeats, 'count');
  assert.equal(only(block(`for_each = toset(["a"])\nname = "${interpolated('each.key')}"`)).repeats, 'for_each');
  assert.deepEqual(scanTerraform(block('count = 0')), []);
});

test('what is broken costs no more than itself', () => {
  const good = block('name = "n"');
  for (const broken of [
    'resource "aws_kms_grant" {}\n',
    'resource "aws_kms_grant" "a" "b" {}\n',
    'resource "aws_kms_grant"\n',
    `resource "aws_kms_grant" "${interpolated('x')}" {}\n`,
    '}\n]\n',
    'x = "\n',
    '= = =\n',
  ]) {
    assert.deepEqual(scanTerraform(broken + good).map(stated), [{ name: 'n' }], broken);
  }
});

// JSON

test('a .tf.json file is read in all the forms that Terraform has for it', () => {
  const grantee = 'arn:aws:iam::111122223333:role/Reader';
  const file = {
    resource: [
      {
        aws_kms_grant: {
          first: {
            name: 'one',
            grantee_principal: grantee,
            operations: ['Decrypt'],
            constraints: { encryption_context_equals: { a: '1' } },
          },
          second: [{ name: interpolated('var.x'), key_id: `$$${brace}x}`, for_each: interpolated('var.all') }],
        },
        aws_kms_key: { name: { aws_kms_grant: {} } },
      },
      { aws_kms_grant: [{ third: { constraints: [{ encryption_context_subset: { a: interpolated('b') } }] } }] },
      { aws_kms_grant: { none: { count: 0 } } },
    ],
  };
  const text = JSON.stringify(file, undefined, 2);
  const found = scanTerraformJson(text);
  assert.deepEqual(found.map(stated), [
    { name: 'one', grantee_principal: grantee, operations: ['Decrypt'], encryption_context_equals: { a: '1' } },
    { name: '?', key_id: `$${brace}x}` },
    { encryption_context_subset: '?' },
  ]);
  assert.deepEqual(
    found.map(({ name, repeats, start, end, line }) => [
      name,
      repeats,
      text.slice(start, end),
      text.split('\n')[line - 1]?.trim(),
    ]),
    [
      ['first', undefined, 'first', '"first": {'],
      ['second', 'for_each', 'second', '"second": ['],
      ['third', undefined, 'third', '"third": {'],
    ],
  );
});

test('of a name that JSON has in another form, only the place is lost', () => {
  const [found] = scanTerraformJson('{"resource": {"aws_kms_grant": {"\\u0061": {"name": "n"}}}}');
  assert.deepEqual([found?.name, found?.line], ['a', 1]);
});

test('a resource of JSON is not where another one has a pair of its name', () => {
  const text = JSON.stringify(
    { resource: { aws_kms_grant: { a: { constraints: { encryption_context_equals: { tenant: 'x' } } }, tenant: {} } } },
    undefined,
    2,
  );
  assert.deepEqual(
    scanTerraformJson(text).map(({ name, line }) => [name, line]),
    [
      ['a', 4],
      ['tenant', 11],
    ],
  );
});

test('what is no JSON, or of another form, has no resources', () => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '"aws_kms_grant"',
    '{"resource": {"aws_kms_grant": 7}}',
    '{"resource": {"aws_kms_grant": {"a": 7}}}',
  ]) {
    assert.deepEqual(scanTerraformJson(text).map(stated), text.includes('"a"') ? [{}] : [], text);
  }
});
