import { hash } from 'node:crypto';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { afterScan, isUnsettled, type ScanEvent } from '../decisions/change-states.js';
import type { PastDecision, ReopenReason } from '../decisions/decision.types.js';
import { holdsFor, isGrave, isGraver } from '../decisions/gravity.js';
import { type ActiveIgnoreRule, isIgnoredBy } from '../decisions/ignore-rule.types.js';
import { lastDecision } from '../decisions/past-decision.js';
import { isReminderDue } from '../decisions/reminders.js';
import type { Assessability, AssessedChange } from './assessability.js';
import { type ChangeMeaning, isSameMeaning, meaningOf } from './change-meaning.js';
import type { CloseReason, Substate } from './drift-change.entity.js';
import { type ChangeState, type ClassifiedChange, SEVERITIES, type Severity } from './drift-report.types.js';
import type { ReadableChange } from './readable-change.js';

/** What is known of a change that an earlier report opened and that isn't closed. */
export type LiveChange = ChangeMeaning &
  Pick<
    ReadableChange,
    | 'id'
    | 'identity'
    | 'state'
    | 'stateBeforeClose'
    | 'substate'
    | 'decidedById'
    | 'decidedByName'
    | 'decidedAt'
    | 'decisionReason'
    | 'decisionUntil'
    | 'decidedSeverity'
    | 'decidedByTwo'
    | 'toldSeverity'
    | 'previousDecision'
    | 'ignoreRuleId'
    | 'remindedAt'
    | 'baselineVersion'
    | 'resourceType'
    | 'resourceKey'
    | 'changeType'
    | 'path'
  >;

/** A change that was closed at some time, as far as it bears on the same value now. */
export interface ClosedBefore {
  decision: PastDecision | null;
  /** Whether it was accepted when another value took its place. */
  acceptedUntilReplaced: boolean;
}

/** Where the state of a change comes from, when a scan sets it. */
interface StateSet {
  state: ChangeState;
  /** By which it is ignored, when that is new. */
  rule: ActiveIgnoreRule | null;
  reopenReason: ReopenReason | null;
}

/** A change that a scan is the first to find. */
export interface Opening extends StateSet {
  identity: string;
  change: ClassifiedChange;
  substate: Exclude<Substate, 'ongoing'>;
  /** What was decided about it, or about the value that it replaced, and no longer holds; what holds where it is accepted. */
  decision: PastDecision | null;
}

/** What a scan says anew of a live change. */
export interface Revision extends StateSet {
  live: LiveChange;
  /** The finding; null where the scan couldn't see it. */
  change: ClassifiedChange | null;
  meaning: ChangeMeaning;
  /** Whether people are told that it is open again. */
  reopened: boolean;
  /** What people were told that it was, where they are told that it is graver; else null. */
  raisedFrom: Severity | null;
}

export interface Reconciliation {
  opened: Opening[];
  /** Live changes that are no longer new and otherwise as they were. */
  aged: LiveChange[];
  /** Live changes of which people would read something else: the meaning, the baseline, or the state. */
  updated: Revision[];
  /** Denied changes of which people are told again. */
  standing: LiveChange[];
  closed: { live: LiveChange; reason: CloseReason }[];
}

export interface ReconcileInput {
  current: ClassifiedChange[];
  live: LiveChange[];
  /** Changes that were closed at some time, by identity. */
  closedBefore: ReadonlyMap<string, ClosedBefore>;
  /** Whether the scan could have found a change that it didn't find. */
  assess: (change: AssessedChange) => Assessability;
  /** Whether a baseline that was approved since a change was found contains it. */
  contains: (live: LiveChange) => boolean;
  /** Of the baseline that the scan was compared with. */
  baselineVersion: number | null;
  /** Whether something wasn't read that severities depend on: none is lowered then. */
  severitiesUncertain: boolean;
  /** The rules that ignore and hold now. */
  ignoreRules: readonly ActiveIgnoreRule[];
  now: Date;
}

/**
 * Digest of what makes two findings the same change: object, path and the value now. For a set `before` and `after` are the
 * elements that went and came, and only both together say what the set is now.
 */
