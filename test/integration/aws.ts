import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { createAccount, type SampleOptions } from '../../src/emulator/sampleData.ts';
import { commands, settings } from '../../src/manifest.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from '../aws/emulator.ts';
import { startServer } from '../aws/server.ts';
import { children, connectionRow, openView, takeShown } from './window.ts';

/** Planted in the AWS files: none of these may ever be seen in the log. */
export const canaries = {
  accessKeyId: 'AKIACANARYACCESSKEYI',
  secretAccessKey: 'canary-secret-access-key-7Lq2',
  sessionToken: 'canary-session-token-Zr81',
};

let accounts = 0;

export interface Running {
  readonly emulator: Emulator;
  readonly url: string;
  /** Writes the config file again, with another secret access key, and has it read. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

/** Our KMS over real HTTP, and a real AWS config file whose default profile points at it; the view is opened on it. */
export async function connect(sample: SampleOptions, options: Omit<EmulatorOptions, 'data'> = {}): Promise<Running> {
  // Its own seed, and so its own grant IDs: what is remembered of an earlier grant must not meet this one.
  accounts += 1;
  const emulator = createEmulator({ data: createAccount({ seed: accounts, ...sample }), ...options });
  const server = await startServer(emulator, { port: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'kms-grants-'));
  const config = `[default]\nregion = eu-west-1\nendpoint_url = ${server.url}\n${keys}`;
  await useConfig(folder, config);
  return {
    emulator,
    url: server.url,
    rotate: async () => {
      await writeFile(join(folder, 'config'), config.replace(canaries.secretAccessKey, 'another-secret'));
      await vscode.commands.executeCommand(commands.refresh);
      await connectionRow();
    },
    stop: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const keys = `aws_access_key_id = ${canaries.accessKeyId}\naws_secret_access_key = ${canaries.secretAccessKey}\naws_session_token = ${canaries.sessionToken}\n`;

/** The extension host's process is ours: the environment that the extension sees is set right here. */
export async function useConfig(folder: string, config: string): Promise<void> {
  const path = join(folder, 'config');
  await writeFile(path, config.replace(/^(credentials)$/gm, keys));
  Object.assign(process.env, { AWS_CONFIG_FILE: path, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials') });
  for (const name of ['AWS_PROFILE', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_ENDPOINT_URL']) {
    delete process.env[name];
  }
  await openView();
  await showDefault();
  takeShown();
}

/** Back to the start: no connections chosen, no sample data, and everything read again. */
async function showDefault(): Promise<void> {
  await vscode.workspace.getConfiguration().update(settings.connections, undefined, vscode.ConfigurationTarget.Global);
  for (const node of await children()) {
    if (node.kind === 'connection' && node.ref.kind === 'sample') {
      await vscode.commands.executeCommand(commands.removeConnection, node);
    }
  }
  await vscode.commands.executeCommand(commands.refresh);
}
