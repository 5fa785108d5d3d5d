import { join } from 'node:path';
import { startOwned } from './process.ts';
import { projectRoot } from './project.ts';

export interface EmulatorProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts our KMS as a process of its own, on a free port. The options are those of `npm run emulator`. */
export async function startEmulator(options: readonly string[]): Promise<EmulatorProcess> {
  const process_ = await startOwned(process.execPath, [
    join(projectRoot, 'out/emulator.mjs'),
    ...['--port', '0'],
    ...options,
  ]);
  try {
    const [url] = await process_.line(/http:\/\/127\.0\.0\.1:\d+/, 20_000);
    return { url, stop: () => process_.stop() };
  } catch (error) {
    await process_.stop();
    throw error;
  }
}
