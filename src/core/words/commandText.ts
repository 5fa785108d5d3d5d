import * as l10n from '@vscode/l10n';
import { isPrintable, jsonEscape, printable, printableJson, unprintable } from '../base/text.ts';
import { nameProblem } from '../kms/grantRules.ts';
import { parseKeyArn } from '../kms/keyArn.ts';
import type { ConnectionRef, Endpoint, Grant, GrantConstraints } from '../kms/model.ts';
import { UserError } from './userError.ts';

/**
 * Grants as commands to run elsewhere. Every value is data: none may be interpreted by the shell or by Terraform, whatever
 * it contains.
 */

export type Shell = 'posix' | 'powershell';

/** The connection that a command uses. */
export interface CommandTarget {
  readonly shell: Shell;
  readonly ref: ConnectionRef;
  readonly endpoint?: Endpoint | undefined;
}

/**
 * `aws kms create-grant …`: makes a grant like this one.
 * @throws UserError when the shell would not take the name of the profile or the endpoint as it is
 */
export function createGrantCommand(
  target: CommandTarget,
  grant: Pick<Grant, 'keyArn' | 'granteePrincipal' | 'operations' | 'constraints'> &
    Partial<Pick<Grant, 'retiringPrincipal' | 'name'>>,
): string {
  const { granteePrincipal: grantee, retiringPrincipal: retiring, operations, name } = grant;
  const constraints = constraintsJson(grant.constraints);
  const plain: readonly (readonly [string, readonly string[]])[] = [
    ['--key-id', [grant.keyArn]],
    [principalOption('grantee', grantee), optionalValue(grantee?.value)],
    [principalOption('retiring', retiring), optionalValue(retiring?.value)],
    ['--operations', operations],
    ['--constraints', constraints === undefined ? [] : [printableJson(constraints)]],
    ['--name', optionalValue(name)],
  ];
  const request = {
    KeyId: grant.keyArn,
    ...(grantee && { [principalMember('Grantee', grantee)]: grantee.value }),
    ...(retiring && { [principalMember('Retiring', retiring)]: retiring.value }),
    Operations: operations,
    ...(constraints && { Constraints: constraints }),
    ...(name === undefined ? {} : { Name: name }),
  };
  return awsCommand('create-grant', target, grant.keyArn, plain, request);
}

/**
 * `aws kms revoke-grant …`, as {@link createGrantCommand}.
 * @throws UserError also for a grant that KMS never named, such as one of the history that was refused
 */
export function revokeGrantCommand(target: CommandTarget, { keyArn, grantId }: Grant): string {
  if (grantId === '') {
    throw new UserError(l10n.t("Nothing was copied, because the ID of this grant isn't known."));
  }
  const plain: readonly (readonly [string, readonly string[]])[] = [
    ['--key-id', [keyArn]],
    ['--grant-id', [grantId]],
  ];
  return awsCommand('revoke-grant', target, keyArn, plain, { KeyId: keyArn, GrantId: grantId });
}

