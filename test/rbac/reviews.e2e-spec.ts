import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { systemActor } from '../../src/access/actor.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { JobSlots } from '../../src/jobs/job-slots.service.js';
import { ACCESS_LOCK } from '../../src/rbac/assignments/assignments.repository.js';
import { REVIEW_END_JOB, ReviewEndJob } from '../../src/rbac/reviews/review-end.job.js';
import { ReviewEnd } from '../../src/rbac/reviews/review-end.service.js';
import type { TestService } from '../support/test-service.js';
import { inHours, type Person, RbacStage, said } from './rbac-stage.js';

const NO_WAY_UP = [403, 'rbac.no_way_up'];
const NOT_FOUND = [404, 'rbac.review_not_found'];
const ENDED = [409, 'rbac.review_ended'];
const UNKNOWN = '0198f000-0000-7000-8000-000000000000';

interface Item {
  id: string;
  assignment: string;
  kind: string;
  access: { subjectId: string; roleName: string; scope: string };
  decision: string | null;
  outcome: string | null;
  outcomeDetail: string | null;
}

describe('access reviews', () => {
  let rbac: RbacStage;
  let other: TestService;
  let reviewer: Person;
  let somebody: Person;
  let reader: string;
  let scopes = 0;
  beforeAll(async () => {
    rbac = await RbacStage.start({ RATE_LIMIT_FAILURES_PER_MINUTE: '0' });
    other = await rbac.stage.anotherInstance();
    reviewer = await rbac.person(0);
    somebody = await rbac.person(1);
    reader = await rbac.role('reader', { permissions: ['drift:read', 'tenants:read'] });
  }, 60_000);
  afterAll(() => rbac.close());

  /** Nothing else is assigned on it or below. */
  const scope = () => `/reviews/${++scopes}`;
  const wanted = (more: Record<string, unknown>) => ({
    name: 'Quarterly',
    scope: '/',
    reviewers: [reviewer.id],
    dueAt: inHours(24),
    onUnanswered: 'keep',
    ...more,
  });
  const start = (more: Record<string, unknown>, by = rbac.administrator) =>
    rbac.call(by.token, 'POST', '/rbac/reviews', wanted(more));
  const started = async (more: Record<string, unknown>): Promise<string> => {
    const { status, body } = await start(more);
    expect([status, body['status']]).toEqual([201, 'open']);
    return String(body['id']);
  };
  const items = async (id: string, query = '', by = rbac.administrator): Promise<Item[]> => {
    const { status, body } = await rbac.call(by.token, 'GET', `/rbac/reviews/${id}/items?limit=200${query}`);
    expect(status).toBe(200);
    return body['items'] as Item[];
  };
  const itemOf = async (id: string, assignment: string): Promise<Item> => {
    const item = (await items(id)).find((one) => one.assignment === assignment);
    if (item === undefined) throw new Error('not among the items');
    return item;
  };
  const decide = async (id: string, assignment: string, decision: string, by = reviewer) =>
    rbac.call(by.token, 'POST', `/rbac/reviews/${id}/items/${(await itemOf(id, assignment)).id}/decide`, {
      decision,
      reason: 'looked at it',
    });
  const statusOf = async (id: string) => (await rbac.admin('GET', `/rbac/reviews/${id}`)).body['status'];
  const outcomeOf = async (id: string, assignment: string) => (await itemOf(id, assignment)).outcome;
  const makeDue = (id: string) =>
    rbac.stage.sql(`UPDATE access_reviews SET due_at = now() - interval '1 minute' WHERE id = $1`, [id]);
  const runOn = async (...services: TestService[]) => {
    const jobs = services.map(({ app }) => app.get(ReviewEndJob));
    await Promise.all(jobs.map((job) => job.tick()));
    await Promise.all(jobs.map((job) => job.settled()));
  };
  const run = () => runOn(rbac.stage.service);
  const stands = async (id: string) =>
    (await rbac.stage.sql('SELECT 1 FROM role_assignments WHERE id = $1', [id])).length === 1;
  const removals = async (ids: string[]) =>
    (await rbac.audited('rbac.assignment.deleted')).filter(({ target_id }) => ids.includes(target_id));
  /** Several assignments on a scope of their own, and a review in which all of them are to be removed. */
  const doomed = async (count: number): Promise<{ id: string; assignments: string[] }> => {
    const at = scope();
    const assignments: string[] = [];
    for (let n = 0; n < count; n++) assignments.push(await rbac.given(somebody.id, reader, { scope: `${at}/${n}` }));
    const id = await started({ scope: at, onUnanswered: 'remove' });
    await makeDue(id);
    return { id, assignments };
  };
  /** No change of access goes on meanwhile. */
  const whileHeld = async (work: () => Promise<void>) => {
    const holder = new pg.Client({ connectionString: rbac.stage.service.databaseUrl });
    await holder.connect();
    try {
      await holder.query('SELECT pg_advisory_lock($1)', [ACCESS_LOCK]);
      await work();
    } finally {
      await holder.end();
    }
  };
  const waiting = async (count: number) => {
    const query = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    for (let round = 0; round < 1000; round++) {
      if ((await rbac.stage.sql(query)).length >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('nobody waits for the lock');
  };
  /** A token of the administrator that is narrowed to scopes. */
  const narrowed = async (scope: string): Promise<Person> => {
    const { tenant } = rbac.stage;
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: 'blindspotx',
      subject_token: tenant.mintToken({ kind: 'api', objectId: tenant.administrator.objectId }),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope,
    });
    const answer = await rbac.stage.browser().request('/api/v1/auth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    expect(answer.status).toBe(200);
    return { id: rbac.administrator.id, token: String(answer.body['access_token']) };
  };

  describe('begin', () => {
    it('with what is active and eligible on the scope and below it, of one role or of all', async () => {
      const at = scope();
      const auditor = await rbac.roleNamed('auditor');
      const here = await rbac.given(somebody.id, reader, { scope: at });
      const below = await rbac.given(somebody.id, auditor, { scope: `${at}/apps/A` });
      await rbac.given(somebody.id, reader, { scope: `${at}x` });
      await rbac.given(somebody.id, reader, { scope: '/reviews' });
      await rbac.given(somebody.id, reader, { scope: `${at}/apps`, effect: 'deny' });
      await rbac.given(somebody.id, reader, { scope: at, validFrom: inHours(-2), validUntil: inHours(-1) });
      const eligible = await rbac.admin('POST', '/rbac/eligible-assignments', {
        subject: somebody.id,
        role: reader,
        scope: `${at}/apps`,
        reason: 'a test',
      });
      expect(eligible.status).toBe(201);
      const found = (list: Item[]) => list.map(({ assignment, kind }) => `${kind} ${assignment}`).sort();
      const all = await items(await started({ scope: at }));
      expect(found(all)).toEqual([`active ${here}`, `active ${below}`, `eligible ${eligible.body['id']}`].sort());
      const ofReader = await items(await started({ scope: at, role: reader }));
      expect(found(ofReader)).toEqual([`active ${here}`, `eligible ${eligible.body['id']}`].sort());
      expect(ofReader[0]).toMatchObject({ access: { subjectId: somebody.id, roleName: 'reader' }, decision: null });
    });

    it('only for whoever could take every item away themselves, on its own scope', async () => {
      const at = scope();
      const delegate = await rbac.person(2);
      const campaigns = await rbac.role('campaigns', { permissions: ['access:review'], parents: [reader] });
      await rbac.given(delegate.id, campaigns, { scope: at });
      await rbac.given(somebody.id, reader, { scope: `${at}/a` });
      expect((await start({ scope: at }, delegate)).status).toBe(201);
      expect(said(await start({ scope: '/reviews' }, delegate))).toEqual(NO_WAY_UP);
      await rbac.given(somebody.id, await rbac.roleNamed('auditor'), { scope: `${at}/a/b` });
      const refused = await start({ scope: at }, delegate);
      expect(said(refused)).toEqual(NO_WAY_UP);
      expect(refused.body['detail']).toContain('audit:read');
      expect((await start({ scope: at, role: reader }, delegate)).status).toBe(201);
      expect((await start({ scope: at }, somebody)).status).toBe(403);
      const elsewhere = await started({ scope: scope() });
      const denied = await started({ scope: `${at}/denied` });
      const seen = async () => {
        const { body } = await rbac.call(delegate.token, 'GET', '/rbac/reviews?limit=200');
        return (body['items'] as { id: string }[]).map(({ id }) => id);
      };
      expect([await seen()].map((ids) => [ids.length, ids.includes(denied), ids.includes(elsewhere)])).toEqual([
        [3, true, false],
      ]);
      await rbac.given(delegate.id, campaigns, { scope: `${at}/denied`, effect: 'deny' });
      expect(await seen()).toHaveLength(2);
      for (const hidden of [elsewhere, denied]) {
        expect(said(await rbac.call(delegate.token, 'GET', `/rbac/reviews/${hidden}`))).toEqual(NOT_FOUND);
        expect(said(await rbac.call(delegate.token, 'POST', `/rbac/reviews/${hidden}/close`))).toEqual(NOT_FOUND);
      }
      expect(said(await start({ scope: at, role: reader }, delegate))).toEqual(NO_WAY_UP);
    });

    it.each([
      ['is due too soon', { dueAt: inHours(0.5) }, 'rbac.review_due_at'],
      ['is due too late', { dueAt: inHours(24 * 400) }, 'rbac.review_due_at'],
      ['is due in a week of the year, which is no instant', { dueAt: '2026-W50' }, 'request.invalid'],
      ['has an unknown role', { role: UNKNOWN }, 'rbac.unknown_role'],
      ['has unknown reviewers', { reviewers: [UNKNOWN] }, 'rbac.unknown_reviewer'],
      ['has no reviewers', { reviewers: [] }, 'request.invalid'],
      ['has a scope that is no path', { scope: '/a/../b' }, 'request.invalid'],
      ['has a name that no text can hold', { name: 'a\u0000b' }, 'request.invalid'],
    ])('not when it %s', async (_what, more, code) => {
      expect(said(await start(more))).toEqual([400, code]);
    });

    it('with reviewers that are named twice, in whatever case, refused, and ids in capitals as the ids they are', async () => {
      const upper = reviewer.id.toUpperCase();
      expect((await start({ reviewers: [reviewer.id, upper] })).status).toBe(400);
      const { status, body } = await start({ scope: scope(), reviewers: [upper], role: reader.toUpperCase() });
      expect([status, body['reviewers'], body['role']]).toEqual([201, [reviewer.id], reader]);
    });

    it('with up to 10,000 items and no more', async () => {
      const at = scope();
      await rbac.stage.sql(
        `INSERT INTO role_assignments (id, user_id, role_id, scope, effect, reason, assigned_by_type, assigned_by_id)
         SELECT gen_random_uuid(), $1::uuid, $2, $3 || '/' || n, 'allow', 'a test', 'user', $1::text FROM generate_series(1, 10001) AS n`,
        [somebody.id, reader, at],
      );
      expect(said(await start({ scope: at }))).toEqual([400, 'rbac.review_too_large']);
      await rbac.stage.sql('DELETE FROM role_assignments WHERE scope = $1', [`${at}/1`]);
      const { status, body } = await start({ scope: at });
      expect([status, body['undecided']]).toEqual([201, 10_000]);
      await rbac.stage.sql('DELETE FROM role_assignments WHERE starts_with(scope, $1)', [`${at}/`]);
    }, 60_000);

    it('by a narrowed token only within what it is narrowed to, which reviews nothing', async () => {
      const at = scope();
      const assignment = await rbac.given(somebody.id, reader, { scope: at });
      const enough = await narrowed('access:review drift:read tenants:read');
      expect(said(await start({ scope: at }, await narrowed('drift:read tenants:read')))).toEqual([
        403,
        'access.denied',
      ]);
      expect(said(await start({ scope: at }, await narrowed('access:review')))).toEqual(NO_WAY_UP);
      const { status, body } = await start({ scope: at, reviewers: [rbac.administrator.id] }, enough);
      expect(status).toBe(201);
      const id = String(body['id']);
      expect((await decide(id, assignment, 'keep', enough)).status).toBe(403);
      expect((await decide(id, assignment, 'keep', rbac.administrator)).status).toBe(200);
    });
  });

  describe('are decided', () => {
    it('by the named reviewers alone, who may change their mind until the end', async () => {
      const at = scope();
      const assignment = await rbac.given(somebody.id, reader, { scope: at });
      const id = await started({ scope: at });
      expect(said(await decide(id, assignment, 'remove', rbac.administrator))).toEqual([403, 'rbac.not_a_reviewer']);
      expect(said(await decide(id, assignment, 'remove', somebody))).toEqual(NOT_FOUND);
      expect((await decide(id, assignment, 'remove')).body['decision']).toBe('remove');
      expect((await items(id, '&decision=remove', reviewer)).map((item) => item.assignment)).toEqual([assignment]);
      expect((await decide(id, assignment, 'keep')).body).toMatchObject({ decision: 'keep', decidedBy: reviewer.id });
      expect(await items(id, '&decision=undecided')).toEqual([]);
      expect((await rbac.admin('GET', `/rbac/reviews/${id}`)).body).toMatchObject({ decided: 1, undecided: 0 });
      await makeDue(id);
      expect(await statusOf(id)).toBe('ending');
      expect(said(await decide(id, assignment, 'remove'))).toEqual(ENDED);
      await run();
      expect([await statusOf(id), await outcomeOf(id, assignment), await stands(assignment)]).toEqual([
        'closed',
        'kept',
        true,
      ]);
      expect(said(await decide(id, assignment, 'remove'))).toEqual(ENDED);
      const records = (await rbac.audited('rbac.review.decided')).filter(({ target_id }) => target_id === id);
      expect(records.map(({ actor_id }) => actor_id)).toEqual([reviewer.id, reviewer.id]);
    });

    it('by nobody on their own access: their own, that of a group of theirs, that of a program of theirs', async () => {
      const at = scope();
      const group = await rbac.group('reviewed', [reviewer.id]);
      const account = await rbac.admin('POST', '/service-accounts', {
        name: 'reviewed',
        description: 'a test',
        owner: reviewer.id,
      });
      const eligible = await rbac.admin('POST', '/rbac/eligible-assignments', {
        subject: group,
        role: reader,
        scope: at,
        reason: 'a test',
      });
      const own = [
        await rbac.given(reviewer.id, reader, { scope: at }),
        await rbac.given(group, reader, { scope: at }),
        await rbac.given(String(account.body['id']), reader, { scope: at }),
        String(eligible.body['id']),
      ];
      const second = await rbac.person(3);
      const id = await started({ scope: at, reviewers: [reviewer.id, second.id] });
      for (const assignment of own) {
        expect(said(await decide(id, assignment, 'keep'))).toEqual([403, 'rbac.own_access']);
        expect((await decide(id, assignment, 'keep', second)).status).toBe(200);
      }
    });

    it('nowhere else: unknown reviews and items, items of other reviews, cursors of one’s own making', async () => {
      const at = scope();
      await rbac.given(somebody.id, reader, { scope: at });
      await rbac.given(somebody.id, reader, { scope: `${at}/b` });
      const id = await started({ scope: at });
      const [foreign] = await items(await started({ scope: at }));
      const say = { decision: 'keep', reason: 'x' };
      const post = (path: string, body?: unknown) => rbac.call(reviewer.token, 'POST', `/rbac/reviews/${path}`, body);
      const NO_ITEM = [404, 'rbac.review_item_not_found'];
      expect(said(await post(`${UNKNOWN}/items/${foreign?.id}/decide`, say))).toEqual(NOT_FOUND);
      expect(said(await post(`${id}/items/${foreign?.id}/decide`, say))).toEqual(NO_ITEM);
      expect(said(await post(`${id}/items/${UNKNOWN}/decide`, say))).toEqual(NO_ITEM);
      for (const path of [UNKNOWN, `${UNKNOWN}/items`]) {
        expect(said(await rbac.admin('GET', `/rbac/reviews/${path}`))).toEqual(NOT_FOUND);
      }
      for (const path of [`${UNKNOWN}/close`, `${UNKNOWN}/cancel`]) {
        expect(said(await rbac.admin('POST', `/rbac/reviews/${path}`))).toEqual(NOT_FOUND);
      }
      for (const path of [id, `${id}/items`]) {
        expect(said(await rbac.call(somebody.token, 'GET', `/rbac/reviews/${path}`))).toEqual(NOT_FOUND);
      }
      for (const path of ['', `/${id}/items`]) {
        const { status } = await rbac.admin('GET', `/rbac/reviews${path}?cursor=bm90aGluZw`);
        expect([path, status]).toEqual([path, 400]);
      }
      // Whoever forges a cursor reads what they may read anyway, from another place on.
      const forged = Buffer.from(UNKNOWN).toString('base64url');
      const page = (token: string) => rbac.call(token, 'GET', `/rbac/reviews?cursor=${forged}&limit=200`);
      expect((await page(somebody.token)).body).toEqual({ items: [], nextCursor: null });
      const seen = (await page(reviewer.token)).body['items'] as { id: string; reviewers: string[] }[];
      expect(seen.every(({ reviewers }) => reviewers.includes(reviewer.id))).toBe(true);
      expect(seen.map((review) => review.id)).toContain(id);
      const first = await rbac.admin('GET', `/rbac/reviews/${id}/items?limit=1`);
      const rest = await rbac.admin('GET', `/rbac/reviews/${id}/items?limit=1&cursor=${first.body['nextCursor']}`);
      const ids = [first, rest].flatMap(({ body }) => body['items'] as Item[]).map((item) => item.id);
      expect([new Set(ids).size, rest.body['nextCursor']]).toEqual([2, null]);
    });
  });

  describe('end', () => {
    it('when they are closed, with what was decided, and what was chosen for the rest', async () => {
      const at = scope();
      const [removed, kept, unanswered] = [
        await rbac.given(somebody.id, reader, { scope: `${at}/a` }),
        await rbac.given(somebody.id, reader, { scope: `${at}/b` }),
        await rbac.given(somebody.id, reader, { scope: `${at}/c` }),
      ];
      const keeping = await started({ scope: at, onUnanswered: 'keep' });
      const taking = await started({ scope: at, onUnanswered: 'remove' });
      await decide(keeping, removed, 'remove');
      await decide(taking, kept, 'keep');
      expect((await rbac.admin('POST', `/rbac/reviews/${keeping}/close`)).status).toBe(202);
      await run();
      expect(await Promise.all([removed, kept, unanswered].map(stands))).toEqual([false, true, true]);
      expect(await outcomeOf(keeping, unanswered)).toBe('kept');
      expect(await statusOf(taking)).toBe('open');
      const closing = await rbac.admin('POST', `/rbac/reviews/${taking}/close`);
      expect([closing.status, closing.body['status']]).toEqual([202, 'ending']);
      expect(said(await rbac.admin('POST', `/rbac/reviews/${taking}/close`))).toEqual(ENDED);
      expect(said(await rbac.admin('POST', `/rbac/reviews/${taking}/cancel`))).toEqual(ENDED);
      await run();
      expect(await Promise.all([removed, kept, unanswered].map((one) => outcomeOf(taking, one)))).toEqual([
        'already_gone',
        'kept',
        'removed',
      ]);
      expect(await stands(unanswered)).toBe(false);
      const [record] = await rbac.stage.sql<{ reason: string; actor_type: string }>(
        `SELECT reason, actor_type FROM audit_events WHERE action = 'rbac.assignment.deleted' AND target_id = $1`,
        [removed],
      );
      expect(record?.actor_type).toBe('system');
      expect(record?.reason).toContain('looked at it');
      const events = await rbac.stage.sql(
        `SELECT 1 FROM audit_events WHERE action = 'rbac.review.closed' AND target_id = ANY($1)`,
        [[keeping, taking]],
      );
      expect(events).toHaveLength(2);
    });

    it('early, with what nobody decided, only by whoever may take that away', async () => {
      const at = scope();
      const delegate = await rbac.person(4);
      const closers = await rbac.role('closers', { permissions: ['access:review'] });
      await rbac.given(delegate.id, closers, { scope: at });
      const assignment = await rbac.given(somebody.id, reader, { scope: at });
      const id = await started({ scope: at, role: reader, onUnanswered: 'remove' });
      const close = (by: Person) => rbac.call(by.token, 'POST', `/rbac/reviews/${id}/close`);
      expect(said(await close(delegate))).toEqual(NO_WAY_UP);
      expect((await close(reviewer)).status).toBe(403);
      expect((await decide(id, assignment, 'keep')).status).toBe(200);
      expect((await close(delegate)).status).toBe(202);
      await run();
      expect(await stands(assignment)).toBe(true);
    });

    it('by the clock of the database, once, however many instances come at once', async () => {
      const at = scope();
      const early = await started({ scope: at });
      const { id, assignments } = await doomed(5);
      await whileHeld(async () => {
        await Promise.all([rbac.stage.service, other].map(({ app }) => app.get(ReviewEndJob).tick()));
        await waiting(1);
      });
      await runOn(rbac.stage.service, other);
      await runOn(other, rbac.stage.service);
      expect([await statusOf(id), await statusOf(early)]).toEqual(['closed', 'open']);
      expect((await removals(assignments)).map(({ target_id }) => target_id).sort()).toEqual([...assignments].sort());
      const closed = (await rbac.audited('rbac.review.closed')).filter(({ target_id }) => target_id === id);
      expect(closed).toHaveLength(1);
    });

    it('on another instance where a stopped one broke off', async () => {
      const { id, assignments } = await doomed(4);
      const stopping = await rbac.stage.anotherInstance();
      const job = stopping.app.get(ReviewEndJob);
      let stopped: Promise<void> = Promise.resolve();
      await whileHeld(async () => {
        await job.tick();
        await waiting(1);
        stopped = job.onModuleDestroy();
      });
      await stopped;
      expect([await statusOf(id), (await removals(assignments)).length]).toEqual(['ending', 1]);
      await runOn(other);
      expect([await statusOf(id), (await removals(assignments)).length]).toEqual(['closed', 4]);
      expect((await items(id)).map(({ outcome }) => outcome)).toEqual(Array(4).fill('removed'));
    });

    it('on another instance after a crash, and the one that wakes up again writes nothing', async () => {
      const { id, assignments } = await doomed(2);
      const { app } = rbac.stage.service;
      const slots = app.get(JobSlots);
      await app.get(TransactionRunner).run((tx) => slots.openManual(tx, REVIEW_END_JOB, id, systemActor('a test')));
      const lost = await slots.claim(REVIEW_END_JOB, id);
      if (lost === null) throw new Error('not claimed');
      await rbac.stage.sql(`UPDATE job_slots SET lease_until = now() - interval '1 second' WHERE id = $1`, [lost.id]);
      await runOn(other);
      expect([await statusOf(id), (await removals(assignments)).length]).toEqual(['closed', 2]);
      const late = app.get(ReviewEnd).run(lost, new AbortController().signal);
      await expect(late).rejects.toMatchObject({ code: 'jobs.run_overtaken' });
    });

    it('without what is gone or was made anew since, and with what became of the rest', async () => {
      const at = scope();
      const gone = await rbac.given(somebody.id, reader, { scope: `${at}/a` });
      const changed = await rbac.given(somebody.id, reader, { scope: `${at}/b` });
      const id = await started({ scope: at, onUnanswered: 'remove' });
      expect((await rbac.admin('DELETE', `/rbac/assignments/${gone}`)).status).toBe(204);
      await rbac.stage.sql('UPDATE role_assignments SET valid_until = $2 WHERE id = $1', [changed, inHours(5)]);
      await makeDue(id);
      await run();
      expect([await outcomeOf(id, gone), await outcomeOf(id, changed)]).toEqual(['already_gone', 'already_gone']);
      expect([await statusOf(id), await stands(changed)]).toEqual(['closed', true]);
    });

    it('with the last administrator in office: that is refused, on record, and the rest is done', async () => {
      const administrator = await rbac.roleNamed('administrator');
      const extra = await rbac.given(somebody.id, administrator, { scope: scope() });
      const id = await started({ role: administrator });
      const reviewed = await items(id);
      for (const { assignment } of reviewed) expect((await decide(id, assignment, 'remove')).status).toBe(200);
      await makeDue(id);
      await run();
      const after = await items(id);
      const last = after.find(({ access }) => access.subjectId === rbac.administrator.id);
      expect([last?.outcome, await outcomeOf(id, extra)]).toEqual(['refused', 'removed']);
      expect(last?.outcomeDetail).toEqual(expect.any(String));
      expect((await rbac.audited('rbac.review.removal_refused')).map(({ target_id }) => target_id)).toEqual([id]);
      expect(await statusOf(id)).toBe('closed');
    });

    it('with the eligible assignment, and what was activated by it', async () => {
      const at = scope();
      const eligible = await rbac.admin('POST', '/rbac/eligible-assignments', {
        subject: somebody.id,
        role: reader,
        scope: at,
        reason: 'a test',
      });
      const activated = await rbac.call(somebody.token, 'POST', '/rbac/activations', {
        eligibleAssignment: eligible.body['id'],
        reason: 'a test',
      });
      expect([activated.status, activated.body['status']]).toEqual([201, 'active']);
      const id = await started({ scope: at, onUnanswered: 'remove' });
      expect((await items(id)).map(({ kind }) => kind).sort()).toEqual(['active', 'eligible']);
      await makeDue(id);
      await run();
      expect(await statusOf(id)).toBe('closed');
      expect(await rbac.stage.sql('SELECT 1 FROM role_assignments WHERE scope = $1', [at])).toEqual([]);
      expect(await rbac.stage.sql('SELECT 1 FROM eligible_assignments WHERE scope = $1', [at])).toEqual([]);
      const [activation] = (await rbac.call(somebody.token, 'GET', '/rbac/activations?limit=200')).body['items'] as {
        id: string;
        status: string;
      }[];
      expect(activation?.status).toBe('ended');
    });

    it('by nobody whom they concern: not closed, not cancelled, by a person, a group or a program of theirs', async () => {
      const delegate = await rbac.person(6);
      const at = scope();
      await rbac.given(delegate.id, await rbac.role(`reviews-${scopes}`, { permissions: ['access:review'] }), {
        scope: at,
      });
      const [elsewhere, throughGroup, throughProgram] = [`${at}/none`, `${at}/group`, `${at}/program`];
      await rbac.given(somebody.id, reader, { scope: elsewhere });
      await rbac.given(await rbac.group(`under-review-${scopes}`, [delegate.id]), reader, { scope: throughGroup });
      const account = await rbac.admin('POST', '/service-accounts', { name: `of ${at}`, owner: delegate.id });
      await rbac.given(String(account.body['id']), reader, { scope: throughProgram });
      for (const concerned of [at, throughGroup, throughProgram]) {
        const id = await started({ scope: concerned });
        for (const end of ['close', 'cancel']) {
          const answer = await rbac.call(delegate.token, 'POST', `/rbac/reviews/${id}/${end}`);
          expect([concerned, ...said(answer)]).toEqual([concerned, 403, 'rbac.own_access']);
        }
        expect(await statusOf(id)).toBe('open');
        expect((await rbac.admin('POST', `/rbac/reviews/${id}/cancel`)).status).toBe(200);
      }
      const others = await started({ scope: elsewhere });
      expect((await rbac.call(delegate.token, 'POST', `/rbac/reviews/${others}/cancel`)).status).toBe(200);
    });

    it('without any consequence when they are cancelled', async () => {
      const at = scope();
      const assignment = await rbac.given(somebody.id, reader, { scope: at });
      const id = await started({ scope: at, onUnanswered: 'remove' });
      await decide(id, assignment, 'remove');
      expect((await rbac.call(reviewer.token, 'POST', `/rbac/reviews/${id}/cancel`)).status).toBe(403);
      const cancelled = await rbac.admin('POST', `/rbac/reviews/${id}/cancel`);
      expect([cancelled.status, cancelled.body['status']]).toEqual([200, 'cancelled']);
      expect(said(await decide(id, assignment, 'keep'))).toEqual(ENDED);
      expect(said(await rbac.admin('POST', `/rbac/reviews/${id}/close`))).toEqual(ENDED);
      await makeDue(id);
      await run();
      expect([await statusOf(id), await stands(assignment), await outcomeOf(id, assignment)]).toEqual([
        'cancelled',
        true,
        null,
      ]);
    });
  });

  const missing = ['bash', 'curl', 'jq'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
  const whereThereAreTools = missing.length === 0 ? it : it.skip;
  whereThereAreTools(
    `go as the guide says, command by command${missing.length === 0 ? '' : ` (this machine has no ${missing.join(', ')})`}`,
    async () => {
      const guide = await readFile('docs/guides/access-reviews.md', 'utf8');
      const commands = [...guide.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, block]) => block);
      expect(commands).toHaveLength(5);
      const at = scope();
      // The first item is the reviewer's own, which they don't decide on.
      const own = await rbac.given(reviewer.id, reader, { scope: at });
      const assignment = await rbac.given(somebody.id, reader, { scope: at });
      const job = rbac.stage.service.app.get(ReviewEndJob);
      const ticking = setInterval(() => void job.tick(), 100);
      try {
        const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands.join('\n')], {
          env: {
            PATH: process.env['PATH'],
            API: `${rbac.stage.service.url}/api/v1`,
            TOKEN: rbac.administrator.token,
            REVIEWER: reviewer.id,
            REVIEWER_TOKEN: reviewer.token,
            SCOPE: at,
          },
          timeout: 30_000,
        });
        expect(stdout).toContain('"decision": "remove"');
        expect(stdout).toContain(`\treader\t${at}\tremoved\t`);
        expect(stdout).toMatch(/^closed$/m);
      } finally {
        clearInterval(ticking);
        await job.settled();
      }
      expect([await stands(own), await stands(assignment)]).toEqual([true, false]);
    },
  );

  whereThereAreTools('wait for their end no longer than there is an answer', async () => {
    const guide = await readFile('docs/guides/access-reviews.md', 'utf8');
    const [, end] = /^```bash\n([^`]*\/close[^`]*)^```$/m.exec(guide) ?? [];
    expect(end).toBeDefined();
    // Typed into a shell that goes on after an error, with a token that has run out.
    const env = {
      PATH: process.env['PATH'],
      API: `${rbac.stage.service.url}/api/v1`,
      TOKEN: 'ended',
      REVIEW: '0198f000-0000-7000-8000-000000000000',
    };
    const { stdout } = await promisify(execFile)('bash', ['-c', end ?? ''], { env, timeout: 20_000 });
    expect(stdout.trim().split('\n').at(-1)).toBe('401');
  });
});
