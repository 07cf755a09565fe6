/** A denied change that still stands is told again by the first scan after this time. */
export const REMINDER_INTERVAL_HOURS = 24;

/** The first scan that finds the value after it was denied tells of it, and then one a day until it is gone. */
export function isReminderDue(remindedAt: Date | null, now: Date): boolean {
  return remindedAt === null || now.getTime() - remindedAt.getTime() >= REMINDER_INTERVAL_HOURS * 3_600_000;
}
