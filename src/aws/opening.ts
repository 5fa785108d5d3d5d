import { lazy } from '../core/base/lazy.ts';
import { KmsError } from '../core/kms/errors.ts';
import type { CallRecord, OpenedConnection, SignInNeed } from '../core/kms/kmsApi.ts';
import { type ConnectionRef, connectionId } from '../core/kms/model.ts';
import { CertificateIssuers } from './certificate.ts';
import { createClient } from './client.ts';
import { CredentialCache } from './credentialCache.ts';
import { resolveEndpoint, resolveEndpointBeside, shownUrl } from './endpoint.ts';
import type { Env } from './env.ts';
import { requireProfile, requireRegionName } from './profiles.ts';
import { takeOverSdkFiles } from './sdkFiles.ts';
import { readSharedFiles } from './sharedFiles.ts';
import { signInChain } from './signInChain.ts';
import { SignIns } from './signIns.ts';
import { TokenFiles } from './tokenFiles.ts';
import { clientSettings, defaultTransport, type Timeouts, type Transport } from './transport.ts';

/** Loads the translations into this bundle, which has its own copy of `@vscode/l10n`. */
export { config as configureStrings } from '@vscode/l10n';

/** The SDK's request handler, as far as a KMS in this process implements it. */
export interface RequestHandler {
  handle(
    request: {
      readonly method: string;
      readonly path: string;
      readonly headers: Record<string, string>;
      readonly body?: unknown;
    },
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<{
    response: { statusCode: number; headers: Record<string, string>; body?: unknown };
  }>;
}

/** The KMS of the sample connection. */
export interface Sample {
  readonly requestHandler: RequestHandler;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const defaultProcessTimeoutMs = 60_000;

export interface AwsOptions {
  /**
   * `process.env`. The SDK reads some variables from the process itself, so another environment would be used only in
   * part.
   */
  readonly env: Env;
  /** Called after each call, also for one that AWS refused before it was sent again with renewed credentials. */
  readonly log: (call: CallRecord) => void;
  /** Called when the sample connection is first opened: what was revoked there stays so when it is opened again. */
  readonly sample: () => Promise<Sample>;
  /**
   * Asks for the code of an MFA device. `undefined`: cancelled, and the calls that waited for it reject as aborted. If
   * it rejects with a KmsError, so do they. `signal` is aborted when no call waits for the code any more.
   */
  readonly mfaCode: (serial: string, profile: string, signal: AbortSignal) => Promise<string | undefined>;
  /**
   * Whether a `credential_process` may be started: only in a trusted workspace. Asked each time. If not, the sign-in
   * fails as `untrustedWorkspace` before anything is run or sent.
   */
  readonly mayRunProcesses: () => boolean;
  /** Milliseconds that a `credential_process` may take. Default: 60,000. */
  readonly processTimeoutMs?: number;
  /** Defaults: 5 s to connect and 15 s to answer for each attempt, 30 s for a call, 60 s for a sign-in. */
  readonly timeouts?: Partial<Timeouts>;
  /** How often a request to STS, or of a sign-in, is sent at most. Default: 3. Others are sent once. */
  readonly maxAttempts?: number;
}

/** Opens connections, with the SDK; {@link createAws} says how it rejects. */
export class Opening {
  readonly #options: AwsOptions;
  readonly #transport: Transport;
  readonly #tokens: TokenFiles;
  readonly #issuers = new CertificateIssuers();
  readonly #signIns: SignIns;
  readonly #sample: () => Promise<Sample>;

  constructor(options: AwsOptions) {
    const { env, mfaCode, mayRunProcesses, processTimeoutMs = defaultProcessTimeoutMs } = options;
    takeOverSdkFiles();
    this.#options = options;
    this.#sample = lazy(options.sample);
    this.#transport = {
      timeouts: { ...defaultTransport.timeouts, ...options.timeouts },
      maxAttempts: options.maxAttempts ?? defaultTransport.maxAttempts,
    };
    this.#tokens = new TokenFiles(env);
    const [transport, tokens] = [this.#transport, this.#tokens];
    this.#signIns = new SignIns({ env, transport, tokens, mfaCode, mayRunProcesses, processTimeoutMs });
  }

