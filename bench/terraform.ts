import { type FileResource, Resources } from '../src/core/terraform/match.ts';
import { scanTerraform } from '../src/core/terraform/scan.ts';
import { grant } from '../test/unit/core/fakes.ts';
import { type Measurement, median } from './measurement.ts';

/** As many as are read at most. */
const fileCount = 2000;
const grantCount = 50_000;
const runs = 5;

/** Milliseconds of processor time, by all threads. Files are scanned one by one, and between them others have their turn. */
export async function measureTerraform(): Promise<Measurement[]> {
  const files = Array.from({ length: fileCount }, (_, index) => fileOf(index));
  const grants = Array.from({ length: grantCount }, (_, index) => grant(`g${index}`, { name: `export-${index}` }));
  const [scans, matches]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    const found = timed(scans, () =>
      files.flatMap((text, index) =>
        scanTerraform(text).map((one): FileResource => ({ ...one, uri: `file:///${index}.tf`, path: `${index}.tf` })),
      ),
    );
    const matched = timed(matches, () => {
      const resources = new Resources(found);
      return grants.filter((one) => resources.mayMake(one).length > 0).length;
    });
    if (found.length !== fileCount || matched !== fileCount) {
      throw new Error(`${found.length} resources, ${matched} grants`);
    }
  }
  const size = files.reduce((bytes, { length }) => bytes + length, 0) / 2 ** 20;
  return [
    { what: `Scanning ${fileCount} files, ${size.toFixed(0)} MB`, measured: median(scans), unit: 'ms', budget: 3000 },
    { what: `The resources of ${grantCount} grants`, measured: median(matches), unit: 'ms', budget: 1000 },
  ];
}

function timed<T>(times: number[], task: () => T): T {
  const before = process.cpuUsage();
  const result = task();
  const { user, system } = process.cpuUsage(before);
  times.push((user + system) / 1000);
  return result;
}

/** Some 9 KB of other resources, and one that may make a grant. */
function fileOf(index: number): string {
  const role = (name: string) => `resource "aws_iam_role" "${name}" {
  name = "\${var.prefix}-${name}" # of the stage
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Action = "sts:AssumeRole" }] })
}
`;
  const roles = Array.from({ length: 40 }, (_, number) => role(`worker${number}`)).join('\n');
  return `${roles}
resource "aws_kms_grant" "export" {
  name       = "export-${index}"
  key_id     = aws_kms_key.orders.key_id
  operations = ["Decrypt"]
}
`;
}
