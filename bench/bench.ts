/**
 * `npm run bench`: prints what was measured beside its budget, and ends with 1 when a budget is exceeded.
 * `--json FILE` writes the same; `--only TEXT` measures the groups whose name holds it.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureBaseline } from './baseline.ts';
import { measureEvidence } from './evidence.ts';
import { measureActivation, measureFirstRow } from './launches.ts';
import { isWithinBudget, type Measurement } from './measurement.ts';
import { measureOtherClients } from './otherClients.ts';
import { measurePackage } from './package.ts';
import { measureFirstKeys, measureReading, sizes } from './reading.ts';
import { measureRevokes } from './revokes.ts';
import { measurePace } from './scanPace.ts';
import { manyGrantsOnManyKeys, manyGrantsOnOneKey, manyKeys, manyKeysInView } from './size.ts';
import { printGroup } from './table.ts';
import { measureTerraform } from './terraform.ts';

interface Group {
  readonly name: string;
  readonly measure: () => Promise<readonly Measurement[]>;
}

/** One after the other, so that none disturbs another. A new group is one line here. */
const groups: readonly Group[] = [
  { name: 'Package', measure: measurePackage },
  { name: 'Activation', measure: measureActivation },
  { name: 'The first row in VS Code', measure: measureFirstRow },
  { name: 'A first look: 20 keys × 5 grants', measure: measureFirstKeys },
  ...sizes.map((size) => ({ name: `Reading ${size.name}`, measure: () => measureReading(size) })),
  { name: 'Large: 100,000 keys', measure: manyKeys },
  { name: 'Large: 100,000 keys in VS Code', measure: manyKeysInView },
  { name: 'Large: 50,000 grants on a key', measure: manyGrantsOnOneKey },
  { name: 'Large: 2,000 keys × 25 grants', measure: manyGrantsOnManyKeys },
  { name: 'The pace of a scan', measure: measurePace },
  { name: 'Baseline: 20,000 grants', measure: measureBaseline },
  { name: 'Evidence', measure: measureEvidence },
  { name: 'Terraform files', measure: measureTerraform },
  { name: 'Revokes', measure: measureRevokes },
  { name: 'Beside the AWS CLI and boto3, on the same server', measure: measureOtherClients },
];

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string', default: '' } } });
  const all: (Measurement & { readonly group: string })[] = [];
  for (const { name, measure } of groups.filter((group) => group.name.includes(values.only))) {
    const measurements = await measure();
    if (measurements.length > 0) {
      printGroup(name, measurements);
    }
    all.push(...measurements.map((measurement) => ({ group: name, ...measurement })));
  }
  if (values.json !== undefined) {
    const { version: node, platform, arch } = process;
    const result = { date: new Date().toISOString(), node, platform, arch, measurements: all };
    await writeFile(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  return all.every(isWithinBudget) ? 0 : 1;
}

process.exitCode = await main();
