import { hash } from 'node:crypto';
import { canonicalJson } from '../../crypto/canonical-json.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { CloseReason, DriftChange, Substate } from './drift-change.entity.js';
import type { ClassifiedChange } from './drift-report.types.js';

/** What is known of a change that an earlier report opened and that isn't closed. */
export type LiveChange = Pick<
  DriftChange,
  | 'id'
  | 'identity'
  | 'state'
  | 'substate'
  | 'decisionUntil'
  | 'resourceType'
  | 'resourceKey'
  | 'path'
  | 'severity'
  | 'direction'
  | 'title'
  | 'rules'
  | 'displayName'
>;

export interface Reconciliation {
  opened: { identity: string; change: ClassifiedChange; substate: Exclude<Substate, 'ongoing'> }[];
  /** Live changes of which something is to be written: they aged, their meaning changed, or a decision ran out. */
  updated: { live: LiveChange; change: ClassifiedChange; reopened: boolean }[];
  closed: { live: LiveChange; reason: CloseReason }[];
}

export interface ReconcileInput {
  current: ClassifiedChange[];
  live: LiveChange[];
  /** Identities of changes that were closed at some time. */
  closedBefore: ReadonlySet<string>;
  /** Whether the scan can say anything of this object: its type was read completely, or it was seen. */
  observed: (type: ResourceType, key: string) => boolean;
  /** Whether the baseline is another than at the scan before. */
  baselineChanged: boolean;
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
  const result: Reconciliation = { opened: [], updated: [], closed: [] };
  const found = new Set<string>();
  const places = new Set<string>();
  for (const change of input.current) {
    const identity = identityOf(change);
    if (found.has(identity)) continue;
    found.add(identity);
    places.add(placeOf(change));
    const live = liveByIdentity.get(identity);
    if (live === undefined) {
      result.opened.push({ identity, change, substate: input.closedBefore.has(identity) ? 'regressed' : 'new' });
    } else {
      const reopened = live.state !== 'open' && live.decisionUntil !== null && live.decisionUntil <= input.now;
      if (reopened || live.substate !== 'ongoing' || meansSomethingElse(live, change))
        result.updated.push({ live, change, reopened });
    }
  }
  for (const [identity, live] of liveByIdentity) {
    if (found.has(identity) || !input.observed(live.resourceType, live.resourceKey)) continue;
    result.closed.push({ live, reason: closeReason(live, places, input.baselineChanged) });
  }
  return result;
}

function closeReason(live: LiveChange, places: ReadonlySet<string>, baselineChanged: boolean): CloseReason {
  if (places.has(placeOf(live))) return 'superseded';
  return baselineChanged ? 'baseline' : 'reverted';
}

function placeOf({
  resourceType,
  resourceKey,
  path,
}: Pick<ClassifiedChange, 'resourceType' | 'resourceKey' | 'path'>): string {
  return JSON.stringify([resourceType, resourceKey, path]);
}

/** Another rule, or facts around it, may speak of the same change today. */
function meansSomethingElse(live: LiveChange, change: ClassifiedChange): boolean {
  return (
    live.severity !== change.severity ||
    live.direction !== change.direction ||
    live.title !== change.title ||
    live.displayName !== change.displayName ||
    live.rules.join() !== change.rules.join()
  );
}
