import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../host/process.ts';

/** The AWS config file: section name (`default`, `profile dev`, …) → its lines. */
export type AwsConfig = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** AWS settings that come from this file alone: no variable, file or instance role of the machine takes part. */
export async function writeAwsFiles(folder: string, sections: AwsConfig): Promise<Environment> {
  const config = join(folder, 'aws-config');
  const credentials = join(folder, 'aws-credentials');
  const text = Object.entries(sections).map(
    ([section, entries]) =>
      `[${section}]\n${Object.entries(entries)
        .map(([key, value]) => `${key} = ${value}\n`)
        .join('')}`,
  );
  await writeFile(config, text.join('\n'));
  await writeFile(credentials, '');
  const inherited = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(inherited.map((name) => [name, undefined])),
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
