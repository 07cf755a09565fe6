import { driftError } from '../drift.errors.js';
import type { DecisionKind } from './decision.types.js';

/** Without an end of its own a change or rule is ignored for so long. */
export const IGNORED_DAYS = 90;
/** Nothing is ignored for longer without being looked at again. */
export const MAX_IGNORED_DAYS = 366;
const DAY_MS = 86_400_000;

/**
 * When a decision ends: an ignored change always does.
 *
 * @throws DomainError drift.until_past, drift.until_too_far
 */
export function endOf(kind: DecisionKind, until: Date | null, now: Date): Date | null {
  if (kind === 'deny' || kind === 'reopen') return null;
  if (until !== null && until <= now) throw driftError('drift.until_past');
  if (kind === 'accept') return until;
  if (until === null) return new Date(now.getTime() + IGNORED_DAYS * DAY_MS);
  if (until.getTime() > now.getTime() + MAX_IGNORED_DAYS * DAY_MS)
    throw driftError('drift.until_too_far', { detail: `Nothing is ignored for longer than ${MAX_IGNORED_DAYS} days.` });
  return until;
}
