import type { Account } from '../src/emulator/account.ts';
import { roleId } from '../src/emulator/iam/ids.ts';
import { createAccount } from '../src/emulator/sampleData.ts';
import type { Operations } from './evidenceTask.ts';
import { type Measurement, sum } from './measurement.ts';
import { withServer } from './server.ts';

const keys = 100;
const grants = 1_000;
const roles = 50;
const minute = 60_000;

/** Requests, which are what evidence costs: CloudTrail takes two a second from a whole account. */
export function measureEvidence(): Promise<Measurement[]> {
  const data = createAccount({ keys, grantsPerKey: 0, awsManagedKeys: false });
  addGrants(data);
  return withServer({ data }, async ({ run }) => {
    const { opened, one, grants: found, many, known, again } = await run('loadEvidence');
    if (found !== grants || Object.values(known).some((count) => count !== grants)) {
      throw new Error(`Not all is known of ${found} grants: ${JSON.stringify(known)}`);
    }
    const requests = (what: string, operations: Operations, budget: number): Measurement => ({
      what: `${what}: requests`,
      measured: sum(Object.values(operations)),
      unit: '',
      budget,
      note: Object.entries(operations)
        .map(([name, count]) => `${count} ${name}`)
        .join(', '),
    });
    const { LookupEvents = 0, ...others } = many;
    return [
      requests('opening a key, which asks for no evidence', opened, 1),
      ...one.map(([kind, operations]) => requests(`${kind} of one grant`, operations, 1)),
      requests('creators of 1,000 grants of a week, among as many others', { LookupEvents }, 42),
      requests(`the rest of 1,000 grants, on ${keys} keys for ${roles} roles`, others, 2 * keys + 1),
      requests('all of it a second time', again, 0),
    ];
  });
}

/** Grants of the last week, for a few roles, with their events and those of grants that are gone. */
function addGrants(data: Account): void {
  const names = Array.from({ length: roles }, (_, n) => `app-${n}`);
  for (const name of names) {
    data.roles.set(name, { name, path: '/', id: roleId(data.id, name), createdAt: 0, trustPolicy: '{}' });
  }
  const all = [...data.keys.values()];
  const start = Date.now() - 8 * 24 * 60 * minute;
  const caller = { principalArn: data.iamArn('user/ana') };
  for (let n = 0; n < 2 * grants; n++) {
    const [key, at] = [all[(n >> 1) % all.length], start + n * 5 * minute];
    if (key === undefined) {
      throw new Error('There are no keys');
    }
    const id = n.toString(16).padStart(64, '0');
    const granteePrincipal = data.iamArn(`role/${names[(n >> 1) % roles]}`);
    if (n % 2 === 0) {
      data.addGrant({
        id,
        keyId: key.id,
        createdAt: at,
        granteePrincipal,
        issuingAccount: data.rootArn,
        operations: ['Decrypt'],
      });
    }
    data.events.record(
      {
        id: `event-${n}`,
        requestId: `request-${n}`,
        at,
        name: 'CreateGrant',
        isReadOnly: false,
        caller,
        key: { arn: key.arn, accountId: data.id },
        requestParameters: { keyId: key.arn, operations: ['Decrypt'], granteePrincipal },
        responseElements: { grantId: id, keyId: key.arn },
      },
      at,
    );
  }
}
