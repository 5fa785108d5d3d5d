import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { ScanResult } from '../src/core/findings/scan.ts';
import type { KmsKey } from '../src/core/kms/model.ts';
import { BareClient } from './bareClient.ts';
import { type Client, openClient, type Pace } from './client.ts';
import { type Step, timed } from './step.ts';

/** From the open connection to the first keys, with nothing warm; then expands every customer key. */
export async function readFirst(): Promise<{ readonly ms: number }> {
  const { session, close } = await openClient('full');
  const start = performance.now();
  const { keys } = await session.inventory.keys();
  const ms = performance.now() - start;
  await session.identity();
  await Promise.all(keys.filter(isCustomerKey).map(({ arn }) => session.inventory.grants(arn)));
  close();
  return { ms };
}

export interface ReadOptions {
  readonly url: string;
  /** How often the keys are listed; the fastest counts. */
  readonly rounds: number;
  /** How many keys are expanded, one after the other; the fastest counts. */
  readonly expanded: number;
  /** How many keys the bare client scans, twice. */
  readonly bareScan: number;
}

/** Reads all of an account, by our client and by the bare one. */
export async function readAll({ url, rounds, expanded, bareScan }: ReadOptions) {
  const bare = new BareClient(url);
  const client = await openClient('full');
  const { inventory } = client.session;

  const lists: (ListSteps & { readonly bare: ListSteps })[] = [];
  // The first round warms both up, and does not count.
  for (let round = 0; round <= rounds; round++) {
    inventory.forgetAll();
    const firstKeys = (await timed(bare, () => bare.firstKeys())).step;
    const allKeys = (await timed(bare, () => bare.keys())).step;
    lists.push({ bare: { firstKeys, allKeys }, ...(await listKeys(client)) });
  }
  lists.shift();

  // Its sockets, and what a first listing leaves behind for the next ones, are not of the keys.
  const withKeys = await heapBytes();
  inventory.forgetAll();
  const heapOfKeys = withKeys - (await heapBytes());
  await listKeys(client);

  const { keys } = await inventory.keys();
  const few = keys.filter(isCustomerKey).slice(0, expanded);
  const ones: { readonly ours: Step; readonly bare: Step }[] = [];
  for (const { arn } of few) {
    const { step } = await timed(bare, () => bare.grants(arn));
    ones.push({ bare: step, ours: (await timed(client, () => inventory.grants(arn))).step });
  }
  for (const { arn } of few) {
    inventory.forgetGrants(arn);
  }

  const arns = keys.slice(0, bareScan).map(({ arn }) => arn);
  // Before ours and after it, since what else the machine does changes in the meantime.
  const bareBefore = await timed(bare, () => scanBare(bare, arns));
  const { counts, step: scanStep, heap: heapOfScan } = await weighedScan(client);
  const bareAfter = await timed(bare, () => scanBare(bare, arns));

  client.close();
  bare.close();
  return {
    keys: counts.keysDone,
    grants: counts.grants,
    unreadable: counts.unreadable,
    firstKeys: fastest(lists.map(({ firstKeys }) => firstKeys)),
    allKeys: fastest(lists.map(({ allKeys }) => allKeys)),
    oneKey: fastest(ones.map(({ ours }) => ours)),
    scan: scanStep,
    bare: {
      requests: bare.requests(),
      firstKeys: fastest(lists.map((list) => list.bare.firstKeys)),
      allKeys: fastest(lists.map((list) => list.bare.allKeys)),
      oneKey: fastest(ones.map((one) => one.bare)),
      scan: {
        ms: bareBefore.step.ms + bareAfter.step.ms,
        requests: bareBefore.step.requests + bareAfter.step.requests,
      },
    },
    /** Sent by our client in all. */
    requests: client.requests(),
    /** Bytes that stay in use: for all keys; for what the scan found, beside them. */
    heap: { keys: heapOfKeys, scan: heapOfScan },
  };
}

interface ListSteps {
  readonly firstKeys: Step;
  readonly allKeys: Step;
}

async function listKeys({ session, requests }: Client): Promise<ListSteps> {
  const requestsBefore = requests();
  const start = performance.now();
  const steps: Step[] = [];
  for await (const { state } of session.inventory.allKeys()) {
    steps.push({ ms: performance.now() - start, requests: requests() - requestsBefore });
    if (state.kind === 'failed') {
      throw state.error;
    }
  }
  const nothing = { ms: Number.NaN, requests: Number.NaN };
  return { firstKeys: steps[0] ?? nothing, allKeys: steps.at(-1) ?? nothing };
}

/** Scans, and weighs in bytes what the result alone keeps: the sockets of a scan close by themselves. */
async function weighedScan(client: Client) {
  const results: ScanResult[] = [];
  const { step } = await timed(client, async () => {
    results.push(await client.scan());
  });
  const counts = { keysDone: 0, grants: 0, unreadable: 0, ...results[0]?.counts };
  const withResult = await heapBytes();
  results.length = 0;
  return { counts, step, heap: withResult - (await heapBytes()) };
}

/** What our scan asks of each key, eight keys side by side. */
async function scanBare(client: BareClient, arns: readonly string[]): Promise<void> {
  const queue = arns.values();
  const work = async () => {
    for (const arn of queue) {
      await Promise.all([client.send('DescribeKey', { KeyId: arn }), client.grants(arn)]);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

/** Reads all grants. Timed, as all here, from the open connection on. */
export async function scan({ pace }: { readonly pace: Pace }): Promise<Step> {
  const client = await openClient(pace);
  const { step } = await timed(client, () => client.scan());
  client.close();
  return step;
}

/** Lists all keys with their aliases, cold. */
export async function list(): Promise<Step> {
  const client = await openClient('full');
  const { allKeys } = await listKeys(client);
  client.close();
  return allKeys;
}

export function isCustomerKey({ aliases }: KmsKey): boolean {
  return !aliases.some((alias) => alias.startsWith('alias/aws/'));
}

/** A busy machine only ever makes a step slower. */
function fastest(steps: readonly Step[]): Step {
  return steps.reduce((best, step) => (step.ms < best.ms ? step : best));
}

/** In use after everything else was collected, which some objects are only in a later turn of the event loop. */
async function heapBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    await setImmediate();
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}
