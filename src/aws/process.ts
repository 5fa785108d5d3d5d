import { type ChildProcess, spawn } from 'node:child_process';
import * as l10n from '@vscode/l10n';
import { KmsError, type KmsErrorKind } from '../core/kms/errors.ts';
import type { AwsCredentials } from './credentials.ts';
import type { SignIn } from './currentSignIn.ts';

/** Far more than any credentials. */
const maxOutputBytes = 1024 * 1024;

/**
 * Runs a `credential_process` in a shell, as AWS's SDKs do, but with limits of time and output, which also hold for the
 * programs that it starts.
 * @throws KmsError `untrustedWorkspace`, `processFailed`
 */
export async function runCredentialProcess(command: string, current: SignIn): Promise<AwsCredentials> {
  if (!current.mayRunProcesses()) {
    throw untrusted(current.profile);
  }
  try {
    return credentialsIn(await current.deadline.pausedFor(() => output(command, current)));
  } catch (error) {
    throw failure('processFailed', error instanceof Error ? error.message : '', current.profile);
  }
}

/** Reads its output, in the form that AWS documents ("Sourcing credentials with an external process"). */
function credentialsIn(text: string): AwsCredentials {
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
  // Its Expiration is not read: AWS decides that, since the local clock may be off.
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    throw new Error(l10n.t("Its output isn't JSON."));
  }
}

export function untrusted(profile: string | undefined): KmsError {
  return failure('untrustedWorkspace', l10n.t("A credential_process doesn't run in an untrusted workspace."), profile);
}

function failure(kind: KmsErrorKind, message: string, profile: string | undefined): KmsError {
  return new KmsError({ kind, operation: 'credential_process', awsName: 'CredentialProcess', message, profile });
}

/** Runs the command and collects its standard output. Ends it, and all that it started, when it takes too long. */
function output(command: string, { signal, processTimeoutMs }: SignIn): Promise<string> {
  return new Promise((resolve, reject) => {
    const windows = process.platform === 'win32';
    // In its own process group, so that all of it can be ended. Without standard input it can't wait for a keyboard.
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
    const abort = () => stop(l10n.t('It was canceled.'));
    const timer = setTimeout(
      () => stop(l10n.t("It didn't finish within {0} seconds.", processTimeoutMs / 1_000) + said(stderr)),
      processTimeoutMs,
    );
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) {
      abort();
    }
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutputBytes) {
        stop(l10n.t('Its output is too large for credentials.'));
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
          const end =
            code === null
              ? l10n.t('It was ended by signal {0}.', killedBy ?? '?')
              : l10n.t('It ended with exit code {0}.', code);
          reject(new Error(end + said(stderr)));
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
    // It has already ended.
  }
}

const keptOfStderr = 4_000;
const shownOfStderr = 300;

/** The end of its standard error, for a person to read. Never of standard output, which holds the credentials. */
function said(stderr: string): string {
  const text = clean(stderr);
  if (text === '') {
    return '';
  }
  return ` ${text.length > shownOfStderr ? `…${text.slice(-shownOfStderr)}` : text}`;
}

/** One line without control characters, and without anything that looks like an access key, a secret or a token. */
function clean(text: string): string {
  return (
    text
      // Colours and other terminal sequences: they begin with a control character.
      .replace(/\p{Cc}\[[\d;?]*[A-Za-z]/gu, '')
      .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
      .replace(/\bA[KS]IA[A-Z0-9]{8,}/g, '…')
      .replace(/[\w+/=.-]{32,}/g, (run) => (looksSecret(run) ? '…' : run))
      .trim()
  );
}

/**
 * 24 characters or more with letters of both cases and digits. In a path (no secret has both `/` and `.`), in one part.
 */
function looksSecret(run: string): boolean {
  const parts = run.includes('/') && run.includes('.') ? run.split(/[/.]/) : [run];
  return parts.some((part) => part.length >= 24 && [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(part)));
}
