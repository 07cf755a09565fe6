import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { AuditHold, NewAuditHold } from './audit-hold.types.js';

/** What an UPDATE with RETURNING gives: the rows and their number. */
type Changed<Row> = [Row[], number];

const COLUMNS = `id, reason, covers_from AS "from", covers_to AS "to", tenant_id AS "tenantId", created_by_type AS "createdByType",
  created_by_id AS "createdById", created_at AS "createdAt", released_by_type AS "releasedByType", released_by_id AS "releasedById",
  released_at AS "releasedAt", version`;

/** The table audit_holds. */
@Injectable()
export class AuditHoldsRepository {
  async insert(tx: Transaction, hold: NewAuditHold & { id: string; byType: string; byId: string }): Promise<AuditHold> {
    const [row] = await tx.query<AuditHold[]>(
      `INSERT INTO audit_holds (id, reason, covers_from, covers_to, tenant_id, created_by_type, created_by_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
      [hold.id, hold.reason, hold.from, hold.to, hold.tenantId, hold.byType, hold.byId],
    );
    if (row === undefined) throw new Error('an insert gave no row');
    return row;
  }

  async findById(tx: Transaction, id: string): Promise<AuditHold | null> {
    const rows = await tx.query<AuditHold[]>(`SELECT ${COLUMNS} FROM audit_holds WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** Newest first, older than the hold `beforeId`. */
  findPage(tx: Transaction, limit: number, beforeId: string | null): Promise<AuditHold[]> {
    return tx.query<AuditHold[]>(
      `SELECT ${COLUMNS} FROM audit_holds WHERE $2::uuid IS NULL OR id < $2 ORDER BY id DESC LIMIT $1`,
      [limit, beforeId],
    );
  }

  /** Those that nobody released. */
  findStanding(tx: Transaction): Promise<AuditHold[]> {
    return tx.query<AuditHold[]>(`SELECT ${COLUMNS} FROM audit_holds WHERE released_at IS NULL ORDER BY id`);
  }

  /** @returns null when somebody else changed it since `version` was read */
  async release(tx: Transaction, id: string, version: number, byType: string, byId: string): Promise<AuditHold | null> {
    const [rows] = await tx.query<Changed<AuditHold>>(
      `UPDATE audit_holds SET released_at = now(), released_by_type = $3, released_by_id = $4, version = version + 1
        WHERE id = $1 AND version = $2 AND released_at IS NULL RETURNING ${COLUMNS}`,
      [id, version, byType, byId],
    );
    return rows[0] ?? null;
  }
}
