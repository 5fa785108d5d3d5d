import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { generate } from 'selfsigned';

interface ProxyOptions {
  /** The hosts that it connects to; every other is refused. */
  readonly hosts: readonly string[];
  /** Where requests for them end: an HTTP server on this machine. */
  readonly target: string;
  /** Where its certificate authority's certificate is written. */
  readonly folder: string;
}

interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** The certificate, as PEM, that a client of it has to trust. */
  readonly authority: string;
  /** What clients asked to be connected to, `host:port`, in turn. */
  readonly asked: readonly string[];
}

/**
 * A proxy as companies have them, on 127.0.0.1: it takes CONNECT only, and opens TLS with certificates of its own
 * authority, which is made here and now. What is asked of `hosts` it hands to `target`, so nothing leaves the machine.
 */
export async function startProxy({ hosts, target, folder }: ProxyOptions): Promise<Proxy> {
  const ca = await generate([{ name: 'commonName', value: 'A proxy on this machine' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: hosts[0] ?? '' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) },
    ],
  });
  const authority = join(folder, 'proxy-authority.pem');
  await writeFile(authority, ca.cert);

  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(target);
  const tls = createTlsServer({ key: server.private, cert: server.cert }, (secure) => {
    // Either end may leave in the middle, which is no error of ours.
    const onward = connect(Number(port), hostname);
    pipeline(secure, onward, secure, () => {});
  });
  tls.on('tlsClientError', () => {});

  const asked: string[] = [];
  const proxy = createServer((_, response) => response.writeHead(405).end());
  proxy.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  proxy.on('connect', ({ url = '' }, socket: Socket, head: Buffer) => {
    asked.push(url);
    if (!hosts.some((host) => url === `${host}:443`)) {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.unshift(head);
    tls.emit('connection', socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    authority,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        for (const socket of sockets) {
          socket.destroy();
        }
      }),
  };
}
