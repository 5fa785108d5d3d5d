import type { Account } from './account.ts';
import { cloudTrailOperations } from './cloudTrail/lookupEvents.ts';
import { recordFailure } from './cloudTrail/recordCall.ts';
import { AwsError, serializationError } from './errors.ts';
import { formInput, iamOperations } from './iam/operations.ts';
import { Input } from './input.ts';
import type { Call, Caller, Kms, Operation } from './kms.ts';
import { operations } from './operations/index.ts';
import { Random } from './random.ts';
import { Replicas } from './replicas.ts';
import { type Route, routeOf } from './routes.ts';
import { stsOperations } from './sts.ts';
import { answerTo, type Encoded, sent, type WireRequest } from './wire.ts';

export interface BackendOptions {
  /** What it serves, such as sample data from createAccount. */
  readonly data: Account;
  /** Milliseconds since the epoch; default the real clock, and the only one that the emulator reads. */
  readonly now?: () => number;
  /** Same seed, same data, same requests and same clock: same answers. Default 1. */
  readonly seed?: number;
  /** How many replicas answer reads; default 3. */
  readonly replicas?: number;
  /** How long a change takes to reach a replica, in milliseconds; default none. */
  readonly propagation?: { readonly minMs: number; readonly maxMs: number };
  /** How long an event takes to reach CloudTrail's event history, in milliseconds; default 5 minutes, as on AWS. */
  readonly eventDelayMs?: number;
  /** Default 50,000, which is AWS's own default. */
  readonly grantsPerKey?: number;
  /** How many values of a list one page examines before it ends early; default 1,000. */
  readonly scanLimit?: number;
  /** See {@link Kms}; default: nobody is denied anything. */
  readonly denial?: Kms['denial'];
}

/**
 * KMS, STS, CloudTrail and IAM of one account in one Region. It does not check who the caller is: signatures and request quotas are
 * checked in front of it.
 */
export class Backend {
  readonly #kms: Kms;
  readonly #now: () => number;
  readonly #requestIds: Random;

  constructor(options: BackendOptions) {
    const { data, now = Date.now, seed = 1, replicas = 3, propagation = { minMs: 0, maxMs: 0 } } = options;
    this.#now = now;
    this.#requestIds = new Random(seed, 'request IDs');
    this.#kms = {
      account: data,
      replicas: new Replicas(data, { replicas, ...propagation }, new Random(seed, 'replicas')),
      random: new Random(seed, 'grants'),
      eventIds: new Random(seed, 'events'),
      eventDelayMs: options.eventDelayMs ?? 5 * 60_000,
      grantTokens: new Map(),
      grantsPerKey: options.grantsPerKey ?? 50_000,
      scanLimit: options.scanLimit ?? 1_000,
      denial: options.denial ?? (() => undefined),
    };
  }

  /** The data, to read and to change, without the grants whose removal has reached every replica. */
  get account(): Account {
    this.#kms.replicas.forgetSettled(this.#now());
    return this.#kms.account;
  }

  /**
   * When the grant's last change has reached every replica (milliseconds since the epoch); undefined without a change.
   */
  settledAt(grantId: string): number | undefined {
    return this.#kms.replicas.settledAt(grantId);
  }

  /** From request to answer. Depends on nothing but the backend's own state, clock and seed. */
  handle(request: WireRequest, principalArn: string): Encoded {
    const at = this.#now();
    const requestId = this.#requestIds.uuid();
    const route = routeOf(request);
    const encoded = route
      ? answerTo(route.protocol, requestId, () => this.perform(route, callerOf(request, principalArn, requestId), at))
          .encoded
      : notFoundPage;
    return sent(encoded, at);
  }

  /**
   * Carries out one operation.
   * @param at the time of the request, in milliseconds since the epoch
   * @throws AwsError
   */
  perform(route: Route, caller: Caller, at: number): Readonly<Record<string, unknown>> | undefined {
    const kms = this.#kms;
    kms.replicas.forgetSettled(at);
    const { service, operation: name, input } = route;
    const { principalArn } = caller;
    switch (service) {
      case 'sts': {
        const operation = stsOperations.get(name);
        if (!operation) {
          throw new AwsError('InvalidAction', `Could not find operation ${name} for version 2011-06-15`);
        }
        return operation({ principalArn, accountId: kms.account.id });
      }
      case 'iam': {
        const operation = iamOperations.get(name);
        if (!operation) {
          throw new AwsError('InvalidAction', `Could not find operation ${name} for version 2010-05-08`);
        }
        return operation({ ...caller, kms, operation: name, input: formInput(input ?? {}), now: at });
      }
      case 'cloudtrail':
      case 'kms': {
        const operation = (service === 'kms' ? operations : cloudTrailOperations).get(name);
        if (!operation) {
          throw new AwsError('UnknownOperationException', `Unknown operation ${name}.`);
        }
        if (!input) {
          throw serializationError('The request body is not a JSON object.');
        }
        const call: Call = { ...caller, kms, operation: name, input: new Input(input), now: at };
        return recorded.has(name) ? recordingFailure(call, operation) : operation(call);
      }
    }
  }
}

/** The operations that are recorded in CloudTrail's event history: here those that change grants. */
const recorded: ReadonlySet<string> = new Set(['CreateGrant', 'RetireGrant', 'RevokeGrant']);

function recordingFailure(call: Call, operation: Operation): ReturnType<Operation> {
  try {
    return operation(call);
  } catch (error) {
    if (error instanceof AwsError) {
      recordFailure(call, error);
    }
    throw error;
  }
}

/** What a request says of its caller, beside who that is. */
export function callerOf({ headers }: Pick<WireRequest, 'headers'>, principalArn: string, requestId: string): Caller {
  const [, accessKeyId] = /Credential=([^,/\s]+)/.exec(headers['authorization'] ?? '') ?? [];
  const userAgent = headers['user-agent'];
  return {
    principalArn,
    requestId,
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

/** AWS's answer to a request that names no operation. */
export const notFoundPage: Encoded = {
  status: 404,
  headers: { 'content-type': 'application/xml' },
  body: '<UnknownOperationException/>\n',
};
