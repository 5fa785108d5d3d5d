import { Readable } from 'node:stream';
import {
  createRequestHandler,
  type SdkAbortSignal,
  type SdkRequestHandler,
  sleep,
} from '../../src/emulator/sdkHandler.ts';
import type { Delivery, Service } from './service.ts';

/** What a timer can wait at most, some 25 days. */
const endless = 2 ** 31 - 1;

/** Lets a client of the AWS SDK talk to an emulator in process, with whatever goes wrong on the way. */
export function inProcessHandler(service: Service): SdkRequestHandler {
  return createRequestHandler(async (request, { abortSignal, requestTimeout }) => {
    if (service.hangsUp?.(request)) {
      throw reset('socket hang up');
    }
    const reply = service.handle(request);
    const delayMs = reply.kind === 'hang' ? endless : reply.delayMs;
    if (requestTimeout && delayMs > requestTimeout) {
      await sleep(requestTimeout, abortSignal);
      throw Object.assign(new Error(`The emulator did not answer within ${requestTimeout} ms.`), {
        name: 'TimeoutError',
      });
    }
    if (delayMs > 0) {
      await sleep(delayMs, abortSignal);
    }
    if (reply.kind !== 'response') {
      throw reset('socket hang up');
    }
    const { status, headers, body, delivery } = reply;
    return { statusCode: status, headers: { ...headers }, body: bodyOf(body, delivery, abortSignal) };
  });
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

const reset = (message: string) => Object.assign(new Error(message), { code: 'ECONNRESET' });
