import { beforeRevoke, beforeSeveral } from './beforeRevoke.ts';
import { endSearches } from './endSearchText.ts';
import { Evidence, type EvidenceOptions } from './evidence.ts';
import { evidenceLines } from './evidenceText.ts';
import type { EvidenceBundle } from './lazyEvidence.ts';
import { loadedText, loadingText } from './loadText.ts';
import { useSearches } from './useSearchText.ts';

export function evidenceBundle(options: EvidenceOptions): EvidenceBundle {
  return {
    evidence: new Evidence(options),
    lines: evidenceLines,
    beforeRevoke,
    beforeSeveral,
    loadingText,
    loadedText,
    uses: useSearches,
    ends: endSearches,
  };
}
