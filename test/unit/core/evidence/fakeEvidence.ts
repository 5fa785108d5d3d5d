import type {
  AccountPrincipal,
  EventQuery,
  EvidenceApi,
  IamPrincipal,
  IamRole,
  TrailEvent,
} from '../../../../src/core/kms/evidenceApi.ts';
import type { Page } from '../../../../src/core/kms/model.ts';

type Hook = (operation: keyof EvidenceApi, signal: AbortSignal) => unknown;

/** CloudTrail and IAM in memory, behind our port. A hook before each answer delays it or, by throwing, replaces it. */
export class FakeEvidence implements EvidenceApi {
  readonly requests: string[] = [];
  events: TrailEvent[] = [];
  roles: IamRole[] = [];
  users: IamPrincipal[] = [];
  pageSize = 50;
  before: Hook = () => {};
  #sorted: { readonly of: readonly TrailEvent[] | undefined; readonly events: readonly TrailEvent[] } = {
    of: undefined,
    events: [],
  };

  async lookupEvents(query: EventQuery, marker: string | undefined, signal: AbortSignal): Promise<Page<TrailEvent>> {
    const { attribute, since, until } = query;
    await this.#ask('lookupEvents', `${attribute.value} ${marker ?? ''}`, signal);
    const [from, to] = [since?.getTime() ?? 0, until?.getTime() ?? Number.POSITIVE_INFINITY];
    const matching = this.#newestFirst()
      .filter(({ time }) => time.getTime() >= from && time.getTime() <= to)
      .filter(({ name, json }) =>
        attribute.key === 'EventName' ? name === attribute.value : json.includes(attribute.value),
      );
    return pageOf(matching, marker, this.pageSize);
  }

  async getRole(name: string, signal: AbortSignal): Promise<IamRole | undefined> {
    await this.#ask('getRole', name, signal);
    return this.roles.find((role) => role.name === name);
  }

  async getUser(name: string, signal: AbortSignal): Promise<IamPrincipal | undefined> {
    await this.#ask('getUser', name, signal);
    return this.users.find((user) => user.name === name);
  }

  async listRoles(marker: string | undefined, signal: AbortSignal): Promise<Page<IamPrincipal>> {
    await this.#ask('listRoles', marker ?? '', signal);
    return pageOf(this.roles, marker, 1000);
  }

  async listUsers(marker: string | undefined, signal: AbortSignal): Promise<Page<IamPrincipal>> {
    await this.#ask('listUsers', marker ?? '', signal);
    return pageOf(this.users, marker, 1000);
  }

  async getAccountAuthorizationDetails(
    marker: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<AccountPrincipal>> {
    await this.#ask('getAccountAuthorizationDetails', marker ?? '', signal);
    const roles = this.roles.map((role) => ({ kind: 'role', role }) as const);
    const users = this.users.map((user) => ({ kind: 'user', user }) as const);
    return pageOf<AccountPrincipal>([...roles, ...users], marker, 250);
  }

  /** Sorted when events were added, and not for each of hundreds of pages. */
  #newestFirst(): readonly TrailEvent[] {
    if (this.#sorted.of !== this.events || this.#sorted.events.length !== this.events.length) {
      const events = this.events.toSorted((left, right) => right.time.getTime() - left.time.getTime());
      this.#sorted = { of: this.events, events };
    }
    return this.#sorted.events;
  }

  async #ask(operation: keyof EvidenceApi, input: string, signal: AbortSignal): Promise<void> {
    this.requests.push(`${operation} ${input}`.trim());
    await this.before(operation, signal);
    signal.throwIfAborted();
  }
}

function pageOf<T>(all: readonly T[], marker: string | undefined, size: number): Page<T> {
  const start = Number(marker ?? 0);
  const end = start + size;
  return { items: all.slice(start, end), nextMarker: end < all.length ? String(end) : undefined };
}

export const alice = {
  type: 'IAMUser',
  principalId: 'AIDAALICE',
  arn: 'arn:aws:iam::111122223333:user/Alice',
  accountId: '111122223333',
  userName: 'Alice',
};

let events = 0;

/** An event as CloudTrail writes it. Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail". */
export function trailEvent(name: string, time: Date, parts: Readonly<Record<string, unknown>> = {}): TrailEvent {
  events += 1;
  const eventId = `event-${events}`;
  const json = JSON.stringify({
    eventVersion: '1.11',
    userIdentity: alice,
    eventTime: time.toISOString(),
    eventSource: 'kms.amazonaws.com',
    eventName: name,
    eventID: eventId,
    ...parts,
  });
  return { eventId, name, time, json };
}
