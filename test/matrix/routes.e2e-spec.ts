import { randomUUID } from 'node:crypto';
import type { Permission } from '../../src/access/permissions.js';
import { PUBLIC_URL } from '../auth/auth-stage.js';
import { ask, askHead, atOnce, bearer, type Call, verdictOf } from './routes/call.js';
import { type ContractRow, contractRows, mountedPath, nameOf } from './routes/contract-rows.js';
import { MatrixStage } from './routes/matrix-stage.js';
import { mountedRoutes } from './routes/mounted-routes.js';
import { nobodyCalls } from './routes/nobody-calls.js';
import { METRICS_TOKEN, OWN_PAGE, ownCredentials, signedIn } from './routes/own-credentials.js';
import { predict } from './routes/predict.js';
import { ALL, callsAbout, somebodyCalls } from './routes/somebody-calls.js';

/** As many as a browser opens; the service queues them anyway. */
const AT_ONCE = 8;
/** What a caller of a route that needs no permission is varied by. */
const ANY_PERMISSION: Permission = 'audit:read';

describe('every route, for every kind of caller', () => {
  let stage: MatrixStage;
  let nobodies: Call[];
  let somebodies: Call[];
  const aboutPermission = new Map<Permission, Call[]>();
  const rows = contractRows();

  beforeAll(async () => {
    stage = await MatrixStage.start({ METRICS_TOKEN });
    const all = await stage.role(ALL);
    // Owns the programs; and the administrator has an account from the first sign-in on.
    await stage.signIn(9);
    await stage.auth.browser().signIn(stage.auth.tenant.administrator.userPrincipalName);
    nobodies = await nobodyCalls(stage, all);
    somebodies = await somebodyCalls(stage, all);
    await atOnce(AT_ONCE, ALL, async (permission) => {
      aboutPermission.set(permission, await callsAbout(stage, permission, all));
    });
    await stage.decidesByAll();
  }, 240_000);
  afterAll(() => stage?.close());

  /** Whoever is somebody isn't sent to public routes: there his token is no caller but a thing to be ended. */
  const callsFor = (row: ContractRow): Call[] => {
    if (row.kind === 'public') return nobodies.filter(({ name }) => !name.startsWith('cookie'));
    const permission = row.kind === 'permission' ? row.permission : ANY_PERMISSION;
    return [...nobodies, ...somebodies, ...(aboutPermission.get(permission) ?? [])];
  };

  /** Asks everything and says what was answered otherwise than predicted, and what was let in nowhere. */
  const askAll = async (asked: ContractRow[], by = ask) => {
    const wrong: string[] = [];
    const letIn = new Set<string>();
    const pairs = asked.flatMap((row) => callsFor(row).map((call) => ({ row, call })));
    await atOnce(AT_ONCE, pairs, async ({ row, call }) => {
      const predicted = predict(row, call.caller);
      const answer = await by(stage.url, row, call);
      const found = verdictOf(row, answer);
      if (found !== predicted || answer.status >= 500)
        wrong.push(`${nameOf(row)} by ${call.name}: ${predicted} predicted, ${answer.status} ${found} found`);
      if (predicted === 'through' && ![401, 403].includes(answer.status)) letIn.add(nameOf(row));
    });
    return { wrong: wrong.sort(), shut: asked.map(nameOf).filter((name) => !letIn.has(name)), count: pairs.length };
  };

  it('is mounted and in the contract, or neither', () => {
    const mounted = mountedRoutes(stage.auth.service.app);
    const promised = rows.flatMap(({ method, path }) =>
      (method === 'GET' ? ['GET', 'HEAD'] : [method]).map((name) => `${name} ${mountedPath({ path })}`),
    );
    expect(mounted).toEqual(promised.sort());
    expect(new Set(rows.map(nameOf)).size).toBe(rows.length);
  });

  it('answers as its line of the contract predicts, and lets somebody in', async () => {
    const guarded = rows.filter(({ kind }) => kind !== 'public');
    const { wrong, shut, count } = await askAll(guarded);
    expect(wrong).toEqual([]);
    expect(shut).toEqual([]);
    expect(count).toBeGreaterThan(guarded.length * 60);
  }, 400_000);

  it('answers HEAD as GET', async () => {
    // `/users` and `/audit/events` have no reason of their own to refuse whom the guards let in.
    const few = rows.filter(({ method, path }) => method === 'GET' && ['/users', '/audit/events'].includes(path));
    const { wrong } = await askAll(few, askHead);
    expect(wrong).toEqual([]);
    expect(few).toHaveLength(2);
  }, 60_000);

  it('when public, is judged by no guard, and lets in who brings its own credential', async () => {
    const open = rows.filter(({ kind }) => kind === 'public');
    const { wrong } = await askAll(open);
    expect(wrong).toEqual([]);
    const own = ownCredentials(stage);
    expect(open.map(nameOf)).toEqual(expect.arrayContaining(Object.keys(own)));
    for (const row of open) {
      const anonymous = { name: 'anonymous', caller: { kind: 'nobody' as const }, headers: () => ({}) };
      const { status } = await (own[nameOf(row)]?.() ?? ask(stage.url, row, anonymous));
      expect([nameOf(row), [401, 403, 404].includes(status) || status >= 500]).toEqual([nameOf(row), false]);
    }
  }, 120_000);

  it('would be noticed if it demanded anything else', () => {
    for (const row of rows) {
      if (row.kind === 'public') continue;
      const { method, path } = row;
      const variants: ContractRow[] = [
        { method, path, kind: 'public', reason: '' },
        ...(row.kind === 'permission'
          ? [
              { method, path, kind: 'authenticated' as const },
              { ...row, anyScope: true as const },
              ...[...ALL].map((permission) => ({ ...row, permission })),
            ]
          : [{ method, path, kind: 'permission' as const, permission: ANY_PERMISSION }]),
      ];
      const changed = variants.filter((other) => JSON.stringify(other) !== JSON.stringify(row));
      for (const other of changed) {
        const seen = callsFor(row).some(({ caller }) => predict(row, caller) !== predict(other, caller));
        expect([nameOf(row), other, seen]).toEqual([nameOf(row), other, true]);
      }
    }
  });

  it.each(['refresh', 'logout'])('takes a cookie for POST /auth/%s from our own page only', async (name) => {
    const browser = await signedIn(stage);
    const by = async (headers: Record<string, string>) =>
      (await browser.request(`/api/v1/auth/${name}`, { method: 'POST', headers })).status;
    expect(await by({ origin: 'https://other.example', 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await by({ origin: 'https://sibling.localhost', 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await by({ origin: PUBLIC_URL, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await by({})).toBe(403);
    expect(await by(OWN_PAGE)).toBeLessThan(300);
  });

  it("looks like one without the thing when the thing is somebody else's, byte for byte", async () => {
    const [owner, stranger] = [await stage.person(), await stage.person()];
    const administrator = somebodies.find(({ name }) => name.startsWith('administrator'));
    const sessions = await (await signedIn(stage)).refresh();
    const sessionOwner = String(sessions.body['accessToken']);
    const list = await stage.auth.browser().call('GET', '/auth/sessions', sessionOwner);
    const [session] = list.body['items'] as { id: string }[];
    const role = await stage.role(['tenants:read']);
    const activation = await stage.activate(owner, await stage.eligible(owner.id, role));
    const review = await stage.auth.browser().request('/api/v1/rbac/reviews', {
      method: 'POST',
      headers: { ...administrator?.headers('POST', ''), 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'Quarterly',
        scope: '/',
        reviewers: [owner.id],
        dueAt: new Date(Date.now() + 86_400_000).toISOString(),
        onUnanswered: 'keep',
      }),
    });
    const said = async (token: string, method: string, path: string, id: string) => {
      const answer = await stage.auth.browser().request(`/api/v1${path.replace('ID', id)}`, {
        method,
        headers: bearer(token)(method, path),
      });
      const { status, body } = answer;
      return { status, text: JSON.stringify({ ...body, requestId: null, instance: null }).replaceAll(id, 'ID') };
    };
    const owned: [method: string, path: string, id: unknown, owner: string][] = [
      ['GET', '/rbac/activations/ID', activation, owner.token],
      ['DELETE', '/rbac/activations/ID', activation, owner.token],
      ['GET', '/rbac/reviews/ID', review.body['id'], owner.token],
      ['GET', '/rbac/reviews/ID/items', review.body['id'], owner.token],
      ['DELETE', '/auth/sessions/ID', session?.id, sessionOwner],
    ];
    for (const [method, path, id, token] of owned) {
      const foreign = await said(stranger.token, method, path, String(id));
      expect([path, foreign]).toEqual([path, await said(stranger.token, method, path, randomUUID())]);
      expect([path, foreign.status]).toEqual([path, 404]);
      expect([path, (await said(token, method, path, String(id))).status < 300]).toEqual([path, true]);
    }
  });
});
