import { Backend } from './backend.ts';
import { createAccount } from './sampleData.ts';
import { createRequestHandler, type SdkRequestHandler, sleep } from './sdkHandler.ts';

/** Everything that the extension needs to connect to sample data. */
export interface Sample {
  readonly requestHandler: SdkRequestHandler;
  readonly account: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Milliseconds per request: enough to see progress, as with a real network. */
const latencyMs = 40;

/** A new sample account in this process: no port, no AWS account. A revoked grant stays listed for 6 to 15 s or so. */
export function createSample(): Sample {
  const account = '111122223333';
  const region = 'eu-west-1';
  const principalArn = `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_SecurityEngineer_5a1c8e0f4d2b7396/alex`;
  const backend = new Backend({
    data: createAccount({ seed: 1, keys: 20, grantsPerKey: 5, account, region, now: Date.now() }),
    seed: Date.now(),
    replicas: 3,
    propagation: { minMs: 3_000, maxMs: 15_000 },
  });
  return {
    requestHandler: createRequestHandler(async (request, { abortSignal }) => {
      const { status, headers, body } = backend.handle(request, principalArn);
      await sleep(latencyMs, abortSignal);
      return { statusCode: status, headers: { ...headers }, body: Buffer.from(body) };
    }),
    account,
    region,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'sample' },
  };
}
