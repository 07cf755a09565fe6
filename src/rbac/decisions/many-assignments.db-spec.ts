import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { SeparationRepository } from '../separation/separation.repository.js';
import { AccessFactsRepository } from './access-facts.repository.js';

const USERS = 4_000;
const EACH = 5;

describe('where there are many assignments', () => {
  let database: TestDatabase;
  const facts = new AccessFactsRepository();
  const separation = new SeparationRepository();
  const [tenant, program, group, scimGroup] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const roles = [randomUUID(), randomUUID()];
  let users: { id: string; objectId: string }[];
  const sql = <T>(text: string, parameters: unknown[] = []): Promise<T[]> =>
    database.dataSource.query(text, parameters);
  /** How the database goes about it, instead of what it answers. */
  const planned: string[] = [];
  const planning = {
    query: async (text: string, parameters: unknown[]) => {
      const rows = await sql<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, parameters);
      planned.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return [];
    },
  } as unknown as Transaction;
  const planOf = async (work: (tx: Transaction) => Promise<unknown>): Promise<string> => {
    planned.length = 0;
    await work(planning);
    return planned.join('\n');
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    await sql(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $2, 'a tenant', true, false, 300)`,
      [tenant, randomUUID()],
    );
    await sql(`INSERT INTO roles (id, name, description) SELECT unnest($1::uuid[]), unnest(ARRAY['one', 'two']), ''`, [
      roles,
    ]);
    await sql(
      `INSERT INTO users (id, tenant_id, object_id, display_name)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), 'somebody ' || n FROM generate_series(1, ${USERS}) n`,
      [tenant],
    );
    users = await sql('SELECT id, object_id AS "objectId" FROM users ORDER BY id');
    await sql(`INSERT INTO service_accounts (id, tenant_id, name, owner_user_id) VALUES ($1, $2, 'a program', $3)`, [
      program,
      tenant,
      users[0]?.id,
    ]);
    await sql(
      `INSERT INTO groups (id, tenant_id, source, object_id, display_name)
       VALUES ($1, $3, 'entra', gen_random_uuid(), 'Entra''s'), ($2, $3, 'scim', NULL, 'SCIM''s')`,
      [group, scimGroup, tenant],
    );
    await sql('INSERT INTO group_members (group_id, object_id) VALUES ($1, $2)', [group, users[1]?.objectId]);
    await sql('INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)', [scimGroup, users[2]?.id]);
    const giving = `INSERT INTO role_assignments (id, user_id, service_account_id, group_id, role_id, scope, effect, reason, assigned_by_type, assigned_by_id)`;
    await sql(
      `${giving} SELECT gen_random_uuid(), u.id, NULL, NULL, $1, '/s' || n, 'allow', 'a test', 'system', 'test'
                   FROM users u, generate_series(1, ${EACH}) n`,
      [roles[0]],
    );
    await sql(
      `${giving} VALUES (gen_random_uuid(), NULL, NULL, $2, $1, '/s1', 'allow', 'a test', 'system', 'test'),
                        (gen_random_uuid(), NULL, NULL, $3, $1, '/s1', 'allow', 'a test', 'system', 'test'),
                        (gen_random_uuid(), NULL, $4, NULL, $1, '/s1', 'allow', 'a test', 'system', 'test')`,
      [roles[1], group, scimGroup, program],
    );
    const constraint = randomUUID();
    await sql(`INSERT INTO separation_constraints (id, name, kind) VALUES ($1, 'apart', 'roles')`, [constraint]);
    await sql('INSERT INTO separation_constraint_members (constraint_id, role_id) SELECT $1, unnest($2::uuid[])', [
      constraint,
      roles,
    ]);
    await sql('VACUUM ANALYZE');
  }, 120_000);
  afterAll(() => database.close());

  it('finds what somebody is decided by in indexes', async () => {
    const plan = await planOf((tx) => facts.loadSubjects(tx, [users[1]?.id ?? '']));
    expect(plan).not.toContain('Seq Scan on role_assignments');
    expect(plan).toContain('ix_role_assignments_group_id');
    const subjects = await facts.loadSubjects(database.dataSource.manager, [
      ...users.slice(0, 4).map(({ id }) => id),
      program,
    ]);
    expect([...subjects.values()].map(({ assignments }) => assignments.length).sort()).toEqual([1, 5, 5, 6, 6]);
  });

  it('looks for violations of some only at what is theirs', async () => {
    const some = [...users.slice(0, 4).map(({ id }) => id), program];
    const query = { constraintId: null, afterId: null, limit: null };
    const plan = await planOf((tx) => separation.findCandidates(tx, { ...query, subjectIds: some }));
    expect(plan).not.toContain('Seq Scan on role_assignments');
    const ofSome = await separation.findCandidates(database.dataSource.manager, { ...query, subjectIds: some });
    expect(ofSome.map(({ subjectId }) => subjectId)).toEqual(users.slice(1, 3).map(({ id }) => id));
    const all = await separation.findCandidates(database.dataSource.manager, { ...query, subjectIds: null });
    expect(all).toEqual(ofSome);
  });
});
