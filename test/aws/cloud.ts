import { AwsError } from '../../src/emulator/errors.ts';
import { parseArn } from '../../src/emulator/principals.ts';
import { Random } from '../../src/emulator/random.ts';
import { type Route, routeOf } from '../../src/emulator/routes.ts';
import { createAccount, type SampleOptions } from '../../src/emulator/sampleData.ts';
import { stsOperations } from '../../src/emulator/sts.ts';
import { answerTo, awsJson, type Encoded, sent, type WireRequest } from '../../src/emulator/wire.ts';
import { createCredentialStore } from './credentialStore.ts';
import { createEmulator, type Emulator } from './emulator.ts';
import { createRoles, type Role, type WebIdentity } from './roles.ts';
import type { Reply, Service } from './service.ts';
import { createSessions, type Sessions, type SsoOptions } from './sessions.ts';
import { type Secret, verifySignature } from './sigv4.ts';

interface CloudAccount {
  /** Twelve digits. */
  readonly id: string;
  /** By Region: an emulator of the account there, or what sample data to make one with. */
  readonly regions: Readonly<Record<string, Emulator | SampleOptions>>;
  /** Accounts whose principals may use the keys of this one, by their ARN. */
  readonly sharedWith?: readonly string[];
}

export interface CloudOptions {
  readonly accounts: readonly CloudAccount[];
  /** By access key ID. */
  readonly accessKeys: Readonly<Record<string, Secret>>;
  /** By ARN. */
  readonly roles?: Readonly<Record<string, Role>>;
  /** By the serial number of an MFA device: the code that it shows. */
  readonly mfaCodes?: Readonly<Record<string, string>>;
  /** By token. */
  readonly webIdentities?: Readonly<Record<string, WebIdentity>>;
  readonly sso?: SsoOptions;
  /** How long the credentials of `aws login` hold; default 900. */
  readonly loginSeconds?: number;
  readonly partition?: string;
  /** Milliseconds since the epoch; default the real clock. */
  readonly now?: () => number;
  readonly seed?: number;
}

/** One request that was served. Nothing of its body. */
interface CloudRequest {
  readonly service: Route['service'] | 'session' | 'unknown';
  /** AWS's operation; of a session's service, method and path. */
  readonly operation: string;
  /** From the Authorization header, as the client wrote it; empty when there was none. */
  readonly accessKeyId: string;
  readonly region: string;
  readonly status: number | undefined;
}

/**
 * Several accounts and Regions at one URL, with what a sign-in needs: STS, the SSO portal and its OIDC, and the service
 * behind `aws login`. Who signed a request, and for which Region, decides which account's KMS answers it.
 */
export interface Cloud extends Required<Service> {
  /** @throws when there is none */
  emulator(account: string, region: string): Emulator;
  /** The newest requests, oldest first. */
  readonly requests: readonly CloudRequest[];
  readonly sessions: Omit<Sessions, 'handle'>;
  /** The device shows another code from now on. */
  setMfaCode(serial: string, code: string): void;
  /** Takes an access key only with this secret from now on; without one, no more at all. */
  rotate(accessKeyId: string, secretAccessKey?: string): void;
  /** Adds an access key. */
  addAccessKey(accessKeyId: string, secret: Secret): void;
  /** Lets temporary credentials of this principal, or of all, expire at once. */
  expire(principalArn?: string): void;
  /** New temporary credentials, as a container's or an instance's metadata would give. */
  issue(principalArn: string, durationSeconds?: number): ReturnType<ReturnType<typeof createCredentialStore>['issue']>;
}

const requestsKept = 10_000;

