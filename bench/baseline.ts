import { openBaseline, writeSearch } from '../src/core/baseline/baselines.ts';
import { changesOf } from '../src/core/baseline/changes.ts';
import { isWhole, report, summaryText } from '../src/core/baseline/report.ts';
import { defaultFindingOptions } from '../src/core/findings/finding.ts';
import { heldGrants } from '../src/core/findings/grantGroups.ts';
import type { ScanResult } from '../src/core/findings/scan.ts';
import { type Connection, connectionId, type Grant } from '../src/core/kms/model.ts';
import { type Measurement, median } from './measurement.ts';

const grants = 20_000;
const grantsPerKey = 25;
/** Of each 100 grants one is gone, one is new and one is changed. */
const unchangedShare = 0.98;
const runs = 5;

/** Milliseconds of processor time, by all threads: a comparison is a pause of the extension host. */
export async function measureBaseline(): Promise<Measurement[]> {
  const [before, now] = [searchOf(grants, 0), searchOf(grants, 1)];
  const held = heldGrants(now.keys, defaultFindingOptions, 0, () => false);
  const times = { write: [] as number[], compare: [] as number[], group: [] as number[], export: [] as number[] };
  let size = 0;
  for (let run = 0; run < runs; run++) {
    const bytes = await timed(times.write, async () => writeSearch(before, 'benchmark'));
    size = bytes.length;
    const file = { name: 'baseline.jsonl', size, read: async () => bytes };
    const source = await timed(times.compare, async () => (await openBaseline(file)).compareWith(now));
    const groups = await timed(times.group, async () =>
      changesOf(source, now, () => () => undefined).groups(held, (gone) => gone),
    );
    await timed(times.export, async () => report(source, 'csv'));
    const expected = unchangedShare * grants;
    const counts = groups.map((group) => group.grants.length);
    if (!isWhole(source) || counts.join() !== [grants / 100, grants / 100, grants / 100, expected].join()) {
      throw new Error(`${summaryText(source)} ${counts.join()}`);
    }
  }
  const cost = (what: string, all: readonly number[]): Measurement => {
    return { what, measured: median(all), unit: 'ms', budget: 1000 };
  };
  return [
    { what: 'the file', measured: size / 2 ** 20, unit: 'MB' },
    cost('to write it: processor time', times.write),
    cost('to read it and compare: processor time', times.compare),
    cost('to group the grants by what changed: processor time', times.group),
    cost('to export the report: processor time', times.export),
  ];
}

async function timed<T>(all: number[], act: () => Promise<T>): Promise<T> {
  const start = process.cpuUsage();
  const value = await act();
  const { user, system } = process.cpuUsage(start);
  all.push((user + system) / 1000);
  return value;
}

function searchOf(count: number, state: 0 | 1): ScanResult {
  const ref = { kind: 'profile', profile: 'prod', region: 'eu-west-1' } as const;
  const connection: Connection = {
    id: connectionId(ref),
    opening: 1,
    ref,
    region: ref.region,
    endpoint: { kind: 'aws' },
  };
  const keys = Array.from({ length: count / grantsPerKey }, (_, n) => {
    const keyId = `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;
    const arn = `arn:aws:kms:eu-west-1:111122223333:key/${keyId}`;
    const all = Array.from({ length: grantsPerKey }, (_, each) => grantOf(arn, n * grantsPerKey + each, state));
    return {
      connection,
      key: { keyId, arn, aliases: [`alias/app/${n}`] },
      metadata: undefined,
      grants: all,
      isComplete: true,
    };
  });
  return {
    searched: [{ connection, account: '111122223333' }],
    keys,
    unreadable: [],
    counts: { keysDone: keys.length, keysTotal: keys.length, grants: count, unreadable: 0 },
    wasCancelled: false,
    startedAt: 0,
    endedAt: state,
  };
}

function grantOf(keyArn: string, n: number, state: 0 | 1): Grant {
  const isReplaced = state === 1 && n % 100 === 7;
  const isRecreated = state === 1 && n % 100 === 8;
  const role = `arn:aws:iam::111122223333:role/app/worker-${n % 500}`;
  return {
    grantId: `${isReplaced ? 'f' : '0'}${n.toString(16).padStart(63, '0')}`,
    keyArn,
    name: `worker-${n}`,
    creationDate: new Date(Date.UTC(2026, 0, 1) + n * 60_000),
    granteePrincipal: { kind: 'principal', value: isRecreated ? 'AROAEXAMPLE3STRINGS2X' : role },
    retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/janitor' },
    issuingAccount: 'arn:aws:iam::111122223333:root',
    operations: ['Decrypt', 'Encrypt', 'GenerateDataKey', 'DescribeKey'],
    constraints: {
      encryptionContextEquals: undefined,
      encryptionContextSubset: { tenant: `t-${n % 50}`, stage: 'prod' },
      sourceArn: undefined,
    },
  };
}
