import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createEmulator, type Emulator, type EmulatorOptions } from '../test/aws/emulator.ts';
import { startServer } from '../test/aws/server.ts';
import { projectRoot } from '../test/host/project.ts';
import { temporaryFolder } from '../test/temporaryFolder.ts';
import type { Task, Tasks } from './worker.ts';

/** Our KMS over HTTP in this process, and a config file that leads to it. */
export interface BenchServer {
  readonly url: string;
  readonly emulator: Emulator;
  /** For every program that is to find it: ours, the AWS CLI, botocore. */
  readonly env: NodeJS.ProcessEnv;
  /** How many requests KMS has served so far. */
  requests(): number;
  /** Runs a task of worker.ts in a process of its own. */
  run<T extends Task>(task: T, ...input: Parameters<Tasks[T]>): Promise<Awaited<ReturnType<Tasks[T]>>>;
}

/** Serves for as long as `use` takes. */
export async function withServer<T>(options: EmulatorOptions, use: (server: BenchServer) => Promise<T>): Promise<T> {
  const emulator = createEmulator({ requestsKept: Number.POSITIVE_INFINITY, ...options });
  await using folder = await temporaryFolder('bench');
  const home = folder.path;
  await using server = await startServer(emulator);
  const config = join(home, 'config');
  const credentials = 'aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n';
  await writeFile(config, `[default]\nregion = eu-west-1\nendpoint_url = ${server.url}\n${credentials}`);
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    PYTHONUTF8: '1',
  };
  return await use({
    url: server.url,
    emulator,
    env,
    requests: () => emulator.requests.filter(({ service }) => service === 'kms').length,
    run: async (task, ...input) => {
      const worker = join(projectRoot, 'out/bench/worker.mjs');
      const args = ['--expose-gc', worker, task, JSON.stringify(input)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 2 ** 26 });
      return JSON.parse(stdout);
    },
  });
}
