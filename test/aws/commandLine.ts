import { parseArgs } from 'node:util';
import type { SampleOptions } from '../../src/emulator/sampleData.ts';
import type { Denial } from './denials.ts';
import type { EmulatorOptions } from './emulator.ts';
import type { Secret } from './sigv4.ts';

/** What the command line asks for. */
export type CommandLine =
  | {
      readonly kind: 'serve';
      readonly port: number;
      readonly sample: SampleOptions;
      readonly emulator: Omit<EmulatorOptions, 'data'>;
    }
  | { readonly kind: 'help' }
  /** One sentence on what is wrong. */
  | { readonly kind: 'mistake'; readonly message: string };

interface Option {
  readonly value: string;
  readonly help: string;
}

const optionsByName = {
  port: { value: 'NUMBER', help: 'port on 127.0.0.1; 0 takes a free one (default 4599)' },
  keys: { value: 'NUMBER', help: 'customer keys in the sample account (default 20; 0: an empty account)' },
  grants: { value: 'NUMBER', help: 'grants on a key, on average (default 5)' },
  'grants-on-first-key': { value: 'NUMBER', help: 'grants on the first key, up to 50000 (default as the others)' },
  seed: { value: 'NUMBER', help: 'same seed, same account (default 1)' },
  account: { value: 'ID', help: 'the account, twelve digits (default 111122223333)' },
  region: { value: 'NAME', help: 'the Region (default eu-west-1)' },
  partition: { value: 'NAME', help: 'the partition, such as aws-cn (default aws)' },
  principal: { value: 'ARN', help: 'who the caller is, unless --secret says so (default user/alex of the account)' },
  'propagation-ms': {
    value: 'MIN-MAX',
    help: 'how long a change takes to reach a replica; one number is both (default 2000-8000)',
  },
  'event-delay-ms': { value: 'NUMBER', help: 'how long an event takes to reach CloudTrail (default 300000)' },
  replicas: { value: 'NUMBER', help: 'replicas that answer reads (default 3)' },
  'latency-ms': { value: 'NUMBER', help: 'delay of every answer (default 0)' },
  throttle: { value: 'SCALE', help: "share of AWS's request quotas; 1 is AWS's own, 0 none (default 1)" },
  'fail-rate': { value: 'SHARE', help: 'share of requests that fail with 500 or 503, from 0 to 1 (default 0)' },
  secret: {
    value: 'KEYID:SECRET',
    help: 'take only this access key, and verify signatures; KEYID:SECRET=ARN says whose it is; may be repeated',
  },
  deny: { value: 'OPERATION', help: 'deny this operation; OPERATION@KEYID on one key only; may be repeated' },
} satisfies Record<string, Option>;

/** The text of --help. */
export const help = [
  'Serves AWS KMS (grants and what belongs to them) on this machine, with a sample account; of other services STS',
  "GetCallerIdentity, CloudTrail LookupEvents and IAM's GetRole, GetUser, ListRoles, ListUsers and GetAccountAuthorizationDetails.",
  '',
  'Usage: npm run emulator -- [options]',
  '',
  ...Object.entries({ ...optionsByName, help: { value: '', help: 'print this' } }).map(
    ([name, { value, help }]) => `  ${`--${name} ${value}`.padEnd(28)} ${help}`,
  ),
  '',
  'Example: aws kms list-keys --endpoint-url http://127.0.0.1:4599 --region eu-west-1',
  '',
].join('\n');

