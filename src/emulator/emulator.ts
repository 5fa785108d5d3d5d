import type { Account } from './account.ts';
import { AwsError, dependencyTimeout, internalError, serializationError, throttled } from './errors.ts';
import { type Fault, Faults, faultError, noStrike, notAwsObject, notJsonPage, type Strike } from './faults.ts';
import { Input } from './input.ts';
import type { Denial, Kms } from './kms.ts';
import { operations } from './operations/index.ts';
import { createRandom } from './random.ts';
import { Replicas } from './replicas.ts';
import { type Route, routeOf } from './routes.ts';
import { type Secret, verifySignature } from './sigv4.ts';
import { stsOperations } from './sts.ts';
import { createThrottle } from './throttle.ts';
import type { Encoded, Reply, Service, WireRequest } from './wire.ts';

export interface EmulatorOptions {
  /** What it serves; createAccount makes sample data. */
  readonly data: Account;
  /** Milliseconds since the epoch; default the real clock. Nothing else here knows the time. */
  readonly now?: () => number;
  /** Same seed, same data, same requests and same clock: same answers. Default 1. */
  readonly seed?: number;
  /** How many replicas answer reads; default 3. */
  readonly replicas?: number;
  /** How long a change takes to reach a replica, in milliseconds; default none. */
  readonly propagation?: { readonly minMs: number; readonly maxMs: number };
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
  /** Default 50,000, which is AWS's own default. */
  readonly grantsPerKey?: number;
  /** How many values one page of a filtered list looks at before it ends early; default 1,000. */
  readonly scanLimit?: number;
  /** How many of the newest requests are kept to look at; default 10,000. */
  readonly requestsKept?: number;
}

/** One request that was served. */
interface RequestRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly requestId: string;
  readonly service: 'kms' | 'sts' | 'unknown';
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

/** A KMS of one account in one Region, and the STS beside it. */
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
  const { data: account, now = Date.now, seed = 1, latencyMs = 0, failRate = 0, requestsKept = 10_000 } = options;
  const { replicas = 3, propagation = { minMs: 0, maxMs: 0 } } = options;
  const principalArn = options.principalArn ?? `arn:${account.partition}:iam::${account.id}:user/alex`;
  let { secrets } = options;
  const throttle = createThrottle(options.throttle ?? 0);
  const faults = new Faults(createRandom(seed, 'faults'));
  const failures = createRandom(seed, 'failures');
  const requestIds = createRandom(seed, 'request IDs');
  const requests: RequestRecord[] = [];
  const state = new Replicas(account, { replicas, ...propagation }, createRandom(seed, 'replicas'));
  let kms: Kms = {
    account,
    replicas: state,
    random: createRandom(seed, 'grants'),
    grantTokens: new Map(),
    denials: options.denials ?? [],
    grantsPerKey: options.grantsPerKey ?? 50_000,
    scanLimit: options.scanLimit ?? 1_000,
  };

  /** @throws AwsError */
  function authenticate(request: WireRequest, route: Route, at: number): string {
    if (!secrets) {
      return principalArn;
    }
    // STS can also be reached by its global endpoint, whose requests are signed for us-east-1.
    const regions = route.service === 'sts' ? [account.region, 'us-east-1'] : [account.region];
    return verifySignature(request, new Map(Object.entries(secrets)), { regions, service: route.service }, at)
      .principalArn;
  }

  /** @throws AwsError */
  function perform(route: Route, caller: string, at: number) {
    switch (route.service) {
      case 'sts': {
        const operation = stsOperations.get(route.operation);
        if (!operation) {
          throw new AwsError('InvalidAction', `Could not find operation ${route.operation} for version 2011-06-15`);
        }
        return operation({ principalArn: caller, accountId: account.id });
      }
      case 'kms': {
        const operation = operations.get(route.operation);
        if (!operation) {
          throw new AwsError('UnknownOperationException', `Unknown operation ${route.operation}.`);
        }
        if (!throttle.admit(route.operation, at)) {
          throw throttled();
        }
        if (!route.input) {
          throw serializationError('The request body is not a JSON object.');
        }
        return operation({
          kms,
          operation: route.operation,
          input: new Input(route.input),
          principalArn: caller,
          now: at,
        });
      }
    }
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
    try {
      caller = authenticate(request, route, at);
      const failure = randomFailure(route, requestId);
      return failure
        ? { principalArn: caller, encoded: failure, errorCode: String(failure.status) }
        : { principalArn: caller, encoded: route.protocol.success(perform(route, caller, at), requestId) };
    } catch (error) {
      if (error instanceof AwsError) {
        return { principalArn: caller, encoded: route.protocol.failure(error, requestId), errorCode: error.code };
      }
      throw error;
    }
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
    state.forgetSettled(at);
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
    return {
      kind: 'response',
      status: encoded.status,
      headers: {
        ...encoded.headers,
        'content-length': String(Buffer.byteLength(encoded.body)),
        // The SDK sets its clock by this.
        date: new Date(at).toUTCString(),
      },
      body: encoded.body,
      delayMs,
      delivery: strike.delivery,
    };
  }

  return {
    handle,
    hangsUp: (head) => faults.hangsUp(routeOf({ ...head, body: '' })?.operation ?? ''),
    get account() {
      state.forgetSettled(now());
      return account;
    },
    requests,
    setFaults: (orders) => faults.set(orders),
    setDenials: (denials) => {
      kms = { ...kms, denials };
    },
    setSecrets: (all) => {
      secrets = all;
    },
    propagatedAt: (grantId) => state.settledAt(grantId),
    trulyPropagated: (grantId) => (state.settledAt(grantId) ?? Number.NEGATIVE_INFINITY) <= now(),
  };
}

/** What one request comes to: who asked, and what is answered, if anything. */
interface Answer {
  readonly principalArn: string;
  readonly encoded?: Encoded;
  readonly errorCode?: string;
}

/** What AWS's front answers to a request that names no operation. */
const notFoundPage: Encoded = {
  status: 404,
  headers: { 'content-type': 'application/xml' },
  body: '<UnknownOperationException/>\n',
};
