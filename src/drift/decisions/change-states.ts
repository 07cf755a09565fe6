import type { CloseReason } from '../report/drift-change.entity.js';
import type { ChangeState } from '../report/drift-report.types.js';

/** What happens to a change: `accept` to `reopen` by people, the rest by scans and by the approval of a baseline. */
export const CHANGE_EVENTS = [
  'accept',
  'ignore',
  'deny',
  'reopen',
  /** A scan found the value again, or could not look. */
  'stays',
  /** A scan judges it high or critical, and one person had decided when it was neither. */
  'graver',
  /** Its decision ran out. */
  'decision-ended',
  /** A rule that ignores matches it. */
  'rule-matches',
  /** The rule that ignored it is no more. */
  'rule-ended',
  /** The value is the baseline's again. */
  'reverted',
  /** A value that was accepted took the place over from it again. */
  'restored',
  /** Another change of the same place took over. */
  'superseded',
  /** A newer baseline contains it. */
  'baselined',
  /** Nothing names the user or group any more. */
  'unreferenced',
] as const;
export type ChangeEvent = (typeof CHANGE_EVENTS)[number];

/** What people are told by the event: `detected` and `resolved` once each, `standing` again and again (decisions/reminders.ts). */
export type Telling = 'detected' | 'resolved' | 'standing' | 'nothing';

export type Refusal = 'drift.change_closed' | 'drift.change_undecided';

export type Transition = { to: ChangeState; tells: Telling } | { refused: Refusal };

const quietly = (to: ChangeState): Transition => ({ to, tells: 'nothing' });
const OPENS: Transition = { to: 'open', tells: 'detected' };
const RESOLVES: Transition = { to: 'closed', tells: 'resolved' };
const CLOSES = quietly('closed');
const CLOSED: Transition = { refused: 'drift.change_closed' };

/** Whatever is decided can be decided otherwise. */
const DECIDE = { accept: quietly('accepted'), ignore: quietly('ignored'), deny: quietly('denied') };
/** What takes a place over is told itself, and what isn't watched any more may still be as it was. */
const CLOSE_QUIETLY = { superseded: CLOSES, unreferenced: CLOSES };
/** Nobody waits for what was accepted or set aside. */
const SETTLED = {
  ...DECIDE,
  ...CLOSE_QUIETLY,
  reopen: quietly('open'),
  reverted: CLOSES,
  restored: CLOSES,
  baselined: CLOSES,
};
const WAITED_FOR = { ...DECIDE, ...CLOSE_QUIETLY, reverted: RESOLVES, restored: RESOLVES, baselined: RESOLVES };

/**
 * The whole life of a change. An event that can't happen to a state leaves it as it is. A closed change stays closed: the same
 * value found again is another change, which is `regressed`.
 */
export const CHANGE_STATES: Record<ChangeState, Record<ChangeEvent, Transition>> = {
  open: {
    ...WAITED_FOR,
    reopen: { refused: 'drift.change_undecided' },
    stays: quietly('open'),
    graver: quietly('open'),
    'decision-ended': quietly('open'),
    'rule-matches': quietly('ignored'),
    'rule-ended': quietly('open'),
  },
  accepted: {
    ...SETTLED,
    stays: quietly('accepted'),
    graver: OPENS,
    'decision-ended': OPENS,
    'rule-matches': quietly('accepted'),
    'rule-ended': quietly('accepted'),
  },
  ignored: {
    ...SETTLED,
    stays: quietly('ignored'),
    graver: OPENS,
    'decision-ended': OPENS,
    'rule-matches': quietly('ignored'),
    'rule-ended': OPENS,
  },
  denied: {
    ...WAITED_FOR,
    reopen: quietly('open'),
    stays: { to: 'denied', tells: 'standing' },
    graver: quietly('denied'),
    // A denial has no end but that of the value.
    'decision-ended': quietly('denied'),
    'rule-matches': quietly('denied'),
    'rule-ended': quietly('denied'),
  },
  closed: {
    accept: CLOSED,
    ignore: CLOSED,
    deny: CLOSED,
    reopen: CLOSED,
    stays: CLOSES,
    graver: CLOSES,
    'decision-ended': CLOSES,
    'rule-matches': CLOSES,
    'rule-ended': CLOSES,
    reverted: CLOSES,
    restored: CLOSES,
    superseded: CLOSES,
    baselined: CLOSES,
    unreferenced: CLOSES,
  },
};

export function transitionOf(state: ChangeState, event: ChangeEvent): Transition {
  return CHANGE_STATES[state][event];
}

export type ScanEvent = Exclude<ChangeEvent, 'accept' | 'ignore' | 'deny' | 'reopen'>;

/** The event by which a scan closes a change. */
export const CLOSING_EVENTS: Record<CloseReason, ScanEvent> = {
  reverted: 'reverted',
  restored: 'restored',
  superseded: 'superseded',
  baseline: 'baselined',
  unreferenced: 'unreferenced',
};

/** What an event of a scan makes of a change; those are never refused. */
export function afterScan(state: ChangeState, event: ScanEvent): { to: ChangeState; tells: Telling } {
  const transition = transitionOf(state, event);
  if ('refused' in transition) throw new Error(`${event} of a change that is ${state} was refused`);
  return transition;
}

/** Whether somebody still has to see to it. */
export function isUnsettled(state: ChangeState): boolean {
  return state === 'open' || state === 'denied';
}
