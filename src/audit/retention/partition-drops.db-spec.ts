import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { retentionOf } from '../../../test/audit/retention-stage.js';
import { type AuditStage, startAudit } from '../../../test/support/audit-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import type { Settings } from '../../config/settings.js';
import { openCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { leafHash } from '../../crypto/merkle/tree-hash.js';
import { inclusionProof } from '../../crypto/merkle/tree-proofs.js';
import { verifyInclusion } from '../../crypto/merkle/verify-proof.js';
import { formatVerifierKey } from '../../crypto/signed-note.js';
import { AUDIT_ACTIONS } from '../audit.events.js';
import { readBundleFile } from '../evidence/read-bundle-file.js';
import { verifyBundle } from '../evidence/verify-bundle.js';
import { writeBundle } from '../evidence/write-bundle.js';
import { canonicalRecord } from '../log/canonical-record.js';
import type { LogPatrol } from '../seal/log-patrol.service.js';
import { StreamPositions } from '../stream/stream-positions.service.js';
import type { AuditHolds } from './audit-holds.service.js';
import type { PartitionDrops } from './partition-drop.service.js';
import type { PartitionStandings } from './partition-standings.service.js';

const ACTOR = systemActor('a test');
/** `2026-01`, so many months ago. */
const monthAgo = (months: number) => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months)).toISOString().slice(0, 7);
};
const [OLD, NEXT, LATER] = [monthAgo(16), monthAgo(15), monthAgo(14)];
const TABLE = `audit_events_security_${OLD.replace('-', '')}`;

