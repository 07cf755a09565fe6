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
          CONSTRAINT ck_audit_drops_partition CHECK (partition ~ '^(security|operation) \\d{4}-\\d{2}$'),
        sealed_drop bytea NOT NULL CONSTRAINT ck_audit_drops_sealed_drop CHECK (octet_length(sealed_drop) <= 1024),
        dropped_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TRIGGER tr_audit_drops_stay BEFORE DELETE OR TRUNCATE ON audit_drops
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
    await runner.query(`
      ALTER TABLE checkpoint_keys ADD COLUMN sealed_retirement bytea
        CONSTRAINT ck_checkpoint_keys_sealed_retirement CHECK (octet_length(sealed_retirement) <= 1024)`);
    for (const table of ['data_keys', 'index_keys']) {
      const condition = `state = 'retired' OR check_value IS NOT NULL`;
      const [missing]: unknown[] = await runner.query(`SELECT 1 FROM ${table} WHERE NOT (${condition}) LIMIT 1`);
      // Keys from before there were check values get theirs at the next start, which then validates this (FirstKeys).
      await runner.query(
        `ALTER TABLE ${table} ADD CONSTRAINT ck_${table}_check_value CHECK (${condition}) ${missing === undefined ? '' : 'NOT VALID'}`,
      );
    }
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
    await runner.query('ALTER TABLE checkpoint_keys DROP COLUMN sealed_retirement');
    await runner.query('DROP TABLE audit_drops');
    for (const [table, name] of BOUNDS) await runner.query(`ALTER TABLE ${table} DROP CONSTRAINT ck_${table}_${name}`);
  }
}
