import { Injectable } from '@nestjs/common';
import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { AttributableChange } from './attribution.types.js';
import { type DirectoryAuditEvent, parseDirectoryAudit } from './directory-audit-event.js';
import { idsToLookFor } from './event-concerns.js';

/** Graph gives 5 requests in 10 seconds for the logs: more pages than these would hold up the report. */
const MAX_PAGES = 40;
const PAGE_SIZE = 500;
/** A scan's report doesn't wait longer for names; what is missing is looked for again later. */
const TIME_LIMIT_MS = 60_000;

export interface AuditLogExtract {
  events: DirectoryAuditEvent[];
  /** Null when the log of the window was read whole; else one sentence for people. */
  incompleteReason: string | null;
  /** Whether the reading broke off: the events that are missing may be there at another time. */
  failed: boolean;
}

/** Reads a tenant's directory audit log for the window in which changes were made; keeps only what may concern them. */
@Injectable()
export class AuditLogReader {
  /** @throws the signal's reason; a log that can't be read is not a fault of the scan */
  async read(
    client: GraphClient,
    changes: readonly AttributableChange[],
    until: Date,
    signal: AbortSignal,
  ): Promise<AuditLogExtract> {
    const extract: AuditLogExtract = { events: [], incompleteReason: null, failed: false };
    const mayConcern = filterFor(changes);
    const timeLimit = AbortSignal.timeout(TIME_LIMIT_MS);
    let pages = 0;
    try {
      for await (const page of client.pages(pathFor(changes, until), AbortSignal.any([signal, timeLimit]))) {
        for (const raw of page) {
          const event = parseDirectoryAudit(raw);
          if (event !== null && mayConcern(event)) extract.events.push(event);
        }
        pages += 1;
        if (pages < MAX_PAGES) continue;
        extract.incompleteReason = `The directory audit log has more than ${MAX_PAGES * PAGE_SIZE} events since the last scan; the newest were read`;
        break;
      }
    } catch (error) {
      signal.throwIfAborted();
      extract.failed = true;
      if (error instanceof GraphFault) extract.incompleteReason = error.message;
      else if (timeLimit.aborted)
        extract.incompleteReason = `The directory audit log wasn't read within ${TIME_LIMIT_MS / 1000} s`;
      else throw error;
    }
    return extract;
  }
}

/** Events are dated up to ten minutes before a change shows, and up to a little after our own clock. */
function pathFor(changes: readonly AttributableChange[], until: Date): string {
  const since =
    changes.reduce((least, { since }) => Math.min(least, since.getTime()), Number.POSITIVE_INFINITY) - 10 * 60_000;
  const from = new Date(since).toISOString();
  const to = new Date(until.getTime() + 10 * 60_000).toISOString();
  const filter = `activityDateTime ge ${from} and activityDateTime le ${to}`;
  return `/auditLogs/directoryAudits?$filter=${filter}&$orderby=activityDateTime desc&$top=${PAGE_SIZE}`;
}

function filterFor(changes: readonly AttributableChange[]): (event: DirectoryAuditEvent) => boolean {
  const ids = new Set<string>();
  const activities = new Set<string>();
  for (const change of changes) {
    const wanted = idsToLookFor(change);
    if (wanted !== null) for (const id of wanted) ids.add(id);
    else
      for (const activity of RESOURCE_TYPE_CATALOGUE[change.resourceType].auditActivities[change.changeType])
        activities.add(activity);
  }
  return ({ activity, targetIds, mentionedIds }) =>
    activities.has(activity) || targetIds.some((id) => ids.has(id)) || mentionedIds.some((id) => ids.has(id));
}
