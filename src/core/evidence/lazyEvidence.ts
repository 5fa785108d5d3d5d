import { Emitter } from '../base/emitter.ts';
import { lazy } from '../base/lazy.ts';
import type { Session } from '../connections/session.ts';
import type { beforeRevoke, beforeSeveral } from './beforeRevoke.ts';
import type { endSearches } from './endSearchText.ts';
import type { Evidence, EvidenceChange, EvidencePlace, GrantEvidence } from './evidence.ts';
import type { evidenceLines } from './evidenceText.ts';
import type { loadedText, loadingText } from './loadText.ts';
import type { useSearches } from './useSearchText.ts';

/** What a bundle of its own has: `./index.ts`. */
export interface EvidenceBundle {
  readonly evidence: Evidence;
  readonly lines: typeof evidenceLines;
  readonly loadingText: typeof loadingText;
  readonly loadedText: typeof loadedText;
  readonly uses: typeof useSearches;
  readonly ends: typeof endSearches;
  readonly beforeRevoke: typeof beforeRevoke;
  readonly beforeSeveral: typeof beforeSeveral;
}

/** The evidence of all open connections. Its code is loaded when somebody first asks for evidence. */
export class LazyEvidence {
  readonly load: () => Promise<EvidenceBundle>;
  readonly #changed = new Emitter<EvidenceChange>();
  readonly onDidChange = this.#changed.event;
  #loaded: EvidenceBundle | undefined;

  constructor(load: () => Promise<EvidenceBundle>) {
    this.load = lazy(async () => {
      const bundle = await load();
      bundle.evidence.onDidChange((change) => this.#changed.fire(change));
      this.#loaded = bundle;
      return bundle;
    });
  }

  /** What was loaded about a grant; nothing is asked. `undefined`: nobody has asked for evidence yet. */
  of(place: EvidencePlace): GrantEvidence | undefined {
    return this.#loaded?.evidence.of(place);
  }

  /** `undefined`: nobody has asked for evidence yet. */
  get loaded(): EvidenceBundle | undefined {
    return this.#loaded;
  }
}

/** Equal for changes of the same key in the same opening of a connection. */
export function changeId({
  session,
  keyArn,
}: {
  readonly session: Pick<Session, 'connection'>;
  readonly keyArn: string;
}): string {
  return `${session.connection.opening} ${keyArn}`;
}
