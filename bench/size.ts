/** The largest real accounts, over HTTP: parts of `npm run bench`. */

import { execFile } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createAws } from '../src/aws/index.ts';
import { systemClock } from '../src/core/base/clock.ts';
import { Inventory } from '../src/core/connections/inventory.ts';
import type { KeyListing } from '../src/core/connections/keyLoad.ts';
import { defaultFindingOptions } from '../src/core/findings/finding.ts';
import { filterGrants, groupGrants, heldGrants, sortGrants, warmUpFilter } from '../src/core/findings/grantGroups.ts';
import type { ScannedKey } from '../src/core/findings/scan.ts';
import type { KmsApi } from '../src/core/kms/kmsApi.ts';
import type { Connection } from '../src/core/kms/model.ts';
import { collectPages, grantPages } from '../src/core/kms/pages.ts';
import { grantText, shownIndexes, showsGrant, type TextFilter, textFilter } from '../src/core/words/filter.ts';
import { createAccount, type SampleOptions } from '../src/emulator/sampleData.ts';
import { createEmulator, type Emulator } from '../test/aws/emulator.ts';
import { startServer } from '../test/aws/server.ts';
import { projectRoot } from '../test/host/project.ts';
import { provision } from '../test/host/provision.ts';
import { temporaryFolder } from '../test/temporaryFolder.ts';
import type { Measurement } from './measurement.ts';
import type { ViewTimes } from './sizeInHost.ts';

const execute = promisify(execFile);

/** Every answer is late by so much, which is the unit of a round trip. */
const latencyMs = 10;
/** Milliseconds of processor time that a keypress may take: on one that has nothing else to do, it is answered by then. */
const keypressBudgetMs = 100;
/** As somebody types them, and takes one back; twice over. */
const typed = ['o', 'or', 'ord', 'orde', 'orders', 'orders q', 'orders qu', 'orders queue-0042', 'zzzz', 'zzz'];
const keypresses = [...typed, ...typed];

export async function manyKeys(): Promise<Measurement[]> {
  const count = 100_000;
  return withKms({ keys: count, grantsPerKey: 0, awsManagedKeys: false }, async ({ api, emulator, signal }) => {
    const aliases = emulator.account.aliases.size;
    const startAlone = processorMs();
    await Promise.all([
      collectPages((marker) => api.listKeys(marker, signal)),
      collectPages((marker) => api.listAliases(marker, signal)),
    ]);
    const alone = processorMs(startAlone);
    const asked = emulator.requests.length;
    const before = heapUsed();
    const [start, startAll] = [performance.now(), processorMs()];
    let changes = 0;
    let drawn: Promise<unknown> = Promise.resolve();
    const filter = textFilter('orders');
    // As the view does at each change: it takes the listing, and filters all of it.
    const inventory = new Inventory(api, signal, systemClock);
    inventory.onDidChange(() => {
      changes += 1;
      drawn = inventory.keys().then((listing) => shownKeys(listing, filter));
    });
    await inventory.keys();
    const first = performance.now() - start;
    for await (const listing of inventory.allKeys()) {
      shownKeys(listing, filter);
    }
    await drawn;
    const all = processorMs(startAll);
    const perKey = (heapUsed() - before) / count;
    const listing = await inventory.keys();
    const presses = keypresses.map((text) => timedNow(() => shownKeys(listing, textFilter(text))));
    const minimum = Math.ceil(count / 1000) + Math.ceil(aliases / 100);
    return [
      {
        what: '100,000 keys: first rows',
        measured: first / latencyMs,
        unit: 'round trips',
        note: `${latencyMs} ms each`,
      },
      {
        what: '100,000 keys: processor time until all rows, beside reading alone',
        measured: all / alone,
        unit: '×',
        budget: 2,
        note: `${seconds(all)} and ${seconds(alone)}, with the emulator; ${changes} changes reported`,
      },
      {
        what: '100,000 keys: requests, beside the fewest that KMS allows',
        measured: (emulator.requests.length - asked) / minimum,
        unit: '×',
        budget: 1,
        note: `${minimum} of ListKeys and ListAliases`,
      },
      {
        what: '100,000 keys: memory with the text that a filter looks in',
        measured: perKey,
        unit: 'bytes per key',
        budget: 2048,
      },
      keypress('100,000 keys: a keypress in the filter', presses),
    ];
  });
}

