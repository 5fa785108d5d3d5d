import type { KmsErrorKind } from '../core/kms/errors.ts';

export function messageOf(error: unknown, kind: KmsErrorKind): string {
  const message = withoutSecrets(rawMessage(error));
  const status = read(read(error, '$metadata'), 'httpStatusCode');
  return kind === 'notJson' && typeof status === 'number' ? `HTTP ${status}: ${message}` : message;
}

/**
 * The texts that can hold a secret: AWS repeats the canonical request, session token included, when it refuses a
 * signature; Node repeats the command line of a credential_process; V8 quotes the text that it could not parse; the SDK
 * appends a hint for developers.
 */
export function withoutSecrets(message: string): string {
  return message
    .replace(/\s*The Canonical String[\s\S]*$/, '')
    .replace(/^Command failed: .*$/m, 'The command failed.')
    .replace(/Unexpected (token|non-whitespace|string|number)[\s\S]*?JSON[^\n]*/, 'Not JSON.')
    .replace(/\s*Deserialization error: to see the raw response[\s\S]*$/, '')
    .trim();
}

/**
 * A copy of what was thrown, as far as it may be seen by anyone: its name, cleaned text, code and origin, and those of
 * its causes. The original also carries the response, and a text that can hold a session token.
 */
export function printableCause(error: unknown, depth = 0): Error | undefined {
  if (error === undefined || depth > 4) {
    return undefined;
  }
  const cause = printableCause(read(error, 'cause'), depth + 1);
  const copy = new Error(withoutSecrets(rawMessage(error)), cause === undefined ? undefined : { cause });
  copy.name = printableName(error);
  const code = read(error, 'code');
  const stack = read(error, 'stack');
  const frames = typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : [];
  copy.stack = [`${copy.name}: ${copy.message}`, ...frames].join('\n');
  return typeof code === 'string' ? Object.assign(copy, { code }) : copy;
}

export function rawMessage(error: unknown): string {
  if (typeof error === 'string') {
    return error;
  }
  const message = read(error, 'message');
  if (typeof message === 'string' && message !== '') {
    return message;
  }
  // Node tries every address of a host; its AggregateError has no text of its own.
  const errors = read(error, 'errors');
  return Array.isArray(errors) ? [...new Set(errors.map(rawMessage))].join('; ') : nameOf(error);
}

export function nameOf(error: unknown): string {
  const name = read(error, 'name');
  return typeof name === 'string' ? name : 'Error';
}

export function printableName(error: unknown): string {
  return asName(nameOf(error)) || 'Error';
}

/** What comes from the server as a name, and goes to the log as such: letters and digits, on one line. */
export function asName(text: string): string {
  return text.replace(/[^\w.:-]/g, '').slice(0, 100);
}

export function codeOf(error: unknown, depth = 0): string | undefined {
  const code = read(error, 'code');
  if (typeof code === 'string') {
    return code;
  }
  const cause = read(error, 'cause');
  return cause === undefined || depth > 3 ? undefined : codeOf(cause, depth + 1);
}

/** AWS's request ID of a failed or successful call, for AWS Support. */
export function requestIdOf(result: unknown): string | undefined {
  const id = read(read(result, '$metadata'), 'requestId');
  return typeof id === 'string' ? asName(id) : undefined;
}

/** How many requests the SDK sent for a failed or successful call; `undefined` when it did not get that far. */
export function attemptsOf(result: unknown): number | undefined {
  const attempts = read(read(result, '$metadata'), 'attempts');
  return typeof attempts === 'number' ? attempts : undefined;
}

/** What is thrown can be anything. */
export function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
