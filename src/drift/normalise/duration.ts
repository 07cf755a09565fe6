const DURATION = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const SECONDS = [365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1];

/** An ISO 8601 duration in seconds, a year as 365 days and a month as 30; null when the text is none. */
export function durationSeconds(value: string): number | null {
  const parts = DURATION.exec(value);
  if (parts === null) return null;
  return SECONDS.reduce((sum, seconds, i) => sum + Number(parts[i + 1] ?? 0) * seconds, 0);
}
