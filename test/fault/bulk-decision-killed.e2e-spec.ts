import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { ChangesRepository } from '../../src/drift/report/changes.repository.js';
import type { NewChange } from '../../src/drift/report/readable-change.js';
import { newId } from '../../src/kernel/ids/ids.js';
import { RbacStage } from '../rbac/rbac-stage.js';
import { openChange } from '../support/open-change.js';
import { proofSize } from '../support/proof-size.js';
import { type SpawnedService, spawnService } from '../support/service-process.js';

const ROWS = proofSize(60, 400);
const KILLS = proofSize(1, 4);
/** Else the minute after which a decision counts as stopped is taken out of the times in the rows. */
const WAITS = proofSize(false, true);
const SETTLE_MS = proofSize(180_000, 600_000);

/** The API here hands in, a process of its own decides. */
describe(`a decision on ${ROWS} changes, ${KILLS} kill -9 in the middle of it`, () => {
  let stage: RbacStage;
  let worker: SpawnedService;
  let env: Record<string, string>;

  beforeAll(async () => {
    stage = await RbacStage.start();
    await stage.stage.sql('UPDATE tenants SET scan_enabled = false');
    env = {
      DATABASE_URL: stage.stage.service.databaseUrl,
      MASTER_KEY: Buffer.alloc(32, 'test-key').toString('base64'),
    };
    worker = await spawnService(env);
  }, 180_000);
  afterAll(async () => {
    await worker?.kill('SIGKILL');
    await stage?.close();
  });

  const decided = async (id: string) => {
    const [row] = await stage.stage.sql<{ n: number }>(
      'SELECT count(outcome)::int AS n FROM drift_bulk_rows WHERE bulk_id = $1',
      [id],
    );
    return row?.n ?? 0;
  };
  const until = async (what: string, isSo: () => Promise<boolean>, everyMs: number) => {
    for (const deadline = Date.now() + SETTLE_MS; !(await isSo()); await sleep(everyMs))
      if (Date.now() > deadline) throw new Error(`${what} did not come to be`);
  };
  const read = async (id: string) => (await stage.admin('GET', `/drift/bulk-decisions/${id}`)).body;
  const handIn = async (changes: NewChange[]) => {
    const items = changes.map(({ id }) => ({ id, version: 1 }));
    const body = { decision: 'accept', reason: 'agreed', items };
    const answer = await stage.admin('POST', '/drift/bulk-decisions', body, { 'idempotency-key': newId() });
    expect(answer.status).toBe(202);
    return String(answer.body['id']);
  };
  /** Nobody can decide this one until it is let go. */
  async function hold(change: NewChange | undefined): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: stage.stage.service.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM drift_changes WHERE id = $1 FOR UPDATE', [change?.id]);
    return () => client.end();
  }
  async function open(count: number): Promise<NewChange[]> {
    const [tenant] = await stage.stage.sql<{ id: string }>('SELECT id FROM tenants');
    const changes = Array.from({ length: count }, () => openChange(String(tenant?.id), { severity: 'low' }));
    const { app } = stage.stage.service;
    const repository = app.get(ChangesRepository, { strict: false });
    await app.get(TransactionRunner, { strict: false }).run((tx) => repository.insert(tx, changes));
    return changes;
  }

  it(
    'decides each row once, all of them, and then what was handed in after it',
    async () => {
      const changes = await open(ROWS);
      const id = await handIn(changes);
      for (let kills = 0; kills < KILLS; kills++) {
        // However late the kill comes, something is left to decide.
        const letGo = await hold(changes.at(-1));
        const before = await decided(id);
        const more = 1 + Math.floor(Math.random() * (ROWS / (KILLS + 2)));
        await until('more rows', async () => (await decided(id)) >= before + more, 10);
        await worker.kill('SIGKILL');
        expect(await decided(id)).toBeLessThan(ROWS);
        await letGo();
        if (!WAITS) {
          await stage.stage.sql(`UPDATE drift_bulk_decisions SET created_at = created_at - interval '1 hour'`);
          await stage.stage.sql(`UPDATE drift_bulk_rows SET decided_at = decided_at - interval '1 hour'`);
        }
        worker = await spawnService(env);
      }
      const after = await handIn(await open(1));
      await until('the end', async () => (await read(id))['finishedAt'] !== null, 250);
      await until('the end of the next', async () => (await read(after))['finishedAt'] !== null, 250);

      expect(await read(id)).toMatchObject({ total: ROWS, decided: ROWS, refused: 0 });
      const versions = await stage.stage.sql(
        `SELECT state, version, count(*)::int AS n FROM drift_changes WHERE id = ANY ($1::uuid[]) GROUP BY state, version`,
        [changes.map((change) => change.id)],
      );
      expect(versions).toEqual([{ state: 'accepted', version: 2, n: ROWS }]);
      const records = await stage.audited('drift.change.accepted');
      const targets = records.map(({ target_id }) => target_id);
      expect(targets).toHaveLength(ROWS + 1);
      expect(new Set(targets).size).toBe(ROWS + 1);
      const ended = await stage.audited('drift.bulk_decision.completed');
      expect(ended.map(({ target_id }) => target_id).sort()).toEqual([id, after].sort());
    },
    SETTLE_MS * (KILLS + 2),
  );
});
