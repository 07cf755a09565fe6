import { Injectable } from '@nestjs/common';
import { canonicalJson, type JsonObject } from '../crypto/canonical-json.js';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import type { OutboxEvent, OutboxEventType, StoredOutboxEvent } from './outbox.events.js';

interface EventRow {
  id: string;
  type: OutboxEventType;
  tenant_id: string | null;
  data: string;
  created_at: Date;
}

/** The table outbox_events. Data is canonical JSON as text: jsonb can't hold what a tenant may send (NUL, half surrogates). */
@Injectable()
export class OutboxRepository {
  async insert(tx: Transaction, event: OutboxEvent): Promise<string> {
    const id = newId();
    await tx.query('INSERT INTO outbox_events (id, type, tenant_id, data) VALUES ($1, $2, $3, $4)', [
      id,
      event.type,
      event.tenantId,
      canonicalJson(event.data),
    ]);
    return id;
  }

  async findById(tx: Transaction, id: string): Promise<StoredOutboxEvent | null> {
    const rows = await tx.query<EventRow[]>(
      'SELECT id, type, tenant_id, data, created_at FROM outbox_events WHERE id = $1',
      [id],
    );
    const row = rows[0];
    if (row === undefined) return null;
    return {
      id: row.id,
      type: row.type,
      tenantId: row.tenant_id,
      data: JSON.parse(row.data) as JsonObject,
      createdAt: row.created_at,
    };
  }

  async markDispatched(tx: Transaction, id: string): Promise<void> {
    await tx.query(
      'UPDATE outbox_events SET dispatched_at = clock_timestamp() WHERE id = $1 AND dispatched_at IS NULL',
      [id],
    );
  }

  /** Events whose job was lost with the instance that had it. */
  async findOverdue(tx: Transaction, olderThanSeconds: number, limit: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `SELECT id FROM outbox_events
        WHERE dispatched_at IS NULL AND created_at < statement_timestamp() - make_interval(secs => $1::double precision)
        ORDER BY id LIMIT $2`,
      [olderThanSeconds, limit],
    );
    return rows.map(({ id }) => id);
  }
}
