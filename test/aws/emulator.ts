import type { Account } from '../../src/emulator/account.ts';
import { Backend, type BackendOptions, callerOf, notFoundPage } from '../../src/emulator/backend.ts';
import { Random } from '../../src/emulator/random.ts';
import { type Route, routeOf } from '../../src/emulator/routes.ts';
import { answerTo, type Encoded, sent, type WireRequest } from '../../src/emulator/wire.ts';
import { type Denial, denialOf } from './denials.ts';
import {
  dependencyTimeout,
  type Fault,
  Faults,
  faultError,
  internalError,
  noStrike,
  notAwsObject,
  notJsonPage,
  type Strike,
} from './faults.ts';
import type { Reply, Service } from './service.ts';
import { type Secret, verifySignature } from './sigv4.ts';
import { createThrottle, throttled } from './throttle.ts';

export interface EmulatorOptions extends Omit<BackendOptions, 'denial'> {
  /** Of every answer, in milliseconds; default 0. */
  readonly latencyMs?: number;
  /** 1: AWS's own request quotas; 0 (default): none. */
  readonly throttle?: number;
  /** The share of requests, from 0 to 1, that fail as an overloaded server's would; default 0. */
  readonly failRate?: number;
  /** By access key ID. When given, signatures are verified; otherwise any credentials are taken. */
  readonly secrets?: Readonly<Record<string, Secret>>;
  /** Who the caller is when there are no secrets; default a user of the account. */
  readonly principalArn?: string;
  readonly denials?: readonly Denial[];
  /** How many of the newest requests are kept to look at; default 10,000. */
  readonly requestsKept?: number;
}

/** One request that was served. */
interface RequestRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly requestId: string;
  readonly service: Route['service'] | 'unknown';
  /** Empty when the request named none. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly principalArn: string;
  /** It was carried out, whatever the client got. */
  readonly done: boolean;
  /** What the client got; absent when it got no response. */
  readonly status?: number;
  readonly errorCode?: string;
}

/**
 * The KMS, STS, CloudTrail and IAM of one account in one Region, with what AWS and a network put before them: signatures, quotas,
 * permissions and whatever can go wrong.
 */
export interface Emulator extends Required<Service> {
  /** From request to reply; touches nothing but the emulator's own state, clock and seeded randomness. */
  handle(request: WireRequest): Reply;
  /** The data, to look at and to change. */
  readonly account: Account;
  /** The newest requests, oldest first. */
  readonly requests: readonly RequestRecord[];
  /** Orders these faults, in place of all before. */
  setFaults(faults: readonly Fault[]): void;
  /** Takes these permissions away, in place of all before. */
  setDenials(denials: readonly Denial[]): void;
  /** Takes these access keys only, in place of all before: after a rotation, say. */
  setSecrets(secrets: Readonly<Record<string, Secret>>): void;
  /** When the grant's last change holds on every replica (ms); undefined when it was never changed here. */
  propagatedAt(grantId: string): number | undefined;
  /** Whether every replica has taken in the grant's last change. */
  trulyPropagated(grantId: string): boolean;
}

