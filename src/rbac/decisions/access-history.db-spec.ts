import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import type { RoleFacts, SubjectFacts } from './access-facts.js';
import { AccessFactsRepository } from './access-facts.repository.js';
import { AccessHistoryRepository } from './access-history.repository.js';
import { PastFacts } from './past-facts.service.js';

/** The same steps every time: a generator of Lehmer's kind. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

describe('the history of access', () => {
  const current = new AccessFactsRepository();
  const history = new AccessHistoryRepository();
  let database: TestDatabase;
  const sql = <T>(query: string, parameters: unknown[] = []): Promise<T[]> =>
    database.dataSource.query(query, parameters);
  const moment = async (): Promise<Date> => {
    // Times are asked for to the millisecond.
    await sleep(2);
    const [row] = await sql<{ at: Date }>('SELECT clock_timestamp() AS at');
    await sleep(2);
    if (row === undefined) throw new Error('no time');
    return row.at;
  };
  const tenants = [randomUUID(), randomUUID()];
  const users = Array.from({ length: 4 }, () => randomUUID());
  const objects = Array.from({ length: 4 }, () => randomUUID());
  const accounts = [randomUUID(), randomUUID()];
  const groups = Array.from({ length: 3 }, () => randomUUID());
  const roles = Array.from({ length: 4 }, () => randomUUID());
  const permissions = ['test:one', 'test:two', 'test:three'];

  beforeAll(async () => {
    database = await createTestDatabase();
    for (const [index, id] of tenants.entries()) {
      await sql(
        `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
         VALUES ($1, $2, $3, true, false, 300)`,
        [id, randomUUID(), `tenant ${index}`],
      );
    }
    for (const name of permissions)
      await sql(`INSERT INTO permissions (name, description) VALUES ($1, 'a test')`, [name]);
  });
  afterAll(() => database.close());

  const insertUser = (index: number) =>
    sql(`INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, $3, 'somebody')`, [
      users[index],
      tenants[index % 2],
      objects[index],
    ]);

  it('begins with its first record', async () => {
    const past = new PastFacts(current, history);
    const { manager } = database.dataSource;
    const at = (time: Date) => past.load(manager, users[0] ?? '', [], time);
    await expect(at(new Date('2001-01-01T00:00:00Z'))).rejects.toMatchObject({ code: 'rbac.before_history' });
    await expect(at(new Date(Date.now() + 3_600_000))).rejects.toMatchObject({ code: 'rbac.as_of_future' });
  });

  it('tells of each past moment what the tables told then, whatever happened since', async () => {
    const pick = seeded(20261130);
    const one = <T>(of: readonly T[]): T => of[pick(of.length)] as T;
    for (let index = 0; index < users.length; index++) await insertUser(index);
    for (const [index, id] of accounts.entries()) {
      await sql(`INSERT INTO service_accounts (id, tenant_id, name, owner_user_id) VALUES ($1, $2, $3, $4)`, [
        id,
        tenants[index],
        `program ${index}`,
        users[index],
      ]);
    }
    for (const [index, id] of groups.entries()) {
      await sql(
        `INSERT INTO groups (id, tenant_id, source, object_id, display_name) VALUES ($1, $2, $3, $4, 'a group')`,
        [id, tenants[index % 2], index === 2 ? 'scim' : 'entra', index === 2 ? null : randomUUID()],
      );
    }
    for (const [index, id] of roles.entries()) {
      await sql(`INSERT INTO roles (id, name, description) VALUES ($1, $2, '')`, [id, `role ${index}`]);
    }
    const holder = () => one([...users, ...users, ...accounts, ...groups]);
    const mutations: (() => Promise<unknown>)[] = [
      async () => {
        const id = holder();
        const columns = users.includes(id) ? 'user_id' : accounts.includes(id) ? 'service_account_id' : 'group_id';
        await sql(
          `INSERT INTO role_assignments (id, ${columns}, role_id, scope, effect, valid_from, valid_until, reason, assigned_by_type, assigned_by_id)
           VALUES ($1, $2, $3, $4, $5, now() - interval '1 hour', CASE WHEN $6 THEN now() + interval '1 day' END, 'a test', 'system', 'test')`,
          [randomUUID(), id, one(roles), one(['/', '/a', '/a/b']), one(['allow', 'deny']), pick(2) === 0],
        );
      },
      () =>
        sql(
          `DELETE FROM role_assignments WHERE id IN (SELECT id FROM role_assignments ORDER BY id OFFSET $1 LIMIT 1)`,
          [pick(6)],
        ),
      () =>
        sql(
          `UPDATE role_assignments SET valid_until = now() WHERE id IN (SELECT id FROM role_assignments ORDER BY id OFFSET $1 LIMIT 1)`,
          [pick(6)],
        ),
      () =>
        sql(`INSERT INTO group_members (group_id, object_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
          one(groups.slice(0, 2)),
          one(objects),
        ]),
      () =>
        sql(`INSERT INTO group_members (group_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
          groups[2],
          one(users),
        ]),
      () =>
        sql(`DELETE FROM group_members WHERE group_id = $1 AND (object_id = $2 OR user_id = $3)`, [
          one(groups),
          one(objects),
          one(users),
        ]),
      () => sql(`UPDATE users SET status = $2 WHERE id = $1`, [one(users), one(['active', 'disabled'])]),
      () => sql(`UPDATE service_accounts SET status = $2 WHERE id = $1`, [one(accounts), one(['active', 'disabled'])]),
      () => sql(`UPDATE service_accounts SET owner_user_id = $2 WHERE id = $1`, [one(accounts), one(users)]),
      () => sql(`INSERT INTO role_permissions VALUES ($1, $2) ON CONFLICT DO NOTHING`, [one(roles), one(permissions)]),
      () => sql(`DELETE FROM role_permissions WHERE role_id = $1 AND permission = $2`, [one(roles), one(permissions)]),
      () => {
        const upper = pick(roles.length - 1);
        return sql(`INSERT INTO role_parents VALUES ($1, $2) ON CONFLICT DO NOTHING`, [roles[upper + 1], roles[upper]]);
      },
      () => sql(`DELETE FROM role_parents WHERE role_id = $1`, [one(roles)]),
      () =>
        sql(
          `WITH gone AS (DELETE FROM role_assignments WHERE group_id = $1 RETURNING id)
             UPDATE users SET status = 'disabled' WHERE id = $2 AND EXISTS (SELECT 1 FROM gone)`,
          [one(groups), one(users)],
        ),
    ];
    const [assign] = mutations;
    if (assign !== undefined) mutations.push(assign, assign, assign);
    const seen: { at: Date; subjects: Map<string, SubjectFacts>; roles: Map<string, RoleFacts> }[] = [];
    const { manager } = database.dataSource;
    for (let step = 0; step < 150; step++) {
      await one(mutations)();
      const at = await moment();
      seen.push({
        at,
        subjects: await current.loadSubjects(manager, [...users, ...accounts]),
        roles: await current.loadRoles(manager),
      });
    }
    expect(seen.some(({ subjects }) => [...subjects.values()].some(({ groupIds }) => groupIds.length > 1))).toBe(true);
    expect(seen.some(({ subjects }) => [...subjects.values()].some(({ assignments }) => assignments.length > 2))).toBe(
      true,
    );
    for (const { at, subjects, roles: rolesThen } of seen) {
      const { revision } = await history.findPoint(manager, at);
      expect(await history.loadRolesAtRevision(manager, revision ?? 0)).toEqual(rolesThen);
      for (const [id, subject] of subjects) {
        expect(await history.loadSubjectAtRevision(manager, id, revision ?? 0)).toEqual(subject);
      }
    }
  }, 120_000);

  it('counts a transaction from its last record: nobody sees half of one', async () => {
    const [before] = await sql<{ revision: string }>('SELECT revision FROM access_state');
    await sql(
      `INSERT INTO access_history (kind, key, revision, removed, content, at) VALUES
                 ('permission', 'half:one', $1, false, '{}', now() + interval '1 hour'),
                 ('permission', 'half:two', $1, false, '{}', now() + interval '3 hours')`,
      [Number(before?.revision) + 1],
    );
    const { manager } = database.dataSource;
    const inHours = (hours: number) => history.findPoint(manager, new Date(Date.now() + hours * 3_600_000));
    expect((await inHours(2)).revision).toBe(Number(before?.revision));
    expect((await inHours(4)).revision).toBe(Number(before?.revision) + 1);
    await sql(`DELETE FROM access_history WHERE kind = 'permission' AND key LIKE 'half:%'`);
  });

  it('says nothing of the time after rows were emptied without a record of each', async () => {
    const whole = await moment();
    await sql('TRUNCATE group_members');
    const gap = await moment();
    const past = new PastFacts(current, history);
    const load = (at: Date) => past.load(database.dataSource.manager, users[0] ?? '', [], at);
    await expect(load(gap)).rejects.toMatchObject({ code: 'rbac.before_history' });
    expect((await load(whole)).subject?.id).toBe(users[0]);
  });
});
