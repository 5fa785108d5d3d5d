import * as l10n from '@vscode/l10n';
import type { ConnectionRef, Endpoint, Grant, GrantConstraints } from './model.ts';
import { readKeyArn } from './pinnedKeys.ts';
import { printable, printableJson, unprintable } from './text.ts';

/**
 * Grants as commands to run elsewhere. Every value is data: none may become a part of the shell's or of Terraform's own
 * language, whatever it holds.
 */

/** Where a command is to be run. */
export interface CommandTarget {
  readonly ref: ConnectionRef;
  readonly endpoint?: Endpoint | undefined;
}

/** `aws kms create-grant …`, for a POSIX shell: makes a grant like this one. */
export function createGrantCommand(target: CommandTarget, grant: Grant): string {
  const { granteePrincipal: grantee, retiringPrincipal: retiring, operations, name } = grant;
  const constraints = constraintsJson(grant.constraints);
  const plain: readonly (readonly [string, readonly string[]])[] = [
    ['--key-id', [grant.keyArn]],
    [principalOption('grantee', grantee), present(grantee?.value)],
    [principalOption('retiring', retiring), present(retiring?.value)],
    ['--operations', operations],
    ['--constraints', constraints === undefined ? [] : [printableJson(constraints)]],
    ['--name', present(name)],
  ];
  const request = {
    KeyId: grant.keyArn,
    ...(grantee && { [principalMember('Grantee', grantee)]: grantee.value }),
    ...(retiring && { [principalMember('Retiring', retiring)]: retiring.value }),
    Operations: operations,
    ...(constraints && { Constraints: constraints }),
    ...(name === undefined ? {} : { Name: name }),
  };
  return command('create-grant', target, grant.keyArn, plain, request);
}

/** `aws kms revoke-grant …`, for a POSIX shell. */
export function revokeGrantCommand(target: CommandTarget, { keyArn, grantId }: Grant): string {
  const plain: readonly (readonly [string, readonly string[]])[] = [
    ['--key-id', [keyArn]],
    ['--grant-id', [grantId]],
  ];
  return command('revoke-grant', target, keyArn, plain, { KeyId: keyArn, GrantId: grantId });
}

