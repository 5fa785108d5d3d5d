import { resolve } from 'node:path';
import { KmsError } from '../core/kms/errors.ts';
import type { Aws, CallRecord, OpenedConnection } from '../core/kms/kmsApi.ts';
import { type ConnectionRef, connectionId } from '../core/kms/model.ts';
import { CertificateIssuers } from './certificate.ts';
import { createClient } from './client.ts';
import { CredentialCache } from './credentialCache.ts';
import { resolveEndpoint, resolveEndpointBeside, shownUrl } from './endpoint.ts';
import type { Env } from './env.ts';
import { connectionFingerprint, listProfiles, requireProfile, requireRegionName } from './profiles.ts';
import { cloudTrailUrl, consoleUrl, regions } from './regions.ts';
import { takeOverSdkFiles } from './sdkFiles.ts';
import { readSharedFiles, sharedFilePaths } from './sharedFiles.ts';
import { signInChain } from './signInChain.ts';
import { SignIns } from './signIns.ts';
import { TokenFiles } from './tokenFiles.ts';
import { clientSettings, defaultTransport, type Timeouts } from './transport.ts';

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
  /** Called when the sample connection is opened. */
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

/**
 * The AWS layer. Its `open` sends nothing and does not sign in. It rejects with a KmsError `profileMissing`,
 * `regionMissing`, `regionInvalid`, `invalidEndpoint` or `filesUnreadable`.
 */
export function createAws(options: AwsOptions): Aws {
  const { env, log } = options;
  takeOverSdkFiles();
  const transport = {
    timeouts: { ...defaultTransport.timeouts, ...options.timeouts },
    maxAttempts: options.maxAttempts ?? defaultTransport.maxAttempts,
  };
  const tokens = new TokenFiles(env);
  const issuers = new CertificateIssuers();
  const signIns = new SignIns({
    env,
    transport,
    tokens,
    mfaCode: options.mfaCode,
    mayRunProcesses: options.mayRunProcesses,
    processTimeoutMs: options.processTimeoutMs ?? defaultProcessTimeoutMs,
  });

  const openSample = async (ref: ConnectionRef): Promise<OpenedConnection> => {
    const { requestHandler, region, credentials } = await options.sample();
    const settings = {
      ...clientSettings(transport, { url: undefined, useFipsEndpoint: false, useDualstackEndpoint: false }),
      requestHandler: { handle: requestHandler.handle.bind(requestHandler) },
    };
    const client = createClient({
      connection: connectionId(ref),
      profile: undefined,
      region,
      credentials: new CredentialCache(async () => credentials),
      issuers,
      timeoutMs: transport.timeouts.callMs,
      log,
      kms: settings,
      isAws: false,
      sts: settings,
      evidence: { cloudTrail: { config: settings, isAws: false }, iam: { config: settings, isAws: false } },
    });
    return { ...client, region, endpoint: { kind: 'sample' } };
  };

  const openAws = async (
    ref: ConnectionRef,
    region: string,
    profile: string | undefined,
    signIn: () => Promise<CredentialCache>,
  ): Promise<OpenedConnection> => {
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
      return endpoint && { config: clientSettings(transport, endpoint), isAws: endpoint.url === undefined };
    };
    const client = createClient({
      connection: connectionId(ref),
      profile,
      region,
      credentials: await signIn(),
      issuers,
      timeoutMs: transport.timeouts.callMs,
      log,
      kms: clientSettings(transport, kms),
      isAws: kms.url === undefined,
      sts: clientSettings(transport, sts),
      evidence: { cloudTrail: serverBeside('CLOUDTRAIL'), iam: serverBeside('IAM') },
    });
    return {
      ...client,
      region,
      endpoint: kms.url === undefined ? { kind: 'aws' } : { kind: 'custom', url: shownUrl(kms.url) },
    };
  };

  return {
    profiles: async () => listProfiles(await readSharedFiles(env)),
    regions: () => regions,
    signInNeed: async (ref) => {
      if (ref.kind !== 'profile') {
        return { kind: 'none' };
      }
      const files = await readSharedFiles(env);
      requireProfile(files, env, ref.profile);
      if (signIns.isSignedIn(ref.profile, files)) {
        return { kind: 'none' };
      }
      const chain = signInChain(files, ref.profile);
      const need = await tokens.need(chain);
      const serial = chain.roles.find(({ mfaSerial }) => mfaSerial !== undefined)?.mfaSerial;
      if (need.kind === 'cli' || (serial === undefined && chain.origin.kind !== 'process')) {
        return need;
      }
      return serial === undefined ? { kind: 'process' } : { kind: 'mfa', serial };
    },
    files: async (refs) => {
      // Files that can't be read are watched, too: they may be mended.
      const files = await readSharedFiles(env).catch(() => undefined);
      const chains = refs.flatMap((ref) =>
        files !== undefined && ref.kind === 'profile' ? [signInChain(files, ref.profile)] : [],
      );
      const tokenFiles = chains.map((chain) =>
        chain.origin.kind === 'webIdentity' ? chain.origin.tokenFile : tokens.path(chain),
      );
      if (refs.some(({ kind }) => kind === 'environment')) {
        tokenFiles.push(env['AWS_WEB_IDENTITY_TOKEN_FILE'] || undefined);
      }
      const present = tokenFiles.filter((path) => path !== undefined).map((path) => resolve(path));
      return [...new Set([...sharedFilePaths(env), ...present])];
    },
    fingerprint: async (ref) =>
      ref.kind === 'sample'
        ? 'sample'
        : connectionFingerprint(await readSharedFiles(env), ref.kind === 'profile' ? ref.profile : undefined),
    consoleUrl,
    cloudTrailUrl,
    open: async (ref) => {
      switch (ref.kind) {
        case 'sample':
          return openSample(ref);
        case 'environment':
          return openAws(ref, ref.region, undefined, async () => signIns.environment(ref.region));
        case 'profile':
          return openAws(ref, ref.region, ref.profile, () => signIns.profile(ref.profile, ref.region));
      }
    },
  };
}
