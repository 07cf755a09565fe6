import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { AttributableChange } from './attribution.types.js';
import type { DirectoryAuditEvent } from './directory-audit-event.js';
import { idsToLookFor } from './event-concerns.js';

/** The events of a log by what they name, so that each change is held against those that may concern it only. */
export class EventIndex {
  private readonly byId = new Map<string, number[]>();
  private readonly byActivity = new Map<string, number[]>();
  private readonly byCorrelation = new Map<string, number[]>();

  constructor(private readonly events: readonly DirectoryAuditEvent[]) {
    events.forEach(({ activity, correlationId, targetIds, mentionedIds }, position) => {
      for (const id of new Set([...targetIds, ...mentionedIds])) put(this.byId, id, position);
      put(this.byActivity, activity, position);
      put(this.byCorrelation, correlationId, position);
    });
  }

  /** Every event that may concern a change, with all others of the same acts, in the order of the log. */
  candidates(change: AttributableChange): DirectoryAuditEvent[] {
    const ids = idsToLookFor(change);
    const named =
      ids === null
        ? RESOURCE_TYPE_CATALOGUE[change.resourceType].auditActivities[change.changeType].flatMap(
            (activity) => this.byActivity.get(activity) ?? [],
          )
        : ids.flatMap((id) => this.byId.get(id) ?? []);
    const acts = new Set(named.flatMap((position) => this.events[position]?.correlationId ?? []));
    const positions = new Set([...acts].flatMap((act) => this.byCorrelation.get(act) ?? []));
    return [...positions].sort((a, b) => a - b).flatMap((position) => this.events[position] ?? []);
  }
}

function put(index: Map<string, number[]>, name: string, position: number): void {
  const positions = index.get(name);
  if (positions === undefined) index.set(name, [position]);
  else positions.push(position);
}
