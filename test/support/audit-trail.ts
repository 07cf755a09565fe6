import type { AuditService } from '../../src/audit/audit.service.js';
import type { AuditRow } from '../../src/audit/log/canonical-record.js';
import type { AuditFilter } from '../../src/audit/read/audit-filter.js';
import type { JsonObject } from '../../src/crypto/canonical-json.js';

export interface TrailRecord extends Omit<AuditRow, 'states'> {
  before: JsonObject | null;
  after: JsonObject | null;
}

const PAGE = 200;

/** Every record of the trail that matches, oldest first, its states opened: in the table they lie sealed. */
export async function auditTrail(audit: AuditService, filter: AuditFilter = {}): Promise<TrailRecord[]> {
  const records: TrailRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await audit.search(filter, PAGE, cursor);
    for (const { states, ...record } of page.items) {
      const opened = states === null ? {} : (JSON.parse(states) as Partial<TrailRecord>);
      records.push({ ...record, before: opened.before ?? null, after: opened.after ?? null });
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return records.reverse();
}
