import { attemptsAfter, GAVE_UP_UNANSWERED, nextAttributionAt } from './retry-schedule.js';

const FOUND = new Date('2026-03-01T10:00:00Z');

describe('asking the audit log again', () => {
  it('follows the schedule of late events and then lets it be', () => {
    const minutes = [0, 1, 2, 3, 4, 5].map((attempts) => {
      const at = nextAttributionAt('none', attempts, FOUND);
      return at === null ? null : (at.getTime() - FOUND.getTime()) / 60_000;
    });
    expect(minutes).toEqual([2, 5, 15, 60, 1440, null]);
  });

  it('is settled by an answer that can be relied on', () => {
    expect(nextAttributionAt('exact', 0, FOUND)).toBeNull();
    expect(nextAttributionAt('strong', 0, FOUND)).toBeNull();
    expect(nextAttributionAt('probable', 0, FOUND)).not.toBeNull();
  });

  it('uses up no attempt on a log that could not be read, while the log may still have the event', () => {
    const later = (days: number) => new Date(FOUND.getTime() + days * 86_400_000);
    expect(attemptsAfter(1, 'whole', FOUND, later(1))).toBe(2);
    expect(attemptsAfter(1, 'not', FOUND, later(1))).toBe(1);
    expect(attemptsAfter(1, 'not', FOUND, later(8))).toBe(GAVE_UP_UNANSWERED);
  });

  it('counts a log that was read in part, and remembers that the last answer was not the whole one', () => {
    expect(attemptsAfter(1, 'partly', FOUND, FOUND)).toBe(2);
    expect(attemptsAfter(4, 'whole', FOUND, FOUND)).toBe(5);
    expect(attemptsAfter(4, 'partly', FOUND, FOUND)).toBe(GAVE_UP_UNANSWERED);
    expect(nextAttributionAt('none', GAVE_UP_UNANSWERED, FOUND)).toBeNull();
  });
});
