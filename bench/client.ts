import { createAws } from '../src/aws/index.ts';
import { systemClock } from '../src/core/base/clock.ts';
import { Connections } from '../src/core/connections/connections.ts';
import type { Session } from '../src/core/connections/session.ts';
import { PromptPermissions } from '../src/core/connections/signIn.ts';
import { type ScanResult, scanGrants } from '../src/core/findings/scan.ts';
import type { ConnectionRef } from '../src/core/kms/model.ts';
import { defaultBudget, RequestLimiter, requestQuotas } from '../src/core/pacing/limiter.ts';
import { sum } from './measurement.ts';

/** `default`: as the product ships; `full`: as fast as it goes. */
export type Pace = 'default' | 'full';

/** ListGrants a second, at the default pace. */
export const defaultPace = (requestQuotas.ListGrants * defaultBudget) / 100;

/** Our client, as the extension puts it together: the one place of the benchmark that knows how. */
export interface Client {
  readonly session: Session;
  /** How many requests KMS has answered so far. */
  requests(): number;
  /** The same of each operation, with those of CloudTrail and IAM. */
  operations(): Readonly<Record<string, number>>;
  scan(): Promise<ScanResult>;
  close(): void;
}

/** Percent of AWS's quotas: far more than anything here can send. */
const unlimited = 1e6;

/** Opens the default profile. The environment is that of the process. */
export async function openClient(pace: Pace): Promise<Client> {
  const operations: Record<string, number> = {};
  const aws = createAws({
    env: process.env,
    log: ({ operation, attempts = 0 }) => {
      if (operation !== 'GetCallerIdentity') {
        operations[operation] = (operations[operation] ?? 0) + attempts;
      }
    },
    sample: () => Promise.reject(new Error('not used')),
    mfaCode: async () => undefined,
    mayRunProcesses: () => false,
  });
  const ref: ConnectionRef = { kind: 'profile', profile: 'default', region: 'eu-west-1' };
  const connections = new Connections({
    clock: systemClock,
    limiter: new RequestLimiter(systemClock, pace === 'full' ? unlimited : defaultBudget),
    aws: async () => aws,
    preferences: () => ({ connections: [ref], sample: false, profile: '', region: '', env: {} }),
    permissions: new PromptPermissions(),
    watch: () => {},
  });
  const session = await connections.open(ref);
  return {
    session,
    requests: () => sum(Object.values(operations)),
    operations: () => ({ ...operations }),
    scan: () =>
      scanGrants({
        sessions: [session],
        signal: new AbortController().signal,
        clock: systemClock,
        progress: () => {},
      }),
    close: () => connections.dispose(),
  };
}
