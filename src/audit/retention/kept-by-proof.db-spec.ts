import { monthAgo, OldMonths } from '../../../test/audit/old-months.js';
import { type RetentionStage } from '../../../test/audit/retention-stage.js';
import { type AuditStage } from '../../../test/support/audit-stage.js';
import { type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';

const ACTOR = systemActor('a test');
const [OLD, NEXT] = [monthAgo(16), monthAgo(15)];
const TABLE = `audit_events_security_${OLD.replace('-', '')}`;
const TIME = { from: new Date(`${OLD}-01T00:00:00Z`), to: new Date(`${NEXT}-01T00:00:00Z`), tenantId: null };

describe('what keeps the audit trail, where somebody writes to the database', () => {
  let months: OldMonths;
  let database: TestDatabase;
  let stage: AuditStage;
  let retention: RetentionStage;

  beforeEach(async () => {
    months = await OldMonths.start(OLD);
    ({ database, stage, retention } = months);
  });
  afterEach(() => months.close());

  const query = <T = Record<string, unknown>>(sql: string, parameters: unknown[] = []) =>
    database.dataSource.query<T[]>(sql, parameters);
  const old = (count: number) =>
    query(
      `INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type, target_type, target_id)
       SELECT gen_random_uuid(), 'security', ($2 || '-05T10:00:00Z')::timestamptz + make_interval(hours => n), 'users.user.disabled', 'success',
              'system', 'user', n::text
         FROM generate_series(1, $1::int) AS n`,
      [count, OLD],
    );
  const seal = () => stage.sealer.sealBatch();
  const dropDue = () => months.dropDue();
  const standingOf = () => months.keptBy();
  const round = () => months.patrol();
  const recordsOf = async (action: string) => {
    await seal();
    return (await stage.sealed()).filter(({ row }) => row.action === action).map(({ row }) => row);
  };
  const LOST = [{ message: expect.stringContaining('are gone although their month is kept'), count: 3 }];

  it('counts as lost what was dropped by hand, and as dropped only what retention dropped', async () => {
    await old(3);
    await seal();
    await query(`DROP TABLE ${TABLE}`);
    expect(await round()).toMatchObject(LOST);
  });

  it('believes a drop of its own, also one that only its record tells of, and none that somebody wrote', async () => {
    await old(3);
    await seal();
    expect((await dropDue()).dropped).toContain(`security ${OLD}`);
    expect(await round()).toEqual([]);
    await query('ALTER TABLE audit_drops DISABLE TRIGGER ALL');
    await query(
      `UPDATE audit_drops SET sealed_drop = (SELECT sealed_drop FROM audit_drops WHERE partition LIKE 'operation %' LIMIT 1)`,
    );
    // The record of the drop isn't in the log yet: nothing proves it.
    expect(await round()).toMatchObject([{ kind: 'drop' }, ...LOST]);
    await query('DELETE FROM audit_drops');
    expect(await round()).toMatchObject(LOST);
    await seal();
    await retention.older.onApplicationBootstrap();
    expect(await round()).toEqual([]);
  });

  it('does not take what was written into a dropped month afterwards, and deleted, for dropped', async () => {
    await old(3);
    await seal();
    await dropDue();
    await old(3);
    await seal();
    await query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await query(`DELETE FROM audit_events WHERE action = 'users.user.disabled'`);
    expect(await round()).toMatchObject(LOST);
  });

  it('takes no record of a later time', async () => {
    await expect(
      query(
        `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type, occurred_at)
         VALUES (gen_random_uuid(), 'security', 'x.y.z', 'success', 'system', now() + interval '2 days')`,
      ),
    ).rejects.toThrow('ck_audit_events_not_ahead');
  });

  it.each([
    [
      'is said to be released',
      `UPDATE audit_holds SET released_at = now(), released_by_type = 'user', released_by_id = 'x'`,
      'released',
    ],
    ['has lost its seal', 'UPDATE audit_holds SET sealed_state = NULL', 'released'],
    ['is gone', 'DELETE FROM audit_holds', 'released'],
  ])('releases a hold whose row %s, on record', async (_what, sql, how) => {
    await old(1);
    await seal();
    const { id } = await retention.holds.create(ACTOR, { ...TIME, reason: 'case 1' });
    await seal();
    await query('ALTER TABLE audit_holds DISABLE TRIGGER ALL');
    await query(sql);
    expect(await standingOf()).toEqual(['hold']);
    const { version } = await retention.holds.get(id);
    await retention.holds.release(ACTOR, id, version);
    expect(await round()).toEqual([]);
    expect(await standingOf()).toEqual([]);
    expect((await recordsOf(`audit.hold.${how}`)).map(({ targetId }) => targetId)).toEqual([id]);
    await expect(retention.holds.release(ACTOR, id, version + 1)).rejects.toMatchObject({
      code: 'audit.hold_released',
    });
  });

  it.each([
    [
      'a row',
      `INSERT INTO audit_holds (id, reason, covers_from, covers_to, created_by_type, created_by_id)
       VALUES (gen_random_uuid(), 'x', '2001-01-01', '2001-01-02', 'user', 'x') RETURNING id`,
    ],
    ['a record', plantedRecord(`'whatever'`, 'id')],
    ['a record of an id in capitals', plantedRecord('upper(gen_random_uuid()::text)', 'lower(target_id) AS id')],
  ])('holds everything for %s that it did not write, until somebody dismisses it, on record', async (_what, sql) => {
    await old(1);
    const [planted] = await query<{ id: string }>(sql);
    await seal();
    expect(await standingOf()).toEqual(['hold']);
    expect(await round()).toMatchObject([{ holds: [{ id: planted?.id }] }]);
    await retention.older.onApplicationBootstrap();
    const { id, version } = await retention.holds.get(planted?.id ?? '');
    await retention.holds.release(ACTOR, id, version);
    expect(await round()).toEqual([]);
    expect(await standingOf()).toEqual([]);
    expect((await recordsOf('audit.hold.dismissed')).map(({ targetId }) => targetId)).toEqual([id]);
  });

  it('seals an older hold once as its own record has it, whatever somebody copied beside it', async () => {
    await old(1);
    await seal();
    const far = { ...TIME, from: new Date('2001-01-01T00:00:00Z'), to: new Date('2001-02-01T00:00:00Z') };
    const other = await retention.holds.create(ACTOR, { ...far, reason: 'another' });
    const { id } = await retention.holds.create(ACTOR, { ...TIME, reason: 'case 2' });
    await seal();
    // As the owner, whom no trigger stops: the running role can't.
    await query('ALTER TABLE audit_events DISABLE TRIGGER tr_audit_events_pending');
    await query(
      `INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type, target_type, target_id, sealed_states)
       SELECT id, retention_class, occurred_at - interval '1 day', action, outcome, actor_type, target_type, $2, sealed_states
         FROM audit_events WHERE target_id = $1`,
      [other.id, id],
    );
    await query('ALTER TABLE audit_events ENABLE TRIGGER tr_audit_events_pending');
    await seal();
    await query('UPDATE audit_holds SET sealed_state = NULL, covers_from = $2, covers_to = $3 WHERE id = $1', [
      id,
      far.from,
      far.to,
    ]);
    await retention.older.onApplicationBootstrap();
    await retention.older.onApplicationBootstrap();
    expect(await standingOf()).toEqual(['hold']);
    expect((await recordsOf('audit.hold.sealed')).map(({ targetId }) => targetId)).toEqual([id]);
    await retention.holds.release(ACTOR, id, (await retention.holds.get(id)).version);
    expect(await standingOf()).toEqual([]);
  });

  it('keeps the month that has the record of a hold, as long as the hold stands', async () => {
    const { id, version } = await retention.holds.create(ACTOR, {
      reason: 'case 3',
      from: new Date('2001-01-01T00:00:00Z'),
      to: new Date('2001-02-01T00:00:00Z'),
      tenantId: null,
    });
    // As if it had been placed then.
    await query('ALTER TABLE audit_events DISABLE TRIGGER tr_audit_events_append_only');
    await query('UPDATE audit_events SET occurred_at = $2 WHERE target_id = $1', [id, `${OLD}-05T00:00:00Z`]);
    await query(`UPDATE audit_pending SET occurred_at = $1`, [`${OLD}-05T00:00:00Z`]);
    await seal();
    expect(await standingOf()).toEqual(['hold']);
    await retention.holds.release(ACTOR, id, version);
    expect(await standingOf()).toEqual([]);
  });
});

function plantedRecord(target: string, returning: string): string {
  return `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type, actor_id, target_type, target_id)
    VALUES (gen_random_uuid(), 'security', 'audit.hold.created', 'success', 'user', 'x', 'audit-hold', ${target}) RETURNING ${returning}`;
}