export function createCloud(options: CloudOptions): Cloud {
  const { now = Date.now, seed = 1, partition = 'aws' } = options;
  const requestIds = new Random(seed, 'cloud request IDs');
  const store = createCredentialStore(options.accessKeys, new Random(seed, 'cloud credentials'), now);
  const mfaCodes = new Map(Object.entries(options.mfaCodes ?? {}));
  const emulators = new Map(
    options.accounts.flatMap(({ id, regions }) =>
      Object.entries(regions).map(([region, emulatorOrData]) => {
        const emulator = isEmulator(emulatorOrData)
          ? emulatorOrData
          : createEmulator({
              data: createAccount({ now: now(), partition, ...emulatorOrData, account: id, region }),
              now,
              seed,
            });
        // The very object: keys that come and go later count too.
        emulator.setSecrets(store.secrets);
        return [`${id}/${region}`, emulator] as const;
      }),
    ),
  );
  const roles = createRoles({
    roles: options.roles ?? {},
    mfaCode: (serial) => mfaCodes.get(serial),
    webIdentities: options.webIdentities ?? {},
    store,
  });
  const sessions = createSessions({
    sso: options.sso ?? { roles: {} },
    loginSeconds: options.loginSeconds ?? 900,
    partition,
    store,
    random: new Random(seed, 'cloud sessions'),
    now,
  });
  const requests: CloudRequest[] = [];

  /** Whose KMS a request is for: its signer's, unless it names a key that another account shares with the signer's. */
  const accountFor = (route: Route, signer: string | undefined): string | undefined => {
    const keyId = route.input?.['KeyId'];
    const owner = typeof keyId === 'string' ? parseArn(keyId)?.accountId : undefined;
    const isShared = options.accounts.some(
      ({ id, sharedWith = [] }) => id === owner && signer !== undefined && sharedWith.includes(signer),
    );
    return isShared ? owner : signer;
  };

  /** @throws AwsError */
  const sts = (request: WireRequest, { operation, input = {} }: Route, region: string, at: number) => {
    if (operation === 'AssumeRoleWithWebIdentity') {
      return roles.assumeRoleWithWebIdentity(input, at);
    }
    const secrets = new Map(Object.entries(store.secrets));
    const { principalArn } = verifySignature(request, secrets, { regions: [region], service: 'sts' }, at);
    if (operation === 'AssumeRole') {
      return roles.assumeRole(input, principalArn, at);
    }
    const serve = stsOperations.get(operation);
    if (serve === undefined) {
      throw new AwsError('InvalidAction', `Could not find operation ${operation} for version 2011-06-15`);
    }
    return serve({ principalArn, accountId: parseArn(principalArn)?.accountId ?? '' });
  };

  /** IAM is the same in all Regions of an account. */
  const iamOf = (account: string | undefined) =>
    [...emulators].find(([accountAndRegion]) => accountAndRegion.startsWith(`${account}/`))?.[1];

  const signerOf = ({ accessKeyId }: Scope) => parseArn(store.secrets[accessKeyId]?.principalArn ?? '')?.accountId;

  const answer = (request: WireRequest, route: Route | undefined, scope: Scope, at: number): Reply => {
    const requestId = requestIds.uuid();
    if (route === undefined) {
      return replyOf(sessions.handle(request, requestId, at) ?? unknownOperation, at);
    }
    const account = accountFor(route, signerOf(scope));
    const emulator =
      emulators.get(`${account}/${scope.region}`) ?? (route.service === 'iam' ? iamOf(account) : undefined);
    // An emulator also answers GetCallerIdentity, with the faults that were ordered of it.
    if (emulator !== undefined && (route.service !== 'sts' || route.operation === 'GetCallerIdentity')) {
      return emulator.handle(request);
    }
    const { encoded } = answerTo(route.protocol, requestId, () => {
      if (route.service !== 'sts') {
        throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
      }
      return sts(request, route, scope.region, at);
    });
    return replyOf(encoded, at);
  };

  return {
    handle: (request) => {
      const scope = scopeOf(request);
      const route = routeOf(request);
      const reply = answer(request, route, scope, now());
      requests.push({
        service: route?.service ?? (reply.kind === 'response' && reply.status !== 404 ? 'session' : 'unknown'),
        operation: route?.operation ?? `${request.method} ${request.path.split('?')[0]}`,
        ...scope,
        status: reply.kind === 'response' ? reply.status : undefined,
      });
      if (requests.length > requestsKept) {
        requests.shift();
      }
      return reply;
    },
    hangsUp: (head) => {
      const scope = scopeOf(head);
      return emulators.get(`${signerOf(scope)}/${scope.region}`)?.hangsUp(head) ?? false;
    },
    emulator: (account, region) => {
      const emulator = emulators.get(`${account}/${region}`);
      if (emulator === undefined) {
        throw new Error(`There is no account ${account} in ${region}.`);
      }
      return emulator;
    },
    requests,
    sessions,
    setMfaCode: (serial, code) => void mfaCodes.set(serial, code),
    rotate: store.rotate,
    addAccessKey: store.add,
    expire: store.expire,
    issue: (principalArn, durationSeconds = 3_600) => store.issue(principalArn, durationSeconds, now()),
  };
}

function isEmulator(value: Emulator | SampleOptions): value is Emulator {
  return 'handle' in value;
}

interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
}

/** What the Authorization header claims; the signature is checked by who answers. */
function scopeOf({ headers }: Pick<WireRequest, 'headers'>): Scope {
  const [accessKeyId = '', , region = ''] =
    /Credential=([^,\s]+)/.exec(headers['authorization'] ?? '')?.[1]?.split('/') ?? [];
  return { accessKeyId, region };
}

const unknownOperation: Encoded = {
  ...awsJson.failure(new AwsError('UnknownOperationException', 'Nothing is served here.', 404), 'none'),
};

function replyOf(encoded: Encoded, at: number): Reply {
  return { kind: 'response', ...sent(encoded, at), delayMs: 0, delivery: { kind: 'whole' } };
}
