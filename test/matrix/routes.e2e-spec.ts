import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RouteAccess } from '../../src/access/access.decorators.js';
import { PERMISSIONS, type Permission } from '../../src/access/permissions.js';
import { RoutePolicies } from '../../src/access/route-policies.js';
import { type Answer, type AuthStage, Browser, startAuthStage } from '../auth/auth-stage.js';
import { basic, makeProgram, postForm } from '../auth/programs.js';
import { type Caller, predict, type Verdict } from './routes/predict.js';

const ALL = new Set(Object.keys(PERMISSIONS) as Permission[]);
const UNPREFIXED = /^\/(?:metrics|health|\.well-known|scim\/v2)(?:\/|$)/;

interface Row {
  method: string;
  path: string;
  access: RouteAccess;
}

interface Call {
  name: string;
  token: string | null;
  caller: Caller;
}

const NOBODY: Caller = { kind: 'nobody' };
const without = (permission: Permission) => new Set([...ALL].filter((name) => name !== permission));

describe('every route, for every kind of caller', () => {
  let stage: AuthStage;
  let rows: Row[];
  let general: Call[];
  let person: Call;
  const byPermission = new Map<Permission, Call[]>();

  const sql = (query: string, parameters: unknown[]) => stage.sql(query, parameters);
  const signIn = (number: number) => stage.browser().accessToken(stage.person(number).upn);

  /** A role of exactly these permissions. */
  const makeRole = async (permissions: Iterable<string>): Promise<string> => {
    const name = `role ${randomUUID()}`;
    await sql(
      `WITH role AS (INSERT INTO roles (id, name, description) VALUES (gen_random_uuid(), $1, 'a test') RETURNING id)
       INSERT INTO role_permissions SELECT id, unnest($2::text[]) FROM role`,
      [name, [...permissions]],
    );
    return name;
  };

  /** A program's access token; its role is held on `scope`. */
  const programToken = async (permissions: Iterable<string>, options: { scope?: string; narrowedTo?: string } = {}) => {
    const program = await makeProgram(stage, stage.person(9), { roles: [await makeRole(permissions)] });
    if (options.scope !== undefined) {
      await sql('UPDATE role_assignments SET scope = $1 WHERE service_account_id = $2', [options.scope, program.id]);
    }
    const form = {
      grant_type: 'client_credentials',
      ...(options.narrowedTo === undefined ? {} : { scope: options.narrowedTo }),
    };
    for (let attempt = 0; ; attempt++) {
      const { status, body } = await postForm(stage.service.url, 'token', form, basic(program));
      if (status === 200) return { id: program.id, token: String(body['access_token']) };
      // Rows that were written past the API are felt within a second.
      if (attempt === 40) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
      await sleep(25);
    }
  };

  beforeAll(async () => {
    stage = await startAuthStage({
      RATE_LIMIT_FAILURES_PER_MINUTE: '0',
      RATE_LIMIT_TOKENS_PER_MINUTE: '0',
      RATE_LIMIT_SIGN_INS_PER_MINUTE: '0',
    });
    rows = stage.service.app
      .get(RoutePolicies)
      .list()
      .flatMap(({ method, paths, access }) => paths.map((path) => ({ method, path, access })));
    await signIn(9);

    const [disabled, stale, revoked] = [await signIn(1), await signIn(2), await signIn(3)];
    await sql(`UPDATE users SET status = 'disabled' WHERE object_id = $1`, [stage.person(1).objectId]);
    await sql('UPDATE users SET security_stamp = security_stamp + 1 WHERE object_id = $1', [stage.person(2).objectId]);
    await sql(
      `UPDATE user_sessions SET ended_at = now(), ended_reason = 'logout'
        WHERE user_id = (SELECT id FROM users WHERE object_id = $1)`,
      [stage.person(3).objectId],
    );
    const disabledProgram = await programToken(ALL);
    await sql(`UPDATE service_accounts SET status = 'disabled' WHERE id = $1`, [disabledProgram.id]);
    const flawed = (flaw: 'expired' | 'wrongAudience' | 'wrongIssuer' | 'badSignature') =>
      stage.tenant.mintToken({ kind: 'api', objectId: stage.tenant.administrator.objectId, flaw });
    const nobody = (name: string, token: string | null): Call => ({ name, token, caller: NOBODY });
    general = [
      nobody('anonymous', null),
      nobody('garbage', 'garbage'),
      nobody('expired', await flawed('expired')),
      nobody('wrong audience', await flawed('wrongAudience')),
      nobody('other issuer', await flawed('wrongIssuer')),
      nobody('forged', await flawed('badSignature')),
      nobody('disabled user', disabled),
      nobody('stale stamp', stale),
      nobody('revoked session', revoked),
      nobody('disabled program', disabledProgram.token),
    ];
    person = { name: 'no role', token: await signIn(4), caller: { kind: 'somebody', holds: new Set() } };
    for (const permission of ALL) {
      const only = new Set([permission]);
      const other: Permission = permission === 'drift:read' ? 'users:read' : 'drift:read';
      byPermission.set(permission, [
        {
          name: `all but ${permission}`,
          token: (await programToken(without(permission))).token,
          caller: { kind: 'somebody', holds: without(permission) },
        },
        {
          name: `only ${permission}`,
          token: (await programToken(only)).token,
          caller: { kind: 'somebody', holds: only },
        },
        {
          name: `${permission} on a part`,
          token: (await programToken(only, { scope: '/tenants/part' })).token,
          caller: { kind: 'somebody', holds: new Set(), holdsBelow: only },
        },
        {
          name: `all, narrowed to ${permission}`,
          token: (await programToken(ALL, { narrowedTo: permission })).token,
          caller: { kind: 'somebody', holds: ALL, scopes: only },
        },
        {
          name: `all, narrowed to ${other}`,
          token: (await programToken(ALL, { narrowedTo: other })).token,
          caller: { kind: 'somebody', holds: ALL, scopes: new Set([other]) },
        },
      ]);
    }
    // What was made last is felt too.
    await sleep(1000);
  }, 120_000);
  afterAll(() => stage.close());

  const callersOf = ({ access }: Row): Call[] => [
    ...general,
    person,
    ...(byPermission.get(access.kind === 'permission' ? access.permission : 'audit:read') ?? []),
  ];

  const ask = ({ method, path }: Row, token: string | null): Promise<Answer> => {
    const address = path.replace(/:\w+/g, () => randomUUID());
    const hasBody = !['GET', 'HEAD', 'DELETE'].includes(method);
    return new Browser(stage.service.url).request(UNPREFIXED.test(path) ? address : `/api/v1${address}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
      },
      ...(hasBody ? { body: '{}' } : {}),
    });
  };

  const verdictOf = ({ status, body }: Answer): Verdict => {
    if (status === 401) return 'unauthenticated';
    return status === 403 && (body['code'] === 'access.denied' || body['schemas'] !== undefined) ? 'denied' : 'through';
  };

  it('answers as its row of endpoints.json predicts', async () => {
    const wrong: string[] = [];
    let asked = 0;
    for (const row of rows) {
      for (const call of callersOf(row)) {
        const predicted = predict(row.access, call.caller);
        if (predicted === null) continue;
        const answer = await ask(row, call.token);
        asked += 1;
        const found = verdictOf(answer);
        if (found !== predicted || answer.status >= 500) {
          wrong.push(
            `${row.method} ${row.path} by ${call.name}: ${predicted} predicted, ${answer.status} ${found} found`,
          );
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(rows.length * 8);
  }, 180_000);

  it('would notice a route that demands another permission, or none', () => {
    const demanding = rows.filter(({ access }) => access.kind === 'permission');
    for (const row of demanding) {
      const open = callersOf(row).filter(
        ({ caller }) => predict(row.access, caller) !== predict({ kind: 'authenticated' }, caller),
      );
      expect(open.map(({ name }) => name)).toContain('no role');
    }
    expect(demanding.length).toBeGreaterThan(40);
  });

  it('knows the same routes as docs/contract/endpoints.json', () => {
    const file = join(__dirname, '..', '..', 'docs', 'contract', 'endpoints.json');
    const written = JSON.parse(readFileSync(file, 'utf8')) as { method: string; path: string }[];
    const name = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
    expect(rows.map(name).sort()).toEqual(written.map(name).sort());
  });

  it('public routes never answer as if a guard had judged', async () => {
    for (const row of rows.filter(({ access }) => access.kind === 'public')) {
      const answer = await ask(row, null);
      expect([row.path, answer.body['code']]).not.toEqual([row.path, 'access.denied']);
      expect(answer.status).toBeLessThan(500);
    }
  });

  it("somebody else's session looks like one that does not exist, byte for byte", async () => {
    const [session] = await stage.sql<{ id: string }>(
      'SELECT s.id FROM user_sessions s JOIN users u ON u.id = s.user_id WHERE u.object_id = $1 AND s.ended_at IS NULL',
      [stage.person(9).objectId],
    );
    const remove = async (id: string) => {
      const { status, body } = await stage.browser().call('DELETE', `/auth/sessions/${id}`, String(person.token));
      return JSON.stringify({ status, body: { ...body, requestId: null, instance: null } }).replaceAll(id, 'ID');
    };
    expect(await remove(String(session?.id))).toBe(await remove(randomUUID()));
  });
});
