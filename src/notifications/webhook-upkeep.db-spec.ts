import type { TestingModule } from '@nestjs/testing';
import { Webhook } from 'standardwebhooks';
import { dataSourceOptions } from '../../ormconfig.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { startWebhookRoom, TestReceiver, WANTS_ALL } from '../../test/support/webhook-room.js';
import { systemActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { openDataSource } from '../database/open-data-source.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import { AlertSubjects } from '../outbox/alert-subjects.js';
import type { OutboxEvent } from '../outbox/outbox.events.js';
import { Outbox } from '../outbox/outbox.service.js';
import { DeliverJob } from './deliver.job.js';
import { DigestJob } from './digest.job.js';
import { EndpointSeals } from './endpoint-seals.service.js';
import { FanOutJob } from './fan-out.job.js';
import { WebhookDeliveries } from './webhook-deliveries.service.js';
import type { StoredEndpoint } from './webhook-endpoints.repository.js';
import { type NewEndpoint, WebhookEndpoints } from './webhook-endpoints.service.js';

const ACTOR = systemActor('test');
const never = new AbortController().signal;

function alert(severity: string, more: JsonObject = {}, type: OutboxEvent['type'] = 'drift.changes.detected') {
  const data = { summary: { [severity]: 1 }, headline: `1 ${severity}`, changes: [{ title: `a ${severity} one` }] };
  return { type, tenantId: null, data: { ...data, ...more } };
}

describe('webhooks over time', () => {
  let database: TestDatabase;
  let room: TestingModule;
  let receiver: TestReceiver;

  beforeAll(async () => {
    receiver = await TestReceiver.start();
    database = await createTestDatabase({ poolMax: 10 });
    room = await startWebhookRoom(database, 'api');
  });
  beforeEach(async () => {
    receiver.received.length = 0;
    receiver.answer = (_request, response) => response.writeHead(204).end();
    for (const table of ['webhook_endpoints', 'outbox_events', 'job_slots', 'graphile_worker._private_jobs']) {
      await query(`DELETE FROM ${table}`);
    }
  });
  afterAll(async () => {
    await room?.close();
    await database?.close().catch(() => undefined);
    await receiver?.close();
  });

  const query = <T>(sql: string, parameters: unknown[] = []) => database.dataSource.query<T>(sql, parameters);
  const endpoints = () => room.get(WebhookEndpoints);
  const serve = ({ id }: StoredEndpoint) => room.get(DeliverJob).serve(id, never);
  const add = (path: string, more: Partial<NewEndpoint> = {}) =>
    endpoints().create(ACTOR, { ...WANTS_ALL, url: receiver.origin + path, description: path, ...more });
  const append = (event: OutboxEvent, id = newId()) =>
    room.get(TransactionRunner).run((tx) => room.get(Outbox).append(tx, event, id));
  /** Appends an event and hands it out. */
  async function happen(event: OutboxEvent, id?: string): Promise<string> {
    const eventId = await append(event, id);
    await room.get(FanOutJob).fanOut(eventId);
    return eventId;
  }
  const statuses = async ({ id }: StoredEndpoint) =>
    (await room.get(WebhookDeliveries).list({ endpointId: id }, 100)).items.map(({ status }) => status);
  const actionsOn = async (id: string) =>
    (await room.get(AuditService).search({ targetId: id }, 50)).items.map(({ action }) => action);

  describe('digests', () => {
    /** The interval in which everything was put aside ends. */
    const endInterval = () => query(`UPDATE webhook_digest_items SET created_at = created_at - interval '2 days'`);
    const digest = async () => {
      await room.get(DigestJob).look();
      await room.get(DigestJob).settled();
    };
    const digestEvents = async () => {
      const rows = await query<{ id: string }[]>(
        `SELECT id FROM outbox_events WHERE type = 'drift.digest' ORDER BY id`,
      );
      return Promise.all(rows.map(({ id }) => room.get(TransactionRunner).read((tx) => room.get(Outbox).get(tx, id))));
    };

    it('tell once what was under the threshold, the gravest first, to nobody else', async () => {
      const { endpoint } = await add('/high', { minSeverity: 'high' });
      const { endpoint: other } = await add('/other', { digestIntervalSeconds: null, minSeverity: 'high' });
      const low = newId();
      await happen(alert('low', { alertId: low }), low);
      await happen(alert('medium'));
      const high = await happen(alert('high'));
      await happen(alert('low', { alertId: low }, 'drift.changes.resolved'));
      await serve(endpoint);
      expect(receiver.idsAt('/high')).toEqual([high]);

      await digest();
      expect(await digestEvents()).toEqual([]);
      await query('DELETE FROM job_slots');
      await endInterval();
      await digest();
      await query('DELETE FROM job_slots');
      await digest();
      const [event, ...more] = await digestEvents();
      expect(more).toEqual([]);
      await room.get(FanOutJob).fanOut(String(event?.id));
      await serve(endpoint);
      await serve(other);
      const body = JSON.parse(receiver.received.filter(({ path }) => path === '/high').at(-1)?.body ?? '{}');
      expect(body).toMatchObject({
        type: 'drift.digest',
        schemaVersion: 1,
        data: {
          endpointId: endpoint.id,
          summary: { critical: 0, high: 0, medium: 1, low: 1, info: 0 },
          items: [
            { severity: 'medium', state: 'open', titles: ['a medium one'] },
            { severity: 'low', state: 'resolved', alertId: low },
          ],
          omitted: 0,
        },
      });
      expect(receiver.idsAt('/high')).toEqual([high, event?.id]);
      expect(receiver.idsAt('/other')).toEqual([high]);
    });

    it('tell what was denied and still stands, as they tell what is new', async () => {
      const { endpoint } = await add('/standing', { minSeverity: 'high' });
      const standing = 'drift.changes.standing' as const;
      const grave = await happen(alert('critical', {}, standing));
      await happen(alert('medium', {}, standing));
      await serve(endpoint);
      expect(receiver.idsAt('/standing')).toEqual([grave]);
      await endInterval();
      await digest();
      const [event] = await digestEvents();
      await room.get(FanOutJob).fanOut(String(event?.id));
      await serve(endpoint);
      expect(JSON.parse(receiver.received.at(-1)?.body ?? '{}')).toMatchObject({
        type: 'drift.digest',
        data: { items: [{ severity: 'medium', state: 'open', titles: ['a medium one'] }], omitted: 0 },
      });
    });

    it('are made once by two instances', async () => {
      await add('/a', { minSeverity: 'critical' });
      await happen(alert('low'));
      await endInterval();
      const options = { DATABASE_URL: database.url, DATABASE_POOL_MAX: 3, DATABASE_QUEUE_TIMEOUT_MS: 10_000 };
      const dataSource = await openDataSource(
        dataSourceOptions({ ...options, DATABASE_STATEMENT_TIMEOUT_MS: 60_000 }),
        false,
      );
      const second = await startWebhookRoom({ ...database, dataSource }, 'api');
      try {
        const jobs = [room.get(DigestJob), second.get(DigestJob)];
        await Promise.all(jobs.map((job) => job.look()));
        await Promise.all(jobs.map((job) => job.settled()));
        await Promise.all(jobs.map((job) => job.look()));
        await Promise.all(jobs.map((job) => job.settled()));
      } finally {
        await second.close();
      }
      expect(await digestEvents()).toHaveLength(1);
    });

    it('are not sent when there is nothing to tell', async () => {
      await add('/a');
      await digest();
      expect(await digestEvents()).toEqual([]);
      expect(await query(`SELECT status FROM job_slots WHERE job = 'notifications.digest'`)).toEqual([
        { status: 'completed' },
      ]);
    });

    it('forget what waits when they are not wanted any more', async () => {
      const { endpoint } = await add('/a', { minSeverity: 'critical' });
      await happen(alert('low'));
      await endpoints().update(ACTOR, endpoint.id, 1, { digestIntervalSeconds: null });
      await happen(alert('low'));
      await endpoints().update(ACTOR, endpoint.id, 2, { digestIntervalSeconds: 3600 });
      await endInterval();
      await digest();
      expect(await digestEvents()).toEqual([]);
    });
  });

  it('tell who was told of an alert that it is resolved, in whatever order the two are handed out', async () => {
    const { endpoint } = await add('/high', { minSeverity: 'high' });
    const alertId = newId();
    await append(alert('high', { alertId }), alertId);
    // By now it is judged as less grave.
    const resolved = await happen(alert('low', { alertId }, 'drift.changes.resolved'));
    await room.get(FanOutJob).fanOut(alertId);
    const { endpoint: late } = await add('/late');
    const second = await happen(alert('low', { alertId }, 'drift.changes.resolved'));
    await serve(endpoint);
    await serve(late);
    expect(receiver.idsAt('/high').sort()).toEqual([alertId, resolved, second].sort());
    expect(receiver.idsAt('/late')).toEqual([]);
  });

  it('refuse subjects that nobody knows, and tenants beside a tenant', async () => {
    room.get(AlertSubjects).add('resourceTypes', ['group']);
    await expect(add('/a', { resourceTypes: ['group', 'gruop'] })).rejects.toMatchObject({
      code: 'notifications.unknown_subject',
      errors: [{ pointer: '/resourceTypes/1' }],
    });
    const { endpoint } = await add('/a', { resourceTypes: ['group'] });
    await expect(endpoints().update(ACTOR, endpoint.id, 1, { controls: ['MS.AAD.0.0'] })).rejects.toMatchObject({
      errors: [{ pointer: '/controls/0' }],
    });
    await expect(add('/a', { tenantIds: [newId()] })).rejects.toMatchObject({
      code: 'notifications.unknown_tenant',
      errors: [{ pointer: '/tenantIds/0' }],
    });
    await expect(add('/a', { tenantId: newId(), tenantIds: [newId()] })).rejects.toMatchObject({
      code: 'notifications.two_scopes',
    });
  });

  describe('secrets', () => {
    const verifies = (secret: string) => {
      const { headers, body } = receiver.received.at(-1) ?? { headers: {}, body: '' };
      try {
        new Webhook(secret).verify(body, headers);
        return true;
      } catch {
        return false;
      }
    };
    const send = async (endpoint: StoredEndpoint) => {
      await happen(alert('high'));
      await serve(endpoint);
    };

    it('overlap when they rotate: a receiver that knows either verifies, until the old one ends by itself', async () => {
      const { endpoint, secret: first } = await add('/a');
      const { endpoint: rotated, secret: second } = await endpoints().rotateSecret(ACTOR, endpoint.id, 1, 3600);
      expect(rotated).toMatchObject({ version: 2, previousSecretUntil: expect.any(Date) });
      await send(endpoint);
      expect(receiver.received.at(-1)?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
      expect([verifies(first), verifies(second)]).toEqual([true, true]);

      await query(`UPDATE webhook_endpoints SET previous_secret_until = now() - interval '1 second'`);
      await send(endpoint);
      expect([verifies(first), verifies(second)]).toEqual([false, true]);
      room.get(Settings).PROCESS_ROLE = 'worker';
      await room.get(FanOutJob).sweep();
      room.get(Settings).PROCESS_ROLE = 'api';
      expect(await endpoints().get(endpoint.id)).toMatchObject({ previousSecretUntil: null });
      expect(await query('SELECT previous_sealed_secret AS secret FROM webhook_endpoints')).toEqual([{ secret: null }]);
      expect((await actionsOn(endpoint.id))[0]).toBe('webhooks.secret.rotated');
    });

    it('end at once without an overlap, also one that cannot be opened any more', async () => {
      const { endpoint, secret: first } = await add('/a');
      await query(`UPDATE webhook_endpoints SET sealed_secret = sealed_secret || '\\x00'::bytea`);
      const { secret: second } = await endpoints().rotateSecret(ACTOR, endpoint.id, 1, 0);
      await send(endpoint);
      expect([verifies(first), verifies(second)]).toEqual([false, true]);
      await expect(endpoints().rotateSecret(ACTOR, endpoint.id, 1, 0)).rejects.toMatchObject({
        code: 'request.precondition_failed',
      });
    });

    it('are sealed each for its own column', async () => {
      const { endpoint } = await add('/a');
      await endpoints().rotateSecret(ACTOR, endpoint.id, 1, 3600);
      const [row] = await query<{ now: Buffer; before: Buffer }[]>(
        'SELECT sealed_secret AS now, previous_sealed_secret AS before FROM webhook_endpoints',
      );
      const seals = room.get(EndpointSeals);
      const { now = Buffer.alloc(0), before = Buffer.alloc(0) } = row ?? {};
      expect(await seals.openPreviousSecret(endpoint.id, before)).toHaveLength(32);
      await expect(seals.openSecret(endpoint.id, before)).rejects.toMatchObject({ code: 'keys.cannot_open' });
      await expect(seals.openPreviousSecret(endpoint.id, now)).rejects.toMatchObject({ code: 'keys.cannot_open' });
    });
  });

  describe('a receiver that fails', () => {
    const failing = (path: string) => {
      receiver.answer = (request, response) => response.writeHead(request.url === path ? 500 : 204).end();
    };
    /** As if so much time had passed. */
    const pass = (interval: string) =>
      Promise.all([
        query(
          `UPDATE webhook_endpoints SET paused_until = paused_until - $1::interval,
                      failing_since = failing_since - $1::interval, last_failure_at = last_failure_at - $1::interval`,
          [interval],
        ),
        query(`UPDATE webhook_deliveries SET next_attempt_at = next_attempt_at - $1::interval`, [interval]),
      ]);

    it('is not tried with one message after the other, and gets all of them when it works again', async () => {
      const { endpoint } = await add('/a');
      for (let n = 0; n < 5; n++) await happen(alert('high'));
      failing('/a');
      await serve(endpoint);
      await serve(endpoint);
      expect(receiver.received).toHaveLength(1);
      expect(await endpoints().get(endpoint.id)).toMatchObject({
        failures: 1,
        failingSince: expect.any(Date),
        version: 1,
      });
      await pass('1 minute');
      await serve(endpoint);
      expect(receiver.received).toHaveLength(2);
      receiver.answer = (_request, response) => response.writeHead(200).end();
      await pass('1 hour');
      await serve(endpoint);
      expect(await statuses(endpoint)).toEqual(Array.from({ length: 5 }, () => 'delivered'));
      expect(await endpoints().get(endpoint.id)).toMatchObject({ failures: 0, failingSince: null });
    });

    it('is disabled after five days without success, which others are told', async () => {
      const { endpoint } = await add('/a');
      const { endpoint: other } = await add('/b');
      failing('/a');
      for (let day = 0; day < 6; day++) {
        await happen(alert('high'));
        await serve(endpoint);
        expect(await endpoints().get(endpoint.id)).toMatchObject({ status: 'enabled' });
        await pass('23 hours');
      }
      await happen(alert('high'));
      await serve(endpoint);
      expect(await endpoints().get(endpoint.id)).toMatchObject({
        status: 'disabled',
        disabledReason: 'The receiver has failed for 5 days without one success.',
      });
      expect(new Set(await statuses(endpoint))).toEqual(new Set(['dead']));
      expect((await actionsOn(endpoint.id))[0]).toBe('webhooks.endpoint.disabled');
      const [event] = await query<{ id: string }[]>(
        `SELECT id FROM outbox_events WHERE type = 'webhooks.endpoint.disabled'`,
      );
      await room.get(FanOutJob).fanOut(String(event?.id));
      await serve(other);
      expect(receiver.idsAt('/b')).toContain(event?.id);
    });

    it('is not disabled for a failure long after another: nobody knows what was between', async () => {
      const { endpoint } = await add('/a');
      failing('/a');
      await happen(alert('high'));
      await serve(endpoint);
      await pass('30 days');
      await happen(alert('high'));
      await serve(endpoint);
      expect(await endpoints().get(endpoint.id)).toMatchObject({ status: 'enabled', failures: 2 });
    });

    it('gets all its dead letters again when somebody says so, each under its own id', async () => {
      const { endpoint } = await add('/a');
      const ids = [];
      for (let n = 0; n < 3; n++) ids.push(await happen(alert('high')));
      await query(`UPDATE webhook_deliveries SET status = 'dead', next_attempt_at = NULL, attempts = 10`);
      await query(`UPDATE webhook_endpoints SET failures = 9, paused_until = now() + interval '1 minute'`);
      expect(await endpoints().replay(ACTOR, endpoint.id, new Date(Date.now() + 3_600_000))).toBe(0);
      expect(await endpoints().replay(ACTOR, endpoint.id, null)).toBe(3);
      await serve(endpoint);
      expect(receiver.idsAt('/a')).toEqual(ids);
      expect(await endpoints().replay(ACTOR, endpoint.id, null)).toBe(0);
      expect(await actionsOn(endpoint.id)).toEqual(['webhooks.endpoint.replayed', 'webhooks.endpoint.created']);
    });
  });
});
