import { createAccount } from '../../src/emulator/sampleData.ts';
import { help, parseCommandLine } from './commandLine.ts';
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
  case 'serve': {
    const data = createAccount({ ...command.sample, now: Date.now() });
    const emulator = createEmulator({ ...command.emulator, data });
    try {
      const server = await startServer(emulator, { port: command.port });
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => void server.close());
      }
      process.stdout.write(`KMS emulator for account ${data.id}, Region ${data.region}, at ${server.url}\n`);
    } catch (error) {
      process.stderr.write(`Port ${command.port} can't be used: ${error instanceof Error ? error.message : error}.\n`);
      process.exitCode = 1;
    }
  }
}
