import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { type Actor, systemActor } from '../../access/actor.js';
import { SYSTEM_ROLES } from '../../access/permissions.js';
import type { AuditService } from '../../audit/audit.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AccountLinkRules } from '../../users/account-link-rules.service.js';
import { GroupMembershipRules } from '../../users/groups/group-membership-rules.service.js';
import { ServiceAccountRules } from '../../users/service-account-rules.service.js';
import { UserStatusRules } from '../../users/user-status-rules.service.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { AccessCatalogue } from '../catalogue/access-catalogue.service.js';
import { CatalogueRepository } from '../catalogue/catalogue.repository.js';
import { NamespacesRepository } from '../catalogue/namespaces.repository.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { SeparationRepository } from '../separation/separation.repository.js';
import { AccessAuthority } from './access-authority.service.js';
import { AuthorityRepository } from './authority.repository.js';
import { IndirectAccess } from './indirect-access.service.js';
import { LastAdministrator } from './last-administrator.service.js';
import { RolePermissions } from './role-permissions.service.js';

describe('whoever puts people into groups', () => {
  let database: TestDatabase;
  let runner: TransactionRunner;
  const membership = new GroupMembershipRules();
  let tenant: string;
  const sql = (query: string, parameters: unknown[] = []) => database.dataSource.query(query, parameters);

  beforeAll(async () => {
    database = await createTestDatabase();
    runner = new TransactionRunner(database.dataSource);
    const [assignments, roles, rows] = [new AssignmentsRepository(), new RolesRepository(), new AuthorityRepository()];
    const catalogue = new AccessCatalogue(
      runner,
      new CatalogueRepository(),
      assignments,
      new NamespacesRepository(),
      roles,
      new SeparationRepository(),
      { record: async () => undefined } as unknown as AuditService,
    );
    await catalogue.onModuleInit();
    const [facts, permissions, status] = [
      new AccessFactsRepository(),
      new RolePermissions(roles),
      new UserStatusRules(),
    ];
    const authority = new AccessAuthority(facts, permissions, rows);
    const last = new LastAdministrator(assignments, rows, status);
    const indirect = new IndirectAccess(
      assignments,
      facts,
      authority,
      rows,
      permissions,
      last,
      new ServiceAccountRules(),
      status,
      membership,
      new AccountLinkRules(),
    );
    indirect.onModuleInit();
    tenant = randomUUID();
    await sql(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $1, 'a test', true, false, 300)`,
      [tenant],
    );
  });
  afterAll(() => database.close());

  const user = async (): Promise<string> => {
    const id = randomUUID();
    await sql(
      `INSERT INTO users (id, tenant_id, object_id, display_name, status) VALUES ($1, $2, $1, 'somebody', 'active')`,
      [id, tenant],
    );
    return id;
  };
  const group = async (): Promise<string> => {
    const id = randomUUID();
    await sql(`INSERT INTO groups (id, tenant_id, source, display_name) VALUES ($1, $2, 'scim', 'a group')`, [
      id,
      tenant,
    ]);
    return id;
  };
  const give = (column: 'user_id' | 'group_id', holder: string, role: keyof typeof SYSTEM_ROLES, effect = 'allow') =>
    sql(
      `INSERT INTO role_assignments (id, ${column}, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
       SELECT $1, $2, r.id, '/', $4, now() - interval '1 hour', 'a test', 'system', 'test' FROM roles r WHERE r.name = $3`,
      [randomUUID(), holder, role, effect],
    );
  const actor = (id: string): Actor => ({
    type: 'user',
    id,
    displayName: 'somebody',
    tenantId: tenant,
    sessionId: randomUUID(),
    scopes: null,
  });
  const change = (by: Actor, groupId: string, added: string[], removed: string[] = []) =>
    runner.run((tx) => membership.assertMayChange(tx, by, groupId, added, removed));

  it('holds what the group has, to put in and to take out', async () => {
    const [provisioner, auditor, somebody, auditors, empty] = [
      await user(),
      await user(),
      await user(),
      await group(),
      await group(),
    ];
    await give('user_id', provisioner, 'provisioning');
    await give('user_id', auditor, 'auditor');
    await give('group_id', auditors, 'auditor');
    for (const [added, removed] of [
      [[somebody], []],
      [[], [somebody]],
      [[provisioner], []],
    ] as const) {
      await expect(change(actor(provisioner), auditors, [...added], [...removed])).rejects.toMatchObject({
        code: 'rbac.no_way_up',
      });
      await change(actor(auditor), auditors, [...added], [...removed]);
      await change(actor(provisioner), empty, [...added], [...removed]);
      await change(systemActor('groups.sync'), auditors, [...added], [...removed]);
    }
    await change(actor(provisioner), auditors, [], []);
  });

  it('holds what members may activate, too', async () => {
    const [provisioner, group1] = [await user(), await group()];
    await give('user_id', provisioner, 'provisioning');
    await sql(
      `INSERT INTO eligible_assignments (id, group_id, role_id, scope, reason, assigned_by_type, assigned_by_id)
       SELECT gen_random_uuid(), $1, id, '/', 'a test', 'system', 'test' FROM roles WHERE name = 'viewer'`,
      [group1],
    );
    await expect(change(actor(provisioner), group1, [provisioner])).rejects.toMatchObject({ code: 'rbac.no_way_up' });
    await sql(
      `UPDATE eligible_assignments SET valid_from = now() - interval '2 hours', valid_until = now() - interval '1 hour'`,
    );
    await change(actor(provisioner), group1, [provisioner]);
  });

  it('does not deny the last administrator anything by it', async () => {
    const [administrator, second, denied] = [await user(), await user(), await group()];
    await give('user_id', administrator, 'administrator');
    await give('group_id', denied, 'viewer', 'deny');
    await expect(change(systemActor('test'), denied, [administrator])).rejects.toMatchObject({
      code: 'rbac.last_administrator',
    });
    await give('user_id', second, 'administrator');
    await change(systemActor('test'), denied, [administrator]);
    await expect(change(systemActor('test'), denied, [administrator, second])).rejects.toMatchObject({
      code: 'rbac.last_administrator',
    });
  });
});
