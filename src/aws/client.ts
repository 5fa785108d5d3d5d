import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import {
  GetCallerIdentityCommand,
  type GetCallerIdentityCommandOutput,
  STSClient,
  type STSClientConfig,
} from '@aws-sdk/client-sts';
import { lazy } from '../core/base/lazy.ts';
import type { KmsApi, OpenedConnection } from '../core/kms/kmsApi.ts';
import { AwsTime } from './awsTime.ts';
import { type Call, Caller, type CallerOptions, isRefusal, type Send } from './call.ts';
import type { AwsCredentials } from './credentials.ts';
import type { EvidenceServers } from './evidence.ts';
import { grantChanges } from './grantChanges.ts';
import { IdentityGuard } from './identityGuard.ts';
import { narrowIdentity } from './narrow.ts';
import { reads } from './reads.ts';
import { witnessRegion } from './regions.ts';
import { ClockSkewRetries } from './transport.ts';

interface ClientOptions extends CallerOptions {
  readonly kms: KMSClientConfig;
  /** KMS is AWS's own. */
  readonly isAws: boolean;
  readonly sts: STSClientConfig;
  readonly evidence: EvidenceServers;
}

type Client = Pick<OpenedConnection, 'api' | 'ended' | 'awsTime' | 'evidence' | 'close'>;

/** The port of one opening, over the SDK's KMS and STS clients. Builds them; sends nothing. */
export function createClient(options: ClientOptions): Client {
  const { region, credentials } = options;
  const kms = new KMSClient({
    ...options.kms,
    region,
    credentials: credentials.provider,
    retryStrategy: new ClockSkewRetries(),
  });
  const sts = new STSClient({ ...options.sts, region, credentials: credentials.provider });
  const awsTime = new AwsTime();
  awsTime.watch(kms);
  const caller = new Caller(options, (used, signal) => isAcceptedElsewhere(used, signal));
  const askSts = (client: STSClient, signal: AbortSignal) =>
    caller.callOnce(getCallerIdentity, signal, sendTo(client), (output) => ({ value: narrowIdentity(output) }));
  const guard = new IdentityGuard(credentials, options.profile, (signal) => askSts(sts, signal));

  /** Asks STS in a Region that every account has. @throws KmsError when there is no answer */
  const isAcceptedElsewhere = async (used: AwsCredentials, signal: AbortSignal) => {
    const elsewhere = witnessRegion(region);
    if (elsewhere === undefined) {
      return credentials.wasAcceptedElsewhere(used, region);
    }
    const witness = new STSClient({ ...options.sts, region: elsewhere, credentials: credentials.provider });
    try {
      await askSts(witness, signal);
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
      (output, used) => {
        guard.markAnswered(used);
        return narrow(output);
      },
      { before: (used) => guard.confirmAccount(used, signal), ...rules },
    );

  const api: KmsApi = {
    ...reads(kms, call, region, options.isAws),
    ...grantChanges(kms, call, guard),
    callerIdentity: (signal) =>
      caller.call(getCallerIdentity, signal, sendTo(sts), (output, used) => ({
        value: guard.admit(used, narrowIdentity(output)),
      })),
  };

  let closeEvidence = () => {};
  const evidence = lazy(async () => {
    const { createEvidence } = await import('./evidence.ts');
    const created = createEvidence({ ...options.evidence, region, profile: options.profile, credentials, call });
    closeEvidence = created.close;
    return created.api;
  });

  return {
    api,
    ended: guard.ended,
    awsTime: () => awsTime.now(),
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
