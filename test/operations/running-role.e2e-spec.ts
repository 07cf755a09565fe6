import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { register } from '../../src/app/cli/operator-commands.js';
import { RetentionJob } from '../../src/audit/retention/retention.job.js';
import { AuditSealJob } from '../../src/audit/seal/audit-seal.job.js';
import { RbacStage } from '../rbac/rbac-stage.js';
import { ranCli } from '../support/ran-cli.js';
import { createDatabaseFromTemplate } from '../support/test-database.js';

const ROLE = `bx_run_${randomBytes(4).toString('hex')}`;
const MASTER_KEY = Buffer.alloc(32, 'test-key').toString('base64');
const now = new Date();
const OLD = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 16)).toISOString().slice(0, 7);
const CURRENT = now.toISOString().slice(0, 7);
const partition = (month: string) => `audit_events_security_${month.replace('-', '')}`;

/** docs/operations/run.md, "A role that owns nothing". */
describe('the service as a role that owns nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bx-role-'));
  let owner: pg.Client;
  let attacker: pg.Client;
  let ownerUrl: string;
  let roleUrl: string;
  let stage: RbacStage;

  const grant = (role: string) =>
    ranCli(['db', 'grant', role], { env: { DATABASE_URL: ownerUrl }, commands: [register] });

  beforeAll(async () => {
    ownerUrl = await createDatabaseFromTemplate();
    owner = new pg.Client({ connectionString: ownerUrl });
    await owner.connect();
    await owner.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'for-a-test'`);
    const url = new URL(ownerUrl);
    Object.assign(url, { username: ROLE, password: 'for-a-test' });
    roleUrl = url.href;
    expect(await grant(ROLE)).toMatchObject({ code: 0, err: '' });
    // Again after each migration.
    expect(await grant(ROLE)).toMatchObject({ code: 0, err: '' });
    stage = await RbacStage.start({
      DATABASE_URL: roleUrl,
      PROCESS_ROLE: 'all',
      AUDIT_ARCHIVE_DIR: folder,
      MASTER_KEY,
    });
    attacker = new pg.Client({ connectionString: roleUrl });
    await attacker.connect();
  }, 240_000);
  afterAll(async () => {
    await stage?.close();
    await attacker?.end();
    await owner?.query(`DROP OWNED BY ${ROLE}`);
    await owner?.query(`DROP ROLE ${ROLE}`);
    await owner?.end();
    rmSync(folder, { recursive: true });
  });

  const inThisProcess = <T>(type: new (...args: never[]) => T): T =>
    stage.stage.service.app.get(type, { strict: false });
  const until = async (sql: string) => {
    for (let tries = 0; tries < 600; tries++) {
      if (((await owner.query<{ done: boolean }>(sql)).rows[0]?.done ?? false) === true) return;
      await sleep(100);
    }
    throw new Error(`never: ${sql}`);
  };

  it('signs in, changes, scans, seals, delivers and rotates', async () => {
    await stage.role('reader-of-tests', { permissions: ['users:read'] });
    await until(`SELECT count(*) > 0 AS done FROM job_slots WHERE job = 'drift.scan' AND status = 'completed'`);
    await inThisProcess(AuditSealJob).sealAll();
    await until('SELECT count(*) > 0 AS done FROM audit_checkpoints');
    const rotated = await ranCli(['keys', 'rotate', 'all', '--force'], {
      env: { DATABASE_URL: roleUrl, MASTER_KEY },
      commands: [register],
    });
    expect(rotated).toMatchObject({ code: 0, err: '' });
    await stage.role('another-reader', { permissions: ['users:read'] });
    await until(
      `SELECT count(*) = 0 AS done FROM graphile_worker._private_jobs WHERE run_at <= now() AND attempts < max_attempts`,
    );
  }, 120_000);

  it('was given what it has on record', async () => {
    const { rows } = await owner.query(
      `SELECT actor_id, target_id, reason FROM audit_events WHERE action = 'audit.role.granted' ORDER BY id LIMIT 1`,
    );
    expect(rows).toEqual([
      { actor_id: 'operator', target_id: ROLE, reason: expect.stringMatching(/security for \d+ days, operation for/) },
    ]);
  });

  it('makes months and drops those that are over', async () => {
    await owner.query('SELECT ensure_audit_partitions($1, 3)', [`${OLD}-01`]);
    await owner.query(
      `INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type)
       SELECT gen_random_uuid(), 'security', ($1 || '-05T10:00:00Z')::timestamptz, 'users.user.disabled', 'success', 'system'
         FROM generate_series(1, 20)`,
      [OLD],
    );
    await inThisProcess(AuditSealJob).sealAll();
    // Somebody who reads doesn't wait a minute for the next checkpoint.
    const { status } = await stage.admin('GET', '/audit/export?format=csv');
    expect(status).toBe(200);
    const job = inThisProcess(RetentionJob);
    await owner.query(`UPDATE job_slots SET slot_at = slot_at - interval '1 day' WHERE job = 'audit.retention'`);
    await job.tick();
    await job.settled();
    await until(`SELECT to_regclass('${partition(OLD)}') IS NULL AS done`);
    expect(readdirSync(folder)).toContainEqual(expect.stringContaining(`-security-${OLD}.ndjson.gz`));
    // Neither months far ahead nor months that are over.
    const made = `SELECT ensure_audit_partitions(now() - interval '50 years', 400) AS made`;
    expect((await attacker.query(made)).rows).toEqual([{ made: 0 }]);
  }, 120_000);

  it.each([
    ['ALTER TABLE audit_events DISABLE TRIGGER ALL', 'must be owner'],
    [`ALTER TABLE ${partition(CURRENT)} DISABLE TRIGGER ALL`, 'must be owner'],
    ['ALTER TABLE audit_trees DROP COLUMN sealed_head', 'must be owner'],
    ['DROP TRIGGER tr_audit_events_append_only ON audit_events', 'must be owner'],
    [
      'CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
      'denied|must be owner',
    ],
    ['CREATE TABLE audit_events_mine (LIKE audit_events)', 'permission denied'],
    ['SET session_replication_role = replica', 'permission denied'],
    [`SET ROLE postgres`, 'permission denied'],
    ['TRUNCATE audit_events', 'permission denied'],
    [`TRUNCATE ${partition(CURRENT)}`, 'permission denied'],
    ['TRUNCATE audit_pending', 'permission denied'],
    [`DROP TABLE ${partition(CURRENT)}`, 'must be owner'],
    [`ALTER TABLE audit_events DETACH PARTITION ${partition(CURRENT)}`, 'must be owner'],
    [`DELETE FROM ${partition(CURRENT)}`, 'permission denied'],
    ...[
      'audit_events',
      'audit_leaves',
      'audit_tiles',
      'audit_trees',
      'audit_checkpoints',
      'audit_holds',
      'audit_streams',
    ].map((table): [string, string] => [`DELETE FROM ${table}`, 'permission denied']),
    ...[
      'audit_events SET reason = NULL',
      `audit_leaves SET event_id = gen_random_uuid()`,
      `audit_checkpoints SET note = ''`,
      `audit_trees SET origin = 'x'`,
    ].map((set): [string, string] => [`UPDATE ${set}`, 'permission denied']),
    ['UPDATE audit_retention_floors SET days = 0', 'permission denied'],
    [`INSERT INTO migrations (timestamp, name) VALUES (1, 'x')`, 'permission denied'],
    [`SELECT watch_audit_partition('users')`, 'permission denied'],
    [`SELECT drop_audit_partition('security', '${CURRENT}')`, 'have to be kept longer'],
    [`SELECT drop_audit_partition('security', '202001; DROP TABLE users')`, 'no month'],
    [`SELECT drop_audit_partition('other', '2020-01')`, 'no month'],
  ])('may not: %s', async (sql, refusal) => {
    await expect(attacker.query(sql)).rejects.toThrow(new RegExp(refusal));
  });

  it('keeps months as long as the owner said, whatever the service was told', async () => {
    const young = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 11)).toISOString().slice(0, 7);
    await attacker.query(`CREATE TEMP TABLE audit_retention_floors AS SELECT 'security' AS retention_class, 0 AS days`);
    await expect(attacker.query('SELECT drop_audit_partition($1, $2)', ['security', young])).rejects.toThrow(
      'kept longer',
    );
  });

  it('is told of nothing that it was denied', () => {
    const denied = stage.stage.service.logged.filter((line) =>
      /permission denied|must be owner|row-level security/.test(JSON.stringify(line)),
    );
    expect(denied).toEqual([]);
  });

  it('is refused as a role that could do more', async () => {
    const refused = async (why: string) => {
      const ran = await grant(ROLE);
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(why)]);
    };
    expect((await grant('nobody_there')).err).toContain('there is no role');
    await owner.query(`ALTER ROLE ${ROLE} CREATEROLE`);
    await refused('may create roles');
    await owner.query(`ALTER ROLE ${ROLE} NOCREATEROLE`);
    await owner.query(`GRANT pg_write_all_data TO ${ROLE}`);
    await refused('is a member of pg_write_all_data');
    await owner.query(`REVOKE pg_write_all_data FROM ${ROLE}`);
    await owner.query('GRANT DELETE ON audit_leaves TO PUBLIC');
    await refused('has DELETE on audit_leaves from elsewhere');
    await owner.query('REVOKE DELETE ON audit_leaves FROM PUBLIC');
    await owner.query('GRANT UPDATE (reason) ON audit_events TO PUBLIC');
    await refused('may change audit_events.reason by a grant from elsewhere');
    await owner.query('REVOKE UPDATE (reason) ON audit_events FROM PUBLIC');
    await owner.query(`ALTER DEFAULT PRIVILEGES GRANT DELETE ON TABLES TO ${ROLE}`);
    await refused('tables that are still to come');
    await owner.query(`ALTER DEFAULT PRIVILEGES REVOKE DELETE ON TABLES FROM ${ROLE}`);
    expect(await grant(ROLE)).toMatchObject({ code: 0 });
    // Whatever was given besides is taken away.
    await owner.query(`GRANT TRUNCATE ON audit_events TO ${ROLE}`);
    await grant(ROLE);
    await expect(attacker.query('TRUNCATE audit_events')).rejects.toThrow('permission denied');
  });
});
