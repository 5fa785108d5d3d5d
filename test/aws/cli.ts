import { once } from 'node:events';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { type CommandLine, help, parseCommandLine } from './commandLine.ts';
import { createEmulator } from './emulator.ts';
import { startServer } from './server.ts';

const command = parseCommandLine(process.argv.slice(2));
switch (command.kind) {
  case 'help':
    process.stdout.write(help);
    break;
  case 'mistake':
    process.stderr.write(`${command.message}\n`);
    process.exitCode = 2;
    break;
  case 'serve':
    await serve(command);
}

/** Resolves when a signal has ended it. */
async function serve({ port, sample, emulator }: Extract<CommandLine, { readonly kind: 'serve' }>): Promise<void> {
  const data = createAccount({ ...sample, now: Date.now() });
  await using server = await startServer(createEmulator({ ...emulator, data }), { port }).catch((error: unknown) => {
    process.stderr.write(`Port ${port} can't be used: ${error instanceof Error ? error.message : error}.\n`);
    process.exitCode = 1;
    return undefined;
  });
  if (server === undefined) {
    return;
  }
  process.stdout.write(`KMS emulator for account ${data.id}, Region ${data.region}, at ${server.url}\n`);
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
}
