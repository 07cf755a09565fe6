import { randomBytes } from 'node:crypto';
import { type KeysInstance, startJobSlots, startKeys } from '../../test/support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { Settings } from '../config/settings.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { createLogger } from '../observability/logger.js';
import { LocalMasterKey } from './master-key.js';
import { SigningKeyRotationJob } from './signing-key-rotation.job.js';

describe('the schedule of signing keys', () => {
  const master = new LocalMasterKey(randomBytes(32));
  const logger = createLogger('silent');
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase({ poolMax: 10 });
  });
  afterEach(() => database.close());

  const sql = <T = unknown>(query: string): Promise<T> => database.dataSource.query(query);
  const slots = () => sql(`SELECT status, attempt FROM job_slots WHERE job = 'keys.rotation'`);
  const rotations = () => sql(`SELECT actor_id FROM audit_events WHERE action = 'keys.signing-key.rotated'`);

  function jobOf({ rotation }: KeysInstance, settings = new Settings()): SigningKeyRotationJob {
    const transactions = new TransactionRunner(database.dataSource);
    return new SigningKeyRotationJob(settings, startJobSlots(database), rotation, transactions, logger);
  }
  async function oldKeys(): Promise<void> {
    await sql(
      `UPDATE signing_keys SET created_at = created_at - interval '40 days', activated_at = activated_at - interval '40 days'`,
    );
  }

  it('rotates an old key once an hour at most, on one of several instances', async () => {
    const jobs = [];
    for (let i = 0; i < 4; i++) jobs.push(jobOf(await startKeys(database, master)));
    await oldKeys();
    await Promise.all(jobs.map((job) => job.tick()));
    await Promise.all(jobs.map((job) => job.tick()));
    expect(await rotations()).toEqual([{ actor_id: 'keys.rotation' }]);
    expect(await slots()).toEqual([{ status: 'completed', attempt: 1 }]);
  });

  it('leaves a run that failed to be tried again', async () => {
    const job = jobOf(await startKeys(database, master));
    await oldKeys();
    await sql(`UPDATE signing_keys SET wrapped_private_key = '\\x00' WHERE state = 'current'`);
    await job.tick();
    expect(await slots()).toEqual([{ status: 'pending', attempt: 1 }]);
    expect(await rotations()).toEqual([]);
  });

  it('is nothing for a process that only answers requests', async () => {
    const job = jobOf(await startKeys(database, master), Object.assign(new Settings(), { PROCESS_ROLE: 'api' }));
    await oldKeys();
    await job.onTick();
    expect(await slots()).toEqual([]);
  });
});