function optionalValue(value: string | undefined): readonly string[] {
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

/** The syntax of a shell. */
interface Dialect {
  /** Between the lines of one command. */
  readonly continuation: string;
  /** The shell, and what it starts, take this text as one argument, pasted or typed. */
  accepts(text: string): boolean;
  /** One word that means exactly this text, which the shell {@link accepts}. */
  quote(text: string): string;
  /** The last option of a command, with any JSON. */
  jsonOption(request: unknown): string;
}

const dialects: Readonly<Record<Shell, Dialect>> = {
  posix: {
    continuation: ' \\\n  ',
    // A terminal acts on control characters, also within quotes.
    accepts: isPrintable,
    quote: quoteForShell,
    jsonOption: (request) => `--cli-input-json ${quoteForShell(printableJson(request))}`,
  },
  powershell: {
    continuation: ' `\n  ',
    // The AWS CLI can be a batch file, for which cmd.exe reads the arguments again: no character that it acts on.
    accepts: (text) => /^[\p{L}\p{M}\p{N} _./:@+=,[\]-]+$/u.test(text),
    quote: (text) => (/^[a-z][\w./:-]*$/i.test(text) ? text : `'${text}'`),
    jsonOption: (request) => `--% --cli-input-json "${asciiJson(request).replaceAll('"', '\\"')}"`,
  },
};

/** Values that the AWS CLI loads from elsewhere (version 1 also `http://…`), or parses as an option. */
const interpretedByCli = /^(-|fileb?:\/\/|https?:\/\/)/;

function awsCommand(
  operation: string,
  { shell, ref, endpoint }: CommandTarget,
  keyArn: string,
  plain: readonly (readonly [string, readonly string[]])[],
  request: Readonly<Record<string, unknown>>,
): string {
  const { continuation, accepts, quote, jsonOption } = dialects[shell];
  const region = parseKeyArn(keyArn)?.region ?? (ref.kind === 'sample' ? undefined : ref.region);
  const optionText = ([option, values]: readonly [string, readonly string[]]) => {
    const [only] = values;
    const isLikeOption = values.length === 1 && only?.startsWith('-') === true;
    return isLikeOption ? quote(`${option}=${only}`) : [option, ...values.map(quote)].join(' ');
  };
  const target: readonly (readonly [string, readonly string[]])[] = [
    ['--region', optionalValue(region)],
    ['--profile', ref.kind === 'profile' ? [ref.profile] : []],
    ['--endpoint-url', endpoint?.kind === 'custom' ? [endpoint.url] : []],
  ];
  const rejected = target.flatMap(([, values]) => values).find((value) => !accepts(value));
  if (rejected !== undefined) {
    throw new UserError(l10n.t("Nothing was copied: a shell can't take {0} unchanged.", printable(rejected)));
  }
  const isText = (value: string) => value !== '' && accepts(value) && !interpretedByCli.test(value);
  const isPlain = plain.every(([, values]) => values.every(isText));
  const options = [...target, ...(isPlain ? plain : [])].filter(([, values]) => values.length > 0);
  // As JSON, all of it is data to the CLI.
  return [`aws kms ${operation}`, ...options.map(optionText), ...(isPlain ? [] : [jsonOption(request)])].join(
    continuation,
  );
}

/** One word of a POSIX shell that means exactly this text, which has no NUL. */
export function quoteForShell(text: string): string {
  return /^[\w/:.,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * JSON that passes through Windows unchanged: cmd.exe interprets nothing in it, nor do the rules that split a command
 * line, since no backslash precedes a quote. PowerShell passes on what follows `--%` as it is; Windows PowerShell 5.1 and
 * PowerShell 7.3 and later disagree on every other way to write a quote.
 */
function asciiJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/\\(["\\])/g, (_, character: string) => jsonEscape(character))
    .replace(/[^\w ./:@+=,{}[\]"\\-]/g, jsonEscape);
}

/**
 * `resource "aws_kms_grant"`: what Terraform needs to make a grant like this one.
 * @param imports whether Terraform also takes over this very grant, unless its provider can't have one like it
 */
export function grantAsTerraform(grant: Grant, { imports }: { readonly imports: boolean }): string {
  const { granteePrincipal: grantee, retiringPrincipal: retiring, constraints, name, operations } = grant;
  const ofService = (ref: Grant['granteePrincipal']) => ref?.kind === 'servicePrincipal';
  const { encryptionContextEquals, encryptionContextSubset } = constraints;
  const problems = providerProblems(grant);
  const isImported = imports && problems.length === 0;
  const lines = [
    ...problems.map((problem) => `# ${problem}`),
    `resource "aws_kms_grant" ${quoteForTerraform(labelOf(grant))} {`,
    ...alignedArguments(
      [
        ['name', name === undefined ? undefined : quoteForTerraform(name)],
        ['key_id', quoteForTerraform(grant.keyArn)],
        [
          'grantee_principal',
          grantee === undefined || ofService(grantee) ? undefined : quoteForTerraform(grantee.value),
        ],
        [
          'retiring_principal',
          retiring === undefined || ofService(retiring) ? undefined : quoteForTerraform(retiring.value),
        ],
        ['operations', `[${[...operations].sort().map(quoteForTerraform).join(', ')}]`],
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
    ...(isImported ? ['', ...importedLifecycle()] : []),
    '}',
    ...(isImported ? ['', ...importBlock(grant)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** An import leaves unset what KMS doesn't know, and the provider replaces a grant for each change of an argument. */
function importedLifecycle(): readonly string[] {
  return [
    '  lifecycle {',
    `    # ${l10n.t("An import doesn't set this argument. A plan that sets it would replace the grant.")}`,
    '    ignore_changes = [retire_on_delete]',
    '  }',
  ];
}

/** The ID has the key as the resource has it: with another form of it, Terraform would replace the grant. */
function importBlock(grant: Grant): readonly string[] {
  return [
    `# ${l10n.t("Needs Terraform 1.5 or later. Apply only if the plan imports the grant and doesn't replace it.")}`,
    `# ${l10n.t('A replacement revokes the grant and creates another one.')}`,
    'import {',
    ...alignedArguments(
      [
        ['to', `aws_kms_grant.${labelOf(grant)}`],
        ['id', quoteForTerraform(`${grant.keyArn}:${grant.grantId}`)],
      ],
      '  ',
    ),
    '}',
  ];
}

/**
 * The reasons why Terraform's provider can't create this grant, one on each line, printable. From the schema of
 * `aws_kms_grant` in version 6 of hashicorp/aws.
 */
function providerProblems({
  granteePrincipal,
  retiringPrincipal,
  constraints,
  name,
  operations,
}: Grant): readonly string[] {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = constraints;
  const noArgument = (what: string) =>
    l10n.t('aws_kms_grant has no argument for this part of the grant: {0}', printable(what, 400));
  const problems: string[] = [];
  if (granteePrincipal === undefined) {
    problems.push(l10n.t('aws_kms_grant needs a grantee_principal, but the grantee is unknown.'));
  }
  for (const [argument, member, ref] of [
    ['grantee_principal', 'GranteeServicePrincipal', granteePrincipal],
    ['retiring_principal', 'RetiringServicePrincipal', retiringPrincipal],
  ] as const) {
    if (ref?.kind === 'servicePrincipal') {
      problems.push(noArgument(`${member} ${ref.value}`));
    } else if (ref !== undefined && !isTerraformPrincipal(ref.value)) {
      problems.push(
        l10n.t('{0} takes only an ARN, or the name of a service: {1}', argument, printable(ref.value, 400)),
      );
    }
  }
  if (sourceArn !== undefined) {
    problems.push(noArgument(`SourceArn ${sourceArn}`));
  }
  if (encryptionContextEquals !== undefined && encryptionContextSubset !== undefined) {
    problems.push(l10n.t('aws_kms_grant takes encryption_context_equals or encryption_context_subset, but not both.'));
  }
  if (name !== undefined && nameProblem(name) !== undefined) {
    problems.push(l10n.t("aws_kms_grant doesn't accept this name. {0}", nameProblem(name) ?? ''));
  }
  const unknown = operations.filter((operation) => !terraformOperations.includes(operation));
  if (unknown.length > 0) {
    problems.push(
      l10n.t(
        'The provider may not support these operations, or only in a later version: {0}',
        printable(unknown.join(', '), 400),
      ),
    );
  }
  return problems;
}

/** Version 6 also accepts names of services, in the partitions `aws` and `aws-cn`; earlier versions accept only ARNs. */
function isTerraformPrincipal(value: string): boolean {
  return (
    /^arn:aws(-[a-z]+)*:[^:]*:[^:]*:[^:]*:.+$/.test(value) ||
    /^([0-9a-z-]+\.){1,4}(amazonaws|amazon)\.com(\.cn)?$/.test(value)
  );
}

/** The operations that older versions of the provider accept. It takes them from its SDK, so newer versions accept more. */
const terraformOperations: readonly string[] = [
  'CreateGrant',
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetPublicKey',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
  'Sign',
  'Verify',
  'VerifyMac',
];

function contextLines(argument: string, pairs: Readonly<Record<string, string>> | undefined): readonly string[] {
  if (pairs === undefined) {
    return [];
  }
  const lines = Object.entries(sorted(pairs)).map(
    ([key, value]) => [quoteForTerraform(key), quoteForTerraform(value)] as const,
  );
  return [`    ${argument} = {`, ...alignedArguments(lines, '      '), '    }'];
}

/** As `terraform fmt` aligns them. */
function alignedArguments(
  arguments_: readonly (readonly [string, string | undefined])[],
  indent: string,
): readonly string[] {
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

/** A string of Terraform's language that means exactly this text, without starting a template. */
export function quoteForTerraform(text: string): string {
  const escaped = text
    .toWellFormed()
    .replace(/["\\\n\r\t]/g, (character) => hclEscapes[character] ?? character)
    // Doubled, it starts no template. After the same character, doubling would be ambiguous.
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
