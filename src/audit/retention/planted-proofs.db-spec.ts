import { monthAgo, OldMonths } from '../../../test/audit/old-months.js';
import { type RetentionStage } from '../../../test/audit/retention-stage.js';
import { type AuditStage } from '../../../test/support/audit-stage.js';
import { type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import { MONTHS_BEFORE } from '../../database/migrations/0029-kept-records.js';
import { newId } from '../../kernel/ids/ids.js';
import { statesText } from '../log/canonical-record.js';
import { statesPlace } from '../log/states-place.js';

const ACTOR = systemActor('a test');
const [OLD, NEXT] = [monthAgo(16), monthAgo(15)];
const TIME = { from: new Date(`${OLD}-01T00:00:00Z`), to: new Date(`${NEXT}-01T00:00:00Z`), tenantId: null };
const FAR = { from: new Date('2001-01-01T00:00:00Z'), to: new Date('2001-02-01T00:00:00Z'), tenantId: null };

describe('what keeps the audit trail, where somebody plants what should prove the contrary', () => {
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
  /** Past every trigger. */
  const asOwner = (sql: string) =>
    query(`SET session_replication_role = replica; ${sql}; RESET session_replication_role`);
  const seal = () => stage.sealer.sealBatch();
  const old = (classes: readonly string[], month = OLD) =>
    query(
      `INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type, target_type, target_id)
       SELECT gen_random_uuid(), class, ($2 || '-05T10:00:00Z')::timestamptz + make_interval(hours => n::int),
              CASE class WHEN 'operation' THEN 'drift.scan.completed' ELSE 'users.user.disabled' END, 'success', 'system', 'user', n::text
         FROM unnest($1::text[]) WITH ORDINALITY AS record (class, n)`,
      [classes, month],
    );
  const dropDue = () => months.dropDue();
  const standingOf = () => months.keptBy();
  const round = () => months.patrol();
  const takeOutOfLine = (ids: readonly string[]) =>
    query('DELETE FROM audit_pending WHERE event_id IN (SELECT id FROM audit_events WHERE target_id = ANY ($1))', [
      ids,
    ]);
  /** The record of one hold under the id of another. */
  const copy = (from: string, to: string) =>
    query(
      `INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type, target_type, target_id, sealed_states)
       SELECT id, retention_class, occurred_at - interval '1 day', action, outcome, actor_type, target_type, $2, sealed_states
         FROM audit_events WHERE target_id = $1`,
      [from, to],
    );
  const strip = (id: string) =>
    query('UPDATE audit_holds SET sealed_state = NULL, covers_from = $2, covers_to = $3 WHERE id = $1', [
      id,
      FAR.from,
      FAR.to,
    ]);
  /** As it was before records named the hold: a row and a record. */
  async function olderHold({ from, to }: typeof TIME): Promise<string> {
    const [id, eventId] = [newId(), newId()];
    const after = JSON.stringify({ from, reason: 'older', releasedAt: null, tenantId: null, to });
    const states = await stage.keys.seal(Buffer.from(statesText(null, after) ?? ''), statesPlace(eventId, null));
    await query(
      `INSERT INTO audit_holds (id, reason, covers_from, covers_to, created_by_type, created_by_id) VALUES ($1, 'older', $2, $3, 'user', 'x')`,
      [id, from, to],
    );
    await query(
      `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type, target_type, target_id, sealed_states)
       VALUES ($1, 'security', 'audit.hold.created', 'success', 'system', 'audit-hold', $2, $3)`,
      [eventId, id, states],
    );
    return id;
  }

  it('holds as before, where the record of another hold was copied under a place that no log has', async () => {
    await old(['security']);
    const { id } = await retention.holds.create(ACTOR, { ...TIME, reason: 'case 1' });
    await seal();
    const other = await retention.holds.create(ACTOR, { ...FAR, reason: 'another' });
    await takeOutOfLine([other.id]);
    await copy(other.id, id);
    await query(
      `INSERT INTO audit_leaves (leaf_index, event_id, retention_class, occurred_at)
       SELECT -1, id, retention_class, occurred_at FROM audit_events WHERE target_id = $1 ORDER BY occurred_at LIMIT 1`,
      [id],
    );
    await strip(id);
    await retention.older.onApplicationBootstrap();
    expect(await standingOf()).toContain('hold');
    await asOwner('DELETE FROM audit_leaves WHERE leaf_index < 0');
    await retention.older.onApplicationBootstrap();
    expect(await standingOf()).toContain('hold');
  });

  it.each([
    ['a hold', async (time: typeof TIME) => (await retention.holds.create(ACTOR, { ...time, reason: 'case' })).id],
    ['a hold from before records named theirs', olderHold],
  ])('keeps what %s held, where the record of another was sealed in the place of its own', async (_what, place) => {
    await old(['security']);
    await seal();
    const other = await place(FAR);
    const id = await place(TIME);
    await takeOutOfLine([other, id]);
    await copy(other, id);
    await seal();
    await strip(id);
    await retention.older.onApplicationBootstrap();
    expect(await standingOf()).toEqual(['hold']);
    // The patrol puts the right one into the line again.
    await round();
    await seal();
    await retention.older.onApplicationBootstrap();
    expect(await standingOf()).toEqual(['hold']);
  });

  it('seals again what somebody wrote over what is kept of a drop, and takes nothing of it for lost', async () => {
    await old(['security', 'security', 'security']);
    await seal();
    await dropDue();
    await seal();
    await query(`UPDATE audit_drops SET sealed_drop = 'x' WHERE partition = $1`, [`security ${OLD}`]);
    expect(await round()).toMatchObject([{ kind: 'drop', count: 1, months: [`security ${OLD}`], left: [] }]);
    expect(await round()).toEqual([]);
  });

  it('takes no month into audit_drops that no trail has', async () => {
    for (const partition of ['security 0001-01', 'security 2026-13', 'security 2200-01'])
      await expect(
        query(`INSERT INTO audit_drops (partition, sealed_drop) VALUES ($1, 'x')`, [partition]),
      ).rejects.toThrow('ck_audit_drops_partition');
  });

  it('makes months a quarter ahead and no further', async () => {
    expect(await query('SELECT ensure_audit_partitions(now(), 450) AS made')).toEqual([{ made: 0 }]);
  });

  it('sees a leaf that was given to a dropped month, to hide that its record is gone', async () => {
    await old(['operation', 'security', 'operation']);
    await seal();
    retention = months.retain({ AUDIT_RETENTION_SECURITY_DAYS: 3650 });
    await dropDue();
    expect(await round()).toEqual([]);
    await asOwner(`DELETE FROM audit_events WHERE action = 'users.user.disabled'`);
    expect(await round()).toMatchObject([{ kind: 'lost', count: 1 }]);
    await asOwner(`UPDATE audit_leaves SET retention_class = 'operation' WHERE leaf_index = 1`);
    expect(await round()).toMatchObject([{ kind: 'drop', count: 1, month: { partition: `operation ${OLD}` } }]);
    // Nor does it help to take another out of it.
    await asOwner(`UPDATE audit_leaves SET retention_class = 'security' WHERE leaf_index = 2`);
    expect(await round()).toMatchObject([{ kind: 'lost', count: 1 }]);
  });

  it('sees records that were moved to the class that is kept for less long', async () => {
    await old(['security', 'operation']);
    await seal();
    expect(await round()).toEqual([]);
    await asOwner(
      `UPDATE audit_events SET retention_class = 'operation'; UPDATE audit_leaves SET retention_class = 'operation'`,
    );
    expect(await round()).toMatchObject([{ kind: 'changed', count: 1, places: [{ leafIndex: 0 }] }]);
  });

  it('adopts, on record, months that were gone before drops were kept, and none that was gone from among others', async () => {
    const between = monthAgo(14);
    await old(['operation', 'security']);
    await old(['operation'], between);
    await seal();
    await dropDue();
    // As a version left it that kept no drops, whose records of them are over as well.
    await query('SELECT ensure_audit_partitions($1, 3)', [`${NEXT}-01`]);
    await query(`DROP TABLE IF EXISTS audit_events_operation_${between.replace('-', '')}`);
    await asOwner(
      `DELETE FROM audit_drops; DELETE FROM audit_events WHERE action = 'audit.partition.dropped'; DELETE FROM audit_pending`,
    );
    expect(await round()).toMatchObject([{ kind: 'lost', count: 3 }]);
    await asOwner(MONTHS_BEFORE);
    await retention.older.onApplicationBootstrap();
    expect(await round()).toMatchObject([{ kind: 'lost', count: 1 }]);
    await seal();
    const adopted = (await stage.sealed()).filter(({ row }) => row.action === 'audit.partition.adopted');
    expect(adopted.map(({ row }) => row.targetId)).toEqual([`operation ${OLD}`, `security ${OLD}`]);
    await retention.older.onApplicationBootstrap();
    expect(await seal()).toBe(0);
    await expect(query(`INSERT INTO audit_months_before VALUES ('security 2020-01', 0, 1, 1)`)).rejects.toThrow(
      'append-only',
    );
  });
});
