import type { Clock } from '../../core/base/clock.ts';
import { Emitter } from '../../core/base/emitter.ts';
import { memoize } from '../../core/base/memoize.ts';
import type { ListedGrants } from '../../core/evidence/remains.ts';
import type { ScanCounts, ScannedKey, ScanResult } from '../../core/findings/scan.ts';
import type { Connection } from '../../core/kms/model.ts';
import type { ScanState } from './granteesNodes.ts';

/** How often the row of a running search is drawn again, in milliseconds. */
const progressMs = 250;

/** A running search. Once another has begun, its results are dropped. */
export interface ScanRun {
  readonly signal: AbortSignal;
  cancel(): void;
  progress(counts: ScanCounts): void;
  finish(result: ScanResult): void;
  /** It failed: the view shows the previous result. */
  fail(): void;
}

/** The part of a searched key that stays in the result; `undefined`: nothing, as if its connection was not searched. */
type Change = (scanned: ScannedKey) => ScannedKey | undefined;

/** The last search, without what has ended since. */
export class LastSearch {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #changed = new Emitter<'progress' | 'state'>();
  readonly onDidChange = this.#changed.event;
  #state: ScanState | undefined;
  #run: AbortController | undefined;
  /** Changes to keys during a search: it may have read them before. */
  #changes: Change[] = [];
  #progressAt = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** `undefined` before the first search. */
  get state(): ScanState | undefined {
    return this.#state;
  }

  get result(): ScanResult | undefined {
    return this.#state?.kind === 'ended' ? this.#state.result : undefined;
  }

  /** The grants of a key that this opening of a connection read, without those that are gone since. */
  listed({ id, opening }: Pick<Connection, 'id' | 'opening'>, keyArn: string): ListedGrants | undefined {
    const { result } = this;
    if (result === undefined) {
      return undefined;
    }
    const scanned = byPlace(result.keys).get(`${id}|${keyArn}`);
    return scanned?.connection.opening === opening
      ? { grants: scanned.grants, isComplete: scanned.isComplete, at: result.startedAt }
      : undefined;
  }

  /** Starts a search, and replaces one that is running. */
  start(): ScanRun {
    this.#run?.abort();
    const before = this.#state;
    const run = new AbortController();
    this.#run = run;
    const end = (state: ScanState | undefined) => {
      if (this.#run !== run) {
        return;
      }
      this.#run = undefined;
      this.#state = state;
      for (const change of this.#changes.splice(0)) {
        this.keep(change);
      }
      this.#changed.fire('state');
    };
    this.#changes = [];
    this.#state = { kind: 'running', counts: undefined };
    this.#changed.fire('state');
    return {
      signal: run.signal,
      cancel: () => run.abort(),
      progress: (counts) => {
        if (this.#run !== run || this.#clock.now() - this.#progressAt < progressMs) {
          return;
        }
        this.#progressAt = this.#clock.now();
        this.#state = { kind: 'running', counts };
        this.#changed.fire('progress');
      },
      finish: (result) => end({ kind: 'ended', result: inOrder(result) }),
      fail: () => end(before?.kind === 'ended' ? before : undefined),
    };
  }

  /** Changes the result, and that of a running search. */
  keep(change: Change): void {
    if (this.#run !== undefined) {
      this.#changes.push(change);
    }
    const { result } = this;
    if (result === undefined) {
      return;
    }
    const forgotten = new Set<string>();
    const keys = result.keys.flatMap((scanned) => {
      const kept = change(scanned);
      if (kept === undefined) {
        forgotten.add(scanned.connection.id);
      }
      return kept ?? [];
    });
    const searched = result.searched.filter(({ connection }) => !forgotten.has(connection.id));
    const grants = keys.reduce((sum, scanned) => sum + scanned.grants.length, 0);
    this.#state = { kind: 'ended', result: { ...result, searched, keys, counts: { ...result.counts, grants } } };
  }

  dispose(): void {
    this.#run?.abort();
  }
}

const byPlace = memoize(
  (keys: readonly ScannedKey[]) => new Map(keys.map((scanned) => [placeOf(scanned), scanned] as const)),
);

function placeOf({ connection, key }: ScannedKey): string {
  return `${connection.id}|${key.arn}`;
}

/** Keys in the order of their connections and ARNs: the same after every search. */
function inOrder(result: ScanResult): ScanResult {
  return { ...result, keys: result.keys.toSorted((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1)) };
}
