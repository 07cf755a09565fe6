import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import { type KeysInstance, startKeys } from '../../test/support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { systemActor, type UserActor } from '../access/actor.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { PreparedStatements } from '../database/prepared-statements.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { runWithContext } from '../kernel/context/request-context.js';
import { newId } from '../kernel/ids/ids.js';
import { LocalMasterKey } from '../keys/master-key.js';
import { AuditAppendRepository } from './append/audit-append.repository.js';
import { AuditRepository } from './audit.repository.js';
import { AuditService } from './audit.service.js';
import type { AuditAction, AuditEntry } from './audit.types.js';

const USER: UserActor = {
  type: 'user',
  id: newId(),
  displayName: 'Ada\nLovelace',
  tenantId: newId(),
  sessionId: newId(),
  scopes: null,
};
const ENTRY: AuditEntry = {
  action: 'test.thing.changed' as AuditAction,
  tenantId: null,
  target: { type: 'thing', id: 't1', displayName: 'Thing' },
  outcome: 'success',
  before: { n: 1 },
  after: { n: 2, clientSecret: 'hunter2', name: 'nul\0' },
};

/** The partition of now; a test that runs over the turn of a month has records in the one before too. */
const MONTH = new Date().toISOString().slice(0, 7).replace('-', '');

