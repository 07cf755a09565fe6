import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEAD_WITHIN_MS } from '../../src/database/change-feed.service.js';
import { type AuthStage, Browser, startAuthStage } from '../auth/auth-stage.js';
import { basic, makeProgram, postForm } from '../auth/programs.js';
import { proofSize } from '../support/proof-size.js';
import type { TestService } from '../support/test-service.js';

const REVOKES = proofSize(30, 100);
const STEP_MS = 5;

/** Two instances, one database. What is taken on one is taken on the other. */
describe('a revoke on one instance', () => {
  jest.setTimeout(180_000);
  let stage: AuthStage;
  let other: TestService;
  let admin: string;
  let subject: string;
  let viewer: string;
  let asking: string;

  const ask = (service: TestService, token: string, body: unknown) =>
    new Browser(service.url).call('POST', '/rbac/check', token, body);
  const may = async (service: TestService): Promise<boolean> => {
    const answer = await ask(service, asking, { subject, permission: 'drift:read' });
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body['allowed'] === true;
  };
  const give = async (): Promise<string> => {
    const { status, body } = await stage
      .browser()
      .call('POST', '/rbac/assignments', admin, { subject, role: viewer, reason: 'a test' });
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    return String(body['id']);
  };
  const take = async (id: string): Promise<void> => {
    const { status } = await stage.browser().call('DELETE', `/rbac/assignments/${id}`, admin);
    expect(status).toBe(204);
  };
  /** @returns how long the other instance went on allowing it, milliseconds; fails when that is longer than promised */
  const feltWithin = async (): Promise<number> => {
    const since = performance.now();
    while (await may(other)) {
      const waited = performance.now() - since;
      if (waited > DEAD_WITHIN_MS) throw new Error(`still allowed after ${waited} ms`);
      await sleep(STEP_MS);
    }
    return performance.now() - since;
  };
  const allowedOnOther = async (): Promise<void> => {
    for (let round = 0; !(await may(other)); round++) {
      if (round > 500) throw new Error('never allowed on the other instance');
      await sleep(STEP_MS);
    }
  };

  beforeAll(async () => {
    stage = await startAuthStage();
    other = await stage.anotherInstance();
    const { administrator } = stage.tenant;
    admin = await stage.browser().accessToken(administrator.userPrincipalName);
    const roles = (await stage.browser().call('GET', '/rbac/roles?limit=100', admin)).body['items'];
    viewer = String((roles as { id: string; name: string }[]).find(({ name }) => name === 'viewer')?.id);
    const token = await stage.browser().accessToken(stage.person(0).upn);
    subject = String((await stage.browser().call('GET', '/users/me', token)).body['id']);
    // A program asks, as another application of the company would.
    const program = await makeProgram(stage, administrator, { roles: ['application'] });
    const granted = await postForm(stage.service.url, 'token', { grant_type: 'client_credentials' }, basic(program));
    asking = String(granted.body['access_token']);
  });
  afterAll(() => stage.close());

  it(`is felt on the other within ${DEAD_WITHIN_MS} ms, ${REVOKES} times out of ${REVOKES}`, async () => {
    let longest = 0;
    for (let nth = 0; nth < REVOKES; nth++) {
      const id = await give();
      expect(await may(stage.service)).toBe(true);
      await allowedOnOther();
      await take(id);
      expect(await may(stage.service)).toBe(false);
      longest = Math.max(longest, await feltWithin());
    }
    expect(longest).toBeLessThan(DEAD_WITHIN_MS);
  });

  it('is felt in time after the push connections were cut, and while they are cut again and again', async () => {
    const cut = () =>
      stage.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'blindspotx changes' AND datname = current_database()`,
      );
    for (let nth = 0; nth < 10; nth++) {
      const id = await give();
      await allowedOnOther();
      await cut();
      await take(id);
      expect(await may(stage.service)).toBe(false);
      await feltWithin();
      if (nth % 3 === 2) await sleep(500);
    }
  });

  it('is known by its revision: who demands it is answered by it, on either instance', async () => {
    const id = await give();
    await allowedOnOther();
    await stage.sql('DELETE FROM role_assignments WHERE id = $1', [id]);
    const [state] = await stage.sql<{ revision: string }>('SELECT revision FROM access_state');
    const atLeast = Number(state?.revision);
    for (const service of [other, stage.service]) {
      const { status, body } = await ask(service, asking, { subject, permission: 'drift:read', atLeast });
      expect([status, body['allowed'], Number(body['revision']) >= atLeast]).toEqual([200, false, true]);
    }
    const early = await ask(other, asking, { subject, permission: 'drift:read', atLeast: atLeast + 1000 });
    expect([early.status, early.body['code']]).toEqual([400, 'rbac.unknown_revision']);
  });

  it('reaches members of a group, heirs of a role and programs of an owner alike', async () => {
    const [role, parent, group] = [randomUUID(), randomUUID(), randomUUID()];
    await stage.sql(`INSERT INTO roles (id, name, description) VALUES ($1, 'heir', ''), ($2, 'ancestor', '')`, [
      role,
      parent,
    ]);
    await stage.sql('INSERT INTO role_parents (role_id, parent_role_id) VALUES ($1, $2)', [role, parent]);
    await stage.sql(`INSERT INTO role_permissions (role_id, permission) VALUES ($1, 'drift:read')`, [parent]);
    await stage.sql(
      `INSERT INTO groups (id, tenant_id, source, object_id, display_name)
       SELECT $1, u.tenant_id, 'entra', gen_random_uuid(), 'a group' FROM users u WHERE u.id = $2`,
      [group, subject],
    );
    await stage.sql(
      `INSERT INTO role_assignments (id, group_id, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
       VALUES (gen_random_uuid(), $1, $2, '/', 'allow', now(), 'a test', 'system', 'test')`,
      [group, role],
    );
    const join = () =>
      stage.sql('INSERT INTO group_members (group_id, object_id) SELECT $1, object_id FROM users WHERE id = $2', [
        group,
        subject,
      ]);
    await join();
    await allowedOnOther();
    await stage.sql('DELETE FROM group_members WHERE group_id = $1', [group]);
    await feltWithin();
    await join();
    await allowedOnOther();
    await stage.sql('DELETE FROM role_permissions WHERE role_id = $1', [parent]);
    await feltWithin();
    await stage.sql(`INSERT INTO role_permissions (role_id, permission) VALUES ($1, 'drift:read')`, [parent]);
    await allowedOnOther();
    await stage.sql('TRUNCATE group_members');
    await feltWithin();
  });
});
