import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import { AUDIT_COLUMNS, RECORD_OF_LEAF } from './log/audit-columns.js';
import type { StoredAuditRow } from './log/open-states.js';
import type { AuditFilter } from './read/audit-filter.js';
import { addFilter, addReach, Conditions } from './read/filter-conditions.js';
import type { TenantReach } from './read/tenant-reach.js';

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

  /** For a search that anybody may ask for: no statement of this transaction takes longer. */
  async limitTime(tx: Transaction, milliseconds: number): Promise<void> {
    await tx.query(`SELECT set_config('statement_timeout', $1, true)`, [String(milliseconds)]);
  }
}