export function identityOf(
  change: Pick<ClassifiedChange, 'resourceType' | 'resourceKey' | 'changeType' | 'path' | 'before' | 'after'>,
): string {
  const isSet = Array.isArray(change.before) || Array.isArray(change.after);
  const value = isSet ? [change.before, change.after] : [change.after];
  return hash(
    'sha256',
    canonicalJson([change.resourceType, change.resourceKey, change.changeType, change.path, value]),
  );
}

/**
 * What a scan's findings make of the changes that are known. The same value at the same place stays the same change with
 * whatever was decided on it; any other value is a new change, also where the old one was accepted. What isn't found any
 * more is closed, unless the scan couldn't see it. Pure.
 */
export function reconcileChanges(input: ReconcileInput): Reconciliation {
  const liveByIdentity = new Map(input.live.map((live) => [live.identity.toString('hex'), live]));
  const result: Reconciliation = { opened: [], aged: [], updated: [], standing: [], closed: [] };
  const found = new Map<string, ClassifiedChange>();
  const places = new Map<string, string>();
  for (const change of input.current) {
    const identity = identityOf(change);
    if (found.has(identity)) continue;
    found.set(identity, change);
    places.set(placeOf(change, change.path), identity);
  }
  /** Live changes by the finding that took their place. */
  const replaced = new Map<string, LiveChange[]>();
  for (const [identity, live] of liveByIdentity) {
    const change = found.get(identity);
    if (change !== undefined) {
      keep(input, live, change, result);
      continue;
    }
    const assessability = input.assess(live);
    if (assessability === 'not-assessed') {
      const set = stateOf(input, live, live, []);
      if (set.state !== live.state || set.rule !== null)
        result.updated.push({ live, change: null, meaning: live, raisedFrom: null, ...set });
      continue;
    }
    const successor = selfAndAncestors(live.path)
      .map((path) => places.get(placeOf(live, path)))
      .find((one) => one !== undefined);
    if (successor !== undefined) replaced.set(successor, [...(replaced.get(successor) ?? []), live]);
    else if (assessability === 'out-of-scope') result.closed.push({ live, reason: 'unreferenced' });
    else result.closed.push({ live, reason: input.contains(live) ? 'baseline' : 'reverted' });
  }
  for (const [identity, change] of found) {
    const predecessors = replaced.get(identity) ?? [];
    const opening = liveByIdentity.has(identity) ? null : openingOf(input, identity, change, predecessors);
    if (opening !== null) result.opened.push(opening);
    const reason = opening?.state === 'accepted' ? 'restored' : 'superseded';
    for (const live of predecessors) result.closed.push({ live, reason });
  }
  return result;
}

/** A live change whose value was found again. */
function keep(input: ReconcileInput, live: LiveChange, change: ClassifiedChange, result: Reconciliation): void {
  const meaning = meaningNow(live, change, input);
  const set = stateOf(input, live, meaning, ['stays']);
  const raisedFrom = set.reopened || !isUnsettled(set.state) ? null : riseOf(live, meaning);
  const isNew = set.state !== live.state || set.rule !== null || live.baselineVersion !== input.baselineVersion;
  if (isNew || raisedFrom !== null || !isSameMeaning(live, meaning))
    result.updated.push({ live, change, meaning, raisedFrom, ...set });
  else if (live.substate !== 'ongoing') result.aged.push(live);
  if (set.tells === 'standing' && isReminderDue(live.remindedAt, input.now)) result.standing.push(live);
}

/** Once for each level: what people know already they aren't told again when it wavers. */
function riseOf({ toldSeverity }: LiveChange, { severity }: ChangeMeaning): Severity | null {
  return toldSeverity !== null && isGrave(severity) && isGraver(severity, toldSeverity) ? toldSeverity : null;
}

/** Whether one person decided about it when it was less grave than it is now. A rule is for whatever it meets. */
function isOutgrown(live: LiveChange, { severity }: ChangeMeaning): boolean {
  if (live.ignoreRuleId !== null || live.decidedById === null) return false;
  return !holdsFor({ severity: live.decidedSeverity, byTwo: live.decidedByTwo }, severity);
}

