import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';

describe('a test database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  it('is a real PostgreSQL with statement timeout', async () => {
    const rows: { setting: string }[] = await database.dataSource.query(
      `SELECT current_setting('statement_timeout') AS setting`,
    );
    expect(rows[0]?.setting).toBe('1min');
  });
});
