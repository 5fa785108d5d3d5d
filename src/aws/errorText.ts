import type { KmsErrorKind } from '../core/kms/errors.ts';

/** The text of a failure without secrets; with the HTTP status where the answer was not AWS's. */
export function messageOf(error: unknown, kind: KmsErrorKind): string {
  const message = withoutSecrets(rawMessage(error));
  const status = read(read(error, '$metadata'), 'httpStatusCode');
  return kind === 'notJson' && typeof status === 'number' ? `HTTP ${status}: ${message}` : message;
}

/**
 * Removes what can hold a secret. When AWS refuses a signature it repeats the canonical request with its session token;
 * Node repeats the command line of a credential_process; V8 quotes the text that it could not parse. The SDK's hint for
 * developers goes, too.
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
 * A copy of what was thrown that may be logged: name, text without secrets, code and stack, also of its causes, up to
 * five. The original carries the response, too, and a text that can hold a session token.
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

/** The text of what was thrown. It may hold secrets: see {@link messageOf}. */
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

/** The name that AWS, the SDK or Node gave it; `Error` where it has none. */
export function nameOf(error: unknown): string {
  const name = read(error, 'name');
  return typeof name === 'string' ? name : 'Error';
}

/** {@link nameOf}, for the log. */
export function printableName(error: unknown): string {
  return asName(nameOf(error)) || 'Error';
}

/** A name or an ID from the server, cut down to its safe characters: it goes to the log. */
export function asName(text: string): string {
  return text.replace(/[^\w.:-]/g, '').slice(0, 100);
}

/** The code that Node or OpenSSL gave it, or the nearest of its causes. */
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

/** How many requests the SDK sent for a failed or successful call; `undefined` when it does not say. */
export function attemptsOf(result: unknown): number | undefined {
  const attempts = read(read(result, '$metadata'), 'attempts');
  return typeof attempts === 'number' ? attempts : undefined;
}

/** A member of a value of any type: anything can be thrown. */
export function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
