import { hash } from 'node:crypto';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { storableText } from '../../kernel/text/storable-text.js';
import type { Assessability, AssessedChange } from './assessability.js';
import { type ChangeMeaning, isSameMeaning, meaningOf } from './change-meaning.js';
import type { CloseReason, Substate } from './drift-change.entity.js';
import { type ClassifiedChange, SEVERITIES } from './drift-report.types.js';
import type { ReadableChange } from './readable-change.js';

/** What is known of a change that an earlier report opened and that isn't closed. */
export type LiveChange = ChangeMeaning &
  Pick<
    ReadableChange,
    | 'id'
    | 'identity'
    | 'state'
    | 'substate'
    | 'decisionUntil'
    | 'baselineVersion'
    | 'resourceType'
    | 'resourceKey'
    | 'changeType'
    | 'path'
  >;

/** What a scan says anew of a live change. */
export interface Revision {
  live: LiveChange;
  /** The finding; null where the scan couldn't see it. */
  change: ClassifiedChange | null;
  meaning: ChangeMeaning;
  /** Whether a decision ran out. */
  reopened: boolean;
}

export interface Reconciliation {
  opened: { identity: string; change: ClassifiedChange; substate: Exclude<Substate, 'ongoing'> }[];
  /** Live changes that are no longer new and otherwise as they were. */
  aged: LiveChange[];
  /** Live changes of which people would read something else: the meaning, the baseline, or that a decision ran out. */
  updated: Revision[];
  closed: { live: LiveChange; reason: CloseReason }[];
}

export interface ReconcileInput {
  current: ClassifiedChange[];
  live: LiveChange[];
  /** Identities of changes that were closed at some time. */
  closedBefore: ReadonlySet<string>;
  /** Whether the scan could have found a change that it didn't find. */
  assess: (change: AssessedChange) => Assessability;
  /** Of the baseline that the scan was compared with. */
  baselineVersion: number | null;
  /** Whether something wasn't read that severities depend on: none is lowered then. */
  severitiesUncertain: boolean;
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
  const result: Reconciliation = { opened: [], aged: [], updated: [], closed: [] };
  const found = new Set<string>();
  const places = new Set<string>();
  for (const change of input.current) {
    const identity = identityOf(change);
    if (found.has(identity)) continue;
    found.add(identity);
    places.add(placeOf(change, change.path));
    const live = liveByIdentity.get(identity);
    if (live === undefined) {
      result.opened.push({ identity, change, substate: input.closedBefore.has(identity) ? 'regressed' : 'new' });
      continue;
    }
    const reopened = hasRunOut(live, input.now);
    const meaning = meaningNow(live, change, input);
    if (reopened || live.baselineVersion !== input.baselineVersion || !isSameMeaning(live, meaning))
      result.updated.push({ live, change, meaning, reopened });
    else if (live.substate !== 'ongoing') result.aged.push(live);
  }
  for (const [identity, live] of liveByIdentity) {
    if (found.has(identity)) continue;
    const assessability = input.assess(live);
    if (assessability !== 'not-assessed') {
      const reason = closeReason(live, places, input.baselineVersion);
      const isLost = assessability === 'out-of-scope' && reason !== 'superseded';
      result.closed.push({ live, reason: isLost ? 'unreferenced' : reason });
    } else if (hasRunOut(live, input.now)) {
      result.updated.push({ live, change: null, meaning: live, reopened: true });
    }
  }
  return result;
}

function hasRunOut({ state, decisionUntil }: LiveChange, now: Date): boolean {
  return state !== 'open' && decisionUntil !== null && decisionUntil <= now;
}

/** Another rule, or facts around it, may speak of the same change today; what wasn't read makes nothing harmless. */
function meaningNow(live: LiveChange, change: ClassifiedChange, input: ReconcileInput): ChangeMeaning {
  const meaning = meaningOf(change);
  const isLower = SEVERITIES.indexOf(meaning.severity) > SEVERITIES.indexOf(live.severity);
  if (!isLower || !input.severitiesUncertain || live.baselineVersion !== input.baselineVersion) return meaning;
  const { direction, severity, rules, references, title } = live;
  return { displayName: meaning.displayName, direction, severity, rules, references, title };
}

function closeReason(live: LiveChange, places: ReadonlySet<string>, baselineVersion: number | null): CloseReason {
  if (selfAndAncestors(live.path).some((path) => places.has(placeOf(live, path)))) return 'superseded';
  return live.baselineVersion === baselineVersion ? 'reverted' : 'baseline';
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