describe('retention of the audit trail', () => {
  let database: TestDatabase;
  let stage: AuditStage;
  let folder: string;
  let complaints: Record<string, unknown>[];
  let drops: PartitionDrops;
  let standings: PartitionStandings;
  let holds: AuditHolds;
  let patrol: LogPatrol;

  beforeEach(async () => {
    database = await createTestDatabase({ poolMax: 10 });
    stage = await startAudit(database);
    folder = mkdtempSync(join(tmpdir(), 'bx-archive-'));
    await query('SELECT ensure_audit_partitions($1, 3)', [`${OLD}-01`]);
    build({ AUDIT_ARCHIVE_DIR: folder });
  });
  afterEach(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });

  const query = <T = Record<string, unknown>>(sql: string, parameters: unknown[] = []) =>
    database.dataSource.query<T[]>(sql, parameters);

  /** One instance with these settings. */
  function build(changed: Partial<Settings>): void {
    ({ drops, standings, holds, patrol, complaints } = retentionOf(database, stage, changed));
  }

  /** Records of a past time: they lie there as if they had been written then. */
  async function old(count: number, month = OLD): Promise<void> {
    await query(
      `INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type, target_type, target_id)
       SELECT gen_random_uuid(), 'security', ($2 || '-05T10:00:00Z')::timestamptz + make_interval(hours => n), 'users.user.disabled', 'success',
              'system', 'user', n::text
         FROM generate_series(1, $1::int) AS n`,
      [count, month],
    );
  }

  async function recent(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await stage.audit.recordAlone(ACTOR, {
        action: AUDIT_ACTIONS['access.request.failed'],
        tenantId: null,
        target: null,
        outcome: 'failure',
        after: { index },
      });
    }
  }

  const seal = () => stage.sealer.sealBatch();
  const dropDue = () =>
    drops.dropDue(ACTOR, { signal: new AbortController().signal, assertStillMine: async () => undefined });
  const tables = async () =>
    (await query<{ name: string }>(`SELECT inhrelid::regclass::text AS name FROM pg_inherits ORDER BY 1`)).map(
      ({ name }) => name,
    );
  const standingOf = async (month = OLD) =>
    (await standings.list()).find((partition) => partition.month === month && partition.class === 'security')?.keptBy;

  it('exports a month whose time is over, drops it and records that, with what finds and proves the export', async () => {
    await old(30);
    await recent(5);
    await seal();
    expect(await standingOf()).toEqual([]);
    const { dropped, kept } = await dropDue();
    expect(dropped).toContain(`security ${OLD}`);
    expect(kept).toEqual([]);
    expect(await tables()).not.toContain(TABLE);
    expect(await query('SELECT FROM audit_events WHERE occurred_at < $1', [`${NEXT}-01T00:00:00Z`])).toEqual([]);
    const files = readdirSync(folder);
    expect(files).toEqual([expect.stringMatching(new RegExp(`^audit-[\\da-f]{12}-security-${OLD}\\.ndjson\\.gz$`))]);
    const path = join(folder, files[0] ?? '');
    const verdict = await verifyBundle(readBundleFile(path), { trusted: [await stage.verifier()] });
    expect(verdict).toMatchObject({ holds: true, records: 30, size: 35 });
    await seal();
    const records = (await stage.sealed()).filter(({ row }) => row.targetId === `security ${OLD}`);
    expect(records.map(({ row }) => row.action)).toEqual(['audit.partition.dropped']);
    expect(JSON.parse(records[0]?.row.states ?? '')).toEqual({
      before: { class: 'security', month: OLD, records: 30, firstLeafIndex: 0, lastLeafIndex: 29 },
      after: {
        archive: { file: files[0], sha256: createHash('sha256').update(readFileSync(path)).digest('hex'), size: 35 },
      },
    });
  });

  it('leaves everything that proves what is kept', async () => {
    await old(300);
    await recent(3);
    await seal();
    const [checkpoint] = await stage.checkpoints();
    await dropDue();
    const kept = (await stage.sealed()).filter(({ leafIndex }) => leafIndex < 303);
    expect(kept.map(({ leafIndex }) => leafIndex)).toEqual([300, 301, 302]);
    const trusted = [await stage.verifier()];
    const { root, size } = openCheckpoint(checkpoint?.note ?? '', trusted);
    for (const { leafIndex, row } of kept) {
      const hash = leafHash(Buffer.from(canonicalRecord(row)));
      const path = await inclusionProof(leafIndex, size, stage.readTiles);
      expect(verifyInclusion({ leafIndex, size, leafHash: hash, path, root })).toBe(true);
    }
    const { origin } = openCheckpoint(checkpoint?.note ?? '', trusted);
    const bundle = writeBundle({
      origin,
      size,
      keys: trusted.map(formatVerifierKey),
      records: kept.map(({ leafIndex, row }) => ({ leafIndex, bytes: Buffer.from(canonicalRecord(row)) })),
      checkpoints: [{ size, note: checkpoint?.note ?? '' }],
      readTiles: stage.readTiles,
    });
    expect(await verifyBundle(Readable.from(bundle), { trusted })).toMatchObject({
      holds: true,
      records: 3,
      size: 303,
    });
  });

  it('keeps what is not due, by the days of its class', async () => {
    await old(1);
    await seal();
    build({ AUDIT_ARCHIVE_DIR: folder, AUDIT_RETENTION_SECURITY_DAYS: 36_500 });
    expect(await standingOf()).toEqual(['not-due']);
    const { dropped } = await dropDue();
    expect(dropped).toContain(`operation ${OLD}`);
    expect(dropped).not.toContain(`security ${OLD}`);
  });

  it('drops nothing that it can export nowhere', async () => {
    await old(1);
    await seal();
    build({});
    const before = await tables();
    expect((await dropDue()).dropped).toEqual([]);
    expect(await standingOf()).toEqual(['no-archive']);
    expect(await tables()).toEqual(before);
  });

  it('keeps what is not sealed, not signed, or no longer whole', async () => {
    await old(2);
    expect(await standingOf()).toEqual(['unsealed']);
    await seal();
    expect(await standingOf()).toEqual([]);
    await old(1);
    await seal();
    expect(await standingOf()).toEqual(['not-signed']);
    await query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await query(`DELETE FROM audit_events WHERE target_id = '2'`);
    expect(await standingOf()).toEqual(['unsealed', 'not-signed']);
    expect((await dropDue()).kept).toEqual([`security ${OLD}`]);
    expect(await tables()).toContain(TABLE);
  });

  it('keeps what a stream has not delivered', async () => {
    build({ AUDIT_ARCHIVE_DIR: folder, AUDIT_HTTPS_URL: 'https://localhost:1/' });
    await old(4);
    await seal();
    expect(await standingOf()).toEqual(['stream']);
    const delivered = async (next: number) => {
      const sealed = await new StreamPositions(stage.keys).seal('https', next);
      await query('UPDATE audit_streams SET next_leaf = $1, sealed_position = $2', [next, sealed]);
    };
    await delivered(3);
    expect((await dropDue()).kept).toEqual([`security ${OLD}`]);
    // Nobody else says what was delivered.
    await query('UPDATE audit_streams SET next_leaf = 4');
    expect((await dropDue()).kept).toEqual([`security ${OLD}`]);
    await delivered(4);
    expect((await dropDue()).dropped).toContain(`security ${OLD}`);
  });

  it('keeps what is held until the hold is released', async () => {
    await old(1);
    await old(1, LATER);
    await seal();
    const { id, version } = await holds.create(ACTOR, {
      reason: 'case 7',
      from: new Date(`${OLD}-28T23:59:59Z`),
      to: new Date(`${LATER}-01T00:00:00Z`),
      tenantId: null,
    });
    expect(await standingOf()).toEqual(['hold']);
    const first = await dropDue();
    expect(first.kept).toEqual([`operation ${OLD}`, `security ${OLD}`, `operation ${NEXT}`, `security ${NEXT}`]);
    expect(first.dropped).toContain(`security ${LATER}`);
    await holds.release(ACTOR, id, version);
    expect((await dropDue()).dropped).toContain(`security ${OLD}`);
  });

  it.each([
    [
      'released by an update',
      `UPDATE audit_holds SET released_at = now(), released_by_type = 'user', released_by_id = 'x'`,
    ],
    ['moved to another time', `UPDATE audit_holds SET covers_from = '2001-01-01', covers_to = '2001-01-02'`],
    [
      'stripped of what is sealed',
      `UPDATE audit_holds SET sealed_state = NULL, released_at = now(), released_by_type = 'user', released_by_id = 'x'`,
    ],
    [
      'given what is sealed of another',
      `UPDATE audit_holds SET released_at = now(), released_by_type = 'user', released_by_id = 'x',
        sealed_state = (SELECT sealed_state FROM audit_holds WHERE reason = 'released')`,
    ],
    ['deleted', 'DELETE FROM audit_holds'],
  ])('keeps what is held by a hold that was %s past the service, and tells of it', async (what, sql) => {
    await old(1);
    await seal();
    const time = { from: new Date(`${OLD}-01T00:00:00Z`), to: new Date(`${NEXT}-01T00:00:00Z`), tenantId: null };
    const released = await holds.create(ACTOR, { ...time, reason: 'released' });
    await holds.release(ACTOR, released.id, released.version);
    await holds.create(ACTOR, { ...time, reason: 'case 9' });
    await patrol.round();
    expect(complaints).toEqual([]);
    if (what === 'deleted') {
      await expect(query(sql)).rejects.toThrow('append-only');
      // Who commands the database takes away what refuses it.
      await query('ALTER TABLE audit_holds DISABLE TRIGGER ALL');
    }
    await query(what === 'deleted' ? sql : `${sql} WHERE reason = 'case 9'`);
    expect(await standingOf()).toEqual(['hold']);
    expect((await dropDue()).kept).toContain(`security ${OLD}`);
    expect(await tables()).toContain(TABLE);
    complaints.length = 0;
    await patrol.round();
    expect(complaints).toMatchObject([{ message: expect.stringContaining('legal holds were changed') }]);
  });

  it('shows a hold before the month is due', async () => {
    const recentMonth = monthAgo(1);
    await query('SELECT ensure_audit_partitions($1, 3)', [`${recentMonth}-01`]);
    await holds.create(ACTOR, {
      reason: 'case 10',
      from: new Date(`${recentMonth}-01T00:00:00Z`),
      to: new Date(`${recentMonth}-02T00:00:00Z`),
      tenantId: null,
    });
    const standing = (await standings.list()).find(
      ({ month, class: name }) => month === recentMonth && name === 'security',
    );
    expect(standing?.keptBy).toEqual(['not-due', 'hold']);
  });

  it('keeps what is held while it is being exported', async () => {
    await old(1);
    await seal();
    const holder = database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query(`SELECT pg_advisory_xact_lock(hashtext('audit retention'))`);
    await holder.query(
      `INSERT INTO audit_holds (id, reason, covers_from, covers_to, created_by_type, created_by_id)
       VALUES (gen_random_uuid(), 'case 8', $1, $2, 'system', 'test')`,
      [`${OLD}-01`, `${NEXT}-01`],
    );
    build({ AUDIT_ARCHIVE_DIR: folder, AUDIT_RETENTION_OPERATION_DAYS: 36_500 });
    const dropping = dropDue();
    await sleep(200);
    await holder.commitTransaction();
    await holder.release();
    const { dropped, kept } = await dropping;
    expect(kept).toContain(`security ${OLD}`);
    expect(dropped).not.toContain(`security ${OLD}`);
    expect(await tables()).toContain(TABLE);
  });

  it('lets whoever appends go first while somebody else reads for long', async () => {
    await old(1);
    await seal();
    const reader = database.dataSource.createQueryRunner();
    await reader.startTransaction();
    await reader.query('SELECT count(*) FROM audit_events');
    const dropping = dropDue();
    for (let appended = 0; appended < 10; appended++) await recent(1);
    expect(await tables()).toContain(TABLE);
    await reader.commitTransaction();
    await reader.release();
    expect((await dropping).dropped).toContain(`security ${OLD}`);
    expect(await query(`SELECT FROM audit_events WHERE action = 'access.request.failed'`)).toHaveLength(10);
  });

  it('drops nothing whose export cannot be written', async () => {
    await old(1);
    await seal();
    writeFileSync(join(folder, 'a-file'), '');
    build({ AUDIT_ARCHIVE_DIR: join(folder, 'a-file') });
    await expect(dropDue()).rejects.toThrow(/ENOTDIR|EEXIST/);
    expect(await tables()).toContain(TABLE);
  });

  it('drops nothing whose export does not hold: a record that was changed is found', async () => {
    await old(3);
    await seal();
    await query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await query(`UPDATE audit_events SET actor_id = 'somebody else' WHERE target_id = '2'`);
    await expect(dropDue()).rejects.toThrow('does not hold');
    expect(await tables()).toContain(TABLE);
  });
});
