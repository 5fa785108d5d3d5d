import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import {
  GetCallerIdentityCommand,
  type GetCallerIdentityCommandOutput,
  STSClient,
  type STSClientConfig,
} from '@aws-sdk/client-sts';
import { lazy } from '../core/base/lazy.ts';
import type { EvidenceApi } from '../core/kms/evidenceApi.ts';
import type { KmsApi } from '../core/kms/kmsApi.ts';
import { createAwsTime } from './awsTime.ts';
import { type Call, type CallerOptions, createCaller, isRefusal, type Send } from './call.ts';
import type { Identity } from './currentSignIn.ts';
import type { EvidenceServers } from './evidence.ts';
import { grantChanges } from './grantChanges.ts';
import { IdentityGuard } from './identityGuard.ts';
import { narrowIdentity } from './narrow.ts';
import { reads } from './reads.ts';
import { regionOfWitness } from './regions.ts';
import { ClockSkewRetries } from './transport.ts';

interface ClientOptions extends CallerOptions {
  readonly kms: KMSClientConfig;
  /** KMS is AWS's own. */
  readonly isAws: boolean;
  readonly sts: STSClientConfig;
  readonly evidence: EvidenceServers;
}

interface Client {
  readonly api: KmsApi;
  /** See OpenedConnection. */
  readonly ended: AbortSignal;
  /** See OpenedConnection. */
  awsTime(): number | undefined;
  /** See OpenedConnection. */
  evidence(): Promise<EvidenceApi>;
  /** Releases sockets. */
  close(): void;
}

/** The port over the SDK's KMS and STS clients. Builds them; sends nothing. */
export function createClient(options: ClientOptions): Client {
  const { region, credentials } = options;
  const kms = new KMSClient({
    ...options.kms,
    region,
    credentials: credentials.provider,
    retryStrategy: new ClockSkewRetries(),
  });
  const sts = new STSClient({ ...options.sts, region, credentials: credentials.provider });
  const awsTime = createAwsTime();
  awsTime.watch(kms);
  const caller = createCaller(options, (identity, signal) => isAcceptedElsewhere(identity, signal));
  const whoIs = (client: STSClient, signal: AbortSignal) =>
    caller.inner(getCallerIdentity, signal, sendTo(client), (output) => ({ value: narrowIdentity(output) }));
  const guard = new IdentityGuard(credentials, options.profile, (signal) => whoIs(sts, signal));

  /** Asks STS in a Region that every account has. @throws KmsError when that can't be said */
  const isAcceptedElsewhere = async (identity: Identity, signal: AbortSignal) => {
    const elsewhere = regionOfWitness(region);
    if (elsewhere === undefined) {
      return credentials.wasAcceptedElsewhere(identity, region);
    }
    const witness = new STSClient({ ...options.sts, region: elsewhere, credentials: credentials.provider });
    try {
      await whoIs(witness, signal);
      return true;
    } catch (error) {
      if (isRefusal(error)) {
        return false;
      }
      throw error;
    } finally {
      witness.destroy();
    }
  };

  const call: Call = (context, signal, send, narrow, rules) =>
    caller.call(
      context,
      signal,
      send,
      (output, credential) => {
        guard.answered(credential);
        return narrow(output);
      },
      { before: (credential) => guard.confirmAccount(credential, signal), ...rules },
    );

  let closeEvidence = () => {};
  const evidence = lazy(async () => {
    const { createEvidence } = await import('./evidence.ts');
    const { api, close } = createEvidence({ ...options.evidence, region, profile: options.profile, credentials, call });
    closeEvidence = close;
    return api;
  });

  return {
    api: {
      ...reads(kms, call, region, options.isAws),
      ...grantChanges(kms, call, guard),
      callerIdentity: (signal) =>
        caller.call(getCallerIdentity, signal, sendTo(sts), (output, credential) => ({
          value: guard.admit(credential, narrowIdentity(output)),
        })),
    },
    ended: guard.ended,
    awsTime: awsTime.now,
    evidence,
    close: () => {
      kms.destroy();
      sts.destroy();
      closeEvidence();
    },
  };
}

const getCallerIdentity = { operation: 'GetCallerIdentity' };

function sendTo(sts: STSClient): Send<GetCallerIdentityCommandOutput> {
  return (sending) => sts.send(new GetCallerIdentityCommand({}), sending);
}
