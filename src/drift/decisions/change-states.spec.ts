import { CHANGE_STATE_NAMES } from '../report/drift-report.types.js';
import { CHANGE_EVENTS, CHANGE_STATES, type ChangeEvent, isUnsettled, transitionOf } from './change-states.js';

const PEOPLE: readonly ChangeEvent[] = ['accept', 'ignore', 'deny', 'reopen'];
const CLOSING: readonly ChangeEvent[] = ['reverted', 'restored', 'superseded', 'baselined', 'unreferenced'];

const said = (state: (typeof CHANGE_STATE_NAMES)[number], event: ChangeEvent) => {
  const transition = transitionOf(state, event);
  return 'refused' in transition ? transition.refused : `${transition.to} ${transition.tells}`;
};

describe('the states of a change', () => {
  it('are all of this, event by event', () => {
    const table = CHANGE_EVENTS.map((event) => [event, ...CHANGE_STATE_NAMES.map((state) => said(state, event))]);
    const CLOSED = 'drift.change_closed';
    expect(table).toEqual([
      // event, open, accepted, ignored, denied, closed
      ['accept', 'accepted nothing', 'accepted nothing', 'accepted nothing', 'accepted nothing', CLOSED],
      ['ignore', 'ignored nothing', 'ignored nothing', 'ignored nothing', 'ignored nothing', CLOSED],
      ['deny', 'denied nothing', 'denied nothing', 'denied nothing', 'denied nothing', CLOSED],
      ['reopen', 'drift.change_undecided', 'open nothing', 'open nothing', 'open nothing', CLOSED],
      ['stays', 'open nothing', 'accepted nothing', 'ignored nothing', 'denied standing', 'closed nothing'],
      ['graver', 'open nothing', 'open detected', 'open detected', 'denied nothing', 'closed nothing'],
      ['decision-ended', 'open nothing', 'open detected', 'open detected', 'denied nothing', 'closed nothing'],
      ['rule-matches', 'ignored nothing', 'accepted nothing', 'ignored nothing', 'denied nothing', 'closed nothing'],
      ['rule-ended', 'open nothing', 'accepted nothing', 'open detected', 'denied nothing', 'closed nothing'],
      ['reverted', 'closed resolved', 'closed nothing', 'closed nothing', 'closed resolved', 'closed nothing'],
      ['restored', 'closed resolved', 'closed nothing', 'closed nothing', 'closed resolved', 'closed nothing'],
      ['superseded', 'closed nothing', 'closed nothing', 'closed nothing', 'closed nothing', 'closed nothing'],
      ['baselined', 'closed resolved', 'closed nothing', 'closed nothing', 'closed resolved', 'closed nothing'],
      ['unreferenced', 'closed nothing', 'closed nothing', 'closed nothing', 'closed nothing', 'closed nothing'],
    ]);
    expect(Object.keys(CHANGE_STATES).sort()).toEqual([...CHANGE_STATE_NAMES].sort());
  });

  it('refuse people only, and nobody else', () => {
    for (const state of CHANGE_STATE_NAMES)
      for (const event of CHANGE_EVENTS) if ('refused' in transitionOf(state, event)) expect(PEOPLE).toContain(event);
  });

  it('end by every event that closes, are never left again, and are told of only where somebody waited', () => {
    for (const state of CHANGE_STATE_NAMES) {
      for (const event of CLOSING) expect(said(state, event)).toMatch(/^closed /);
      for (const event of CHANGE_EVENTS) {
        if (state === 'closed') expect(said(state, event)).toMatch(/^(closed nothing|drift\.change_closed)$/);
        if (!isUnsettled(state)) expect(said(state, event)).not.toContain('resolved');
      }
    }
  });
});
