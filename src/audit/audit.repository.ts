import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import type { AuditAction } from './audit.types.js';
import { AUDIT_COLUMNS, RECORD_OF_LEAF } from './log/audit-columns.js';
import type { StoredAuditRow } from './log/open-states.js';
import type { AuditFilter } from './read/audit-filter.js';
import { addFilter, addReach, Conditions } from './read/filter-conditions.js';
import type { TenantReach } from './read/tenant-reach.js';

/** Ids are of the service's clock, times of the database's. */
const CLOCKS_MS = 60_000;

/** The service itself reads everything. */
const EVERYTHING: TenantReach = { everything: true, except: [] };

/** Reads the table audit_events. */
@Injectable()
export class AuditRepository {
  /** Newest first, older than the record `beforeId`. */
  findPage(
    tx: Transaction,
    filter: AuditFilter,
    limit: number,
    beforeId: string | null,
    reach: TenantReach = EVERYTHING,
  ): Promise<StoredAuditRow[]> {
    const conditions = new Conditions();
    addFilter(conditions, filter);
    addReach(conditions, reach);
    if (beforeId !== null) conditions.add('event.id < ?', beforeId);
    const where = conditions.text();
    return tx.query<StoredAuditRow[]>(
      `SELECT ${AUDIT_COLUMNS} FROM audit_events event WHERE ${where} ORDER BY event.id DESC LIMIT ${conditions.value(limit)}`,
      conditions.values,
    );
  }

  /** Of several rows of one id, which an owner of the tables can make, the one that the log names; or else the oldest. */
  async find(tx: Transaction, id: string, reach: TenantReach): Promise<StoredAuditRow | null> {
    const conditions = new Conditions();
    conditions.add('event.id = ?', id);
    addReach(conditions, reach);
    const [row] = await tx.query<StoredAuditRow[]>(
      `SELECT ${AUDIT_COLUMNS} FROM audit_events event LEFT JOIN audit_leaves leaf ON ${RECORD_OF_LEAF}
        WHERE ${conditions.text()} ORDER BY leaf.leaf_index NULLS LAST, event.occurred_at, event.retention_class LIMIT 1`,
      conditions.values,
    );
    return row ?? null;
  }

  /**
   * Whether anything was recorded since then but records of this action whose target's name begins so.
   *
   * @param since of the database's clock
   */
  async isOtherSince(tx: Transaction, since: Date, action: AuditAction, targetName: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `SELECT FROM audit_events
        WHERE id > $1 AND occurred_at > $2 AND NOT (action = $3 AND starts_with(coalesce(target_name, ''), $4)) LIMIT 1`,
      [firstIdOf(since.getTime() - CLOCKS_MS), since, action, targetName],
    );
    return rows.length > 0;
  }

  /** For a search that anybody may ask for: no statement of this transaction takes longer. */
  async limitTime(tx: Transaction, milliseconds: number): Promise<void> {
    await tx.query(`SELECT set_config('statement_timeout', $1, true)`, [String(milliseconds)]);
  }
}

/** The first UUIDv7 of a time: by ids there is an index in each partition. */
function firstIdOf(ms: number): string {
  const digits = ms.toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}
