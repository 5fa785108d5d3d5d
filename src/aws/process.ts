import { type ChildProcess, spawn } from 'node:child_process';
import * as l10n from '@vscode/l10n';
import { KmsError, type KmsErrorKind } from '../core/kms/errors.ts';
import type { Identity, SigningIn } from './currentSignIn.ts';

/** Far more than any credentials. */
const maxOutputBytes = 1024 * 1024;

/**
 * Runs a `credential_process` by the shell, as AWS's SDKs do, but bounded: in time, in output, and with all that it
 * starts.
 * @throws KmsError `untrustedWorkspace`, `processFailed`
 */
export async function runCredentialProcess(command: string, current: SigningIn): Promise<Identity> {
  if (!current.mayRunProcesses()) {
    throw untrusted(current.profile);
  }
  try {
    return identityIn(await current.deadline.without(() => output(command, current)));
  } catch (error) {
    throw failure('processFailed', error instanceof Error ? error.message : '', current.profile);
  }
}

/** What it printed, in the form that AWS documents ("Sourcing credentials with an external process"). */
function identityIn(text: string): Identity {
  const printed = objectIn(text);
  const get = (key: string) => {
    const value = printed[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [accessKeyId, secretAccessKey] = [get('AccessKeyId'), get('SecretAccessKey')];
  const sessionToken = get('SessionToken');
  if (printed['Version'] !== 1) {
    throw new Error(l10n.t('It printed no credentials of version 1.'));
  }
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error(l10n.t('It printed no access key.'));
  }
  // Whether they have expired is AWS's to say: the local clock may be off.
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    throw new Error(l10n.t('What it printed is not JSON.'));
  }
}

export function untrusted(profile: string | undefined): KmsError {
  return failure(
    'untrustedWorkspace',
    l10n.t('A credential_process is not started in an untrusted workspace.'),
    profile,
  );
}

function failure(kind: KmsErrorKind, message: string, profile: string | undefined): KmsError {
  return new KmsError({ kind, operation: 'credential_process', awsName: 'CredentialProcess', message, profile });
}

/** What the command wrote to its standard output. Ends it, and all that it started, when it takes too long. */
function output(command: string, { signal, processTimeoutMs }: SigningIn): Promise<string> {
  return new Promise((resolve, reject) => {
    const windows = process.platform === 'win32';
    // A process group of its own, so that all of it can be ended. Without standard input nothing waits for a keyboard.
    const child = spawn(command, {
      shell: true,
      detached: !windows,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    let size = 0;
    let stderr = '';
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      act();
    };
    const stop = (message: string) => {
      killAll(child, windows);
      settle(() => reject(new Error(message)));
    };
    const abort = () => stop(l10n.t('It was cancelled.'));
    const timer = setTimeout(
      () => stop(l10n.t('It did not finish within {0} seconds.', processTimeoutMs / 1_000) + said(stderr)),
      processTimeoutMs,
    );
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) {
      abort();
    }
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutputBytes) {
        stop(l10n.t('It wrote more than credentials.'));
      } else {
        stdout.push(chunk);
      }
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-keptOfStderr);
    });
    child.once('error', (error) => settle(() => reject(new Error(clean(error.message)))));
    child.once('close', (code, killedBy) =>
      settle(() => {
        if (code === 0) {
          resolve(Buffer.concat(stdout).toString('utf8'));
        } else {
          reject(new Error(l10n.t('It ended with {0}.', code ?? killedBy ?? '?') + said(stderr)));
        }
      }),
    );
  });
}

function killAll(child: ChildProcess, windows: boolean): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (child.pid === undefined) {
    return;
  }
  if (windows) {
    spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).once(
      'error',
      () => child.kill(),
    );
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

const keptOfStderr = 4_000;
const shownOfStderr = 300;

/** The end of what it wrote to standard error, for a person to read. Never standard output: that is the credentials. */
function said(stderr: string): string {
  const text = clean(stderr);
  if (text === '') {
    return '';
  }
  return ` ${text.length > shownOfStderr ? `…${text.slice(-shownOfStderr)}` : text}`;
}

/** One line, without control characters and without what looks like an access key, a secret or a token. */
function clean(text: string): string {
  return (
    text
      // Colours and other terminal sequences, which begin with a control character.
      .replace(/\p{Cc}\[[\d;?]*[A-Za-z]/gu, '')
      .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
      .replace(/\bA[KS]IA[A-Z0-9]{8,}/g, '…')
      .replace(/[\w+/=.-]{32,}/g, (run) => (looksSecret(run) ? '…' : run))
      .trim()
  );
}

/** Letters of both cases and digits mixed, for long; in a path (no secret has both `/` and `.`), for long in one name. */
function looksSecret(run: string): boolean {
  const parts = run.includes('/') && run.includes('.') ? run.split(/[/.]/) : [run];
  return parts.some((part) => part.length >= 24 && [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(part)));
}
