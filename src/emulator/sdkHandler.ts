import { Readable } from 'node:stream';
import type { Delivery, Service, WireRequest } from './wire.ts';

/** What the AWS SDK for JavaScript v3 hands to a request handler, as far as it is read here. */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | Readable;
}

/** The abort signal of the platform, or the SDK's older one, which has `onabort` only. */
interface SdkAbortSignal {
  readonly aborted: boolean;
  onabort?: unknown;
  addEventListener?: unknown;
}

/** The SDK's `requestHandler`, by its shape. */
export interface SdkRequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(
    request: SdkRequest,
    options?: { readonly abortSignal?: SdkAbortSignal; readonly requestTimeout?: number },
  ): Promise<{ response: SdkResponse }>;
  destroy(): void;
  updateHttpClientConfig(key: never, value: never): void;
  httpHandlerConfigs(): Record<string, never>;
}

/**
 * Lets a client of the AWS SDK talk to the emulator in process, with no port open. Any client will do: KMS and STS.
 * Delays take real time, and end early with an AbortError when the request's signal aborts.
 */
export function createRequestHandler(service: Service): SdkRequestHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request, { abortSignal, requestTimeout } = {}) {
      throwIfAborted(abortSignal);
      const { body: sent, ...head } = await wireRequest(request);
      if (service.hangsUp?.(head)) {
        throw reset('socket hang up');
      }
      const reply = service.handle({ ...head, body: sent });
      const delayMs = reply.kind === 'hang' ? Number.POSITIVE_INFINITY : reply.delayMs;
      if (requestTimeout && delayMs > requestTimeout) {
        await sleep(requestTimeout, abortSignal);
        throw namedError('TimeoutError', `The emulator did not answer within ${requestTimeout} ms.`);
      }
      if (delayMs > 0) {
        await sleep(delayMs, abortSignal);
      }
      if (reply.kind !== 'response') {
        throw reset('socket hang up');
      }
      const { status, headers, body, delivery } = reply;
      return { response: { statusCode: status, headers: { ...headers }, body: bodyOf(body, delivery, abortSignal) } };
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

/** The SDK sends text or bytes to KMS and STS. */
async function bodyText(body: unknown): Promise<string> {
  if (body === undefined || body === null) {
    return '';
  }
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
}

/** @throws when the answer ends before its body */
function bodyOf(body: string, delivery: Delivery, signal: SdkAbortSignal | undefined): Uint8Array | Readable {
  const bytes = Buffer.from(body);
  const half = bytes.subarray(0, Math.floor(bytes.length / 2));
  switch (delivery.kind) {
    case 'whole':
      return bytes;
    case 'halfBody':
      return half;
    case 'cutHead':
      throw reset('socket hang up');
    case 'cutBody':
      return inParts(half, () => Promise.reject(reset('aborted')));
    case 'slowBody':
      return inParts(half, async () => {
        await sleep(delivery.ms, signal);
        return bytes.subarray(half.length);
      });
  }
}

function inParts(first: Uint8Array, rest: () => Promise<Uint8Array>): Readable {
  return Readable.from(
    (async function* () {
      yield first;
      yield await rest();
    })(),
    { objectMode: false },
  );
}

/** An endless sleep ends only by the signal. @throws AbortError */
function sleep(ms: number, signal: SdkAbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  return new Promise((resolve, reject) => {
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(end, ms);
    function end() {
      stopListening();
      resolve();
    }
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

const abortError = () => namedError('AbortError', 'Request aborted');

const namedError = (name: string, message: string) => Object.assign(new Error(message), { name });

const reset = (message: string) => Object.assign(new Error(message), { code: 'ECONNRESET' });
