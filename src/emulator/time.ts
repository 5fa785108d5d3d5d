/** Milliseconds. */
export const day = 24 * 60 * 60 * 1000;

/** In AWS JSON, times are seconds since the epoch, with a fraction. */
export const epochSeconds = (ms: number) => ms / 1000;

/** `2026-11-01T12:00:00Z`, as in XML and in CloudTrail's events. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