function present(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

function principalOption(role: string, ref: Grant['granteePrincipal']): string {
  return ref?.kind === 'servicePrincipal' ? `--${role}-service-principal` : `--${role}-principal`;
}

function principalMember(role: string, ref: NonNullable<Grant['granteePrincipal']>): string {
  return ref.kind === 'servicePrincipal' ? `${role}ServicePrincipal` : `${role}Principal`;
}

/** In AWS's names, sorted. */
function constraintsJson(constraints: GrantConstraints): Readonly<Record<string, unknown>> | undefined {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = constraints;
  const json = {
    ...(encryptionContextEquals && { EncryptionContextEquals: sorted(encryptionContextEquals) }),
    ...(encryptionContextSubset && { EncryptionContextSubset: sorted(encryptionContextSubset) }),
    ...(sourceArn === undefined ? {} : { SourceArn: sourceArn }),
  };
  return Object.keys(json).length === 0 ? undefined : json;
}

function sorted(pairs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(pairs).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/**
 * What the AWS CLI does not take as it stands: it loads `file://…`, and its first version `http://…`, from there, and
 * takes what begins with a dash for an option. A NUL ends an argument, and half a surrogate pair is no UTF-8.
 */
const notPlain = /^(-|fileb?:\/\/|https?:\/\/)|\0/;

function command(
  operation: string,
  { ref, endpoint }: CommandTarget,
  keyArn: string,
  plain: readonly (readonly [string, readonly string[]])[],
  request: Readonly<Record<string, unknown>>,
): string {
  const region = readKeyArn(keyArn)?.region ?? (ref.kind === 'sample' ? undefined : ref.region);
  const values = plain.flatMap(([, parts]) => parts);
  const isPlain = values.every((value) => value !== '' && value.isWellFormed() && !notPlain.test(value));
  const options: readonly (readonly [string, readonly string[]])[] = [
    ['--region', present(region)],
    ['--profile', ref.kind === 'profile' ? [ref.profile] : []],
    ['--endpoint-url', endpoint?.kind === 'custom' ? [endpoint.url] : []],
    // As JSON, all of it is data to the CLI.
    ...(isPlain ? plain : [['--cli-input-json', [printableJson(request)]] as const]),
  ];
  const texts = options.filter(([, parts]) => parts.length > 0).map(([option, parts]) => optionText(option, parts));
  return [`aws kms ${operation}`, ...texts].join(' \\\n  ');
}

function optionText(option: string, values: readonly string[]): string {
  const [only] = values;
  if (values.length === 1 && only?.startsWith('-')) return shellQuoted(`${option}=${only}`);
  return [option, ...values.map(shellQuoted)].join(' ');
}

/**
 * One word of a POSIX shell that stands for just this text; NUL and half a surrogate pair, which no argument can hold, are
 * replaced by U+FFFD. Typed or pasted, it is the same: a terminal acts on control characters even within quotes, so that
 * they are made when the command runs.
 */
export function shellQuoted(given: string): string {
  const text = given.toWellFormed().replaceAll('\0', '\uFFFD');
  if (/^[\w/:.,@%+-]+$/.test(text)) return text;
  const controls = [...text.matchAll(unprintable)].filter(([character]) => character !== '\n');
  const [first, last] = [controls.at(0), controls.at(-1)];
  if (first === undefined || last === undefined) return inQuotes(text);
  const [start, end] = [first.index, last.index + last[0].length];
  const made = Array.from(Buffer.from(text.slice(start, end)), octal).join('');
  const around = [text.slice(0, start), text.slice(end)].map((part) => (part === '' ? '' : inQuotes(part)));
  return around.join(`"$(printf '${made}')"`);
}

function inQuotes(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function octal(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[\w ]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
}

/** `resource "aws_kms_grant"`: what Terraform needs to make a grant like this one. */
export function grantAsTerraform(grant: Grant): string {
  const { granteePrincipal: grantee, retiringPrincipal: retiring, constraints, name, operations } = grant;
  const ofService = (ref: Grant['granteePrincipal']) => ref?.kind === 'servicePrincipal';
  const missing: string[] = [];
  if (grantee !== undefined && ofService(grantee)) missing.push(`GranteeServicePrincipal ${grantee.value}`);
  if (retiring !== undefined && ofService(retiring)) missing.push(`RetiringServicePrincipal ${retiring.value}`);
  if (constraints.sourceArn !== undefined) missing.push(`SourceArn ${constraints.sourceArn}`);
  const { encryptionContextEquals, encryptionContextSubset } = constraints;
  const lines = [
    ...missing.map(
      (what) => `# ${l10n.t('aws_kms_grant has no argument for this part of the grant: {0}', printable(what, 400))}`,
    ),
    `resource "aws_kms_grant" ${hclQuoted(labelOf(grant))} {`,
    ...aligned(
      [
        ['name', name === undefined ? undefined : hclQuoted(name)],
        ['key_id', hclQuoted(grant.keyArn)],
        ['grantee_principal', grantee === undefined || ofService(grantee) ? undefined : hclQuoted(grantee.value)],
        ['retiring_principal', retiring === undefined || ofService(retiring) ? undefined : hclQuoted(retiring.value)],
        ['operations', `[${[...operations].sort().map(hclQuoted).join(', ')}]`],
      ],
      '  ',
    ),
    ...(encryptionContextEquals === undefined && encryptionContextSubset === undefined
      ? []
      : [
          '',
          '  constraints {',
          ...contextLines('encryption_context_equals', encryptionContextEquals),
          ...contextLines('encryption_context_subset', encryptionContextSubset),
          '  }',
        ]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function contextLines(argument: string, pairs: Readonly<Record<string, string>> | undefined): readonly string[] {
  if (pairs === undefined) return [];
  const lines = Object.entries(sorted(pairs)).map(([key, value]) => [hclQuoted(key), hclQuoted(value)] as const);
  return [`    ${argument} = {`, ...aligned(lines, '      '), '    }'];
}

/** As `terraform fmt` aligns them. */
function aligned(arguments_: readonly (readonly [string, string | undefined])[], indent: string): readonly string[] {
  const given = arguments_.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...given.map(([name]) => [...name].length));
  return given.map(([name, value]) => `${indent}${name}${' '.repeat(width - [...name].length)} = ${value}`);
}

function labelOf({ name, grantId }: Grant): string {
  const label = (name ?? `grant_${grantId.slice(0, 8)}`).replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 60);
  return /^[A-Za-z_]/.test(label) ? label : `grant_${label}`;
}

const hclEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A string of Terraform's language that stands for just this text: no template in it is begun. */
export function hclQuoted(text: string): string {
  const escaped = text
    .toWellFormed()
    .replace(/["\\\n\r\t]/g, (character) => hclEscapes[character] ?? character)
    // Doubled, it begins no template; where the same stands before it, that would be read in two ways.
    .replace(/[$%](?=\{)/g, (sign, offset: number, whole: string) =>
      whole[offset - 1] === sign ? unicodeEscape(sign) : sign + sign,
    )
    .replace(unprintable, unicodeEscape);
  return `"${escaped}"`;
}

function unicodeEscape(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
