import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { PERMISSIONS, SYSTEM_ROLES } from '../../access/permissions.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AccessCatalogue } from './access-catalogue.service.js';
import { CatalogueRepository } from './catalogue.repository.js';

describe('the system roles', () => {
  let database: TestDatabase;
  let catalogue: AccessCatalogue;
  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 10 });
    const runner = new TransactionRunner(database.dataSource);
    catalogue = new AccessCatalogue(runner, new CatalogueRepository(), new AssignmentsRepository());
  });
  afterAll(() => database.close());

  const rows = (): Promise<{ name: string; permissions: string[] }[]> =>
    database.dataSource.query(
      `SELECT r.name, array_agg(rp.permission ORDER BY rp.permission) AS permissions
         FROM roles r JOIN role_permissions rp ON rp.role_id = r.id GROUP BY r.name ORDER BY r.name`,
    );
  const expected = Object.entries(SYSTEM_ROLES)
    .map(([name, { permissions }]) => ({ name, permissions: [...permissions].sort() }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));

  it('are written from the code once, when eight instances start together', async () => {
    await Promise.all(Array.from({ length: 8 }, () => catalogue.onModuleInit()));
    expect(await rows()).toEqual(expected);
    const ids = await database.dataSource.query('SELECT id FROM roles ORDER BY name');
    await catalogue.onModuleInit();
    expect(await database.dataSource.query('SELECT id FROM roles ORDER BY name')).toEqual(ids);
  });

  it('get back what was changed behind their back', async () => {
    await database.dataSource.query(`INSERT INTO permissions VALUES ('old:thing', 'no route asks for it any more')`);
    await database.dataSource.query(
      `INSERT INTO role_permissions SELECT id, 'old:thing' FROM roles WHERE name = 'viewer'`,
    );
    await database.dataSource.query(
      `INSERT INTO role_permissions SELECT id, 'users:manage' FROM roles WHERE name = 'viewer'`,
    );
    await database.dataSource.query(`DELETE FROM role_permissions WHERE permission = 'drift:read'`);
    await catalogue.onModuleInit();
    expect(await rows()).toEqual(expected);
    const names: { name: string }[] = await database.dataSource.query('SELECT name FROM permissions');
    expect(names.map(({ name }) => name).sort()).toEqual(Object.keys(PERMISSIONS).sort());
  });
});
