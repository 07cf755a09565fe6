import { Counter, Registry } from 'prom-client';
import { type AuditStage, startAudit } from '../../../test/support/audit-stage.js';
import { startPatrol } from '../../../test/support/patrol-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import type { AuditAction } from '../audit.types.js';
import type { LogPatrol } from './log-patrol.service.js';

const ACTOR = systemActor('test');
const ACTION = 'test.thing.changed' as AuditAction;

describe('the patrol of the audit log', () => {
  let database: TestDatabase;
  let stage: AuditStage;
  let patrol: LogPatrol;
  let gaps: Counter;
  const another = () => startPatrol(database, stage, gaps);
  beforeEach(async () => {
    database = await createTestDatabase();
    stage = await startAudit(database);
    gaps = new Counter({ name: 'gaps', help: 'x', labelNames: ['kind'], registers: [new Registry()] });
    patrol = another();
  });
  afterEach(() => database.close());

  const records = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_one, n) =>
        stage.audit.recordAlone(ACTOR, {
          action: ACTION,
          tenantId: null,
          target: { type: 'thing', id: String(n) },
          outcome: 'success',
        }),
      ),
    );
  const counted = async () =>
    Object.fromEntries((await gaps.get()).values.map(({ labels, value }) => [labels['kind'], value]));
  const query = (sql: string) => database.dataSource.query(sql);

  it('puts a record that was taken out of the line back into it, once, whichever instances look', async () => {
    await records(3);
    await query(`DELETE FROM audit_pending WHERE event_id = (SELECT id FROM audit_events WHERE target_id = '1')`);
    expect(await stage.sealer.sealBatch()).toBe(2);
    await Promise.all([patrol.round(), patrol.round()]);
    expect(await counted()).toEqual({ unlogged: 1 });
    expect(await stage.sealer.sealBatch()).toBe(1);
    await patrol.round();
    expect(await counted()).toEqual({ unlogged: 1 });
    expect((await stage.sealed()).map(({ row }) => row.targetId).sort()).toEqual(['0', '1', '2']);
  });

  it('says nothing of what waits, and of what is logged', async () => {
    await records(3);
    await patrol.round();
    await stage.sealer.sealBatch();
    await patrol.round();
    expect(await counted()).toEqual({});
  });

  it('counts records that were deleted, wherever in the log, each time it passes', async () => {
    await records(5);
    await stage.sealer.sealBatch();
    await query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await query(`DELETE FROM audit_events WHERE target_id IN ('1', '3')`);
    await patrol.round();
    expect(await counted()).toEqual({ lost: 2 });
    await patrol.round();
    expect(await counted()).toEqual({ lost: 4 });
  });

  it.each([
    [
      'a record that is logged already',
      'INSERT INTO audit_pending SELECT event_id, retention_class, occurred_at FROM audit_leaves LIMIT 1',
    ],
  ])('is not needed for the line to go on, where somebody puts %s into it', async (_what, sql) => {
    await records(2);
    await stage.sealer.sealBatch();
    await records(2);
    await query(sql);
    expect(await stage.sealer.sealBatch()).toBe(2);
    expect(await stage.sealed()).toHaveLength(4);
  });

  it.each([
    ['of one that waits', 'SELECT event_id FROM audit_pending', 'uq_audit_pending_event_id'],
    ['of one that is in the log', 'SELECT event_id FROM audit_leaves', 'a record of this id is in the audit log'],
  ])('meets no second record with the id %s, in whichever class and month', async (_what, id, refusal) => {
    await records(1);
    await stage.sealer.sealBatch();
    await records(1);
    for (const [name, time] of [
      ['security', 'now()'],
      ['operation', "now() - interval '40 days'"],
    ])
      await expect(
        query(`INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type)
               VALUES ((${id} LIMIT 1), '${name}', ${time}, 'x.y.z', 'success', 'system')`),
      ).rejects.toThrow(refusal);
    await expect(query('INSERT INTO audit_pending SELECT * FROM audit_pending')).rejects.toThrow('uq_audit_pending');
    await patrol.round();
    expect(await counted()).toEqual({});
  });

  it('meets no second record of one that is being sealed at that moment, nor by tables that stand before ours', async () => {
    await records(1);
    const sealing = database.dataSource.createQueryRunner();
    const writing = database.dataSource.createQueryRunner();
    const again = (id: string) =>
      writing.query(
        `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type) VALUES ($1, 'operation', 'x.y.z', 'success', 'system')`,
        [id],
      );
    try {
      await sealing.startTransaction();
      const [taken] = await sealing.query('DELETE FROM audit_pending RETURNING event_id, retention_class, occurred_at');
      const { event_id: id, retention_class: name, occurred_at: at } = taken[0];
      await sealing.query('INSERT INTO audit_leaves VALUES (0, $1, $2, $3)', [id, name, at]);
      const second = again(id);
      const refused = expect(second).rejects.toThrow('a record of this id is in the audit log');
      for (let waits = false; !waits; ) {
        const [row]: { waits: boolean }[] = await query(
          `SELECT count(*) > 0 AS waits FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        waits = row?.waits === true;
      }
      await sealing.commitTransaction();
      await refused;
      await writing.query('CREATE TEMP TABLE audit_leaves (event_id uuid, leaf_index bigint)');
      await writing.query(
        'CREATE TEMP TABLE audit_pending (event_id uuid, retention_class text, occurred_at timestamptz)',
      );
      await expect(again(id)).rejects.toThrow('a record of this id is in the audit log');
    } finally {
      await writing.query('DROP TABLE IF EXISTS pg_temp.audit_leaves, pg_temp.audit_pending');
      await sealing.release();
      await writing.release();
    }
  });

  it.each([
    ['a name of a target that no leaf has', 'target_name', `'x'`],
    ['an id of a target without its type', 'target_id', `'x'`],
  ])('is not asked about %s: the database takes none', async (_what, column, value) => {
    await expect(
      query(
        `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type, ${column})
         VALUES (gen_random_uuid(), 'security', 'x.y.z', 'success', 'system', ${value})`,
      ),
    ).rejects.toThrow(/ck_audit_events_/);
  });

  it.each(["'infinity'", "'-infinity'", "'0044-03-15 BC'"])('is not asked about times like %s', async (time) => {
    await expect(
      query(
        `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type, occurred_at)
         VALUES (gen_random_uuid(), 'security', 'x.y.z', 'success', 'system', ${time})`,
      ),
    ).rejects.toThrow(/ck_audit_events_(occurred_at|not_ahead)/);
  });

  it('sees what is written into a partition by its own name', async () => {
    const [{ name }] = await query(
      `SELECT 'audit_events_security_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM') AS name`,
    );
    await query(
      `INSERT INTO ${name} (id, retention_class, action, outcome, actor_type) VALUES (gen_random_uuid(), 'security', 'x.y.z', 'success', 'system')`,
    );
    expect(await stage.sealer.sealBatch()).toBe(1);
    await expect(query(`TRUNCATE ${name}`)).rejects.toThrow('append-only');
  });
});
