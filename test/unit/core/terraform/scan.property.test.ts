import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { GrantResource } from '../../../../src/core/terraform/resource.ts';
import { scanTerraform } from '../../../../src/core/terraform/scan.ts';
import { scanTerraformJson } from '../../../../src/core/terraform/scanJson.ts';
import { quoteForTerraform } from '../../../../src/core/words/commandText.ts';
import { hostileText, property } from '../../hostile.ts';

const brace = '{';

/** What the language is made of, in no order. */
const shreds = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          'resource',
          ' "aws_kms_grant"',
          ' "x"',
          ' {\n',
          '}',
          '\n',
          '"',
          '\\',
          '$',
          '%',
          `$${brace}`,
          `%${brace}`,
          '<<EOT\n',
          '<<-X\n',
        ],
        ...[
          'EOT\n',
          ' X\n',
          '#',
          '//',
          '/*',
          '*/',
          '[',
          ']',
          '(',
          ')',
          ' = ',
          ',',
          'name',
          'operations',
          'constraints',
          'count',
          '0',
          'null',
          '\r\n',
        ],
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

const anyBytes = fc.uint8Array({ maxLength: 400 }).map((bytes) => new TextDecoder().decode(bytes));

const assertSound = (text: string, found: readonly GrantResource[]) => {
  for (const { start, end, line } of found) {
    assert.ok(0 <= start && start <= end && end <= text.length);
    assert.ok(line >= 1 && line <= text.split('\n').length);
  }
};

test('whatever a file has, it is read without an error, and what is found is in it', () => {
  property([fc.oneof(shreds, anyBytes, hostileText)], (part) => {
    for (const text of [
      part,
      `resource "aws_kms_grant" "x" {\n${part}`,
      `${part}\nresource "aws_kms_grant" "x" {}\n`,
    ]) {
      assertSound(text, scanTerraform(text));
      assertSound(text, scanTerraformJson(text));
    }
  });
});

test('whatever JSON a file has, it is read without an error', () => {
  const body = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom('name', 'operations', 'constraints', 'dynamic', 'count'), fc.jsonValue()),
  );
  const grants = fc.oneof(fc.jsonValue(), fc.dictionary(hostileText, body), fc.array(fc.dictionary(hostileText, body)));
  property(
    [
      fc.oneof(
        grants,
        grants.map((one) => [one]),
      ),
    ],
    (one) => {
      const text = JSON.stringify({ resource: { aws_kms_grant: one } }, undefined, 1);
      assertSound(text, scanTerraformJson(text));
    },
  );
});

// Blocks that are written, and read again

const literal = hostileText.filter((text) => text !== '').map((text) => text.toWellFormed());
const optional = fc.option(literal, { nil: undefined });
const space = fc.constantFrom(' ', '\t', '  ', ' /* "} */ ');
const lineEnd = fc.constantFrom('\n', '\r\n', ' # }{"\n', ` // $${brace} <<EOT\n`, '\n\n  /* }\n"\n*/\n');

interface Written {
  readonly name: string | undefined;
  readonly grantee: string | undefined;
  readonly operations: readonly string[];
  readonly context: readonly (readonly [string, string])[];
  readonly isRepeated: boolean;
  readonly space: string;
  readonly lineEnd: string;
  readonly noise: string;
}

/** What may stand between, and has to be passed over. */
const noise = fc.constantFrom(
  '',
  'lifecycle {\n  ignore_changes = [name]\n}\n',
  `description = <<-EOT\n  }" $${brace}join("}", ["\${x}"])} $$${brace}\n  EOTX\n  EOT\n`,
  `other = "$${brace}f({ a = "}" }, "$${brace}g("\\"")}")}"\n`,
  'provisioner "local-exec" {\n  command = "echo }"\n}\n',
);

const written: fc.Arbitrary<Written> = fc.record({
  name: optional,
  grantee: optional,
  operations: fc.array(literal, { maxLength: 3 }),
  context: fc.uniqueArray(fc.tuple(literal, literal), { maxLength: 3, selector: ([key]) => key }),
  isRepeated: fc.boolean(),
  space,
  lineEnd,
  noise,
});

