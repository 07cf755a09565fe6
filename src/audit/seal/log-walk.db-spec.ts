import { Counter, Registry } from 'prom-client';
import { type AuditStage, startAudit } from '../../../test/support/audit-stage.js';
import { startPatrol } from '../../../test/support/patrol-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { AuditAction } from '../audit.types.js';
import { LogPatrolRepository } from './log-patrol.repository.js';
import type { LogPatrol } from './log-patrol.service.js';
import { PatrolPlaces } from './patrol-places.service.js';

const ACTOR = systemActor('test');
const ACTION = 'test.thing.changed' as AuditAction;

/** What somebody with the right to write to every table, and without the keys, may try. */
describe('the walk of the patrol along the audit log', () => {
  let database: TestDatabase;
  let stage: AuditStage;
  let patrol: LogPatrol;
  let gaps: Counter;
  beforeEach(async () => {
    database = await createTestDatabase();
    stage = await startAudit(database);
    gaps = new Counter({ name: 'gaps', help: 'x', labelNames: ['kind'], registers: [new Registry()] });
    patrol = startPatrol(database, stage, gaps);
  });
  afterEach(() => database.close());

  const query = (sql: string, values: unknown[] = []) => database.dataSource.query(sql, values);
  /** Past every trigger. */
  const asOwner = (sql: string) =>
    query(`SET session_replication_role = replica; ${sql}; RESET session_replication_role`);
  const records = async (count: number) => {
    for (let n = 0; n < count; n++)
      await stage.audit.recordAlone(ACTOR, {
        action: ACTION,
        tenantId: null,
        target: { type: 'thing', id: String(n) },
        outcome: 'success',
        after: { n },
      });
    await stage.sealer.sealBatch();
  };
  const counted = async () =>
    Object.fromEntries((await gaps.get()).values.map(({ labels, value }) => [labels['kind'], value]));

  it.each([
    [
      'a record together with its leaf',
      { lost: 1 },
      `DELETE FROM audit_events WHERE target_id = '2'; DELETE FROM audit_leaves WHERE leaf_index = 2`,
    ],
    [
      'the newest records together with their leaves',
      { lost: 2 },
      `DELETE FROM audit_events WHERE target_id IN ('3', '4'); DELETE FROM audit_leaves WHERE leaf_index >= 3`,
    ],
    ['a leaf', { lost: 1, unlogged: 1 }, 'DELETE FROM audit_leaves WHERE leaf_index = 2'],
    ['what a record says', { changed: 1 }, `UPDATE audit_events SET outcome = 'failure' WHERE target_id = '2'`],
    [
      'when a record was made',
      { changed: 1 },
      `UPDATE audit_events SET occurred_at = occurred_at - interval '1 s' WHERE target_id = '2';
      UPDATE audit_leaves SET occurred_at = occurred_at - interval '1 s' WHERE leaf_index = 2`,
    ],
    [
      'sealed states',
      { changed: 1 },
      `UPDATE audit_events SET sealed_states = sealed_states || '\\x00' WHERE target_id = '2'`,
    ],
    [
      'sealed states by leaving them out',
      { changed: 1 },
      `UPDATE audit_events SET sealed_states = NULL WHERE target_id = '2'`,
    ],
    [
      'which records two leaves name',
      { changed: 2 },
      `UPDATE audit_leaves SET leaf_index = 100 - leaf_index WHERE leaf_index IN (1, 3);
      UPDATE audit_leaves SET leaf_index = 101 - leaf_index - CASE leaf_index WHEN 99 THEN -1 ELSE 3 END WHERE leaf_index > 90`,
    ],
    [
      'a record and its hash',
      { tree: 1 },
      `UPDATE audit_tiles SET hashes = overlay(hashes PLACING '\\x00' FROM 70) WHERE level = 0`,
    ],
    ['a tile by cutting it', { tree: 1 }, 'UPDATE audit_tiles SET hashes = substring(hashes FOR 64) WHERE level = 0'],
    ['a tile by taking it away', { tree: 1 }, 'DELETE FROM audit_tiles'],
  ])('finds by itself that somebody changed %s', async (_what, expected, sql) => {
    await records(5);
    await patrol.round();
    expect(await counted()).toEqual({});
    await asOwner(sql);
    await patrol.round();
    expect(await counted()).toMatchObject(expected);
  });

  it('goes by the signed size while the tree is refused', async () => {
    await records(5);
    await asOwner(`UPDATE audit_trees SET size = 1; DELETE FROM audit_events WHERE target_id = '3'`);
    await patrol.round();
    expect(await counted()).toEqual({ lost: 1 });
  });

  it.each([
    ['beyond the end', 5, `SELECT 5, event_id, retention_class, occurred_at FROM audit_pending`],
    ['below the beginning', -1, `SELECT -1, event_id, retention_class, occurred_at FROM audit_pending`],
    ['far beyond the end', 90, `SELECT 90, gen_random_uuid(), 'security', now()`],
  ])(
    'sees leaves that somebody put %s; the sealer waits, and goes on when they are gone',
    async (_what, place, sql) => {
      await records(5);
      await stage.audit.recordAlone(ACTOR, { action: ACTION, tenantId: null, target: null, outcome: 'success' });
      await query(`INSERT INTO audit_leaves ${sql}`);
      await expect(stage.sealer.sealBatch()).rejects.toThrow('lie outside of the 5 records');
      await patrol.round();
      expect(await counted()).toEqual({ planted: 1 });
      await asOwner(`DELETE FROM audit_leaves WHERE leaf_index = ${place}`);
      expect(await stage.sealer.sealBatch()).toBe(1);
      await patrol.round();
      expect(await counted()).toEqual({ planted: 1 });
    },
  );

  it('finds a record of any age that was taken out of the line, also one whose leaf was planted', async () => {
    await records(2);
    await query(
      `INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type)
       SELECT gen_random_uuid(), 'security', now() - make_interval(days => n), 'x.y.z', 'success', 'system' FROM generate_series(1, 40) n`,
    );
    await query('DELETE FROM audit_pending');
    await patrol.round();
    expect(await counted()).toEqual({ unlogged: 40 });
    expect(await stage.sealer.sealBatch()).toBe(40);
    await patrol.round();
    expect(await counted()).toEqual({ unlogged: 40 });
  });

  it('tells of a row with the id of a logged record, and does not put it into the line', async () => {
    await records(2);
    const double = `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type)
       SELECT event_id, 'security', 'x.y.z', 'success', 'system' FROM audit_leaves LIMIT 1`;
    await expect(query(double)).rejects.toThrow('a record of this id is in the audit log');
    // The owner of the tables can do it all the same.
    await query('ALTER TABLE audit_events DISABLE TRIGGER tr_audit_events_pending');
    await query(double);
    await query('ALTER TABLE audit_events ENABLE TRIGGER tr_audit_events_pending');
    await query(
      'INSERT INTO audit_pending SELECT id, retention_class, occurred_at FROM audit_events ORDER BY occurred_at DESC LIMIT 1',
    );
    expect(await stage.sealer.sealBatch()).toBe(0);
    await patrol.round();
    await patrol.round();
    expect(await counted()).toEqual({ double: 2 });
    expect(await stage.sealer.sealBatch()).toBe(0);
  });

  it('passes what it can not look at, when it has tried often enough, and says so', async () => {
    await records(5);
    await query('ALTER TABLE audit_tiles RENAME TO audit_tiles_away');
    for (let tries = 1; tries < 3; tries++)
      await expect(patrol.round()).rejects.toThrow('a look at the audit trail failed');
    expect(await counted()).toEqual({});
    // The look for planted tiles goes on failing.
    await expect(patrol.round()).rejects.toThrow('a look at the audit trail failed');
    expect(await counted()).toEqual({ unread: 5 });
    await query('ALTER TABLE audit_tiles_away RENAME TO audit_tiles');
    await patrol.round();
    expect(await counted()).toEqual({ unread: 5 });
  });

  it('has one place over all instances, which nobody moves by hand', async () => {
    const transactions = new TransactionRunner(database.dataSource);
    const [one, other] = [0, 1].map(() => new PatrolPlaces(stage.keys, new LogPatrolRepository()));
    if (one === undefined || other === undefined) throw new Error('two were made');
    const step = (places: PatrolPlaces, leaf: number, minAgeMs = 0, now = 0) =>
      transactions.run(async (tx) => {
        const taken = await places.take(tx, minAgeMs, now);
        if (taken !== null) places.remember(await places.save(tx, { leaf, record: null }, taken));
        return taken && { leaf: taken.place.leaf, fault: taken.fault };
      });
    const sealed = async () => (await query('SELECT sealed_state AS sealed FROM audit_patrols'))[0]?.sealed;
    expect(await step(one, 100)).toEqual({ leaf: 0, fault: null });
    expect(await step(other, 200)).toEqual({ leaf: 100, fault: null });
    expect(await step(one, 300, 60_000)).toBeNull();
    const older = await sealed();
    expect(await step(one, 300)).toEqual({ leaf: 200, fault: null });

    await query('UPDATE audit_patrols SET sealed_state = $1', [older]);
    expect(await step(one, 400)).toEqual({ leaf: 300, fault: 'an older one was put back' });
    await query(`UPDATE audit_patrols SET sealed_state = sealed_state || '\\x00'`);
    expect(await step(one, 500, 60_000)).toEqual({ leaf: 400, fault: 'it is not one that this service wrote' });
    await query('DELETE FROM audit_patrols');
    expect(await step(other, 600)).toEqual({ leaf: 200, fault: 'it is gone' });
    // Somebody who holds the row holds up nobody who has waited for long.
    const holder = database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT FROM audit_patrols FOR UPDATE');
    expect(await step(other, 700)).toBeNull();
    expect(await step(other, 700, 0, 599_999)).toBeNull();
    expect(await step(other, 700, 0, 600_000)).toEqual({ leaf: 600, fault: expect.stringContaining('locked') });
    expect(await step(other, 800, 0, 660_000)).toMatchObject({ leaf: 700 });
    await holder.rollbackTransaction();
    await holder.release();
  });
});
