type Members = Readonly<Record<string, unknown>>;

/** Who made a call, as far as CloudTrail records it. */
export interface TrailCaller {
  /** The ARN; absent when an AWS service acted for itself. */
  readonly principalArn?: string;
  readonly accessKeyId?: string;
  /** The service that acted, for the principal or for itself, such as `rds.amazonaws.com` or `AWS Internal`. */
  readonly invokedBy?: string;
  readonly userAgent?: string;
}

/** A call as CloudTrail recorded it. */
export interface TrailEvent {
  readonly id: string;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Such as `CreateGrant`. */
  readonly name: string;
  /** Default `kms.amazonaws.com`. */
  readonly source?: string;
  readonly isReadOnly: boolean;
  readonly caller: TrailCaller;
  /** Absent when the call failed. */
  readonly key?: { readonly arn: string; readonly accountId: string };
  readonly requestParameters?: Members;
  readonly responseElements?: Members;
  readonly additionalEventData?: Members;
  /** Of a call that failed. */
  readonly error?: { readonly code: string; readonly message: string };
}

interface Recorded {
  readonly event: TrailEvent;
  /** Identifies the event in this history. */
  readonly position: number;
  /** Milliseconds since the epoch: LookupEvents finds it from then on. */
  readonly deliveredAt: number;
}

/** CloudTrail's event history of one account in one Region. */
export class EventHistory {
  /** By their time, oldest first. */
  readonly #recorded: Recorded[] = [];
  #past: (() => readonly TrailEvent[]) | undefined;
  #nextPosition = 1;

  /** Adds events of the past. They are made when somebody first looks: an account can have many. */
  addPast(events: () => readonly TrailEvent[]): void {
    this.#past = events;
  }

  /** @param deliveredAt milliseconds since the epoch */
  record(event: TrailEvent, deliveredAt: number): void {
    let index = this.#recorded.length;
    while (index > 0 && (this.#recorded[index - 1]?.event.at ?? 0) > event.at) {
      index--;
    }
    this.#recorded.splice(index, 0, { event, position: this.#nextPosition++, deliveredAt });
  }

  /**
   * The events that are delivered, newest first, each with its position.
   * @param after only those behind this position; 0 is before all
   */
  *newestFirst(now: number, after: number): Generator<Pick<Recorded, 'event' | 'position'>, void, undefined> {
    this.#addPast();
    let isBehind = after === 0;
    for (let index = this.#recorded.length - 1; index >= 0; index--) {
      const recorded = this.#recorded[index];
      if (recorded && isBehind && recorded.deliveredAt <= now) {
        yield recorded;
      }
      isBehind ||= recorded?.position === after;
    }
  }

  #addPast(): void {
    if (this.#past === undefined) {
      return;
    }
    for (const event of this.#past()) {
      this.#recorded.push({ event, position: this.#nextPosition++, deliveredAt: event.at });
    }
    this.#past = undefined;
    this.#recorded.sort((one, other) => one.event.at - other.event.at);
  }
}