  async open(ref: ConnectionRef): Promise<OpenedConnection> {
    switch (ref.kind) {
      case 'sample':
        return this.#openSample(ref);
      case 'environment':
        return this.#openAws(ref, ref.region, undefined, async () => this.#signIns.environment());
      case 'profile':
        return this.#openAws(ref, ref.region, ref.profile, () => this.#signIns.profile(ref.profile));
    }
  }

  async signInNeed(profile: string): Promise<SignInNeed> {
    const files = await readSharedFiles(this.#options.env);
    if (this.#signIns.isSignedIn(profile, files)) {
      return { kind: 'none' };
    }
    const chain = signInChain(files, profile);
    const need = await this.#tokens.need(chain);
    const serial = chain.roles.find(({ mfaSerial }) => mfaSerial !== undefined)?.mfaSerial;
    if (need.kind === 'cli' || (serial === undefined && chain.origin.kind !== 'process')) {
      return need;
    }
    return serial === undefined ? { kind: 'process' } : { kind: 'mfa', serial };
  }

  async #openSample(ref: ConnectionRef): Promise<OpenedConnection> {
    const { requestHandler, region, credentials } = await this.#sample();
    const settings = {
      ...clientSettings(this.#transport, { url: undefined, useFipsEndpoint: false, useDualstackEndpoint: false }),
      requestHandler: { handle: requestHandler.handle.bind(requestHandler) },
    };
    const client = createClient({
      connection: connectionId(ref),
      profile: undefined,
      region,
      credentials: new CredentialCache(async () => credentials),
      issuers: this.#issuers,
      timeoutMs: this.#transport.timeouts.callMs,
      log: this.#options.log,
      kms: settings,
      isAws: false,
      sts: settings,
      evidence: { cloudTrail: { config: settings, isAws: false }, iam: { config: settings, isAws: false } },
    });
    return { ...client, region, endpoint: { kind: 'sample' } };
  }

  async #openAws(
    ref: ConnectionRef,
    region: string,
    profile: string | undefined,
    signIn: () => Promise<CredentialCache>,
  ): Promise<OpenedConnection> {
    const { env } = this.#options;
    const files = await readSharedFiles(env);
    if (profile !== undefined) {
      requireProfile(files, env, profile);
    }
    if (region === '') {
      throw new KmsError({
        kind: 'regionMissing',
        operation: 'Connect',
        awsName: 'RegionMissing',
        message: 'Region is missing.',
        profile,
      });
    }
    requireRegionName(region, profile);
    // With the environment's own credentials, the SDK and the AWS CLI use the settings of the default profile.
    const configuredBy = profile ?? 'default';
    const kms = resolveEndpoint('KMS', env, files, configuredBy);
    const sts = resolveEndpoint('STS', env, files, configuredBy);
    const serverBeside = (service: 'CLOUDTRAIL' | 'IAM') => {
      const endpoint = resolveEndpointBeside(kms, service, env, files, configuredBy);
      return endpoint && { config: clientSettings(this.#transport, endpoint), isAws: endpoint.url === undefined };
    };
    const client = createClient({
      connection: connectionId(ref),
      profile,
      region,
      credentials: await signIn(),
      issuers: this.#issuers,
      timeoutMs: this.#transport.timeouts.callMs,
      log: this.#options.log,
      kms: clientSettings(this.#transport, kms),
      isAws: kms.url === undefined,
      sts: clientSettings(this.#transport, sts),
      evidence: { cloudTrail: serverBeside('CLOUDTRAIL'), iam: serverBeside('IAM') },
    });
    return {
      ...client,
      region,
      endpoint: kms.url === undefined ? { kind: 'aws' } : { kind: 'custom', url: shownUrl(kms.url) },
    };
  }
}
