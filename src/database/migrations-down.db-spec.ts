import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';

describe('the migrations', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  const catalogue = async (): Promise<string> => {
    const rows: { line: string }[] = await database.dataSource.query(`
      SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS line
        FROM information_schema.columns WHERE table_schema = 'public'
      UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
      UNION ALL SELECT conrelid::regclass::text || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
                 WHERE connamespace = 'public'::regnamespace
      UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
      ORDER BY 1`);
    return rows.map(({ line }) => line).join('\n');
  };

  it('can be taken back one by one, and put in again, to the same schema', async () => {
    const { dataSource } = database;
    const before = await catalogue();
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration({ transaction: 'each' });
    expect(await dataSource.query(`SELECT to_regclass('users') AS users`)).toEqual([{ users: null }]);
    await dataSource.runMigrations({ transaction: 'each' });
    expect(await catalogue()).toBe(before);
  });
});