export async function manyGrantsOnOneKey(): Promise<Measurement[]> {
  const count = 50_000;
  const sample = { keys: 1, grantsOnFirstKey: count, awsManagedKeys: false };
  return withKms(sample, async ({ api, emulator, signal }) => {
    const inventory = new Inventory(api, signal, systemClock);
    const [key] = (await inventory.keys()).keys;
    if (key === undefined) {
      throw new Error('There is no key.');
    }
    const asked = emulator.requests.length;
    const before = heapUsed();
    const start = performance.now();
    let listing = await inventory.grants(key.arn);
    const first = performance.now() - start;
    while (listing.state.kind === 'more') {
      await inventory.loadMoreGrants(key.arn);
      listing = await inventory.grants(key.arn);
    }
    const perGrant = (heapUsed() - before) / count;
    for (const grant of listing.grants) {
      grantText(grant);
    }
    const presses = keypresses.map((text) => {
      const filter = textFilter(text);
      return timedNow(() => listing.grants.filter((grant) => showsGrant(filter, key, undefined, grant)));
    });
    const minimum = Math.ceil(count / 100);
    return [
      {
        what: '50,000 grants on a key: first window',
        measured: first / latencyMs,
        unit: 'round trips',
        note: 'two pages',
      },
      {
        what: '50,000 grants on a key: requests, beside the fewest that KMS allows',
        measured: (emulator.requests.length - asked) / minimum,
        unit: '×',
        budget: 1,
        note: `${minimum} of ListGrants`,
      },
      { what: '50,000 grants on a key: memory', measured: perGrant, unit: 'bytes per grant', budget: 4096 },
      keypress('50,000 grants on a key: a keypress in the filter', presses),
    ];
  });
}

