import type { Account } from '../src/emulator/account.ts';
import { createAccount } from '../src/emulator/sampleData.ts';
import { duration, type Measurement, rounded, sum } from './measurement.ts';
import { withServer } from './server.ts';
import type { Step } from './step.ts';

interface Size {
  readonly name: string;
  readonly keys: number;
  /** On average. */
  readonly grantsPerKey: number;
  readonly rounds: number;
}

export const sizes: readonly Size[] = [
  { name: '100 keys × 5 grants', keys: 100, grantsPerKey: 5, rounds: 30 },
  { name: '2,000 keys × 25 grants', keys: 2_000, grantsPerKey: 25, rounds: 15 },
  { name: '20,000 keys × 1 grant', keys: 20_000, grantsPerKey: 1, rounds: 5 },
];

/** Of the keys, for the steps that need not be done for all of them. */
const expanded = 50;
const bareScan = 1_000;

/** Over HTTP, with every answer late by the same time, which is then the unit. */
export function measureFirstKeys(): Promise<Measurement[]> {
  const latencyMs = 250;
  return withServer({ data: createAccount({ keys: 20, grantsPerKey: 5 }), latencyMs }, async ({ run, emulator }) => {
    const { ms } = await run('readFirst');
    const asked = emulator.requests.filter(({ operation }) => operation !== 'DescribeKey').length;
    return [
      {
        what: 'first keys, cold, beside one round trip',
        measured: ms / latencyMs,
        unit: '×',
        note: `from the open connection on; a round trip of ${latencyMs} ms`,
      },
      {
        what: 'requests, all expanded, besides DescribeKey',
        measured: asked,
        unit: '',
        budget: 23,
        note: '20 ListGrants, one ListKeys, ListAliases and GetCallerIdentity',
      },
    ];
  });
}

/** Time beside a bare client in the same process, both warm, and requests beside the fewest that the API allows. */
export function measureReading({ keys, grantsPerKey, rounds }: Size): Promise<Measurement[]> {
  const data = createAccount({ keys, grantsPerKey });
  const fewest = fewestRequests(data);
  return withServer({ data }, async ({ run, url, requests }) => {
    const read = await run('readAll', { url, rounds, expanded, bareScan });
    if (read.keys !== data.keys.size || read.unreadable > 0) {
      throw new Error('Not all keys were read');
    }
    if (read.requests + read.bare.requests !== requests()) {
      throw new Error('Requests were miscounted');
    }
    const { bare } = read;
    const beside = (what: string, ours: Step, theirs: Step, budget: number): Measurement => ({
      what: `${what}: time, beside a bare client`,
      measured: ours.ms / theirs.ms,
      unit: '×',
      budget,
      note: duration(ours.ms),
    });
    const asked = (what: string, { requests: sent }: Step, least: number, budget = 1): Measurement => ({
      what: `${what}: requests, beside the fewest possible`,
      measured: sent / least,
      unit: '×',
      budget,
      note: rounded(sent),
    });
    const perRequest = ({ ms, requests: sent }: Step): Step => ({ ms: ms / sent, requests: 1 });
    return [
      beside('first keys', read.firstKeys, bare.firstKeys, 6),
      // The second page of a list may have come before the first of the other.
      asked('first keys', read.firstKeys, 2, 2),
      beside('all keys', read.allKeys, bare.allKeys, 5),
      asked('all keys', read.allKeys, fewest.list),
      beside('one key expanded', read.oneKey, bare.oneKey, 5),
      beside('full scan, a request', perRequest(read.scan), perRequest(bare.scan), 5),
      asked('full scan', read.scan, fewest.scan),
      {
        what: 'heap for all keys, a key',
        measured: read.heap.keys / read.keys,
        unit: 'B',
        budget: 2_000,
        note: megabytes(read.heap.keys),
      },
      {
        what: 'heap for what a scan found, a grant',
        measured: read.heap.scan / read.grants,
        unit: 'B',
        budget: 3_000,
        note: `${megabytes(read.heap.scan)}; ${rounded(read.grants)} grants, and ${rounded(read.keys)} keys with their metadata`,
      },
    ];
  });
}

/** 1,000 keys a page, 100 aliases or grants. */
function fewestRequests(account: Account): { readonly list: number; readonly scan: number } {
  const list = pages(account.keys.size, 1_000) + pages(account.aliases.size, 100);
  const keys = [...account.keys.values()];
  return { list, scan: list + keys.length + sum(keys.map(({ id }) => pages(account.grantsOf(id).size, 100))) };
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

function pages(items: number, size: number): number {
  return Math.max(1, Math.ceil(items / size));
}
