import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { JsonObject } from '../../src/crypto/canonical-json.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import type { OutboxEventType } from '../../src/outbox/outbox.events.js';
import { Outbox } from '../../src/outbox/outbox.service.js';

/** The data of every event of a type that the service wrote, oldest first, opened. */
export async function sentEvents(app: NestFastifyApplication, type: OutboxEventType): Promise<JsonObject[]> {
  const outbox = app.get(Outbox, { strict: false });
  return app.get(TransactionRunner, { strict: false }).read(async (tx) => {
    const rows = await tx.query<{ id: string }[]>('SELECT id FROM outbox_events WHERE type = $1 ORDER BY id', [type]);
    const events = await Promise.all(rows.map(({ id }) => outbox.get(tx, id)));
    return events.flatMap((event) => (event === null ? [] : [event.data]));
  });
}
