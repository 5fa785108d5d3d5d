import type * as vscode from 'vscode';
import { printable } from '../core/base/text.ts';
import { isKmsError, type KmsError } from '../core/kms/errors.ts';
import type { CallRecord } from '../core/kms/kmsApi.ts';

/** One line for an error and its causes. The texts are ours, the SDK's or AWS's, and hold no credentials. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    parts.push(
      isKmsError(cause) ? describeKmsError(cause) : `${printable(cause.name)}: ${printable(cause.message, 1000)}`,
    );
  }
  return parts.length === 0 ? printable(String(error), 1000) : parts.join(' ← ');
}

function describeKmsError({ details, message }: KmsError): string {
  const { kind, operation, awsName, requestId } = details;
  const suffix = requestId === undefined ? '' : ` (request ${requestId})`;
  return `${kind}: ${operation}: ${printable(awsName)}: ${printable(message, 1000)}${suffix}`;
}

/** One line for a call to AWS: `profile/dev/eu-west-1 ListGrants ok 43 ms, attempts 1, request 1a2b…`. */
export function logCall(log: Pick<vscode.LogOutputChannel, 'debug' | 'warn'>, call: CallRecord): void {
  const { connection, operation, outcome, awsName, message, durationMs, attempts, requestId, dropped } = call;
  const result = awsName === undefined ? outcome : `${outcome} (${printable(awsName)})`;
  const said = message === undefined ? '' : `: ${printable(message, 1000)}`;
  const left = dropped > 0 ? `, ${dropped} entries without an ID left out` : '';
  const line = `${printable(connection)} ${operation} ${result} ${Math.round(durationMs)} ms, attempts ${attempts ?? '-'}, request ${requestId ?? '-'}${left}${said}`;
  if (outcome === 'ok' || outcome === 'aborted' || outcome === 'dryRun') {
    log.debug(line);
  } else {
    log.warn(line);
  }
}
