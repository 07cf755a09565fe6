import type { Attribution, ChangeActor } from '../report/drift-report.types.js';
import {
  type AttributableChange,
  type AttributionEvidence,
  type AttributionVerdict,
  NOBODY,
} from './attribution.types.js';
import type { DirectoryAuditEvent } from './directory-audit-event.js';
import { concernOf, fits } from './event-concerns.js';
import { proves } from './event-proves.js';

/** The log's clock and the policy's own differ by about a second; more than this is another edit. */
const SAME_INSTANT_MS = 10_000;
/** A proof counts although its event is older than the last scan: lists can lag behind what was done. */
const PROVEN_EARLIER_MS = 10 * 60_000;
/** Without proof an older event is more likely one of an earlier change; this much is left to the difference of two clocks. */
const CLOCKS_DIFFER_MS = 30_000;
const EVIDENCE_KEPT = 5;
const GRADES: Attribution[] = ['exact', 'strong', 'probable', 'none'];

/** Events of one act: they share a correlation id. */
interface Act {
  grade: Attribution;
  at: number;
  leading: DirectoryAuditEvent;
  actor: ChangeActor | null;
}

/**
 * Who made a change, by the directory audit log. Of several acts the one with the best proof counts, and among those the
 * last, because its value is what the scan found. Pure.
 */
export function attributeChange(
  change: AttributableChange,
  events: readonly DirectoryAuditEvent[],
): AttributionVerdict {
  const acts = [...actsOf(change, events).values()].filter(({ actor }) => actor !== null).sort(better);
  const [best] = acts;
  if (best === undefined) return NOBODY;
  return {
    attribution: best.grade,
    actor: best.actor,
    correlationId: best.leading.correlationId,
    evidence: acts.slice(0, EVIDENCE_KEPT).map(evidenceOf),
  };
}

function actsOf(change: AttributableChange, events: readonly DirectoryAuditEvent[]): Map<string, Act> {
  const acts = new Map<string, Act>();
  for (const event of events) {
    const grade = gradeOf(change, event);
    const act = acts.get(event.correlationId);
    if (act === undefined) {
      if (grade !== 'none')
        acts.set(event.correlationId, { grade, at: event.at, leading: event, actor: event.initiator });
      continue;
    }
    if (GRADES.indexOf(grade) < GRADES.indexOf(act.grade)) Object.assign(act, { grade, leading: event });
    act.at = Math.max(act.at, event.at);
  }
  // Privileged Identity Management acts on behalf of a person: the person is the actor of the act.
  for (const event of events) {
    const act = acts.get(event.correlationId);
    if (act !== undefined && event.initiator !== null && (act.actor === null || act.actor.type === 'app')) {
      if (event.initiator.type === 'user' || act.actor === null) act.actor = event.initiator;
    }
  }
  return acts;
}

function gradeOf(change: AttributableChange, event: DirectoryAuditEvent): Attribution {
  const since = change.since.getTime();
  if (event.at < since - PROVEN_EARLIER_MS || concernOf(change, event) === null) return 'none';
  if (proves(change, event)) return 'exact';
  if (event.at < since - CLOCKS_DIFFER_MS) return 'none';
  const modifiedAt = change.modifiedAt === null ? Number.NaN : Date.parse(change.modifiedAt);
  if (Math.abs(event.at - modifiedAt) <= SAME_INSTANT_MS && change.changeType !== 'removed') return 'strong';
  return fits(change, event) ? 'probable' : 'none';
}

function better(a: Act, b: Act): number {
  return GRADES.indexOf(a.grade) - GRADES.indexOf(b.grade) || b.at - a.at;
}

function evidenceOf({ leading, grade, actor }: Act): AttributionEvidence {
  return {
    eventId: leading.id,
    correlationId: leading.correlationId,
    activity: leading.activity,
    at: new Date(leading.at).toISOString(),
    actor,
    grade,
  };
}
