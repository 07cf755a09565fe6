import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RetentionJob } from '../../src/audit/retention/retention.job.js';
import { AuditSealJob } from '../../src/audit/seal/audit-seal.job.js';
import { type Person, RbacStage, said } from '../rbac/rbac-stage.js';

const monthAgo = (months: number): string => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months)).toISOString().slice(0, 7);
};
const [OLD, NEXT] = [monthAgo(16), monthAgo(15)];
const HOLD = { reason: 'case 7', from: `${OLD}-10T00:00:00Z`, to: `${OLD}-11T00:00:00Z` };

describe('retention over HTTP and by its job', () => {
  let stage: RbacStage;
  let auditor: Person;
  const folder = mkdtempSync(join(tmpdir(), 'bx-archive-'));

  beforeAll(async () => {
    stage = await RbacStage.start({ AUDIT_ARCHIVE_DIR: folder });
    auditor = await stage.person(5);
    await stage.given(auditor.id, await stage.roleNamed('auditor'));
    await stage.stage.sql('SELECT ensure_audit_partitions($1, 3)', [`${OLD}-01`]);
    await stage.stage.sql(
      `INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type)
       SELECT gen_random_uuid(), 'security', ($1 || '-05T10:00:00Z')::timestamptz + make_interval(hours => n), 'users.user.disabled', 'success', 'system'
         FROM generate_series(1, 20) AS n`,
      [OLD],
    );
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
    rmSync(folder, { recursive: true });
  });

  interface Partition {
    class: string;
    month: string;
    isDue: boolean;
    keptBy: string[];
  }
  const partition = async (month: string): Promise<Partition | undefined> => {
    const { status, body } = await stage.call(auditor.token, 'GET', '/audit/retention');
    expect(status).toBe(200);
    return (body['partitions'] as Partition[]).find((one) => one.class === 'security' && one.month === month);
  };
  const inThisProcess = <T>(type: new (...args: never[]) => T): T =>
    stage.stage.service.app.get(type, { strict: false });
  /** A day's run, whether or not there was one today. */
  const runJob = async (): Promise<Record<string, unknown>> => {
    await stage.stage.sql(`UPDATE job_slots SET slot_at = slot_at - interval '1 day' WHERE job = 'audit.retention'`);
    const job = inThisProcess(RetentionJob);
    await job.tick();
    await job.settled();
    const [slot] = await stage.stage.sql<{ status: string; reason: string; result: string }>(
      `SELECT * FROM job_slots WHERE job = 'audit.retention' ORDER BY slot_at DESC LIMIT 1`,
    );
    expect(slot).toMatchObject({ status: 'completed' });
    return JSON.parse(slot?.result ?? '{}') as Record<string, unknown>;
  };

  it('tells auditors what is kept, and by what', async () => {
    const { body } = await stage.call(auditor.token, 'GET', '/audit/retention');
    expect(body['classes']).toEqual([
      { name: 'security', days: 365 },
      { name: 'operation', days: 90 },
    ]);
    expect(await partition(OLD)).toMatchObject({ isDue: true, keptBy: ['unsealed'] });
    expect(await partition(monthAgo(0))).toMatchObject({ isDue: false, keptBy: ['not-due'] });
  });

  it('lets those hold and release who may, and records it', async () => {
    expect(said(await stage.call(auditor.token, 'POST', '/audit/holds', HOLD))).toEqual([403, 'access.denied']);
    const created = await stage.admin('POST', '/audit/holds', HOLD);
    expect(created.status).toBe(201);
    const path = `/audit/holds/${String(created.body['id'])}`;
    const read = await stage.call(auditor.token, 'GET', path);
    expect(read.body).toEqual(created.body);
    expect(read.body).toMatchObject({
      reason: 'case 7',
      tenantId: null,
      createdBy: { type: 'user', id: stage.administrator.id },
      releasedAt: null,
    });
    const listed = await stage.call(auditor.token, 'GET', '/audit/holds?limit=1');
    expect(listed.body).toEqual({ items: [created.body], nextCursor: null });

    expect(said(await stage.admin('DELETE', path))).toEqual([428, 'request.precondition_required']);
    expect(said(await stage.admin('DELETE', path, undefined, { 'if-match': '"7"' }))).toEqual([
      412,
      'request.precondition_failed',
    ]);
    expect((await stage.change(stage.administrator.token, 'DELETE', path)).status).toBe(204);
    expect(said(await stage.change(stage.administrator.token, 'DELETE', path))).toEqual([409, 'audit.hold_released']);
    expect((await stage.call(auditor.token, 'GET', path)).body).toMatchObject({
      releasedBy: { type: 'user', id: stage.administrator.id },
    });
    expect(await stage.audited('audit.hold.created')).toHaveLength(1);
    expect(await stage.audited('audit.hold.released')).toHaveLength(1);
  });

  it.each([
    [{ ...HOLD, to: HOLD.from }, 400, 'request.invalid'],
    [{ ...HOLD, to: '2026-W01' }, 400, 'request.invalid'],
    [{ ...HOLD, reason: '' }, 400, 'request.invalid'],
    [{ ...HOLD, tenantId: '01900000-0000-7000-8000-000000000000' }, 400, 'audit.hold_tenant_unknown'],
    [{ ...HOLD, other: 1 }, 400, 'request.invalid'],
  ])('refuses the hold %j', async (body, status, code) => {
    expect(said(await stage.admin('POST', '/audit/holds', body))).toEqual([status, code]);
  });

  it('knows no hold by an id that there is none of', async () => {
    const path = '/audit/holds/01900000-0000-7000-8000-000000000000';
    expect(said(await stage.admin('GET', path))).toEqual([404, 'audit.hold_not_found']);
    expect(said(await stage.admin('DELETE', path, undefined, { 'if-match': '"1"' }))).toEqual([
      404,
      'audit.hold_not_found',
    ]);
  });

  it('exports and drops by its job what is due, but not what is held', async () => {
    const held = await stage.admin('POST', '/audit/holds', HOLD);
    await inThisProcess(AuditSealJob).sealAll();
    expect(await partition(OLD)).toMatchObject({ keptBy: ['hold'] });
    const first = await runJob();
    expect(first['kept']).toContain(`security ${OLD}`);
    expect(first['dropped']).toContain(`security ${NEXT}`);
    expect(readdirSync(folder)).toEqual([]);
    await stage.change(stage.administrator.token, 'DELETE', `/audit/holds/${String(held.body['id'])}`);
    expect(await partition(OLD)).toMatchObject({ keptBy: [] });
    expect((await runJob())['dropped']).toEqual([`operation ${OLD}`, `security ${OLD}`]);
    expect(readdirSync(folder)).toEqual([expect.stringContaining(`-security-${OLD}.ndjson.gz`)]);
    expect(await partition(OLD)).toBeUndefined();
    const records = await stage.audited('audit.partition.dropped');
    expect(records.map(({ target_id }) => target_id)).toContain(`security ${OLD}`);
  });

  it('deletes what nobody needs any more of what rooms keep besides, and nothing else', async () => {
    const sql = (text: string) => stage.stage.sql(text);
    await sql(`INSERT INTO job_slots (id, job, key, trigger, slot_at, status) VALUES
      (gen_random_uuid(), 'test', 'old', 'manual', now() - interval '91 days', 'completed'),
      (gen_random_uuid(), 'test', 'waits', 'manual', now() - interval '91 days', 'pending'),
      (gen_random_uuid(), 'test', 'young', 'manual', now() - interval '89 days', 'failed')`);
    await sql(`INSERT INTO outbox_events (id, type, sealed_data, dispatched_at) VALUES
      (gen_random_uuid(), 'test.old', '\\x00', now() - interval '91 days'),
      (gen_random_uuid(), 'test.waits', '\\x00', NULL),
      ('01900000-0000-7000-8000-0000000000aa', 'test.delivering', '\\x00', now() - interval '91 days'),
      ('01900000-0000-7000-8000-0000000000ab', 'test.delivered', '\\x00', now() - interval '91 days')`);
    await sql(`INSERT INTO webhook_endpoints (id, sealed_url, description, event_types, min_severity, status, sealed_secret)
      VALUES ('01900000-0000-7000-8000-0000000000ac', '\\x00', 'a test', '{}', 'info', 'disabled', '\\x00')`);
    await sql(`INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, status, next_attempt_at, last_attempt_at) VALUES
      (gen_random_uuid(), '01900000-0000-7000-8000-0000000000ac', '01900000-0000-7000-8000-0000000000aa', 't', 'pending', now() + interval '1 day', now() - interval '91 days'),
      (gen_random_uuid(), '01900000-0000-7000-8000-0000000000ac', '01900000-0000-7000-8000-0000000000ab', 't', 'dead', NULL, now() - interval '91 days')`);
    const person = await stage.person(1);
    await stage.stage.sql(
      `UPDATE user_sessions SET ended_at = now() - interval '91 days', ended_reason = 'test' WHERE user_id = $1`,
      [person.id],
    );
    const tokens = async () =>
      (
        await sql(
          'SELECT FROM refresh_tokens r JOIN user_sessions s ON s.id = r.session_id WHERE s.ended_at IS NOT NULL',
        )
      ).length;
    expect(await tokens()).toBeGreaterThan(0);
    await sql(
      `INSERT INTO used_proofs (digest, expires_at) VALUES ('\\x01', now() - interval '1 hour'), ('\\x02', now() + interval '1 hour')`,
    );
    await sql(`INSERT INTO revoked_access_tokens (jti, expires_at) VALUES
      (gen_random_uuid(), now() - interval '1 hour'), (gen_random_uuid(), now() + interval '1 hour')`);
    await sql(`INSERT INTO sign_in_attempts (id, tenant_id, state_hash, browser_hash, nonce, code_verifier_sealed, return_to, expires_at)
      SELECT gen_random_uuid(), id, '\\x03', '\\x03', 'n', '\\x03', '/', now() - interval '1 hour' FROM tenants LIMIT 1`);
    await sql(`INSERT INTO drift_bulk_decisions (id, actor, actor_id, idempotency_key, request_hash, kind, reason, total, finished_at)
      SELECT gen_random_uuid(), '{}', 'a', age::text, '\\x04', 'accept', 'r', 0, now() - make_interval(days => age)
        FROM unnest(ARRAY[1, 91]) AS age`);

    // The event of a delivery goes with it or with the next run, whichever room is asked first.
    const runs = [(await runJob())['deleted'], (await runJob())['deleted']] as Record<string, number>[];
    const rules = [...new Set(runs.flatMap((deleted) => Object.keys(deleted)))];
    expect(
      Object.fromEntries(rules.map((rule) => [rule, runs.reduce((sum, run) => sum + (run[rule] ?? 0), 0)])),
    ).toEqual({
      'drift.alerts': 0,
      'drift.change-windows': 0,
      'drift.ignore-rules': 0,
      'drift.proposals': 0,
      'jobs.slots': 1,
      'outbox.events': 2,
      'notifications.deliveries': 1,
      'auth.sessions': 1,
      'auth.attempts': 1,
      'auth.proofs': 1,
      'auth.revocations': 1,
      'drift.bulk-decisions': 1,
    });
    expect(await sql(`SELECT key FROM job_slots WHERE job = 'test' ORDER BY key`)).toEqual([
      { key: 'waits' },
      { key: 'young' },
    ]);
    expect(await sql(`SELECT type FROM outbox_events WHERE type LIKE 'test.%' ORDER BY type`)).toEqual([
      { type: 'test.delivering' },
      { type: 'test.waits' },
    ]);
    expect(await tokens()).toBe(0);
  });
});
