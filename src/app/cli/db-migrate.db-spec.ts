import { ranCli } from '../../../test/support/ran-cli.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { KeptRecords1764000000029 } from '../../database/migrations/0029-kept-records.js';
import { RunningRole1764000000030 } from '../../database/migrations/0030-running-role.js';
import { register } from './operator-commands.js';

describe('db migrate', () => {
  let database: TestDatabase;
  /** As it was before that migration. */
  const undoTo = async (migration: string) => {
    const { dataSource } = database;
    const names = dataSource.migrations.map((one) => one.constructor.name);
    for (let last = names.length - 1; last >= names.indexOf(migration); last--)
      await dataSource.undoLastMigration({ transaction: 'each' });
  };
  beforeEach(async () => {
    database = await createTestDatabase();
    await undoTo(KeptRecords1764000000029.name);
  });
  afterEach(() => database.close());

  const migrate = (...options: string[]) =>
    ranCli(['db', 'migrate', ...options], { env: { DATABASE_URL: database.url }, commands: [register] });

  it('does nothing while an instance is connected, unless it is told to', async () => {
    // It is named as those of an instance.
    const connection = database.dataSource.createQueryRunner();
    await connection.connect();
    const refused = await migrate();
    expect([refused.code, refused.out]).toEqual([2, '']);
    expect(refused.err).toMatch(/instances are connected .* of blindspotx.*stop every instance/);
    expect(await migrate('--beside-running')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ran KeptRecords/),
    });
    expect(await migrate()).toMatchObject({ code: 0, out: 'nothing was pending\n' });
    await connection.release();
  }, 60_000);

  it('does not go back to a version that would lose what is sealed', async () => {
    const { dataSource } = database;
    await migrate('--beside-running');
    await undoTo(RunningRole1764000000030.name);
    const undo = () => dataSource.undoLastMigration({ transaction: 'each' });
    await dataSource.query(`INSERT INTO audit_drops (partition, sealed_drop) VALUES ('security 2020-01', '')`);
    await expect(undo()).rejects.toThrow('months of the audit trail that were dropped');
    await dataSource.query('ALTER TABLE audit_drops DISABLE TRIGGER ALL');
    await dataSource.query('DELETE FROM audit_drops');
    await dataSource.query(
      `INSERT INTO checkpoint_keys (id, state, public_key, wrapped_private_key, wrapped_by, sealed_public_key)
       VALUES ('x', 'retired', decode(repeat('00', 32), 'hex'), '', 'x', '')`,
    );
    await expect(undo()).rejects.toThrow('checkpoint keys whose only half is sealed');
  }, 60_000);

  it('waits for a table no longer than ten seconds, and then has changed nothing', async () => {
    const user = database.dataSource.createQueryRunner();
    await user.startTransaction();
    await user.query('SELECT FROM checkpoint_keys');
    const { code, err } = await migrate('--beside-running');
    expect([code, err]).toEqual([2, expect.stringContaining('waited ten seconds')]);
    await user.rollbackTransaction();
    await user.release();
    const [row] = await database.dataSource.query(`SELECT to_regclass('audit_drops') AS made`);
    expect(row).toEqual({ made: null });
    expect(await migrate('--beside-running')).toMatchObject({ code: 0 });
  }, 60_000);
});