export async function manyGrantsOnManyKeys(): Promise<Measurement[]> {
  const sample = { keys: 2000, grantsPerKey: 25, awsManagedKeys: false };
  return withKms(sample, async ({ api, connection, signal }) => {
    const before = heapUsed();
    const scanned: ScannedKey[] = [];
    const keys = (await collectPages((marker) => api.listKeys(marker, signal))).values();
    const work = async () => {
      for (const { keyId, arn } of keys) {
        const grants = await collectPages(grantPages(api, { keyArn: arn }, signal));
        const key = { keyId, arn, aliases: [] };
        scanned.push({ connection, key, metadata: undefined, grants, isComplete: true });
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    const start = processorMs();
    const held = sortGrants(
      heldGrants(scanned, defaultFindingOptions, Date.now(), () => false),
      'name',
    );
    const shown = groupGrants(held, { grouping: 'principal', sorting: 'name' });
    const ready = processorMs(start);
    const preparing = timedNow(() => warmUpFilter(held));
    const presses = keypresses.map((text) =>
      timedNow(() => groupGrants(filterGrants(held, textFilter(text)), { grouping: 'principal', sorting: 'name' })),
    );
    const perGrant = (heapUsed() - before) / held.length;
    return [
      {
        what: '2,000 keys × 25 grants: findings and groups, once read',
        measured: ready,
        unit: 'ms of processor time',
        note: `${held.length.toLocaleString('en')} grants in ${shown.length} groups`,
      },
      {
        what: '2,000 keys × 25 grants: to make the filter ready, while its box opens',
        measured: preparing,
        unit: 'ms of processor time',
      },
      { what: '2,000 keys × 25 grants: memory', measured: perGrant, unit: 'bytes per grant', budget: 6144 },
      keypress('2,000 keys × 25 grants: a keypress in the filter', presses),
    ];
  });
}

/** The Keys view itself, in a real extension host. */
export async function manyKeysInView(): Promise<Measurement[]> {
  const host = await provision('newest');
  await using temporary = await temporaryFolder('bench');
  const folder = temporary.path;
  const emulator = createEmulator({
    data: createAccount({ keys: 100_000, grantsPerKey: 0, awsManagedKeys: false }),
    latencyMs,
    requestsKept: 1_000_000,
  });
  const server = await startServer(emulator, { port: 0 });
  const path = join(folder, 'config');
  await writeFile(path, profileOf(server.url));
  const result = join(folder, 'result.json');
  await execute(
    host.executable,
    [
      `--extensionDevelopmentPath=${projectRoot}`,
      `--extensionTestsPath=${join(projectRoot, 'out/in-host/sizeInHost.cjs')}`,
      `--user-data-dir=${join(folder, 'user-data')}`,
      `--extensions-dir=${join(folder, 'extensions')}`,
    ],
    {
      env: {
        ...process.env,
        BENCH_RESULT: result,
        BENCH_URL: server.url,
        BENCH_KEYPRESSES: JSON.stringify(keypresses),
        AWS_CONFIG_FILE: path,
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    },
  );
  const times: ViewTimes = JSON.parse(await readFile(result, 'utf8'));
  const described = emulator.requests.filter(({ operation }) => operation === 'DescribeKey');
  return [
    {
      what: 'Keys view on 100,000 keys: first rows, after the view opens',
      measured: times.firstRowsMs / latencyMs,
      unit: 'round trips',
      note: 'with the bundle aws.js loaded, and the connection opened',
    },
    {
      what: 'Keys view on 100,000 keys: all rows, beside a bare client that follows the same pages',
      measured: times.allRowsMs / times.bareMs,
      unit: '×',
      budget: 1.3,
      note: `${seconds(times.allRowsMs)} and ${seconds(times.bareMs)}`,
    },
    {
      what: 'Keys view on 100,000 keys: rows drawn for a keypress, p95 of processor time',
      measured: p95(times.keypressMs),
      unit: 'ms',
      budget: keypressBudgetMs,
      note: list(times.keypressMs),
    },
    {
      what: 'Keys view on 100,000 keys: DescribeKey, before anything was typed',
      measured: described.filter(({ at }) => at < times.typingAt).length,
      unit: '',
      budget: 500,
      note: `a window of them; ${described.length} with all that was typed`,
    },
  ];
}

interface Opened {
  readonly api: KmsApi;
  readonly emulator: Emulator;
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

async function withKms<T>(sample: SampleOptions, body: (opened: Opened) => Promise<T>): Promise<T> {
  const emulator = createEmulator({ data: createAccount(sample), latencyMs, requestsKept: 1_000_000 });
  await using temporary = await temporaryFolder('bench');
  const folder = temporary.path;
  await using server = await startServer(emulator, { port: 0 });
  const path = join(folder, 'config');
  await writeFile(path, profileOf(server.url));
  const aws = createAws({
    env: { ...process.env, AWS_CONFIG_FILE: path, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials') },
    log: () => {},
    sample: () => Promise.reject(new Error('not used')),
    mfaCode: async () => undefined,
    mayRunProcesses: () => false,
  });
  const ref = { kind: 'profile', profile: 'default', region: 'eu-west-1' } as const;
  const { api, region, endpoint, close } = await aws.open(ref);
  using _opened = { [Symbol.dispose]: close };
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  // What the first request pays for is measured elsewhere.
  await api.callerIdentity(signal);
  return await body({ api, emulator, connection: { id: 'bench', opening: 1, ref, region, endpoint }, signal });
}

function profileOf(url: string): string {
  return `[default]\nregion = eu-west-1\nendpoint_url = ${url}\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n`;
}

function shownKeys({ keys }: KeyListing, filter: TextFilter | undefined): number {
  return shownIndexes(filter, keys, []).length;
}

/** Milliseconds of processor time: what else the machine does must not count. */
function processorMs(since = 0): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 - since;
}

function timedNow(act: () => unknown): number {
  const start = processorMs();
  act();
  return processorMs(start);
}

function keypress(what: string, times: readonly number[]): Measurement {
  return {
    what: `${what}, p95 of processor time`,
    measured: p95(times),
    unit: 'ms',
    budget: keypressBudgetMs,
    note: list(times),
  };
}

function p95(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN;
}

function list(times: readonly number[]): string {
  return times.map((ms) => Math.round(ms)).join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Bytes, after all that can be collected is. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  return process.memoryUsage().heapUsed;
}