/** @param args without the program's own name */
export function parseCommandLine(args: readonly string[]): CommandLine {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: 'string', default: '4599' },
        keys: { type: 'string', default: '20' },
        grants: { type: 'string', default: '5' },
        'grants-on-first-key': { type: 'string' },
        seed: { type: 'string', default: '1' },
        account: { type: 'string', default: '111122223333' },
        region: { type: 'string', default: 'eu-west-1' },
        partition: { type: 'string', default: 'aws' },
        principal: { type: 'string' },
        'propagation-ms': { type: 'string', default: '2000-8000' },
        'event-delay-ms': { type: 'string', default: '300000' },
        replicas: { type: 'string', default: '3' },
        'latency-ms': { type: 'string', default: '0' },
        throttle: { type: 'string', default: '1' },
        'fail-rate': { type: 'string', default: '0' },
        secret: { type: 'string', multiple: true, default: [] },
        deny: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      return { kind: 'help' };
    }
    const { account, region, partition } = values;
    const seed = whole('seed', values.seed, 0, 2 ** 32 - 1);
    const rootArn = `arn:${partition}:iam::${account}:root`;
    return {
      kind: 'serve',
      port: whole('port', values.port, 0, 65_535),
      sample: {
        seed,
        keys: whole('keys', values.keys, 0, 100_000),
        grantsPerKey: whole('grants', values.grants, 0, 50_000),
        ...(values['grants-on-first-key'] === undefined
          ? {}
          : { grantsOnFirstKey: whole('grants-on-first-key', values['grants-on-first-key'], 0, 50_000) }),
        account: matching('account', account, /^\d{12}$/, 'twelve digits'),
        region: matching('region', region, /^[a-z]{2,}(-[a-z]+)+-\d+$/, 'the name of a Region, such as eu-west-1'),
        partition: matching('partition', partition, /^aws(-[a-z]+)*$/, 'a partition, such as aws or aws-cn'),
      },
      emulator: {
        seed,
        propagation: range('propagation-ms', values['propagation-ms']),
        eventDelayMs: whole('event-delay-ms', values['event-delay-ms'], 0, 86_400_000),
        replicas: whole('replicas', values.replicas, 1, 100),
        latencyMs: whole('latency-ms', values['latency-ms'], 0, 600_000),
        throttle: decimal('throttle', values.throttle, 1_000_000),
        failRate: decimal('fail-rate', values['fail-rate'], 1),
        ...(values.principal === undefined
          ? {}
          : { principalArn: matching('principal', values.principal, arnPattern, 'the ARN of a principal') }),
        ...(values.secret.length === 0 ? {} : { secrets: secrets(values.secret, values.principal ?? rootArn) }),
        denials: values.deny.map(denial),
      },
    };
  } catch (error) {
    if (error instanceof Mistake) {
      return { kind: 'mistake', message: error.message };
    }
    if (error instanceof TypeError && 'code' in error) {
      switch (error.code) {
        case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
          return {
            kind: 'mistake',
            message: `${/--[\w-]+/.exec(error.message)?.[0]} ${error.message.includes('does not take') ? 'takes no' : 'needs a'} value.`,
          };
        case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
        case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
          return { kind: 'mistake', message: `${error.message.split(/\.?(\s{2,}|\n|\. |$)/)[0]}.` };
      }
    }
    throw error;
  }
}

class Mistake extends Error {}

const arnPattern = /^arn:[\w-]+:(iam|sts)::\d{12}:.+$/;

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new Mistake(`--${name} must be a whole number from ${min} to ${max}, not "${text}".`);
  }
  return value;
}

function decimal(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text) || value > max) {
    throw new Mistake(`--${name} must be a number from 0 to ${max}, not "${text}".`);
  }
  return value;
}

function matching(name: string, text: string, pattern: RegExp, what: string): string {
  if (!pattern.test(text)) {
    throw new Mistake(`--${name} must be ${what}, not "${text}".`);
  }
  return text;
}

function range(name: string, text: string): { readonly minMs: number; readonly maxMs: number } {
  const [, min = '', max = min] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (min === '' || Number(min) > Number(max)) {
    throw new Mistake(`--${name} must be milliseconds, or a range of them such as 2000-8000, not "${text}".`);
  }
  return { minMs: Number(min), maxMs: Number(max) };
}

/** The message never repeats the value, which may hold a real secret. */
function secrets(texts: readonly string[], principal: string): Record<string, Secret> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, accessKeyId, secretAccessKey, principalArn = principal] =
        /^(\w+):([^=]+)(?:=(arn:.+))?$/.exec(text) ?? [];
      if (accessKeyId === undefined || secretAccessKey === undefined || !arnPattern.test(principalArn)) {
        throw new Mistake('--secret must be KEYID:SECRET or KEYID:SECRET=ARN.');
      }
      return [accessKeyId, { secretAccessKey, principalArn }];
    }),
  );
}

function denial(text: string): Denial {
  const [, operation, keyId] = /^([\w*]+)(?:@([\w-]+))?$/.exec(text) ?? [];
  if (operation === undefined) {
    throw new Mistake(`--deny must be OPERATION or OPERATION@KEYID, such as RevokeGrant, not "${text}".`);
  }
  return keyId === undefined ? { operation } : { operation, keyId };
}
