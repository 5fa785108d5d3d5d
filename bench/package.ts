import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot, vsixPath } from '../test/host/project.ts';
import type { Measurement } from './measurement.ts';

/** The package as it ships. */
export async function measurePackage(): Promise<Measurement[]> {
  await promisify(execFile)('npm', ['run', 'package', '--silent'], { cwd: projectRoot });
  const size = async (what: string, path: string, budget: number): Promise<Measurement> => ({
    what,
    measured: (await stat(path)).size / 1024,
    unit: 'KB',
    budget,
  });
  const bundle = (name: string) => join(projectRoot, 'dist', name);
  return [
    await size('extension.js, loaded by activation', bundle('extension.js'), 20),
    await size('firstRows.js, loaded with the first row', bundle('firstRows.js'), 25),
    await size('product.js, loaded after the first row', bundle('product.js'), 180),
    await size('commands.js, loaded with the first command', bundle('commands.js'), 185),
    await size('aws.js, loaded with the first row', bundle('aws.js'), 40),
    await size('awsClient.js, loaded with the first connection', bundle('awsClient.js'), 150),
    await size('awsShared.js, loaded with awsClient.js', bundle('awsShared.js'), 350),
    await size('grantEvidence.js, loaded when evidence is first opened', bundle('grantEvidence.js'), 75),
    await size(
      'baseline.js, loaded when grants are first exported, or a baseline saved or compared',
      bundle('baseline.js'),
      75,
    ),
    await size('terraform.js, loaded with the first grant where a folder is open', bundle('terraform.js'), 45),
    await size('pages.js, loaded with the first hover or page', bundle('pages.js'), 120),
    await size('evidence.js, loaded when CloudTrail or IAM is first asked', bundle('evidence.js'), 120),
    await size('emulator.js, loaded with the sample data', bundle('emulator.js'), 80),
    await size('VSIX', vsixPath, 450),
  ];
}
