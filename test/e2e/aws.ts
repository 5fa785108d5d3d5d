import { createAccount, type SampleOptions } from '../../src/emulator/sampleData.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from '../aws/emulator.ts';
import { startServer } from '../aws/server.ts';
import type { LaunchOptions } from './driver/launch.ts';

/** Credentials that must never be seen anywhere. */
export const secrets = { accessKeyId: 'AKIACANARYACCESSKEYI', secretAccessKey: 'canary-secret-access-key-7Lq2' };

/** It ends with the scope that holds it with `await using`. */
export interface Kms extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly url: string;
  /** A profile of the AWS config file that points here. */
  readonly profile: Readonly<Record<string, string>>;
}

/** Our KMS over HTTP. */
export async function startKms(sample: SampleOptions = {}, options: Omit<EmulatorOptions, 'data'> = {}): Promise<Kms> {
  const emulator = createEmulator({ data: createAccount({ now: Date.now(), ...sample }), ...options });
  const server = await startServer(emulator, { port: 0 });
  return {
    emulator,
    url: server.url,
    profile: {
      region: sample.region ?? 'eu-west-1',
      endpoint_url: server.url,
      aws_access_key_id: secrets.accessKeyId,
      aws_secret_access_key: secrets.secretAccessKey,
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Starts KMS, and says how to launch VS Code with a default profile on it. */
export async function kmsAndLaunch(
  sample: SampleOptions = {},
  options: Omit<EmulatorOptions, 'data'> = {},
): Promise<{ kms: Kms; launch: LaunchOptions } & AsyncDisposable> {
  const kms = await startKms(sample, options);
  const launch = { awsConfig: { default: kms.profile } };
  return { kms, launch, [Symbol.asyncDispose]: () => kms[Symbol.asyncDispose]() };
}

/** The revokes that KMS accepted. */
export function revokes({ emulator }: Kms): readonly (readonly [keyId: unknown, grantId: unknown])[] {
  return emulator.requests
    .filter(({ operation, status }) => operation === 'RevokeGrant' && status === 200)
    .map(({ input }) => [input['KeyId'], input['GrantId']]);
}
