import { Injectable } from '@nestjs/common';
import { canonicalJson, type JsonObject } from '../crypto/canonical-json.js';
import { KeyRing } from '../crypto/key-ring.js';
import { defineSealedColumn } from '../crypto/sealed-columns.js';
import type { Transaction } from '../database/transaction-runner.js';
import type { OutboxEvent, OutboxEventType, StoredOutboxEvent } from './outbox.events.js';

interface EventRow {
  id: string;
  type: OutboxEventType;
  tenant_id: string | null;
  sealed_data: Buffer;
  created_at: Date;
}

const DATA = defineSealedColumn({
  table: 'outbox_events',
  column: 'sealed_data',
  row: 'id',
  tenant: 'tenant_id',
  rewrap: true,
});

/** The table outbox_events. Data is canonical JSON, and lies sealed: it says what a tenant's configuration is, and who changed it. */
@Injectable()
export class OutboxRepository {
  constructor(private readonly keys: KeyRing) {}

  async insert(tx: Transaction, event: OutboxEvent, id: string): Promise<void> {
    const data = Buffer.from(canonicalJson(event.data), 'utf8');
    await tx.query('INSERT INTO outbox_events (id, type, tenant_id, sealed_data) VALUES ($1, $2, $3, $4)', [
      id,
      event.type,
      event.tenantId,
      await this.keys.seal(data, DATA.place(id, event.tenantId)),
    ]);
  }

  /** @throws DomainError keys.cannot_open */
  async findById(tx: Transaction, id: string): Promise<StoredOutboxEvent | null> {
    const rows = await tx.query<EventRow[]>(
      'SELECT id, type, tenant_id, sealed_data, created_at FROM outbox_events WHERE id = $1',
      [id],
    );
    const row = rows[0];
    if (row === undefined) return null;
    const text = await this.keys.open(row.sealed_data, DATA.place(row.id, row.tenant_id));
    return {
      id: row.id,
      type: row.type,
      tenantId: row.tenant_id,
      data: JSON.parse(text.toString('utf8')) as JsonObject,
      createdAt: row.created_at,
    };
  }

  async isDispatched(tx: Transaction, id: string): Promise<boolean | null> {
    const rows = await tx.query<{ dispatched: boolean }[]>(
      'SELECT dispatched_at IS NOT NULL AS dispatched FROM outbox_events WHERE id = $1',
      [id],
    );
    return rows[0]?.dispatched ?? null;
  }

  async markDispatched(tx: Transaction, id: string): Promise<void> {
    await tx.query(
      'UPDATE outbox_events SET dispatched_at = clock_timestamp() WHERE id = $1 AND dispatched_at IS NULL',
      [id],
    );
  }

  /** Those that a delivery still tells of stay with it. @returns how many */
  async deleteDispatched(tx: Transaction, days: number, limit: number): Promise<number> {
    const [, count] = await tx.query<[unknown[], number]>(
      `DELETE FROM outbox_events WHERE id IN
         (SELECT id FROM outbox_events event
           WHERE dispatched_at < now() - make_interval(days => $1)
             AND NOT EXISTS (SELECT FROM webhook_deliveries WHERE event_id = event.id)
           ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [days, limit],
    );
    return count;
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