/** What time, rules and the scan make of a live change, one event after the other. */
function stateOf(input: ReconcileInput, live: LiveChange, meaning: ChangeMeaning, seen: ScanEvent[]) {
  const events: ScanEvent[] = [];
  const ended = live.decisionUntil !== null && live.decisionUntil <= input.now;
  const ruleEnded = live.ignoreRuleId !== null && !input.ignoreRules.some(({ id }) => id === live.ignoreRuleId);
  // A rule that was withdrawn may have ended since as well: it is the rule that people then read of.
  if (ruleEnded) events.push('rule-ended');
  else if (ended) events.push('decision-ended');
  else if (isOutgrown(live, meaning)) events.push('graver');
  const rule = input.ignoreRules.find((one) => isIgnoredBy(one, live)) ?? null;
  if (rule !== null) events.push('rule-matches');
  let { state } = live;
  let tells = 'nothing';
  let isRuled = false;
  for (const event of [...events, ...seen]) {
    const before = state;
    const transition = afterScan(before, event);
    state = transition.to;
    if (event === 'rule-matches' && before === 'open') {
      tells = 'nothing';
      isRuled = true;
    } else if (transition.tells !== 'nothing') tells = transition.tells;
  }
  const reopened = tells === 'detected' && state === 'open';
  const reopenReason: ReopenReason | null = reopened
    ? ruleEnded
      ? 'rule-ended'
      : ended
        ? 'decision-ended'
        : 'graver'
    : null;
  return { state, rule: isRuled ? rule : null, reopened, reopenReason, tells };
}

/** A finding that no live change is about. */
function openingOf(
  input: ReconcileInput,
  identity: string,
  change: ClassifiedChange,
  predecessors: LiveChange[],
): Opening {
  const before = input.closedBefore.get(identity);
  const held = before?.decision ?? null;
  // The accepted value came back from the very change that took its place, and nobody decided anything else meanwhile.
  const isRestored =
    before?.acceptedUntilReplaced === true &&
    predecessors.some(
      (live) => live.state === 'open' && live.path === storableText(change.path) && lastDecision(live)?.at === held?.at,
    ) &&
    (held?.until == null || new Date(held.until) > input.now) &&
    holdsFor({ severity: held?.severity ?? null, byTwo: held?.byTwo ?? false }, change.severity);
  if (isRestored) {
    return {
      identity,
      change,
      substate: 'regressed',
      state: 'accepted',
      rule: null,
      reopenReason: null,
      decision: held,
    };
  }
  const rule = input.ignoreRules.find((one) => isIgnoredBy(one, change)) ?? null;
  // What a rule set aside nobody had decided about.
  const decided = predecessors.find(({ state, ignoreRuleId }) => state !== 'open' && ignoreRuleId === null);
  const replacedDecision = decided === undefined ? null : lastDecision(decided);
  const reopenReason = replacedDecision !== null ? 'value-changed' : before !== undefined ? 'came-back' : null;
  return {
    identity,
    change,
    substate: reopenReason === null ? 'new' : 'regressed',
    state: rule === null ? 'open' : afterScan('open', 'rule-matches').to,
    rule,
    reopenReason,
    decision: replacedDecision ?? held ?? carried(predecessors),
  };
}

/** An undecided change passes on what was decided before it. */
function carried(predecessors: LiveChange[]): PastDecision | null {
  for (const live of predecessors) {
    if (live.previousDecision !== null && live.ignoreRuleId === null) return lastDecision(live);
  }
  return null;
}

/** Another rule, or facts around it, may speak of the same change today; what wasn't read makes nothing harmless. */
function meaningNow(live: LiveChange, change: ClassifiedChange, input: ReconcileInput): ChangeMeaning {
  const meaning = meaningOf(change);
  const isLower = SEVERITIES.indexOf(meaning.severity) > SEVERITIES.indexOf(live.severity);
  if (!isLower || !input.severitiesUncertain || live.baselineVersion !== input.baselineVersion) return meaning;
  const { direction, severity, rules, references, title } = live;
  return { displayName: meaning.displayName, direction, severity, rules, references, title };
}

/** A path and all that it lies in, up to the whole object. */
function selfAndAncestors(path: string): string[] {
  const paths = [path];
  for (let rest = path; rest !== ''; paths.push(rest)) rest = rest.slice(0, Math.max(rest.lastIndexOf('/'), 0));
  return paths;
}

/** Stored paths are storable text; a finding's own need not be. */
function placeOf(object: Pick<ClassifiedChange, 'resourceType' | 'resourceKey'>, path: string): string {
  return JSON.stringify([object.resourceType, object.resourceKey, storableText(path)]);
}