describe('the audit trail', () => {
  let database: TestDatabase;
  let transactions: TransactionRunner;
  let audit: AuditService;
  let keys: KeysInstance;

  beforeAll(async () => {
    database = await createTestDatabase();
    keys = await startKeys(database, new LocalMasterKey(Buffer.alloc(32, 'audit')));
    transactions = new TransactionRunner(database.dataSource);
    audit = newService();
  });
  afterAll(() => database?.close());

  function newService(appends = new AuditAppendRepository(new PreparedStatements(database.dataSource))): AuditService {
    const written = new Counter({ name: 'written', help: 'w', labelNames: ['outcome'], registers: [new Registry()] });
    return new AuditService(
      transactions,
      appends,
      new AuditRepository(),
      keys.ring,
      pino({ level: 'silent' }),
      written,
    );
  }
  const all = async (filter = {}) => (await audit.search(filter, 200)).items;

  it('keeps who, what, outcome, state and request of a mutation, in its transaction', async () => {
    const context = { requestId: 'req-1', traceId: 'a'.repeat(32), sourceAddress: '192.0.2.7', userAgent: 'curl\r\nX' };
    await runWithContext(context, () => transactions.run((tx) => audit.record(tx, USER, ENTRY)));
    const failing = transactions.run(async (tx) => {
      await audit.record(tx, USER, { ...ENTRY, target: { type: 'thing', id: 'rolled-back' } });
      throw new Error('the mutation failed');
    });
    await expect(failing).rejects.toThrow();
    expect(await all({ targetId: 'rolled-back' })).toEqual([]);
    const [event] = await all({ requestId: 'req-1' });
    expect(event).toMatchObject({
      action: 'test.thing.changed',
      outcome: 'success',
      actorType: 'user',
      actorId: USER.id,
      actorName: 'Ada\uFFFDLovelace',
      sessionId: USER.sessionId,
      targetType: 'thing',
      targetId: 't1',
      traceId: 'a'.repeat(32),
      sourceAddress: '192.0.2.7',
      userAgent: 'curl\uFFFD\uFFFDX',
      states: expect.stringMatching(
        /^\{"after":\{"clientSecret":"\[masked:1\.[\da-f]{16}\]","n":2,"name":"nul\\u0000"\},"before":\{"n":1\}\}$/,
      ),
    });
    expect(event?.occurredAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it.each([
    ['UPDATE', `UPDATE audit_events SET reason = 'x'`],
    ['DELETE', 'DELETE FROM audit_events'],
    ['TRUNCATE', 'TRUNCATE audit_events'],
    ['UPDATE of a part of it', `UPDATE audit_events_security_${MONTH} SET reason = 'x'`],
    ['DELETE from a part of it', `DELETE FROM audit_events_security_${MONTH}`],
  ])('refuses %s', async (_statement, sql) => {
    await audit.recordAlone(systemActor('test'), ENTRY);
    await expect(database.dataSource.query(sql)).rejects.toThrow('append-only');
  });

  it('records a denial with the route and the permission that was missing', async () => {
    const actor = { ...USER, id: newId() };
    await audit.recordDenial(actor, {
      permission: 'users:manage',
      route: 'PATCH /api/v1/users/:id',
      reason: 'not held',
    });
    expect(await all({ actorId: actor.id })).toMatchObject([
      {
        action: 'access.request.denied',
        outcome: 'denied',
        targetType: 'route',
        targetId: 'PATCH /api/v1/users/:id',
        states: '{"after":{"permission":"users:manage"},"before":null}',
      },
    ]);
  });

  it('writes one record for all anonymous failures of a source and minute', async () => {
    const service = newService();
    const context = { requestId: 'r', traceId: 't', sourceAddress: '192.0.2.99', userAgent: null };
    runWithContext(context, () => {
      for (let n = 0; n < 500; n++) service.countAnonymousFailure(n % 2 ? 'auth.token_invalid' : 'auth.token_expired');
    });
    await service.flushCounts(false);
    await service.beforeApplicationShutdown();
    await service.onApplicationShutdown();
    const events = (await all({ action: 'auth.anonymous.failed' })).filter((e) => e.sourceAddress === '192.0.2.99');
    const counts = events.map(({ states }) => (JSON.parse(states ?? '') as { after: { count: number } }).after.count);
    // Two, when the minute turned during the loop.
    expect(events.length).toBeLessThanOrEqual(2);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(500);
    expect(events[0]).toMatchObject({ actorType: 'anonymous', actorId: null, outcome: 'failure', requestId: null });
  });

  it('pages newest first without gap or overlap, and narrows by every filter', async () => {
    const action = 'test.page.turned' as AuditAction;
    const tenantId = newId();
    for (let n = 0; n < 7; n++) {
      const outcome = n % 2 ? 'failure' : 'success';
      await audit.recordAlone(USER, { ...ENTRY, action, tenantId, outcome, target: { type: 'page', id: String(n) } });
    }
    const seen: (string | null)[] = [];
    let cursor: string | undefined;
    do {
      const page = await audit.search({ action }, 3, cursor);
      seen.push(...page.items.map(({ targetId }) => targetId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['6', '5', '4', '3', '2', '1', '0']);
    expect(await all({ action, outcome: 'failure' })).toHaveLength(3);
    expect(await all({ action, tenantId: newId() })).toHaveLength(0);
    expect(await all({ tenantId, targetType: 'page', targetId: '3', actorId: USER.id })).toHaveLength(1);
    expect(await all({ action, from: new Date(Date.now() + 3_600_000) })).toHaveLength(0);
    expect(await all({ action, to: new Date(Date.now() - 3_600_000) })).toHaveLength(0);
    expect(
      await all({ action, from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) }),
    ).toHaveLength(7);
  });

  it('writes records of a group exactly as each would be written alone', async () => {
    const hard: AuditEntry[] = [
      ENTRY,
      {
        ...ENTRY,
        tenantId: newId(),
        target: { type: 'thing', id: `ü\u202e${'x'.repeat(600)}`, displayName: 'Ada\n\ud800' },
      },
      {
        ...ENTRY,
        target: null,
        outcome: 'denied',
        reason: 'sent whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, then "{a,b}"',
      },
      { action: 'drift.scan.completed', tenantId: null, target: { type: 'thing', id: '\\N' }, outcome: 'success' },
    ];
    const context = (requestId: string) => ({
      requestId,
      traceId: 'b'.repeat(32),
      sourceAddress: '::1',
      userAgent: 'Ü \t',
    });
    const told = (rows: Awaited<ReturnType<typeof all>>) =>
      rows.map(({ id: _id, occurredAt: _at, requestId: _request, ...rest }) => JSON.stringify(rest)).sort();
    await runWithContext(context('alone'), async () => {
      for (const entry of hard) await transactions.run((tx) => audit.record(tx, USER, entry));
    });
    await runWithContext(context('group'), () => Promise.all(hard.map((entry) => audit.recordAlone(USER, entry))));
    await runWithContext(context('all'), () => transactions.run((tx) => audit.recordAll(tx, USER, hard)));
    const alone = told(await all({ requestId: 'alone' }));
    expect(alone).toHaveLength(hard.length);
    expect(told(await all({ requestId: 'group' }))).toEqual(alone);
    expect(told(await all({ requestId: 'all' }))).toEqual(alone);
    const [classes] = await database.dataSource.query<{ n: string }[]>(
      `SELECT count(DISTINCT (action, retention_class)) AS n FROM audit_events WHERE action = 'drift.scan.completed'`,
    );
    expect(classes?.n).toBe('1');
  });

  it('refuses of a group only the records that cannot be made or stored', async () => {
    let deep: JsonObject = {};
    for (let level = 0; level < 600; level++) deep = { deep };
    const targets: Partial<AuditEntry>[] = [
      {},
      { after: deep },
      { outcome: 'odd' as AuditEntry['outcome'] },
      { tenantId: 'none' },
      {},
    ];
    const written = await Promise.allSettled(
      targets.map((odd) => audit.recordAlone(USER, { ...ENTRY, action: 'test.group.mixed', ...odd })),
    );
    expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled']);
    expect(await all({ action: 'test.group.mixed' })).toHaveLength(2);
  });

  it('keeps counts that could not be written for the next time', async () => {
    const appends = new AuditAppendRepository(new PreparedStatements(database.dataSource));
    let down = true;
    const insertAll = appends.insertAll.bind(appends);
    appends.insertAll = (rows) => (down ? Promise.reject(new Error('database away')) : insertAll(rows));
    const service = newService(appends);
    runWithContext({ requestId: 'r', traceId: 't', sourceAddress: '192.0.2.55', userAgent: null }, () =>
      service.countAnonymousFailure('auth.token_invalid'),
    );
    await service.flushCounts(true);
    down = false;
    await service.flushCounts(true);
    expect(
      (await all({ action: 'auth.anonymous.failed' })).filter((e) => e.sourceAddress === '192.0.2.55'),
    ).toHaveLength(1);
  });
});
