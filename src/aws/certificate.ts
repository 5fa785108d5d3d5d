import { request } from 'node:https';
import { TLSSocket } from 'node:tls';
import { isKind, KmsError } from '../core/kms/errors.ts';

const timeoutMs = 3_000;

/** Finds out who issued a certificate that is not trusted. Node's error doesn't say. */
export class CertificateIssuers {
  /** By host. */
  readonly #known = new Map<string, Promise<string | undefined>>();

  /** The failure with the issuer's name, if it is about a certificate and the issuer could be read. */
  async addTo<T>(failure: T): Promise<T | KmsError> {
    if (!isKind(failure, 'certificateNotTrusted') || failure.details.host === undefined) {
      return failure;
    }
    const { host } = failure.details;
    const asking = this.#known.get(host) ?? issuerOf(host);
    this.#known.set(host, asking);
    const issuer = await asking;
    if (issuer === undefined) {
      this.#known.delete(host);
      return failure;
    }
    return new KmsError({ ...failure.details, issuer }, failure.cause);
  }
}

/** Connects again only to read the certificate. The request carries no path, credentials or body of ours. */
function issuerOf(host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(`https://${host}`);
    const look = (socket: unknown) => {
      const issuer = socket instanceof TLSSocket ? socket.getPeerCertificate()?.issuer : undefined;
      if (issuer !== undefined) {
        end(nameOf(issuer));
      }
    };
    const asking = request({
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: port || 443,
      method: 'HEAD',
      path: '/',
      agent: false,
      rejectUnauthorized: false,
      timeout: timeoutMs,
    });
    const end = (issuer: string | undefined) => {
      clearTimeout(timer);
      resolve(issuer);
      asking.destroy();
    };
    const timer = setTimeout(end, timeoutMs, undefined);
    asking.on('socket', (socket) => socket.once('secureConnect', () => look(socket)));
    asking.on('response', ({ socket }) => look(socket));
    asking.on('error', () => end(undefined));
    asking.end();
  });
}

type Name = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Common name and organization: `Corp TLS Inspection CA, Corp Ltd`. */
function nameOf(issuer: object): string | undefined {
  const { CN, O }: Name = { ...issuer };
  return (
    [CN, O]
      .flat()
      .filter((part) => part !== undefined)
      .join(', ') || undefined
  );
}
