import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';

const MIGRATION = 'SealedAlone1764000000022';
const TENANT = '01900000-0000-7000-8000-000000000001';

/** Where a clear value stood beside a sealed one before. */
const CLEAR = [
  ['audit_events', 'state_before'],
  ['audit_events', 'state_after'],
  ['config_blobs', 'body'],
  ['config_versions', 'display_name'],
  ...['display_name', 'path', 'before_json', 'after_json', 'title', 'actor_name', 'attribution_evidence'].map(
    (column) => ['drift_changes', column] as const,
  ),
  ['outbox_events', 'data'],
  ['user_sessions', 'source_address'],
  ['user_sessions', 'user_agent'],
  ['users', 'profile'],
  ['webhook_endpoints', 'url'],
] as const;

describe('the schema of what is sealed', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());
  const sql = (text: string, parameters: unknown[] = []) => database.dataSource.query(text, parameters);

  it('has no place where somebody could put a value in clear in the stead of a sealed one', async () => {
    const rows: { name: string }[] = await sql(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'`,
    );
    const columns = new Set(rows.map(({ name }) => name));
    expect(CLEAR.filter(([table, column]) => columns.has(`${table}.${column}`))).toEqual([]);
    expect(columns).toContain('config_blobs.sealed_body');
  });

  it.each([
    [
      'config_blobs.body',
      `INSERT INTO config_blobs (tenant_id, hash, body) VALUES ('${TENANT}', sha256('x'), '\\x01')`,
    ],
    ['outbox_events.data', `INSERT INTO outbox_events (id, type, data) VALUES (gen_random_uuid(), 'x', '{}')`],
    ['users.profile', `UPDATE users SET profile = '{"title":"x"}'`],
  ])('is not reached from a database with %s in clear, which stays as it is', async (column, write) => {
    await sql(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $1, 't', false, false, 300) ON CONFLICT DO NOTHING`,
      [TENANT],
    );
    await sql(
      `INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $1, $1, 'x') ON CONFLICT DO NOTHING`,
      [TENANT],
    );
    await goBackBefore(MIGRATION);
    await sql(write);
    const refused = database.dataSource.runMigrations({ transaction: 'each' });
    await expect(refused).rejects.toThrow(`${column} holds values in clear`);
    expect(await sql(`SELECT 1 FROM information_schema.columns WHERE column_name = 'sealed_public_key'`)).toEqual([]);

    await sql(`DELETE FROM config_blobs`);
    await sql(`DELETE FROM outbox_events`);
    await sql(`UPDATE users SET profile = '{}'`);
    await database.dataSource.runMigrations({ transaction: 'each' });
    expect(await sql(`SELECT 1 FROM information_schema.columns WHERE column_name = 'sealed_public_key'`)).toHaveLength(
      1,
    );
  });

  async function goBackBefore(name: string): Promise<void> {
    const isThere = async () => (await sql('SELECT 1 FROM migrations WHERE name = $1', [name])).length > 0;
    while (await isThere()) await database.dataSource.undoLastMigration({ transaction: 'each' });
  }
});
