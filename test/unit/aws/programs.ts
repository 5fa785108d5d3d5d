import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cloud } from '../../aws/cloud.ts';

/** A command that runs JavaScript in the shell of any system; `args` are in `process.argv` from 1 on. */
export function javaScript(script: string, ...args: readonly string[]): string {
  // Some shell gives these a meaning between quotes, too.
  assert.doesNotMatch(script, /["$`\\%!]/);
  return [process.execPath, '-e', script, ...args].map((word) => `"${word}"`).join(' ');
}

/** A command that prints a file as it is. */
export const printing = (file: string): string =>
  javaScript('process.stdout.write(fs.readFileSync(process.argv[1]))', file);

/** What a credential_process prints of these credentials. */
export function processOutput({ expiresAt, ...credentials }: ReturnType<Cloud['issue']>): string {
  return JSON.stringify({
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: new Date(expiresAt).toISOString(),
  });
}

export interface CountedProgram {
  readonly command: string;
  /** What it prints from now on. */
  print(output: string): Promise<void>;
  /** How often it ran. */
  runs(): Promise<number>;
}

/** A program in a folder that prints what it is given to print. */
export async function countedProgram(folder: string): Promise<CountedProgram> {
  const [output, runs] = [join(folder, 'output'), join(folder, 'runs')];
  await writeFile(runs, '');
  const script = `fs.appendFileSync(process.argv[2], '.'); process.stdout.write(fs.readFileSync(process.argv[1]))`;
  return {
    command: javaScript(script, output, runs),
    print: (text) => writeFile(output, text),
    runs: async () => (await readFile(runs, 'utf8')).length,
  };
}
