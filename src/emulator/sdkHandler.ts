import type { Readable } from 'node:stream';
import type { WireRequest } from './wire.ts';

/** A request as the AWS SDK for JavaScript v3 hands it to a request handler, as far as it is read here. */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | Readable;
}

/** The platform's abort signal, or the SDK's older one, which has only `onabort`. */
export interface SdkAbortSignal {
  readonly aborted: boolean;
  onabort?: unknown;
  addEventListener?: unknown;
}

export interface SdkOptions {
  readonly abortSignal?: SdkAbortSignal;
  /** Milliseconds. */
  readonly requestTimeout?: number;
}

/** The SDK's `requestHandler`, by its shape. */
export interface SdkRequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: SdkRequest, options?: SdkOptions): Promise<{ response: SdkResponse }>;
  destroy(): void;
  updateHttpClientConfig(key: never, value: never): void;
  httpHandlerConfigs(): Record<string, never>;
}

/** A request handler for clients of the AWS SDK, KMS or STS, that is answered in this process, without a port. */
export function createRequestHandler(
  respond: (request: WireRequest, options: SdkOptions) => Promise<SdkResponse>,
): SdkRequestHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request, options = {}) => {
      throwIfAborted(options.abortSignal);
      return { response: await respond(await wireRequest(request), options) };
    },
    destroy() {},
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}

async function wireRequest({ method, path, query = {}, headers, body }: SdkRequest): Promise<WireRequest> {
  const search = Object.entries(query)
    .flatMap(([name, value]) =>
      [value].flat().map((item) => `${encodeURIComponent(name)}=${encodeURIComponent(item ?? '')}`),
    )
    .join('&');
  return {
    method,
    path: search === '' ? path : `${path}?${search}`,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: await bodyText(body),
  };
}

/** The SDK's bodies are text or bytes. */
async function bodyText(body: unknown): Promise<string> {
  if (body === undefined || body === null) {
    return '';
  }
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
}

/** Waits in real time; ends early when the signal is aborted. @throws AbortError */
export function sleep(ms: number, signal: SdkAbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopListening();
      resolve();
    }, ms);
    const stopListening = onAbort(signal, () => {
      clearTimeout(timer);
      reject(abortError());
    });
  });
}

function onAbort(signal: SdkAbortSignal | undefined, listener: () => void): () => void {
  if (signal instanceof AbortSignal) {
    signal.addEventListener('abort', listener, { once: true });
    return () => signal.removeEventListener('abort', listener);
  }
  if (signal) {
    signal.onabort = listener;
  }
  return () => undefined;
}

function throwIfAborted(signal: SdkAbortSignal | undefined): void {
  if (signal?.aborted) {
    throw abortError();
  }
}

const abortError = () => Object.assign(new Error('Request aborted'), { name: 'AbortError' });
