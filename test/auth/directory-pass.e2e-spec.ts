import { setTimeout as sleep } from 'node:timers/promises';
import { register } from 'prom-client';
import type { Fault } from '../../demo/faults/fault-registry.js';
import { wire } from '../../demo/testing/tenant-client.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { DIRECTORY_PASS_JOB, DirectoryPassJob } from '../../src/auth/directory-pass/directory-pass.job.js';
import { DEAD_WITHIN_MS } from '../../src/database/change-feed.service.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import { METRIC } from '../../src/observability/metrics.js';
import { auditTrail } from '../support/audit-trail.js';
import type { TestService } from '../support/test-service.js';
import { type AuthStage, startAuthStage } from './auth-stage.js';

const SETTINGS = { RATE_LIMIT_SIGN_INS_PER_MINUTE: '0', DIRECTORY_PASS_INTERVAL_SECONDS: '86400' };

const PEOPLE = 20;

// A pass tries as often as ever, but waits for nothing in between: the tenant is on this machine.
Object.assign(GRAPH_CLIENT_DEFAULTS, { backoffMs: 10, throttleBackoffMs: 10 });

interface Person {
  upn: string;
  objectId: string;
  token: string;
  id: string;
  refresh(): Promise<number>;
}

describe('the directory pass', () => {
  let stage: AuthStage;
  let people: ReturnType<AuthStage['person']>[];
  let bystander: Person;
  beforeAll(async () => {
    stage = await startAuthStage(SETTINGS, { users: 80 });
    // Taken now: whoever is disabled or gone later is left out of the count.
    people = Array.from({ length: PEOPLE }, (_, number) => stage.person(number));
    bystander = await signIn(16);
  });
  afterAll(() => stage.close());
  afterEach(() => stage.tenant.setFaults());

  const signIn = async (number: number): Promise<Person> => {
    const { upn, objectId } = people[number] ?? stage.person(number);
    const browser = stage.browser();
    const token = await browser.accessToken(upn);
    const { body } = await browser.call('GET', '/users/me', token);
    return { upn, objectId, token, id: String(body['id']), refresh: async () => (await browser.refresh()).status };
  };
  const works = async (token: string) => (await stage.browser().call('GET', '/users/me', token)).status;
  /** When it is so, or when it should be so at the latest. */
  const untilDead = async ({ token }: Person) => {
    const since = performance.now();
    while ((await works(token)) !== 401 && performance.now() - since < DEAD_WITHIN_MS) await sleep(20);
  };
  const stands = async ({ token, refresh }: Person) => [await works(token), await refresh()];
  /** What an administrator of Entra does there. */
  const inEntra = async (method: string, path: string, body?: object) => {
    const answer = await wire(stage.tenant, `${stage.tenant.graphBaseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${stage.tenant.tokenFor(stage.tenant.administrator.objectId)}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(answer.status).toBeLessThan(300);
  };
  const disable = ({ objectId }: Person) => inEntra('PATCH', `/users/${objectId}`, { accountEnabled: false });
  const enable = ({ objectId }: Person) => inEntra('PATCH', `/users/${objectId}`, { accountEnabled: true });
  const remove = ({ objectId }: Person) => inEntra('DELETE', `/users/${objectId}`);
  const revoke = ({ objectId }: Person) => inEntra('POST', `/users/${objectId}/revokeSignInSessions`);

  /** A new slot, whatever the interval says, run by this instance or raced for by several. */
  const pass = async (...services: TestService[]) => {
    await stage.sql('DELETE FROM job_slots WHERE job = $1', [DIRECTORY_PASS_JOB]);
    const jobs = [stage.service, ...services].map(({ app }) => app.get(DirectoryPassJob));
    await Promise.all(jobs.map((job) => job.tick()));
    await Promise.all(jobs.map((job) => job.settled()));
    const slots = await stage.sql<{ status: string; reason: string | null; result: Record<string, unknown> }>(
      'SELECT status, reason, result::jsonb AS result FROM job_slots WHERE job = $1',
      [DIRECTORY_PASS_JOB],
    );
    expect(slots).toHaveLength(1);
    return slots[0];
  };
  const onRecord = async (person: Person) => {
    const audit = stage.service.app.get(AuditService, { strict: false });
    const records = await auditTrail(audit, { action: 'auth.account.signed-out', targetId: person.id });
    return records.map(({ actorType, actorId, reason, after }) => ({
      actor_type: actorType,
      actor_id: actorId,
      reason,
      sessions: String(after?.['sessions']),
      programs: String(after?.['serviceAccounts']),
    }));
  };
  const recorded = (reason: string, more: object = {}) => ({
    actor_type: 'system',
    actor_id: 'auth.directory-pass',
    reason,
    sessions: '1',
    programs: '0',
    ...more,
  });
  const metric = async (reason: string) => {
    const { values } = (await register.getSingleMetric(METRIC.directoryPassEnds)?.get()) ?? { values: [] };
    return values.find(({ labels }) => labels['reason'] === reason)?.value ?? 0;
  };

  describe.each([
    ['disabled', 'entra_disabled', disable],
    ['deleted', 'entra_deleted', remove],
  ] as const)('of somebody whom Entra %s', (what, reason, act) => {
    it('ends the sessions, refuses tokens of Entra from before, and writes down why', async () => {
      const person = await signIn(what === 'disabled' ? 0 : 1);
      const held = stage.tenant.mintToken({ kind: 'api', objectId: person.objectId });
      expect(await works(held)).toBe(200);
      const counted = await metric(reason);
      await act(person);
      expect(await stands(person)).toEqual([200, 200]);
      const slot = await pass();
      expect([slot?.status, slot?.result]).toMatchObject(['completed', { unanswered: 0, signedOut: 1 }]);
      await sleep(DEAD_WITHIN_MS);
      expect(await stands(person)).toEqual([401, 401]);
      expect(await works(held)).toBe(401);
      expect(await onRecord(person)).toEqual([recorded(reason)]);
      expect(await metric(reason)).toBe(counted + 1);
      expect(await stands(bystander)).toEqual([200, 200]);
    });
  });

  it('does not say that nobody was signed out when it breaks off half-way', async () => {
    const [first, second] = [await signIn(18), await signIn(19)];
    await disable(first);
    await disable(second);
    await stage.sql(
      `CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken off'; END $$`,
    );
    // People are taken in the order of their ids, and the second came later.
    await stage.sql(
      `CREATE TRIGGER break_off BEFORE UPDATE ON users FOR EACH ROW WHEN (OLD.id = '${second.id}') EXECUTE FUNCTION break_off()`,
    );
    const before = stage.service.logged.length;
    try {
      expect((await pass())?.status).toBe('failed');
    } finally {
      await stage.sql('DROP TRIGGER break_off ON users');
      await stage.sql('DROP FUNCTION break_off()');
    }
    await sleep(DEAD_WITHIN_MS);
    expect([await stands(first), await stands(second)]).toEqual([
      [401, 401],
      [200, 200],
    ]);
    const said = stage.service.logged.slice(before).map(({ message }) => String(message));
    expect(said.filter((message) => message.includes('directory pass'))).toEqual([
      expect.stringContaining('stays signed out'),
    ]);
    expect((await pass())?.status).toBe('completed');
    await untilDead(second);
    expect(await stands(second)).toEqual([401, 401]);
  });

  it('lets somebody whom Entra enabled again come back by a new sign-in and no other way', async () => {
    const person = await signIn(2);
    await disable(person);
    await pass();
    await enable(person);
    expect(await person.refresh()).toBe(401);
    const again = await signIn(2);
    await pass();
    expect(await stands(again)).toEqual([200, 200]);
  });

  it('of somebody whose sessions Entra revoked ends those that began before, and leaves later ones', async () => {
    const [before, other] = [await signIn(3), await signIn(3)];
    // Graph tells whole seconds: the new session begins in a later one.
    await revoke(before);
    await sleep(1100);
    const after = await signIn(3);
    const slot = await pass();
    expect(slot?.result).toMatchObject({ signedOut: 1 });
    await sleep(DEAD_WITHIN_MS);
    expect([await stands(before), await stands(other), await stands(after)]).toEqual([
      [401, 401],
      [401, 401],
      [200, 200],
    ]);
    expect(await onRecord(before)).toEqual([recorded('entra_sessions_revoked', { sessions: '2' })]);
    const now = Math.floor(Date.now() / 1000);
    const minted = (iat: number) =>
      stage.tenant.mintToken({ kind: 'api', objectId: before.objectId, claims: { iat, nbf: iat, exp: iat + 600 } });
    expect([await works(minted(now - 60)), await works(minted(now))]).toEqual([401, 200]);
    await pass();
    expect(await onRecord(before)).toHaveLength(1);
    expect(await stands(after)).toEqual([200, 200]);
  });

  it('ends the programs of an owner who is gone, and those of nobody else', async () => {
    const owner = await signIn(4);
    const make = async (ownerId: string) => {
      const [row] = await stage.sql<{ id: string }>(
        `INSERT INTO service_accounts (id, tenant_id, name, owner_user_id)
         SELECT gen_random_uuid(), tenant_id, gen_random_uuid()::text, id FROM users WHERE id = $1 RETURNING id`,
        [ownerId],
      );
      return row?.id;
    };
    const [theirs, others] = [await make(owner.id), await make(bystander.id)];
    // Without a session of their own they are asked about as well.
    await stage.sql(`UPDATE user_sessions SET ended_at = now(), ended_reason = 'signed_out' WHERE user_id = $1`, [
      owner.id,
    ]);
    await remove(owner);
    await pass();
    const status = async (id?: string) =>
      (await stage.sql('SELECT status FROM service_accounts WHERE id = $1', [id]))[0]?.['status'];
    expect([await status(theirs), await status(others)]).toEqual(['disabled', 'active']);
    expect(await onRecord(owner)).toEqual([recorded('entra_deleted', { sessions: '0', programs: '1' })]);
  });

  it('runs once for a slot although two instances look at the schedule at the same time', async () => {
    const other = await stage.anotherInstance();
    const person = await signIn(5);
    await disable(person);
    expect((await pass(other))?.status).toBe('completed');
    expect(await onRecord(person)).toHaveLength(1);
  });

  it('writes nothing of a run that was overtaken while it waited for Graph', async () => {
    const person = await signIn(17);
    await disable(person);
    await stage.sql('DELETE FROM job_slots WHERE job = $1', [DIRECTORY_PASS_JOB]);
    stage.tenant.setFaults({ kind: 'slow', path: '/$batch', delayMs: 1500 });
    const job = stage.service.app.get(DirectoryPassJob);
    await job.tick();
    // What another instance does that takes over the slot of one that seems to be gone.
    const [, overtaken] = await stage.sql<unknown>(
      `UPDATE job_slots SET fence = nextval('job_fences') WHERE job = $1 AND status = 'running' RETURNING id`,
      [DIRECTORY_PASS_JOB],
    );
    expect(overtaken).toBe(1);
    await job.settled();
    expect(await onRecord(person)).toEqual([]);
    expect(await stands(person)).toEqual([200, 200]);
    stage.tenant.setFaults();
    expect((await pass())?.result).toMatchObject({ signedOut: 1 });
  });

  it('isn’t opened again before the interval is over', async () => {
    await pass();
    const job = stage.service.app.get(DirectoryPassJob);
    await job.tick();
    await job.settled();
    expect(await stage.sql('SELECT 1 FROM job_slots WHERE job = $1', [DIRECTORY_PASS_JOB])).toHaveLength(1);
  });

  describe('that gets no plain answer ends nobody', () => {
    const batch = '/$batch';
    const item = '/users/*';
    const answered = (body: unknown, status = 200): Fault => ({
      kind: 'body',
      path: item,
      status,
      body: JSON.stringify(body),
    });
    it.each<[string, Fault]>([
      ['503 for the batch', { kind: 'status', path: batch, status: 503, times: 4 }],
      ['403 for the batch', { kind: 'status', path: batch, status: 403 }],
      ['HTML with status 200', { kind: 'html', path: batch, status: 200, times: 4 }],
      ['half of an answer', { kind: 'truncate', path: batch, times: 4 }],
      ['an answer without items', { kind: 'body', path: batch, body: '{"responses":[]}' }],
      ['an answer that is no batch', { kind: 'body', path: batch, body: '{"responses":{"0":{"status":404}}}' }],
      ['429 for each person', { kind: 'batchItem', path: item, status: 429 }],
      ['500 for each person', { kind: 'batchItem', path: item, status: 500 }],
      ['403 for each person', { kind: 'batchItem', path: item, status: 403 }],
      ['404 in other words', answered({ error: { code: 'ResourceNotFound' } }, 404)],
      ['404 in no words', answered({}, 404)],
      ['a person without members', answered({})],
      [
        'another person who is disabled',
        answered({ id: '44444444-4444-4444-8444-444444444444', accountEnabled: false }),
      ],
    ])('%s', async (_what, fault) => {
      const person = await signIn(6);
      stage.tenant.setFaults(fault);
      const slot = await pass();
      expect([slot?.status, slot?.reason]).toEqual(['failed', expect.stringContaining('answered about nobody')]);
      stage.tenant.setFaults();
      expect([await stands(person), await stands(bystander)]).toEqual([
        [200, 200],
        [200, 200],
      ]);
      expect((await pass())?.status).toBe('completed');
    });

    it('but one person’s missing answer holds up nobody else’s end, and is asked for again', async () => {
      const [silent, gone] = [await signIn(7), await signIn(8)];
      await disable(silent);
      await disable(gone);
      stage.tenant.setFaults({ kind: 'batchItem', path: `/users/${silent.objectId}*`, status: 429 });
      expect((await pass())?.result).toMatchObject({ unanswered: 1, signedOut: 1 });
      await sleep(DEAD_WITHIN_MS);
      expect([await stands(silent), await stands(gone)]).toEqual([
        [200, 200],
        [401, 401],
      ]);
      stage.tenant.setFaults();
      expect((await pass())?.result).toMatchObject({ unanswered: 0, signedOut: 1 });
      await untilDead(silent);
      expect(await stands(silent)).toEqual([401, 401]);
    });

    it('and a missing permission is told once, with its name', async () => {
      const told = () =>
        stage.service.logged.filter(({ permission, message }) => permission === 'User.Read.All' && Boolean(message));
      stage.service.logged.length = 0;
      await pass();
      stage.tenant.setFaults({ kind: 'batchItem', path: item, status: 403 });
      await pass();
      await pass();
      expect(told()).toHaveLength(1);
      expect(String(told()[0]?.['message'])).toContain('grant the application permission');
    });

    it('and a Graph that knows none of many people is not believed, though it is of one', async () => {
      const many = [];
      for (let number = 9; number < 15; number++) many.push(await signIn(number));
      stage.tenant.setFaults(answered({ error: { code: 'Request_ResourceNotFound' } }, 404));
      const slot = await pass();
      expect([slot?.status, slot?.reason]).toEqual(['failed', expect.stringContaining('right directory')]);
      stage.tenant.setFaults();
      for (const person of [...many, bystander]) expect(await stands(person)).toEqual([200, 200]);
      const [first] = many;
      if (first === undefined) throw new Error('nobody signed in');
      await remove(first);
      expect((await pass())?.result).toMatchObject({ signedOut: 1, withheld: 0 });
      await untilDead(first);
      expect(await stands(first)).toEqual([401, 401]);
    });
  });

  it('asks about more people than fit into one batch', async () => {
    for (let number = 0; number < 26; number++) {
      await stage.sql(
        `WITH person AS (
           INSERT INTO users (id, tenant_id, object_id, display_name, status, security_stamp, version)
           SELECT gen_random_uuid(), tenant_id, gen_random_uuid(), 'x', 'active', 1, 1 FROM users LIMIT 1 RETURNING id)
         INSERT INTO user_sessions (id, user_id, security_stamp, client_id, expires_at, idle_expires_at)
         SELECT gen_random_uuid(), id, 1, 'blindspotx', now() + interval '1 hour', now() + interval '1 hour' FROM person`,
      );
    }
    expect((await pass())?.result).toMatchObject({ signedOut: 26, unanswered: 0 });
    expect(await stands(bystander)).toEqual([200, 200]);
  });
});
