/**
 * Retry-After (RFC 9110 10.2.3): seconds, or a date.
 *
 * @returns seconds from now, null when absent or neither
 */
export function retryAfterSeconds(header: string | string[] | undefined, nowMs: number): number | null {
  const value = (Array.isArray(header) ? header[0] : header)?.trim();
  if (value === undefined) return null;
  if (/^\d{1,10}$/.test(value)) return Number(value);
  const date = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, (date - nowMs) / 1000);
}
