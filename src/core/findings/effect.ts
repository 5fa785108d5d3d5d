import type { Finding } from './finding.ts';

/**
 * What revoking a grant would do, with what its findings change about it; each sentence once.
 * @param impact what it would do without them; nothing for a key
 */
export function effectOfRevoke(impact: string | undefined, findings: readonly Finding[]): string {
  const all = [...new Set([...(impact === undefined ? [] : [impact]), ...findings.map(({ effect }) => effect)])];
  return all.filter((one) => !all.some((other) => other !== one && other.includes(one))).join(' ');
}
