import type { MigrationInterface, QueryRunner } from 'typeorm';

/** In bytes, above what newAuditRow writes: a character of its limits takes three at most, each state 64 KiB and the seal around both some more. */
const LENGTHS: readonly (readonly [column: string, bytes: number])[] = [
  ['action', 256],
  ['reason', 3072],
  ['actor_id', 1536],
  ['actor_name', 768],
  ['target_type', 768],
  ['target_id', 1536],
  ['target_name', 768],
  ['source_address', 768],
  ['user_agent', 3072],
  ['request_id', 768],
  ['trace_id', 768],
  ['sealed_states', 163_840],
];

/** What else is read whole by whoever seals, keeps or verifies. Rows from before aren't looked at: NOT VALID. */
const BOUNDS: readonly (readonly [table: string, name: string, condition: string])[] = [
  [
    'audit_events',
    'lengths',
    LENGTHS.map(([column, bytes]) => `coalesce(octet_length(${column}), 0) <= ${bytes}`).join(' AND '),
  ],
  // Retention looks at months that are over. What claims to be of a later time would never be looked at.
  ['audit_events', 'not_ahead', `occurred_at < now() + interval '1 day'`],
  ['audit_pending', 'retention_class', `retention_class IN ('security', 'operation')`],
  ['audit_leaves', 'retention_class', `retention_class IN ('security', 'operation')`],
  ['audit_trees', 'sealed_head', 'octet_length(sealed_head) <= 1024'],
  ['audit_checkpoints', 'note', 'octet_length(note) <= 131072'],
  [
    'audit_holds',
    'bounds',
    `octet_length(reason) <= 4000 AND octet_length(created_by_id) <= 1536 AND octet_length(sealed_state) <= 1024
     AND octet_length(created_by_type) <= 64 AND coalesce(octet_length(released_by_id) <= 1536 AND octet_length(released_by_type) <= 64, true)
     AND version BETWEEN 0 AND 999999999 AND isfinite(created_at) AND coalesce(isfinite(released_at), true)
     AND covers_from >= '0001-01-01T00:00:00Z' AND covers_to <= '10000-01-01T00:00:00Z'`,
  ],
];

/** As many as retention can ever drop in two centuries: whoever writes rows here can't make reading them long. */
const MONTH = `'^(security|operation) 2[01]\\d{2}-(0[1-9]|1[0-2])$'`;

/**
 * Months that were gone wholly when this ran, older than all that stand of their class: dropped by a version that kept no sealed word of it,
 * whose record may be gone by retention as well. Who runs the service can't add to them.
 */
export const MONTHS_BEFORE = `
  INSERT INTO audit_months_before (partition, first_leaf, end_leaf, leaves)
  WITH standing AS (
    SELECT part[1] AS class, min(part[2]) AS oldest
      FROM (SELECT regexp_match(child.relname, '^audit_events_(security|operation)_(\\d{6})$') AS part
              FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = 'audit_events'::regclass) AS named
     WHERE part IS NOT NULL GROUP BY part[1]),
  sealed AS (
    SELECT retention_class AS class, date_trunc('month', occurred_at AT TIME ZONE 'UTC') AS month,
           min(leaf_index) AS first_leaf, max(leaf_index) + 1 AS end_leaf, count(*) AS leaves
      FROM audit_leaves WHERE leaf_index >= 0 AND leaf_index < (SELECT size FROM audit_trees) GROUP BY 1, 2)
  SELECT class || ' ' || to_char(month, 'YYYY-MM'), first_leaf, end_leaf, leaves
    FROM sealed JOIN standing USING (class)
   WHERE to_char(month, 'YYYYMM') < oldest AND class || ' ' || to_char(month, 'YYYY-MM') ~ ${MONTH}
     AND NOT EXISTS (SELECT FROM audit_events event WHERE event.retention_class = class
           AND event.occurred_at >= month AT TIME ZONE 'UTC' AND event.occurred_at < (month + interval '1 month') AT TIME ZONE 'UTC')`;

/** Where halves of keys, holds and drops are sealed: undoing would lose what nothing else says. */
const KEPT: readonly (readonly [what: string, condition: string])[] = [
  ['months of the audit trail that were dropped', 'SELECT FROM audit_drops'],
  ['legal holds with a sealed state', 'SELECT FROM audit_holds WHERE sealed_state IS NOT NULL'],
  [
    'checkpoint keys whose only half is sealed',
    `SELECT FROM checkpoint_keys WHERE sealed_public_key IS NOT NULL AND octet_length(wrapped_private_key) = 0`,
  ],
];

