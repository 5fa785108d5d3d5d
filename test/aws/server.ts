import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AwsError } from '../../src/emulator/errors.ts';
import { awsJson } from '../../src/emulator/wire.ts';
import type { Reply, Service } from './service.ts';

export interface RunningServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:4599`. */
  readonly url: string;
  /** Ends every connection; resolves when the port is free. */
  close(): Promise<void>;
}

/** KMS takes no request larger than this; far more than any of ours. */
const maxBodyBytes = 1024 * 1024;

/**
 * Serves an emulator, or several as a cloud, over HTTP, on this machine only.
 * @param options.port 0 (default) takes a free one
 * @throws when the port is taken
 */
export function startServer(
  service: Service,
  options: { readonly port?: number; readonly host?: '127.0.0.1' } = {},
): Promise<RunningServer> {
  const { port = 0, host = '127.0.0.1' } = options;
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, action: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      action();
    }, ms);
    timers.add(timer);
  };
  const server = createServer((request, response) => {
    const head = { method: request.method ?? 'GET', path: request.url ?? '/', headers: singleHeaders(request) };
    if (service.hangsUp?.(head)) {
      request.destroy();
      return;
    }
    readBody(request, (body) => {
      if (body === undefined) {
        response.setHeader('connection', 'close');
        deliver(response, tooLarge, later);
        return;
      }
      const reply = service.handle({ ...head, body });
      if (reply.kind === 'hang') {
        return;
      }
      if (reply.delayMs > 0) {
        later(reply.delayMs, () => deliver(response, reply, later));
      } else {
        deliver(response, reply, later);
      }
    });
  });
  // The SDK keeps connections open and reuses them; closing one first would look like a fault that nobody ordered.
  server.keepAliveTimeout = 60_000;
  const close = () =>
    new Promise<void>((resolve) => {
      for (const timer of timers) {
        clearTimeout(timer);
      }
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      const taken = typeof address === 'object' && address ? address.port : port;
      resolve({ url: `http://${host}:${taken}`, close, [Symbol.asyncDispose]: close });
    });
  });
}

/** Calls back once with the whole body, or with undefined as soon as it is too large; never when the client leaves. */
function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    const wasWithin = size <= maxBodyBytes;
    size += chunk.length;
    if (size <= maxBodyBytes) {
      chunks.push(chunk);
    } else if (wasWithin) {
      chunks.length = 0;
      done(undefined);
    }
  });
  request.on('end', () => {
    if (size <= maxBodyBytes) {
      done(Buffer.concat(chunks).toString('utf8'));
    }
  });
  // A client that goes away in the middle is no error of ours.
  request.on('error', () => undefined);
}

function singleHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
}

function deliver(
  response: ServerResponse,
  reply: Exclude<Reply, { kind: 'hang' }>,
  later: (ms: number, action: () => void) => void,
): void {
  if (reply.kind === 'drop') {
    response.destroy();
    return;
  }
  const { status, headers, delivery } = reply;
  const body = Buffer.from(reply.body);
  const half = body.subarray(0, Math.floor(body.length / 2));
  switch (delivery.kind) {
    case 'whole':
      response.writeHead(status, headers).end(body);
      break;
    case 'halfBody':
      response.writeHead(status, { ...headers, 'content-length': half.length }).end(half);
      break;
    case 'cutHead':
      response.socket?.write('HTTP/1.1 200 OK\r\ncontent-type: appl', () => response.destroy());
      break;
    case 'cutBody':
      response.writeHead(status, headers).flushHeaders();
      response.write(half, () => response.destroy());
      break;
    case 'slowBody':
      response.writeHead(status, headers).flushHeaders();
      response.write(half);
      later(delivery.ms, () => response.end(body.subarray(half.length)));
      break;
  }
}

const tooLargeAnswer = awsJson.failure(
  new AwsError('RequestEntityTooLargeException', `The request is larger than ${maxBodyBytes} bytes.`, 413),
  'none',
);

const tooLarge: Reply & { kind: 'response' } = {
  kind: 'response',
  ...tooLargeAnswer,
  headers: { ...tooLargeAnswer.headers, 'content-length': String(Buffer.byteLength(tooLargeAnswer.body)) },
  delayMs: 0,
  delivery: { kind: 'whole' },
};
