import { Agent, request } from 'node:http';

type Output = Readonly<Record<string, unknown>>;

/** KMS's protocol and nothing else: what the requests themselves take, on this machine, for ours to stand beside. */
export class BareClient {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  #requests = 0;
  #bytes = 0;

  constructor(url: string) {
    this.#url = url;
  }

  requests(): number {
    return this.#requests;
  }

  /** Of the answers' bodies so far. */
  bytes(): number {
    return this.#bytes;
  }

  send(operation: string, input: Output): Promise<Output> {
    return new Promise((resolve, reject) => {
      const body = JSON.stringify(input);
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        'content-length': Buffer.byteLength(body),
        'x-amz-target': `TrentService.${operation}`,
      };
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks);
          this.#requests += 1;
          this.#bytes += answer.length;
          if (response.statusCode === 200) {
            resolve(JSON.parse(answer.toString('utf8')));
          } else {
            reject(new Error(`${operation}: ${answer.toString('utf8')}`));
          }
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** All pages; `member` is the one of the answer that holds the items. */
  async list(operation: string, member: string, input: Output): Promise<readonly Output[]> {
    const items: Output[] = [];
    let marker: unknown;
    do {
      const output = await this.send(operation, { ...input, ...(marker === undefined ? {} : { Marker: marker }) });
      items.push(...(output[member] as Output[]));
      marker = output['NextMarker'];
    } while (marker !== undefined);
    return items;
  }

  /** The first page of keys and that of aliases, side by side. */
  firstKeys(): Promise<unknown> {
    return Promise.all([this.send('ListKeys', { Limit: 1000 }), this.send('ListAliases', { Limit: 100 })]);
  }

  /** All pages of both, side by side. */
  keys(): Promise<unknown> {
    return Promise.all([
      this.list('ListKeys', 'Keys', { Limit: 1000 }),
      this.list('ListAliases', 'Aliases', { Limit: 100 }),
    ]);
  }

  grants(keyArn: string): Promise<readonly Output[]> {
    return this.list('ListGrants', 'Grants', { KeyId: keyArn, Limit: 100 });
  }

  close(): void {
    this.#agent.destroy();
  }
}