/**
 * What was dropped by retention is said sealed; keys say sealed that their succession was ours, and always have a check value; nothing that is
 * read whole is of any length.
 */
export class KeptRecords1764000000029 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, name, condition] of BOUNDS) {
      await runner.query(`ALTER TABLE ${table} ADD CONSTRAINT ck_${table}_${name} CHECK (${condition}) NOT VALID`);
    }
    await runner.query(`
      CREATE TABLE audit_drops (
        partition text CONSTRAINT pk_audit_drops PRIMARY KEY
          CONSTRAINT ck_audit_drops_partition CHECK (partition ~ ${MONTH}),
        sealed_drop bytea NOT NULL CONSTRAINT ck_audit_drops_sealed_drop CHECK (octet_length(sealed_drop) <= 1024),
        dropped_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TRIGGER tr_audit_drops_stay BEFORE DELETE OR TRUNCATE ON audit_drops
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
    await runner.query(`
      CREATE TABLE audit_months_before (
        partition text CONSTRAINT pk_audit_months_before PRIMARY KEY,
        first_leaf bigint NOT NULL,
        end_leaf bigint NOT NULL,
        leaves bigint NOT NULL
      )`);
    await runner.query(MONTHS_BEFORE);
    await runner.query(`
      CREATE TRIGGER tr_audit_months_before_stay BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_months_before
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
    await runner.query(`
      ALTER TABLE checkpoint_keys ADD COLUMN sealed_retirement bytea
        CONSTRAINT ck_checkpoint_keys_sealed_retirement CHECK (octet_length(sealed_retirement) <= 1024)`);
    await this.markReplacedBefore(runner);
    for (const table of ['data_keys', 'index_keys']) {
      const condition = `state = 'retired' OR check_value IS NOT NULL`;
      const [missing]: unknown[] = await runner.query(`SELECT 1 FROM ${table} WHERE NOT (${condition}) LIMIT 1`);
      // Keys from before there were check values get theirs at the next start, which then validates this (FirstKeys).
      await runner.query(
        `ALTER TABLE ${table} ADD CONSTRAINT ck_${table}_check_value CHECK (${condition}) ${missing === undefined ? '' : 'NOT VALID'}`,
      );
    }
  }

  /** Keys that a version replaced which sealed nothing of it. Nobody marks one afterwards: the mark says that nothing is wrong. */
  private async markReplacedBefore(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE checkpoint_keys ADD COLUMN replaced_before boolean NOT NULL DEFAULT false');
    await runner.query(`UPDATE checkpoint_keys SET replaced_before = true WHERE state = 'retiring'`);
    await runner.query(`
      CREATE FUNCTION refuse_replaced_before() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.replaced_before AND (TG_OP = 'INSERT' OR NOT OLD.replaced_before) THEN
          RAISE EXCEPTION 'what was before is settled' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER tr_checkpoint_keys_replaced_before BEFORE INSERT OR UPDATE ON checkpoint_keys
      FOR EACH ROW EXECUTE FUNCTION refuse_replaced_before()`);
  }

  /** Refuses rather than loses: 0022 and 0023 would take away the columns of what is kept sealed. */
  async down(runner: QueryRunner): Promise<void> {
    for (const [what, query] of KEPT) {
      const [row]: unknown[] = await runner.query(`${query} LIMIT 1`);
      if (row !== undefined)
        throw new Error(`there are ${what}, which an older version would lose; nothing was changed`);
    }
    for (const table of ['data_keys', 'index_keys']) {
      await runner.query(`ALTER TABLE ${table} DROP CONSTRAINT ck_${table}_check_value`);
    }
    await runner.query('DROP TRIGGER tr_checkpoint_keys_replaced_before ON checkpoint_keys');
    await runner.query('DROP FUNCTION refuse_replaced_before()');
    await runner.query('ALTER TABLE checkpoint_keys DROP COLUMN sealed_retirement, DROP COLUMN replaced_before');
    await runner.query('DROP TABLE audit_drops, audit_months_before');
    for (const [table, name] of BOUNDS) await runner.query(`ALTER TABLE ${table} DROP CONSTRAINT ck_${table}_${name}`);
  }
}
