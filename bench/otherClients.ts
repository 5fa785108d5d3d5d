import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createAccount } from '../src/emulator/sampleData.ts';
import { type PythonTools, pythonTools } from '../test/host/python.ts';
import { duration, type Measurement, rounded } from './measurement.ts';
import { type BenchServer, withServer } from './server.ts';
import { type Step, timed } from './step.ts';

const execute = promisify(execFile);

/** What a scan by the AWS CLI takes a process for each of; more would take minutes. */
const fewKeys = 36;
const manyKeys = 1_000;
const grantsPerKey = 25;
/** As to a Region that is not far. */
const latencyMs = 20;

/** A listing and a scan, as people write them, one request after the other; prints the seconds that each took. */
const boto3Script = `
import boto3, json, sys, time

kms = boto3.client("kms")
pages = lambda operation, **input: kms.get_paginator(operation).paginate(**input)

start = time.monotonic()
keys = [key for page in pages("list_keys") for key in page["Keys"]]
if sys.argv[1] == "list":
    aliases = [alias for page in pages("list_aliases") for alias in page["Aliases"]]
else:
    for key in keys:
        grants = [grant for page in pages("list_grants", KeyId=key["KeyId"]) for grant in page["Grants"]]
        if grants and sys.argv[1] == "scanWithStates":
            kms.describe_key(KeyId=key["KeyId"])
print(json.dumps(time.monotonic() - start))
`;

/** Ours beside the AWS CLI and a loop over boto3. Without Python, nothing. */
export async function measureOtherClients(): Promise<Measurement[]> {
  const tools = await pythonTools();
  if (tools === undefined) {
    console.log('Left out: listing and scanning beside the AWS CLI and boto3');
    return [];
  }
  return [...(await measureMany(tools)), ...(await measureUnused(tools)), ...(await measureFew(tools))];
}

function measureMany(tools: PythonTools): Promise<Measurement[]> {
  const data = createAccount({ keys: manyKeys, grantsPerKey });
  return withServer({ data, latencyMs }, async (server) => {
    const keys = `${data.keys.size} keys`;
    const ours = await server.run('list');
    return [
      ...beside(`list ${keys}`, ours, 'boto3', await byBoto3(tools, server, 'list')),
      ...beside(`list ${keys}`, ours, 'the CLI', await listByCli(tools, server)),
      ...beside(
        `scan ${keys}, unpaced`,
        await server.run('scan', { pace: 'full' }),
        'boto3',
        await byBoto3(tools, server, 'scan'),
      ),
    ];
  });
}

/** Half of the keys have no grants: of those nothing is worth asking. The loop asks for the state of the others, as we do. */
function measureUnused(tools: PythonTools): Promise<Measurement[]> {
  const data = createAccount({ keys: manyKeys, grantsPerKey: 1 });
  const unused = [...data.keys.values()].filter((_, index) => index % 2 === 0);
  for (const stored of unused.flatMap(({ id }) => [...data.grantsOf(id).values()])) {
    data.removeGrant(stored);
  }
  return withServer({ data, latencyMs: 1 }, async (server) => {
    const ours = await server.run('scan', { pace: 'full' });
    const theirs = await byBoto3(tools, server, 'scanWithStates');
    return [
      {
        what: 'scan of keys of which half have no grants: our requests, beside boto3',
        measured: ours.requests / theirs.requests,
        unit: '×',
        budget: 1.1,
        note: `${rounded(ours.requests)} and ${rounded(theirs.requests)}`,
      },
    ];
  });
}

function measureFew(tools: PythonTools): Promise<Measurement[]> {
  const data = createAccount({ keys: fewKeys, grantsPerKey });
  return withServer({ data, latencyMs }, async (server) =>
    beside(
      `scan ${data.keys.size} keys, paced`,
      await server.run('scan', { pace: 'default' }),
      'the CLI',
      await scanByCli(tools, server),
    ),
  );
}

function beside(what: string, ours: Step, name: string, theirs: Step): Measurement[] {
  return [
    {
      what: `${what}: our time, beside ${name}`,
      measured: ours.ms / theirs.ms,
      unit: '×',
      budget: 1,
      note: `${duration(ours.ms)} and ${duration(theirs.ms)}`,
    },
    {
      what: `${what}: our requests, beside ${name}`,
      measured: ours.requests / theirs.requests,
      unit: '×',
      note: `${rounded(ours.requests)} and ${rounded(theirs.requests)}`,
    },
  ];
}

/** From its open client on, as ours. */
async function byBoto3(
  { python }: PythonTools,
  server: BenchServer,
  what: 'list' | 'scan' | 'scanWithStates',
): Promise<Step> {
  const { value, step } = await timed(server, () => execute(python, ['-c', boto3Script, what], { env: server.env }));
  return { ms: 1000 * Number(value.stdout), requests: step.requests };
}

async function listByCli(tools: PythonTools, server: BenchServer): Promise<Step> {
  const { step } = await timed(server, async () => {
    await cli(tools, server, 'list-keys');
    await cli(tools, server, 'list-aliases');
  });
  return step;
}

async function scanByCli(tools: PythonTools, server: BenchServer): Promise<Step> {
  const { step } = await timed(server, async () => {
    const keys = JSON.parse(await cli(tools, server, 'list-keys'));
    for (const { KeyId } of keys.Keys) {
      await cli(tools, server, 'list-grants', '--key-id', KeyId);
    }
  });
  return step;
}

/** With the start of each process: that is how it is used. */
async function cli({ aws }: PythonTools, { env }: BenchServer, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(aws, ['kms', ...args, '--output', 'json'], { env, maxBuffer: 2 ** 26 });
  return stdout;
}