function write({ name, grantee, operations, context, isRepeated, ...layout }: Written, label: string): string {
  const { space: gap, lineEnd: end } = layout;
  const argument = (one: string, value: string | undefined) =>
    value === undefined ? '' : `${gap}${one}${gap}=${gap}${value}${end}`;
  const quoted = (value: string | undefined) => (value === undefined ? undefined : quoteForTerraform(value));
  return [
    `resource${gap}"aws_kms_grant"${gap}"${label}"${gap}{${end}`,
    isRepeated ? argument('for_each', 'toset(["a", "b"])') : '',
    layout.noise,
    argument('name', quoted(name)),
    argument('grantee_principal', quoted(grantee)),
    argument('operations', `[${end}${operations.map((one) => quoteForTerraform(one)).join(`,${end}`)}${end}]`),
    `constraints${gap}{${end}${argument('encryption_context_equals', `{${end}${context.map((pair) => pair.map(quoteForTerraform).join(' = ')).join(end)}${end}}`)}}${end}`,
    layout.noise,
    `}${end}`,
  ].join('');
}

test('blocks that are written come back as they were, whatever their texts and whatever stands between', () => {
  property(
    [fc.array(written, { maxLength: 4 }), fc.constantFrom('', 'locals {\n  a = { resource = "aws_kms_grant" }\n}\n')],
    (all, before) => {
      const text = before + all.map((one, index) => write(one, `r${index}`)).join(before);
      const found = scanTerraform(text);
      assert.deepEqual(
        found.map(({ name, start, end, repeats, arguments: stated }) => ({
          label: text.slice(start, end),
          name,
          repeats,
          stated,
        })),
        all.map(({ name, grantee, operations, context, isRepeated }, index) => {
          const of = <T>(value: T | undefined) =>
            value === undefined ? { kind: 'absent' } : { kind: 'literal', value };
          return {
            label: `r${index}`,
            name: `r${index}`,
            repeats: isRepeated ? 'for_each' : undefined,
            stated: {
              name: of(name),
              key_id: of(undefined),
              grantee_principal: of(grantee),
              retiring_principal: of(undefined),
              region: of(undefined),
              operations: of(operations),
              encryption_context_equals: of(new Map(context)),
              encryption_context_subset: of(undefined),
            },
          };
        }),
      );
    },
  );
});

// Time

const opening = 'resource "aws_kms_grant" "x" {\n';
const pieces: readonly string[] = [
  '"',
  `"$${brace}`,
  `$${brace}"`,
  '<<A\n',
  '<<A',
  '<',
  '/*',
  '#',
  '{',
  '}',
  '[',
  '= [',
  '= {',
  'a = "',
  'a = "\\u',
  '\\',
  '$',
  `$$${brace}`,
  '\n',
  ' ',
  'a',
  'é',
  opening,
  'resource "aws_kms_grant" "x" {}\n',
  'constraints {',
  'dynamic "constraints" {}\n',
  '{"resource":',
  '[[',
];

test('the time to read a file grows with its length, whatever is repeated in it', () => {
  const took = (text: string) => {
    const start = process.cpuUsage();
    scanTerraform(text);
    scanTerraformJson(text);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
  for (const piece of pieces) {
    // What grows with the square of it takes minutes.
    const ms = took(`${opening}a = "${piece.repeat(Math.ceil(2 ** 18 / piece.length))}`);
    const outside = took(`aws_kms_grant\n${piece.repeat(Math.ceil(2 ** 18 / piece.length))}`);
    assert.ok(Math.max(ms, outside) < 2000, `${JSON.stringify(piece)}: ${ms} ms, ${outside} ms`);
  }
});

test('JSON with many names, or deep, takes no longer', () => {
  const names = Array.from({ length: 50_000 }, (_, index) => `"\\u0061${index}":{}`).join();
  const start = process.cpuUsage();
  assert.equal(scanTerraformJson(`{"resource":{"aws_kms_grant":{${names}}}}`).length, 50_000);
  const deep = `{"constraints":`.repeat(20_000);
  scanTerraformJson(`{"resource":{"aws_kms_grant":{"x":${deep}{}${'}'.repeat(20_000)}}}}`);
  const { user, system } = process.cpuUsage(start);
  assert.ok((user + system) / 1000 < 2000);
});
