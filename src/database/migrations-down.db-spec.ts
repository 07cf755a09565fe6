import { insertRowsOfEveryKind } from '../../test/support/rows-of-every-kind.js';
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
    return withoutMonths(rows.map(({ line }) => line).join('\n'));
  };

  /** Partitions are made for the months that come: which ones these are hangs on the day on which the template was made. */
  const withoutMonths = (text: string): string => {
    const months = [...new Set(text.match(/20\d{4}(?!\d)/g) ?? [])].sort();
    return text
      .replaceAll(/20\d{4}(?!\d)/g, (month) => `month${months.indexOf(month)}`)
      .split('\n')
      .sort()
      .join('\n');
  };

  it('can be taken back one by one where there are rows of every kind, and put in again, to the same schema', async () => {
    const { dataSource } = database;
    await insertRowsOfEveryKind((text, parameters) => dataSource.query(text, parameters));
    const before = await catalogue();
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration({ transaction: 'each' });
    expect(await dataSource.query(`SELECT to_regclass('users') AS users`)).toEqual([{ users: null }]);
    await dataSource.runMigrations({ transaction: 'each' });
    expect(await catalogue()).toBe(before);
  });

  it.each([
    ['x/y:z', null],
    ['x/y:z', 'other'],
    ['y:z', 'other'],
  ])('let no permission be called %s in the namespace %s', async (name, namespace) => {
    await database.dataSource.query(
      `INSERT INTO permission_namespaces (name, display_name) VALUES ('other', '') ON CONFLICT DO NOTHING`,
    );
    const insert = database.dataSource.query(
      `INSERT INTO permissions (name, description, namespace) VALUES ($1, '', $2)`,
      [name, namespace],
    );
    await expect(insert).rejects.toMatchObject({ constraint: 'ck_permissions_namespace' });
  });
});