export function createEmulator(options: EmulatorOptions): Emulator {
  const { data, now = Date.now, seed = 1, latencyMs = 0, failRate = 0, requestsKept = 10_000 } = options;
  const principalArn = options.principalArn ?? `arn:${data.partition}:iam::${data.id}:user/alex`;
  let { secrets, denials = [] } = options;
  const backend = new Backend({ ...options, denial: (...asked) => denialOf(denials, ...asked) });
  const throttle = createThrottle(options.throttle ?? 0);
  const faults = new Faults(new Random(seed, 'faults'));
  const failures = new Random(seed, 'failures');
  const requestIds = new Random(seed, 'request IDs');
  const requests: RequestRecord[] = [];

  /** @throws AwsError */
  function authenticate(request: WireRequest, route: Route, at: number): string {
    if (!secrets) {
      return principalArn;
    }
    const regions = isGlobal(route) ? [data.region, globalRegion(data.partition)] : [data.region];
    return verifySignature(request, new Map(Object.entries(secrets)), { regions, service: route.service }, at)
      .principalArn;
  }

  /** What an overloaded server answers, now and then. */
  function randomFailure(route: Route, requestId: string): Encoded | undefined {
    if (failRate === 0 || failures.next() >= failRate) {
      return undefined;
    }
    return failures.pick([
      () => route.protocol.failure(internalError(), requestId),
      () => route.protocol.failure(dependencyTimeout(), requestId),
      () => notJsonPage(503),
    ])();
  }

  /** AWS's own answer, by carrying out what is asked. */
  function serve(request: WireRequest, route: Route, requestId: string, at: number): Answer {
    let caller = principalArn;
    let failure: Encoded | undefined;
    const answer = answerTo(route.protocol, requestId, () => {
      caller = authenticate(request, route, at);
      failure = randomFailure(route, requestId);
      if (failure) {
        return undefined;
      }
      if (!throttle.admit(route.operation, at)) {
        throw throttled(route.service);
      }
      return backend.perform(route, callerOf(request, caller, requestId), at);
    });
    return failure
      ? { principalArn: caller, encoded: failure, errorCode: String(failure.status) }
      : { principalArn: caller, ...answer };
  }

  /** What the client gets in place of AWS's own answer. */
  function spoil(fault: NonNullable<Strike['instead']>, route: Route, requestId: string): Answer {
    switch (fault.kind) {
      case 'drop':
      case 'hang':
        return { principalArn };
      case 'notJson':
        return { principalArn, encoded: notJsonPage(fault.status), errorCode: String(fault.status) };
      case 'notAws':
        return { principalArn, encoded: notAwsObject };
      case 'error':
      case 'expiredToken': {
        const error = faultError(fault);
        return { principalArn, encoded: route.protocol.failure(error, requestId), errorCode: error.code };
      }
    }
  }

  function handle(request: WireRequest): Reply {
    const at = now();
    const requestId = requestIds.uuid();
    const route = routeOf(request);
    if (!route) {
      record(
        { at, requestId, service: 'unknown', operation: '', input: {}, done: false },
        { principalArn, encoded: notFoundPage },
      );
      return replyOf(notFoundPage, noStrike, at);
    }
    const { service, operation, input = {} } = route;
    const keyId = input['KeyId'];
    const strike = faults.strike(operation, typeof keyId === 'string' ? keyId : undefined);
    const { instead, stage } = strike;
    const genuine = instead && stage === 'before' ? undefined : serve(request, route, requestId, at);
    const answer = instead
      ? { ...spoil(instead, route, requestId), ...(genuine && { principalArn: genuine.principalArn }) }
      : (genuine ?? { principalArn });
    const done = genuine !== undefined && genuine.errorCode === undefined;
    record({ at, requestId, service, operation, input, done }, answer);
    return replyOf(answer.encoded, strike, at);
  }

  function record(
    asked: Omit<RequestRecord, 'principalArn' | 'status' | 'errorCode'>,
    { encoded, ...answer }: Answer,
  ): void {
    requests.push({ ...asked, ...answer, ...(encoded && { status: encoded.status }) });
    if (requests.length > requestsKept) {
      requests.shift();
    }
  }

  function replyOf(encoded: Encoded | undefined, strike: Strike, at: number): Reply {
    const delayMs = latencyMs + strike.latencyMs;
    if (!encoded) {
      return strike.instead?.kind === 'hang' ? { kind: 'hang' } : { kind: 'drop', delayMs };
    }
    return { kind: 'response', ...sent(encoded, at), delayMs, delivery: strike.delivery };
  }

  return {
    handle,
    hangsUp: (head) => faults.hangsUp(routeOf({ ...head, body: '' })?.operation ?? ''),
    get account() {
      return backend.account;
    },
    requests,
    setFaults: (orders) => faults.set(orders),
    setDenials: (all) => {
      denials = all;
    },
    setSecrets: (all) => {
      secrets = all;
    },
    propagatedAt: (grantId) => backend.settledAt(grantId),
    trulyPropagated: (grantId) => (backend.settledAt(grantId) ?? Number.NEGATIVE_INFINITY) <= now(),
  };
}

/** IAM has only a global endpoint in each partition, and STS also has one. */
function isGlobal({ service }: Pick<Route, 'service'>): boolean {
  return service === 'iam' || service === 'sts';
}

/** The Region that requests to a partition's global endpoints are signed for. */
function globalRegion(partition: string): string {
  const regions = new Map([
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-iso', 'us-iso-east-1'],
    ['aws-iso-b', 'us-isob-east-1'],
    ['aws-iso-e', 'eu-isoe-west-1'],
    ['aws-iso-f', 'us-isof-south-1'],
    ['aws-eusc', 'eusc-de-east-1'],
  ]);
  return regions.get(partition) ?? 'us-east-1';
}

/** What one request comes to: who asked, and what is answered, if anything. */
interface Answer {
  readonly principalArn: string;
  readonly encoded?: Encoded;
  readonly errorCode?: string;
}
