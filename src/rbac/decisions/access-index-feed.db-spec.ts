import { randomUUID } from 'node:crypto';
import { Dice, randomScope } from '../../../test/rbac/random-model.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import type { ChangeFeed, ChangeListener } from '../../database/change-feed.service.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { createLogger } from '../../observability/logger.js';
import { AccessFactsRepository } from './access-facts.repository.js';
import type { AccessIndex } from './access-index.js';
import { AccessIndexRepository } from './access-index.repository.js';
import { AccessIndexFeed } from './access-index-feed.service.js';
import { isAllowed } from './evaluate-subject.js';

const SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? Math.floor(Date.now() / 86_400_000));
const ROUNDS = 40;

/** The feed's part that matters here: what was announced is said by hand. */
class HandFeed {
  listener: ChangeListener | undefined;

  subscribe(_topics: readonly string[], listener: ChangeListener): void {
    this.listener = listener;
  }

  isFresh(): boolean {
    return true;
  }
}

describe(`the index that follows the database (seed ${SEED})`, () => {
  jest.setTimeout(120_000);
  const dice = new Dice(SEED);
  let database: TestDatabase;
  let runner: TransactionRunner;
  const ids = (count: number) => Array.from({ length: count }, () => randomUUID());
  const [tenants, users, programs, groups, roles] = [ids(2), ids(12), ids(3), ids(4), ids(8)];
  const sql = (text: string, values: unknown[] = []) => database.dataSource.query(text, values);

  const started = async (): Promise<{ feed: AccessIndexFeed; hand: HandFeed }> => {
    const hand = new HandFeed();
    const feed = new AccessIndexFeed(
      runner,
      new AccessIndexRepository(),
      hand as unknown as ChangeFeed,
      new DatabaseClock(),
      createLogger('silent'),
    );
    void hand.listener?.missed();
    await feed.readNow(20_000);
    return { feed, hand };
  };
  const believed = (feed: AccessIndexFeed): AccessIndex => {
    const index = feed.current();
    if (index === null) throw new Error('the index is not believed');
    return index;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    runner = new TransactionRunner(database.dataSource);
    for (const id of tenants) {
      await sql(
        `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
         VALUES ($1, $1, 'x', true, false, 60)`,
        [id],
      );
    }
    // The same object ids in both tenants: they are other people.
    for (const [nth, id] of users.entries()) {
      await sql(`INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, $3, 'x')`, [
        id,
        tenants[nth % 2],
        users[nth - (nth % 2)],
      ]);
    }
    for (const id of programs) {
      await sql(
        `INSERT INTO service_accounts (id, tenant_id, name, owner_user_id) VALUES ($1, $2, 'x ' || left($4, 8), $3)`,
        [id, tenants[0], users[0], id],
      );
    }
    for (const [nth, id] of groups.entries()) {
      await sql(
        `INSERT INTO groups (id, tenant_id, source, object_id, display_name) VALUES ($1, $2, $3, $4, 'x')`,
        nth % 2 === 0 ? [id, tenants[nth >> 1], 'entra', randomUUID()] : [id, tenants[0], 'scim', null],
      );
    }
    for (const id of roles)
      await sql(`INSERT INTO roles (id, name, description) VALUES ($1::uuid, $1::text, '')`, [id]);
    for (let nth = 0; nth < 20; nth++) {
      await sql(`INSERT INTO permissions (name, description) VALUES ($1, '')`, [`test:${nth}`]);
      // So that something is allowed, whatever the dice say.
      await sql('INSERT INTO role_permissions VALUES ($1, $2)', [roles[nth % roles.length], `test:${nth}`]);
    }
    for (let nth = 0; nth < 30; nth++) await give();
  });
  afterAll(() => database.close());

  const give = () => {
    const [column, among] = dice.pick<[string, string[]]>([
      ['user_id', users],
      ['service_account_id', programs],
      ['group_id', groups],
    ]);
    return sql(
      `INSERT INTO role_assignments (id, ${column}, role_id, scope, effect, valid_from, valid_until, reason, assigned_by_type, assigned_by_id)
       VALUES (gen_random_uuid(), $1, $2, $3, $4, now() + $5 * interval '1 hour', now() + $6 * interval '1 hour', 'x', 'system', 'x')`,
      [
        dice.pick(among),
        dice.pick(roles),
        randomScope(dice),
        dice.chance(20) ? 'deny' : 'allow',
        dice.chance(80) ? -1 : 1,
        dice.chance(80) ? null : 2,
      ],
    );
  };
  const anyRow = (table: string) => `(SELECT ctid FROM ${table} ORDER BY random() LIMIT 1)`;
  const mutations: (() => Promise<unknown>)[] = [
    give,
    give,
    () => sql(`DELETE FROM role_assignments WHERE ctid = ANY(ARRAY${anyRow('role_assignments')})`),
    () =>
      sql(
        `UPDATE role_assignments SET user_id = $1, group_id = NULL, service_account_id = NULL
                WHERE ctid = ANY(ARRAY${anyRow('role_assignments')})`,
        [dice.pick(users)],
      ),
    () =>
      sql('INSERT INTO role_permissions VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        dice.pick(roles),
        `test:${dice.roll(20)}`,
      ]),
    () =>
      sql('INSERT INTO role_permissions VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        dice.pick(roles),
        `test:${dice.roll(20)}`,
      ]),
    () =>
      sql(`DELETE FROM role_permissions WHERE role_id = $1 AND permission = $2`, [
        dice.pick(roles),
        `test:${dice.roll(20)}`,
      ]),
    () => {
      const heir = 1 + dice.roll(roles.length - 1);
      return sql('INSERT INTO role_parents VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        roles[heir],
        roles[dice.roll(heir)],
      ]);
    },
    () => sql('DELETE FROM role_parents WHERE role_id = $1', [dice.pick(roles)]),
    () =>
      sql('INSERT INTO group_members (group_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        dice.pick(groups),
        dice.pick(users),
      ]),
    () =>
      sql('INSERT INTO group_members (group_id, object_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        dice.pick(groups),
        dice.pick(users),
      ]),
    () => sql('DELETE FROM group_members WHERE group_id = $1 AND random() < 0.5', [dice.pick(groups)]),
    () =>
      sql(`UPDATE users SET status = $2 WHERE id = $1`, [dice.pick(users), dice.chance(70) ? 'active' : 'disabled']),
    () => sql('UPDATE service_accounts SET owner_user_id = $2 WHERE id = $1', [dice.pick(programs), dice.pick(users)]),
    () => sql('UPDATE users SET object_id = NULL WHERE id = $1', [users[users.length - 1]]),
    () => sql('TRUNCATE group_members'),
  ];

  it('says what a new one says, and what the facts of the database say, after any changes', async () => {
    const { feed, hand } = await started();
    let allowed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let nth = 0; nth < 12; nth++) await dice.pick(mutations.slice(0, round % 10 === 9 ? undefined : -1))();
      const [state] = await sql('SELECT revision FROM access_state');
      hand.listener?.changed('access', String(state.revision));
      await hand.listener?.caughtUp?.();
      await feed.readNow(20_000);
      const { feed: fresh } = await started();
      expect(believed(feed).revision).toBe(Number(state.revision));
      const repository = new AccessFactsRepository();
      const facts = await repository.loadForDecision(database.dataSource.manager, [...users, ...programs], []);
      for (let asked = 0; asked < 200; asked++) {
        const [subject, permission, scope] = [
          dice.pick([...users, ...programs]),
          `test:${dice.roll(20)}`,
          randomScope(dice),
        ];
        const subjectFacts = facts.subjects.get(subject);
        if (subjectFacts === undefined) throw new Error('a subject is missing');
        const expected = isAllowed(subjectFacts, facts.roles, permission, scope, facts.nowMs);
        if (expected) allowed++;
        expect({
          round,
          subject,
          permission,
          scope,
          followed: believed(feed).isAllowed(subject, permission, scope),
          loaded: believed(fresh).isAllowed(subject, permission, scope),
        }).toEqual({ round, subject, permission, scope, followed: expected, loaded: expected });
      }
    }
    expect(allowed).toBeGreaterThan(ROUNDS * 5);
  });

  it('takes what a group gave from whoever was in it twice, as a user and as an object with the id of that user', async () => {
    const [user, group, role] = [users[0], groups[0], roles[0]];
    await sql('TRUNCATE group_members');
    await sql('DELETE FROM role_assignments');
    await sql('UPDATE users SET status = $2, object_id = id WHERE id = $1', [user, 'active']);
    await sql('INSERT INTO role_permissions VALUES ($1, $2) ON CONFLICT DO NOTHING', [role, 'test:0']);
    await sql(
      `INSERT INTO role_assignments (id, group_id, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
       VALUES (gen_random_uuid(), $1, $2, '/', 'allow', now() - interval '1 hour', 'x', 'system', 'x')`,
      [group, role],
    );
    await sql('INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)', [group, user]);
    await sql('INSERT INTO group_members (group_id, object_id) VALUES ($1, $2)', [group, user]);
    const { feed, hand } = await started();
    expect(believed(feed).isAllowed(user ?? '', 'test:0', '/')).toBe(true);
    await sql('DELETE FROM group_members WHERE group_id = $1', [group]);
    const [state] = await sql('SELECT revision FROM access_state');
    hand.listener?.changed('access', String(state.revision));
    await hand.listener?.caughtUp?.();
    await feed.readNow(20_000);
    expect(believed(feed).isAllowed(user ?? '', 'test:0', '/')).toBe(false);
  });

  it('is not believed while an announced revision is missing for longer than its grace', async () => {
    const { feed, hand } = await started();
    const revision = believed(feed).revision;
    hand.listener?.changed('access', String(revision + 1000));
    expect(feed.current(performance.now() + 100)).not.toBeNull();
    expect(feed.current(performance.now() + 200)).toBeNull();
  });

  it('is loaded again when the database was set back', async () => {
    const { feed } = await started();
    await sql('UPDATE access_state SET revision = revision - 1');
    await feed.readNow(20_000);
    const [state] = await sql('SELECT revision FROM access_state');
    expect(believed(feed).revision).toBe(Number(state.revision));
    await sql('UPDATE access_state SET revision = revision + 1');
  });

  it('is loaded again when the database was set back and has come as far again by other changes', async () => {
    const [lost, kept] = [`lost:${randomUUID()}`, `kept:${randomUUID()}`];
    const insert = (name: string) => sql(`INSERT INTO permissions (name, description) VALUES ($1, 'a test')`, [name]);
    await insert(lost);
    const { feed } = await started();
    const { revision } = believed(feed);
    expect(believed(feed).hasPermission(lost)).toBe(true);
    // As the standby is that never heard of the last commit: the row, what history says of it and the revision are gone.
    await database.dataSource.transaction(async (tx) => {
      await tx.query('SET LOCAL session_replication_role = replica');
      await tx.query('DELETE FROM permissions WHERE name = $1', [lost]);
      await tx.query('DELETE FROM access_history WHERE revision = $1', [revision]);
      await tx.query('UPDATE access_state SET revision = revision - 1');
    });
    await insert(kept);
    await insert(`${kept}:too`);
    await feed.readNow(20_000);
    expect(believed(feed).revision).toBe(revision + 1);
    expect([lost, kept].map((name) => believed(feed).hasPermission(name))).toEqual([false, true]);
  });
});
