const ISO_INSTANT = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;
/** How Windows PowerShell writes an instant; exporters that strip backslashes and slashes leave the bare form. */
const MICROSOFT_DATE = /^\/?Date\((-?\d{1,16})(?:[+-]\d{4})?\)\/?$/;

/**
 * One spelling for one instant: RFC 3339 in UTC with milliseconds. Null for 0001-01-01, which is how .NET says "no date".
 * A string that isn't an instant comes back as it is.
 */
export function normaliseDate(value: string): string | null {
  const microsoft = MICROSOFT_DATE.exec(value);
  if (microsoft !== null) return fromMilliseconds(Number(microsoft[1]), value);
  if (!ISO_INSTANT.test(value)) return value;
  if (value.startsWith('0001-01-01T')) return null;
  // Graph sends seven digits of a second and ECMAScript's parser promises three.
  const parsed = Date.parse(value.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(parsed) ? value : fromMilliseconds(parsed, value);
}

const YEAR_ONE_MS = -62135596800000;

function fromMilliseconds(milliseconds: number, original: string): string | null {
  if (milliseconds === YEAR_ONE_MS) return null;
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? original : date.toISOString();
}
