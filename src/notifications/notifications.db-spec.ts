import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestingModule } from '@nestjs/testing';
import { Webhook } from 'standardwebhooks';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { startWebhookRoom, WANTS_ALL } from '../../test/support/webhook-room.js';
import type { UserActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import type { OutboxEvent } from '../outbox/outbox.events.js';
import { Outbox } from '../outbox/outbox.service.js';
import { DeliverJob } from './deliver.job.js';
import { EndpointSeals } from './endpoint-seals.service.js';
import { FanOutJob } from './fan-out.job.js';
import { WEBHOOK_ACTIONS } from './notifications.events.js';
import { WebhookDeliveries } from './webhook-deliveries.service.js';
import type { WebhookDelivery } from './webhook-delivery.entity.js';
import type { StoredEndpoint } from './webhook-endpoints.repository.js';
import { WebhookEndpoints } from './webhook-endpoints.service.js';

const ACTOR: UserActor = {
  type: 'user',
  id: newId(),
  displayName: 'Ada',
  tenantId: newId(),
  sessionId: newId(),
  scopes: null,
};
const DETECTED: OutboxEvent = {
  type: 'drift.changes.detected',
  tenantId: null,
  data: { summary: { critical: 1, high: 0, medium: 0, low: 0, info: 0 }, title: 'Ž😀 NUL\0 half\ud800' },
};
const never = new AbortController().signal;

interface Received {
  path: string;
  headers: Record<string, string>;
  body: string;
}

describe('webhooks', () => {
  let database: TestDatabase;
  let room: TestingModule;
  let receiver: Server;
  let origin: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const received: Received[] = [];

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({
          path: request.url ?? '',
          headers: request.headers as Record<string, string>,
          body: Buffer.concat(chunks).toString('utf8'),
        });
        answer(request, response);
      });
    });
    await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
    origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    database = await createTestDatabase({ poolMax: 10 });
    // The queue doesn't run here: what it would call is called by hand, so that no test waits for time to pass.
    room = await startWebhookRoom(database, 'api');
  });
  beforeEach(async () => {
    received.length = 0;
    answer = (_request, response) => response.writeHead(204).end();
    await query('DELETE FROM webhook_endpoints');
    await query('DELETE FROM graphile_worker._private_jobs');
  });
  afterAll(async () => {
    await room?.close();
    await database?.close().catch(() => undefined);
    receiver?.closeAllConnections();
    await new Promise((closed) => receiver.close(closed));
  });

  const query = <T>(sql: string, parameters: unknown[] = []) => database.dataSource.query<T>(sql, parameters);
  const endpoints = () => room.get(WebhookEndpoints);
  const serve = (endpoint: StoredEndpoint) => room.get(DeliverJob).serve(endpoint.id, never);

  const addEndpoint = (path = '/hook', more: Partial<Parameters<WebhookEndpoints['create']>[1]> = {}) =>
    endpoints().create(ACTOR, {
      url: origin + path,
      description: path,
      ...WANTS_ALL,
      ...more,
    });

  /** Appends an event and hands it out. */
  async function happen(event: OutboxEvent = DETECTED): Promise<string> {
    const id = await room.get(TransactionRunner).run((tx) => room.get(Outbox).append(tx, event));
    await room.get(FanOutJob).fanOut(id);
    return id;
  }
  async function deliveriesOf(endpoint: StoredEndpoint): Promise<WebhookDelivery[]> {
    return (await room.get(WebhookDeliveries).list({ endpointId: endpoint.id }, 200)).items;
  }
  async function theDelivery(endpoint: StoredEndpoint): Promise<WebhookDelivery> {
    const [delivery, ...others] = await deliveriesOf(endpoint);
    if (delivery === undefined || others.length > 0) throw new Error(`${others.length + 1} deliveries instead of one`);
    return delivery;
  }
  /** The time of the next attempt has come, and the endpoint has rested. */
  const makeDue = async ({ id }: StoredEndpoint) => {
    await query(`UPDATE webhook_endpoints SET paused_until = now() WHERE id = $1`, [id]);
    await query(`UPDATE webhook_deliveries SET next_attempt_at = now() WHERE endpoint_id = $1 AND status = 'pending'`, [
      id,
    ]);
  };
  const queued = async () =>
    (await query<{ key: string }[]>('SELECT key FROM graphile_worker.jobs ORDER BY key')).map(({ key }) => key);
  const actionsOn = async (id: string) =>
    (await room.get(AuditService).search({ targetId: id }, 50)).items.map(({ action, actorId }) => [action, actorId]);

  it('delivers an event once, signed, as an independent implementation verifies it', async () => {
    const { endpoint, secret } = await addEndpoint();
    const eventId = await happen();
    await serve(endpoint);
    await serve(endpoint);
    expect(received).toHaveLength(1);
    const { body, headers } = received[0] ?? { path: '', body: '', headers: {} as Record<string, string> };
    const payload = new Webhook(secret).verify(body, headers);
    expect(payload).toMatchObject({ type: 'drift.changes.detected', tenantId: null, data: DETECTED.data });
    expect((payload as { timestamp: string }).timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(headers['webhook-id']).toBe(eventId);
    expect(Buffer.byteLength(body)).toBeLessThan(20_000);
    expect(await theDelivery(endpoint)).toMatchObject({
      status: 'delivered',
      attempts: 1,
      lastStatus: 204,
      lastError: null,
    });
  });

  it('leaves one record of a delivery that ends, with its outcome and no secret of the endpoint', async () => {
    const { endpoint } = await addEndpoint('/hook?token=canary-in-url', { description: 'Hook' });
    const eventId = await happen();
    answer = (_request, response) => response.writeHead(received.length === 1 ? 500 : 202).end();
    await serve(endpoint);
    const { id } = await theDelivery(endpoint);
    const recorded = async () => (await room.get(AuditService).search({ targetId: id }, 50)).items;
    expect(await recorded()).toEqual([]);
    await makeDue(endpoint);
    await serve(endpoint);
    const [record, ...others] = await recorded();
    expect(others).toEqual([]);
    expect(record).toMatchObject({ action: 'webhooks.delivery.delivered', outcome: 'success', targetId: id });
    const after = { status: 'delivered', attempts: 2, httpStatus: 202, endpointId: endpoint.id, eventId };
    expect(JSON.parse(record?.states ?? '')).toMatchObject({ before: null, after });
    const [row] = await query<{ class: string }[]>(
      'SELECT retention_class AS class FROM audit_events WHERE target_id = $1',
      [id],
    );
    expect(row?.class).toBe('operation');
    expect(JSON.stringify(record)).not.toContain('canary-in-url');
  });

  it('records that what was pending is given up with its endpoint, disabled or deleted by hand', async () => {
    const disabled = (await addEndpoint('/disabled')).endpoint;
    const deleted = (await addEndpoint('/deleted')).endpoint;
    await happen();
    const ids = [(await theDelivery(disabled)).id, (await theDelivery(deleted)).id];
    await endpoints().update(ACTOR, disabled.id, disabled.version, { status: 'disabled' });
    await endpoints().delete(ACTOR, deleted.id, deleted.version);
    for (const id of ids) expect(await actionsOn(id)).toEqual([['webhooks.delivery.given-up', ACTOR.id]]);
  });

  it('records each checkpoint that arrived, once, and of none makes the next one due where nothing else happens', async () => {
    const { endpoint } = await addEndpoint();
    const checkpoint = async () => {
      await query(`DELETE FROM webhook_deliveries WHERE status = 'pending'`);
      await happen({ type: 'audit.checkpoint.signed', tenantId: null, data: { size: 1 } });
      await serve(endpoint);
    };
    const ids = async () => {
      const rows = await query<{ id: string }[]>(
        `SELECT target_id AS id FROM audit_events WHERE action = 'webhooks.delivery.delivered' AND target_name LIKE 'audit.checkpoint.%' ORDER BY id`,
      );
      return rows.map(({ id }) => id);
    };
    const arrived = async () => {
      const rows = await query<{ id: string; owed: boolean }[]>(
        `SELECT id, record_owed AS owed FROM webhook_deliveries WHERE status = 'delivered' ORDER BY delivered_at`,
      );
      return rows;
    };
    await checkpoint();
    await checkpoint();
    const [before, waiting] = [await ids(), await arrived()];
    expect([before, waiting.map(({ owed }) => owed)]).toEqual([[], [true, true]]);
    // Something else: the next checkpoint is of that, and brings the records of those before.
    await room.get(AuditService).recordAlone(ACTOR, {
      action: WEBHOOK_ACTIONS['webhooks.endpoint.updated'],
      tenantId: null,
      target: null,
      outcome: 'success',
    });
    await checkpoint();
    expect((await ids()).sort()).toEqual((await arrived()).map(({ id }) => id).sort());
    const told = await ids();
    expect(told).toHaveLength(3);
    // Those records are sealed and signed too; of that checkpoint nothing is recorded until there is something else.
    await checkpoint();
    await checkpoint();
    expect(await ids()).toEqual(told);
    await endpoints().delete(ACTOR, endpoint.id, endpoint.version);
    expect(await ids()).toHaveLength(5);
  });

  it('tries again after 500 with the same id and body, and a signature of its own', async () => {
    const { endpoint, secret } = await addEndpoint();
    const eventId = await happen();
    answer = (_request, response) => response.writeHead(received.length === 1 ? 500 : 200).end();
    await serve(endpoint);
    const failed = await theDelivery(endpoint);
    expect(failed).toMatchObject({
      status: 'pending',
      attempts: 1,
      lastStatus: 500,
      lastError: 'The receiver answered 500.',
    });
    const wait = (failed.nextAttemptAt?.getTime() ?? 0) - (failed.lastAttemptAt?.getTime() ?? 0);
    expect(wait).toBeGreaterThanOrEqual(5000);
    expect(wait).toBeLessThan(8000);
    expect(await queued()).toContain(`webhook-endpoint:${endpoint.id}`);
    await serve(endpoint);
    expect(received).toHaveLength(1);

    await makeDue(endpoint);
    await serve(endpoint);
    expect(await theDelivery(endpoint)).toMatchObject({ status: 'delivered', attempts: 2, lastStatus: 200 });
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([eventId, eventId]);
    expect(received[0]?.body).toBe(received[1]?.body);
    for (const { body, headers } of received) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
  });

  it('counts a secret that cannot be opened as a failed attempt, and waits before the next', async () => {
    const { endpoint } = await addEndpoint();
    await happen();
    await query(`UPDATE webhook_endpoints SET sealed_secret = sealed_secret || '\\x00'::bytea WHERE id = $1`, [
      endpoint.id,
    ]);
    await serve(endpoint);
    expect(received).toHaveLength(0);
    const failed = await theDelivery(endpoint);
    expect(failed).toMatchObject({
      status: 'pending',
      attempts: 1,
      lastStatus: null,
      lastError: expect.stringContaining('The signing secret or the URL cannot be opened.'),
    });
    expect((failed.nextAttemptAt?.getTime() ?? 0) - (failed.lastAttemptAt?.getTime() ?? 0)).toBeGreaterThanOrEqual(
      5000,
    );
  });

  it('pauses after a fault of its own before it looks again', async () => {
    const { endpoint } = await addEndpoint();
    await happen();
    await query('ALTER TABLE webhook_deliveries ADD CONSTRAINT broken CHECK (last_error IS NULL) NOT VALID');
    try {
      answer = (_request, response) => response.writeHead(500).end();
      await expect(serve(endpoint)).rejects.toThrow();
      const [job] = await query<{ waits: boolean }[]>(
        `SELECT run_at > now() + interval '20 seconds' AS waits FROM graphile_worker.jobs WHERE key = $1`,
        [`webhook-endpoint:${endpoint.id}`],
      );
      expect(job?.waits).toBe(true);
    } finally {
      await query('ALTER TABLE webhook_deliveries DROP CONSTRAINT broken');
    }
  });

  it('waits as long as Retry-After says', async () => {
    const { endpoint } = await addEndpoint();
    await happen();
    answer = (_request, response) => response.writeHead(429, { 'retry-after': '900' }).end();
    await serve(endpoint);
    const { nextAttemptAt, lastAttemptAt } = await theDelivery(endpoint);
    const wait = (nextAttemptAt?.getTime() ?? 0) - (lastAttemptAt?.getTime() ?? 0);
    expect(wait).toBeGreaterThanOrEqual(900_000);
    expect(wait).toBeLessThan(910_000);
  });

  it('gives up after the tenth attempt and keeps the delivery for a replay under the same id', async () => {
    const { endpoint } = await addEndpoint();
    const eventId = await happen();
    answer = (_request, response) => response.writeHead(503).end();
    for (let attempt = 1; attempt <= 10; attempt++) {
      await makeDue(endpoint);
      await serve(endpoint);
    }
    const dead = await theDelivery(endpoint);
    expect(dead).toMatchObject({ status: 'dead', attempts: 10, nextAttemptAt: null });
    await serve(endpoint);
    expect(received).toHaveLength(10);

    answer = (_request, response) => response.writeHead(200).end();
    const replayed = await room.get(WebhookDeliveries).replay(ACTOR, dead.id);
    expect(replayed).toMatchObject({ id: dead.id, status: 'pending', attempts: 0 });
    await expect(room.get(WebhookDeliveries).replay(ACTOR, dead.id)).rejects.toMatchObject({
      code: 'notifications.delivery_pending',
    });
    await serve(endpoint);
    expect(await theDelivery(endpoint)).toMatchObject({ id: dead.id, status: 'delivered', attempts: 1 });
    expect(received.at(-1)?.headers['webhook-id']).toBe(eventId);
    const retried = await actionsOn(dead.id);
    expect(retried).toEqual([
      ['webhooks.delivery.delivered', 'notifications.delivery'],
      ['webhooks.delivery.replayed', ACTOR.id],
      ['webhooks.delivery.given-up', 'notifications.delivery'],
    ]);
  });

  it('disables an endpoint that answers 410 and gives up what it was still to get', async () => {
    const { endpoint } = await addEndpoint();
    await happen();
    await happen();
    answer = (_request, response) => response.writeHead(410).end();
    await serve(endpoint);
    expect(received).toHaveLength(1);
    expect(await endpoints().get(endpoint.id)).toMatchObject({
      status: 'disabled',
      disabledReason: 'The receiver answered 410 Gone.',
      version: 2,
    });
    const deliveries = await deliveriesOf(endpoint);
    expect(deliveries.map(({ status }) => status)).toEqual(['dead', 'dead']);
    for (const { id } of deliveries)
      expect(await actionsOn(id)).toEqual([['webhooks.delivery.given-up', 'notifications.delivery']]);
    expect((await actionsOn(endpoint.id))[0]).toEqual(['webhooks.endpoint.disabled', 'notifications.delivery']);
    await expect(room.get(WebhookDeliveries).replay(ACTOR, deliveries[0]?.id ?? '')).rejects.toMatchObject({
      code: 'notifications.endpoint_disabled',
    });
    await happen();
    expect(await deliveriesOf(endpoint)).toHaveLength(2);
  });

  it('makes one delivery per endpoint however often an event is handed out', async () => {
    const { endpoint: one } = await addEndpoint('/one');
    const { endpoint: two } = await addEndpoint('/two', { eventTypes: ['auth.refresh.reused'] });
    const id = await happen();
    await Promise.all([room.get(FanOutJob).fanOut(id), room.get(FanOutJob).fanOut(id)]);
    expect(await deliveriesOf(one)).toHaveLength(1);
    expect(await deliveriesOf(two)).toHaveLength(0);
  });

  it('sends each delivery once when workers serve one endpoint at the same time', async () => {
    const { endpoint } = await addEndpoint();
    for (let n = 0; n < 20; n++) await happen();
    answer = (_request, response) => void setTimeout(() => response.writeHead(200).end(), 5);
    await Promise.all(Array.from({ length: 5 }, () => serve(endpoint)));
    // Those who found it taken leave a job that looks again; nothing is left for it here.
    expect(received).toHaveLength(20);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(20);
  });

  it('takes over from a worker that died in the middle, with the same id', async () => {
    const { endpoint } = await addEndpoint();
    const eventId = await happen();
    await query(
      `UPDATE webhook_endpoints SET delivering_by = gen_random_uuid(), delivering_until = now() + interval '1 minute' WHERE id = $1`,
      [endpoint.id],
    );
    await serve(endpoint);
    expect(received).toHaveLength(0);
    expect(await queued()).toContain(`webhook-endpoint:${endpoint.id}`);
    await query(`UPDATE webhook_endpoints SET delivering_until = now() - interval '1 second' WHERE id = $1`, [
      endpoint.id,
    ]);
    await serve(endpoint);
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([eventId]);
  });

  it('finds what was lost in the queue: an event nobody handed out and a delivery nobody makes', async () => {
    const { endpoint } = await addEndpoint();
    const transactions = room.get(TransactionRunner);
    const handedOut = await happen();
    const lost = await transactions.run((tx) => room.get(Outbox).append(tx, DETECTED));
    await query('DELETE FROM graphile_worker._private_jobs');
    await query(`UPDATE outbox_events SET created_at = now() - interval '10 minutes' WHERE id = ANY($1)`, [
      [handedOut, lost],
    ]);
    await query(`UPDATE webhook_deliveries SET next_attempt_at = now() - interval '10 minutes'`);
    room.get(Settings).PROCESS_ROLE = 'worker';
    await room.get(FanOutJob).sweep();
    room.get(Settings).PROCESS_ROLE = 'api';
    expect(await queued()).toEqual([`outbox-event:${lost}`, `webhook-endpoint:${endpoint.id}`]);
  });

  it('keeps the secret sealed, shows it once, and opens it only in its own row', async () => {
    const { endpoint, secret } = await addEndpoint();
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/);
    const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const rows = await query<{ sealed_secret: Buffer }[]>('SELECT sealed_secret FROM webhook_endpoints WHERE id = $1', [
      endpoint.id,
    ]);
    const sealed = rows[0]?.sealed_secret ?? Buffer.alloc(0);
    expect(sealed.includes(bytes)).toBe(false);
    expect(await room.get(EndpointSeals).openSecret(endpoint.id, sealed)).toEqual(bytes);
    await expect(room.get(EndpointSeals).openSecret(newId(), sealed)).rejects.toMatchObject({
      code: 'keys.cannot_open',
    });
    expect(JSON.stringify(await endpoints().get(endpoint.id))).not.toMatch(/sealed|whsec|"secret/i);
    const { items } = await room.get(AuditService).search({ targetId: endpoint.id }, 10);
    expect(JSON.stringify(items)).not.toContain(secret);
  });

  it('refuses a receiver inside the network', async () => {
    for (const url of ['http://169.254.169.254/', 'ftp://example.com/', 'http://u:p@example.com/', 'nonsense']) {
      await expect(addEndpoint('', { url })).rejects.toMatchObject({
        code: 'notifications.url_refused',
        errors: [{ pointer: '/url' }],
      });
    }
    const { endpoint } = await addEndpoint();
    await expect(endpoints().update(ACTOR, endpoint.id, 1, { url: 'http://10.0.0.1:22/' })).rejects.toMatchObject({
      code: 'notifications.url_refused',
    });
  });

  it('changes and deletes only what is as it was read, and leaves a record of each', async () => {
    const { endpoint } = await addEndpoint('/hook?key=hunter2', { description: 'Named' });
    const changed = await endpoints().update(ACTOR, endpoint.id, 1, { description: 'Renamed' });
    expect(changed).toMatchObject({ description: 'Renamed', version: 2, url: endpoint.url });
    const stale = { code: 'request.precondition_failed' };
    await expect(endpoints().update(ACTOR, endpoint.id, 1, { description: 'x' })).rejects.toMatchObject(stale);
    await expect(endpoints().delete(ACTOR, endpoint.id, 1)).rejects.toMatchObject(stale);
    await endpoints().delete(ACTOR, endpoint.id, 2);
    const gone = { code: 'notifications.endpoint_not_found' };
    await expect(endpoints().get(endpoint.id)).rejects.toMatchObject(gone);
    await expect(endpoints().update(ACTOR, endpoint.id, 2, {})).rejects.toMatchObject(gone);
    expect((await actionsOn(endpoint.id)).map(([action]) => action)).toEqual([
      'webhooks.endpoint.deleted',
      'webhooks.endpoint.updated',
      'webhooks.endpoint.created',
    ]);
    const { items } = await room.get(AuditService).search({ targetId: endpoint.id }, 10);
    expect(JSON.stringify(items)).not.toMatch(/hunter2|\/hook/);
  });

  it('shows in its records that an address was changed, and not to what', async () => {
    const { endpoint } = await addEndpoint('/services/T0/hunter2', { description: 'Named' });
    const changed = await endpoints().update(ACTOR, endpoint.id, 1, { url: `${endpoint.url}3` });
    await endpoints().update(ACTOR, endpoint.id, changed.version, { url: endpoint.url });
    const { items } = await room.get(AuditService).search({ targetId: endpoint.id }, 10);
    const [back, there] = items.map(({ states }) => JSON.parse(states ?? '{}'));
    expect(JSON.stringify(items)).not.toMatch(/hunter2|services/);
    expect(there.before.urlSecret).toMatch(/^\[masked:/);
    expect(there.after.urlSecret).not.toBe(there.before.urlSecret);
    expect([back.before.urlSecret, back.after.urlSecret]).toEqual([there.after.urlSecret, there.before.urlSecret]);
    expect(there.before.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/…$/);
  });

  it('refuses a tenant that is not watched', async () => {
    await expect(addEndpoint('/hook', { tenantId: newId() })).rejects.toMatchObject({
      code: 'notifications.unknown_tenant',
      errors: [{ pointer: '/tenantId' }],
    });
  });

  it('lets two changes of one version succeed once', async () => {
    const { endpoint } = await addEndpoint();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => endpoints().update(ACTOR, endpoint.id, 1, { description: String(n) })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('gives up what is pending when an endpoint is disabled by hand', async () => {
    const { endpoint } = await addEndpoint();
    await happen();
    await endpoints().update(ACTOR, endpoint.id, 1, { status: 'disabled' });
    await serve(endpoint);
    expect(received).toHaveLength(0);
    expect(await theDelivery(endpoint)).toMatchObject({ status: 'dead', attempts: 0 });
  });

  it('narrows lists by tenant', async () => {
    const tenantId = newId();
    await query(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $2, 't', false, false, 60)`,
      [tenantId, newId()],
    );
    const { endpoint: own } = await addEndpoint('/own', { tenantId });
    const { endpoint: all } = await addEndpoint('/all');
    await happen({ ...DETECTED, tenantId });
    await happen(DETECTED);
    expect((await endpoints().list(10, undefined, tenantId)).items.map(({ id }) => id)).toEqual([own.id]);
    const ofTenant = (await room.get(WebhookDeliveries).list({ tenantId }, 10)).items;
    expect(ofTenant.map(({ endpointId }) => endpointId).sort()).toEqual([own.id, all.id].sort());
  });
});

describe('webhooks with the queue running', () => {
  it('reach the receiver by themselves, and an endpoint that hangs holds up no other', async () => {
    const paths: string[] = [];
    let resolveGood: () => void = () => undefined;
    const allArrived = new Promise<void>((resolve) => {
      resolveGood = resolve;
    });
    const callsOf = (path: string) => paths.filter((candidate) => candidate === path).length;
    const receiver = createServer((request, response) => {
      paths.push(request.url ?? '');
      if (request.url !== '/hangs') response.writeHead(200).end();
      if (callsOf('/good') === 3 && callsOf('/hangs') > 0) resolveGood();
    });
    await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
    const origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const database = await createTestDatabase({ poolMax: 10 });
    const room = await startWebhookRoom(database, 'all');
    try {
      for (const path of ['/hangs', '/good']) {
        await room.get(WebhookEndpoints).create(ACTOR, { ...WANTS_ALL, description: '', url: origin + path });
      }
      for (let n = 0; n < 3; n++) {
        await room.get(TransactionRunner).run((tx) => room.get(Outbox).append(tx, DETECTED));
      }
      await allArrived;
      await sleep(50);
      expect(callsOf('/hangs')).toBe(1);
    } finally {
      receiver.closeAllConnections();
      await room.close();
      await database.close().catch(() => undefined);
      await new Promise((closed) => receiver.close(closed));
    }
  });
});
