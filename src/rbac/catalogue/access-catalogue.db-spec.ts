import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { PERMISSIONS, SYSTEM_ROLES } from '../../access/permissions.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { AuditEntry } from '../../audit/audit.types.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { SeparationRepository } from '../separation/separation.repository.js';
import { AccessCatalogue } from './access-catalogue.service.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { NamespacesRepository } from './namespaces.repository.js';

describe('the system roles', () => {
  let database: TestDatabase;
  let catalogue: AccessCatalogue;
  const recorded: AuditEntry[] = [];
  /** How a record is kept is tested where it is; here it matters that there is one. */
  const audit = { record: async (_tx: unknown, _actor: unknown, entry: AuditEntry) => recorded.push(entry) };
  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 10 });
    const runner = new TransactionRunner(database.dataSource);
    catalogue = new AccessCatalogue(
      runner,
      new CatalogueRepository(),
      new AssignmentsRepository(),
      new NamespacesRepository(),
      new RolesRepository(),
      new SeparationRepository(),
      audit as unknown as AuditService,
    );
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

  it('keep what applications registered, and the administrator holds it', async () => {
    await database.dataSource.query(
      `INSERT INTO permission_namespaces (name, display_name) VALUES ('billing', 'Billing')`,
    );
    await database.dataSource.query(
      `INSERT INTO permissions VALUES ('billing/invoice:read', 'See invoices', 'billing')`,
    );
    await database.dataSource.query(
      `INSERT INTO role_permissions SELECT id, 'billing/invoice:read' FROM roles WHERE name = 'viewer'`,
    );
    await catalogue.onModuleInit();
    const holders: { name: string }[] = await database.dataSource.query(
      `SELECT r.name FROM roles r JOIN role_permissions p ON p.role_id = r.id AND p.permission = 'billing/invoice:read'`,
    );
    // A system role holds what the code says; the registered permission itself stays.
    expect(holders).toEqual([{ name: 'administrator' }]);
    const page = await catalogue.listPermissions('billing', 10);
    expect(page.items).toEqual([{ name: 'billing/invoice:read', description: 'See invoices', namespace: 'billing' }]);
  });

  it('take what no route asks for any more from constraints, on record, and delete those that keep nothing apart then', async () => {
    const sql = (text: string) => database.dataSource.query(text);
    await sql(`INSERT INTO permissions VALUES ('old:one', ''), ('old:two', '')`);
    await sql(`INSERT INTO separation_constraints (id, name, kind) VALUES
      (gen_random_uuid(), 'shorter', 'permissions'), (gen_random_uuid(), 'void', 'permissions')`);
    await sql(`INSERT INTO separation_constraint_members (constraint_id, permission)
      SELECT c.id, p.name FROM separation_constraints c, (VALUES ('shorter', 'old:one'), ('shorter', 'drift:read'),
        ('shorter', 'users:read'), ('void', 'old:two'), ('void', 'users:read')) AS p (of, name) WHERE c.name = p.of`);
    recorded.length = 0;
    await catalogue.onModuleInit();
    expect(
      await sql(`SELECT c.name, c.version, array_agg(m.permission ORDER BY m.permission) AS members
                   FROM separation_constraints c JOIN separation_constraint_members m ON m.constraint_id = c.id GROUP BY c.id`),
    ).toEqual([{ name: 'shorter', version: 2, members: ['drift:read', 'users:read'] }]);
    expect(recorded).toMatchObject([
      {
        action: 'rbac.constraint.updated',
        target: { displayName: 'shorter' },
        before: { members: ['drift:read', 'old:one', 'users:read'] },
        after: { members: ['drift:read', 'users:read'] },
      },
      { action: 'rbac.constraint.deleted', target: { displayName: 'void' } },
    ]);
    recorded.length = 0;
    await catalogue.onModuleInit();
    expect(recorded).toEqual([]);
  });

  it('inherit from nothing, even when one takes the name of a role that somebody had made', async () => {
    await database.dataSource.query(
      `INSERT INTO role_parents SELECT v.id, a.id FROM roles v, roles a WHERE v.name = 'viewer' AND a.name = 'administrator'`,
    );
    await catalogue.onModuleInit();
    expect(await database.dataSource.query('SELECT 1 FROM role_parents')).toEqual([]);
  });
});
