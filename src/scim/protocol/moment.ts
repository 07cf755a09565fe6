/** No resource is older than the first or younger than the second, and the database has a time for both. */
const [EARLIEST, LATEST] = [0, Date.UTC(9999, 0)];

/** A time that somebody wrote, as one that resources can be compared with in the database; null for what is no time. */
export function momentOf(text: string): Date | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(Math.min(LATEST, Math.max(EARLIEST, ms)));
}
