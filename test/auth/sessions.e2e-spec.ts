import { setTimeout as sleep } from 'node:timers/promises';
import { AuditService } from '../../src/audit/audit.service.js';
import { auditTrail } from '../support/audit-trail.js';
import { type Answer, type AuthStage, type Browser, PUBLIC_URL, startAuthStage } from './auth-stage.js';
import { diesInTime } from './dies-in-time.js';
import { basic, makeProgram, postForm } from './programs.js';

const UNLIMITED = { RATE_LIMIT_SIGN_INS_PER_MINUTE: '0', RATE_LIMIT_FAILURES_PER_MINUTE: '0' };
const EDGE =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0';
const SAME_ORIGIN = { origin: PUBLIC_URL, 'sec-fetch-site': 'same-origin' };

function jtiOf(token: string): unknown {
  return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { jti?: unknown }).jti;
}

interface SignedIn {
  browser: Browser;
  token: string;
  id: string;
}

describe('sessions', () => {
  let stage: AuthStage;
  let admin: SignedIn;
  const call = (method: string, path: string, token: string, body?: unknown) =>
    stage.browser().call(method, path, token, body);
  const signIn = async (upn: string): Promise<SignedIn> => {
    const browser = stage.browser();
    const token = await browser.accessToken(upn);
    return { browser, token, id: String((await call('GET', '/users/me', token)).body['id']) };
  };
  const list = async (token: string, path = '/auth/sessions') =>
    (await call('GET', path, token)).body['items'] as Record<string, unknown>[];
  const works = async ({ token }: { token: string }) => (await call('GET', '/users/me', token)).status;
  const dies = (person: { token: string }) => diesInTime(() => works(person));
  const brief = ({ status, body }: Answer) => [status, body['code']];
  const endsOnRecord = async (userId: string) => {
    const [home] = await stage.sql<{ tenant_id: string }>('SELECT tenant_id FROM users WHERE id = $1', [userId]);
    const records = await auditTrail(stage.service.app.get(AuditService, { strict: false }), {
      action: 'auth.session.ended',
    });
    return records
      .filter(({ before }) => before?.['userId'] === userId)
      .map(({ actorType, actorId, reason, tenantId }) => ({
        actor_type: actorType,
        actor_id: actorId,
        reason,
        of_home_tenant: tenantId === home?.tenant_id,
      }));
  };

  beforeAll(async () => {
    stage = await startAuthStage(UNLIMITED);
    admin = await signIn(stage.tenant.administrator.userPrincipalName);
  });
  afterAll(() => stage.close());

  describe('of one’s own', () => {
    it('are listed with device, address, client, first and last seen', async () => {
      const browser = stage.browser();
      const back = await browser.goToEntra(stage.person(0).upn);
      await browser.request(back, { headers: { 'user-agent': EDGE } });
      const token = String((await browser.refresh()).body['accessToken']);
      const [session] = await list(token);
      expect(session).toMatchObject({
        current: true,
        client: 'blindspotx',
        device: 'Microsoft Edge on Windows',
        sourceAddress: '127.0.0.1',
        userAgent: EDGE,
      });
      const [first, last] = [String(session?.['createdAt']), String(session?.['lastSeenAt'])];
      expect(Date.parse(first)).toBeLessThan(Date.parse(last));
    });

    it('are listed and ended by their owner, and by nobody else', async () => {
      const upn = stage.person(1).upn;
      const [laptop, phone] = [await signIn(upn), await signIn(upn)];
      const items = await list(laptop.token);
      expect(items.map(({ current }) => current).sort()).toEqual([false, true]);
      const other = items.find(({ current }) => current === false)?.['id'];
      expect(brief(await call('DELETE', `/auth/sessions/${other}`, admin.token))).toEqual([
        404,
        'auth.session_not_found',
      ]);
      expect(await works(phone)).toBe(200);
      const answer = await call('DELETE', `/auth/sessions/${other}`, laptop.token);
      expect([answer.status, answer.body]).toEqual([200, { ended: 1, deadWithinMs: 1000 }]);
      expect(await dies(phone)).toBe(401);
      expect(brief(await call('DELETE', `/auth/sessions/${other}`, laptop.token))).toEqual([
        404,
        'auth.session_not_found',
      ]);
    });

    it('all but the one that asks are ended at once, refresh tokens with them', async () => {
      const upn = stage.person(2).upn;
      const [kept, second, third] = [await signIn(upn), await signIn(upn), await signIn(upn)];
      const answer = await call('DELETE', '/auth/sessions', kept.token);
      expect([answer.status, answer.body]).toEqual([200, { ended: 2, deadWithinMs: 1000 }]);
      expect([await dies(second), await dies(third), await works(kept)]).toEqual([401, 401, 200]);
      expect(brief(await second.browser.refresh())).toEqual([401, 'auth.session_ended']);
      expect(await list(kept.token)).toHaveLength(1);
    });

    it('are listed only while they stand: not ended, idle, over or of an older stamp', async () => {
      const upn = stage.person(3).upn;
      const watcher = await signIn(upn);
      const change = async (sql: string) => {
        const { id } = await signIn(upn);
        await stage.sql(
          `UPDATE user_sessions SET ${sql} WHERE id = (SELECT id FROM user_sessions WHERE user_id = $1 ORDER BY id DESC LIMIT 1)`,
          [id],
        );
      };
      await change(`ended_at = now(), ended_reason = 'signed_out'`);
      await change(`idle_expires_at = now() - interval '1 second'`);
      await change(`expires_at = now() - interval '1 second'`);
      await change('security_stamp = 0');
      expect(await list(watcher.token)).toHaveLength(1);
      await signIn(upn);
      expect(await list(watcher.token)).toHaveLength(2);
      expect(await list(admin.token, `/users/${watcher.id}/sessions`)).toHaveLength(2);
      await stage.sql('UPDATE users SET security_stamp = security_stamp + 1 WHERE id = $1', [watcher.id]);
      expect(await list(admin.token, `/users/${watcher.id}/sessions`)).toEqual([]);
    });

    it('are on record as ended by their owner when they sign out by refresh token alone', async () => {
      const { browser, id } = await signIn(stage.person(4).upn);
      const answer = await browser.request('/api/v1/auth/logout', { method: 'POST', headers: SAME_ORIGIN });
      expect(answer.status).toBe(204);
      expect(await endsOnRecord(id)).toEqual([
        { actor_type: 'user', actor_id: id, reason: 'signed_out', of_home_tenant: true },
      ]);
    });
  });

  it('are nothing that a program has', async () => {
    const program = await makeProgram(stage, stage.tenant.administrator);
    const issued = await postForm(stage.service.url, 'token', { grant_type: 'client_credentials' }, basic(program));
    const token = String(issued.body['access_token']);
    expect((await call('GET', '/auth/sessions', token)).body).toEqual({ items: [], nextCursor: null });
    expect((await call('DELETE', '/auth/sessions', token)).body).toEqual({ ended: 0, deadWithinMs: 1000 });
    const [session] = await list(admin.token);
    for (const id of [program.id, session?.['id']]) {
      expect(brief(await call('DELETE', `/auth/sessions/${id}`, token))).toEqual([404, 'auth.session_not_found']);
    }
    expect(await works(admin)).toBe(200);
  });

  it('are no excuse for a program: what it signs out is its token, dead in time and on record; its credential goes on', async () => {
    const program = await makeProgram(stage, stage.tenant.administrator);
    const issue = async () => {
      const form = { grant_type: 'client_credentials' };
      return String((await postForm(stage.service.url, 'token', form, basic(program))).body['access_token']);
    };
    const [ended, other] = [{ token: await issue() }, { token: await issue() }];
    const works = async ({ token }: { token: string }) => (await call('GET', '/auth/sessions', token)).status;
    expect([await works(ended), await works(other)]).toEqual([200, 200]);
    expect((await call('POST', '/auth/logout', ended.token)).status).toBe(204);
    expect(await diesInTime(() => works(ended))).toBe(401);
    expect(brief(await call('POST', '/auth/logout', ended.token))).toEqual([401, 'auth.token_revoked']);
    expect([await works(other), await works({ token: await issue() })]).toEqual([200, 200]);
    const records = await stage.sql(
      `SELECT actor_type, actor_id, target_id = $2 AS of_token FROM audit_events
        WHERE action = 'auth.token.revoked' AND actor_id = $1`,
      [program.id, jtiOf(ended.token)],
    );
    expect(records).toEqual([{ actor_type: 'service_account', actor_id: program.id, of_token: true }]);
  });

  describe('of others', () => {
    it('are listed, ended one by one and all at once by an administrator', async () => {
      const upn = stage.person(5).upn;
      const [first, second] = [await signIn(upn), await signIn(upn)];
      const items = await list(admin.token, `/users/${first.id}/sessions`);
      expect(items.map(({ current }) => current)).toEqual([false, false]);
      const one = await call('DELETE', `/users/${first.id}/sessions/${items[0]?.['id']}`, admin.token);
      expect([one.status, one.body]).toEqual([200, { ended: 1, deadWithinMs: 1000 }]);
      expect([await dies(first), await works(second)]).toEqual([401, 200]);
      const all = await call('DELETE', `/users/${first.id}/sessions`, admin.token);
      expect([all.status, all.body]).toEqual([200, { ended: 1, deadWithinMs: 1000 }]);
      expect(await dies(second)).toBe(401);
      expect(await endsOnRecord(first.id)).toEqual([
        { actor_type: 'user', actor_id: admin.id, reason: 'ended_by_administrator', of_home_tenant: true },
        { actor_type: 'user', actor_id: admin.id, reason: 'ended_by_administrator', of_home_tenant: true },
      ]);
      expect(await works(await signIn(upn))).toBe(200);
    });

    it('end together with the tokens of Entra ID that the person holds', async () => {
      const { objectId, upn } = stage.person(6);
      const { id } = await signIn(upn);
      const now = Math.floor(Date.now() / 1000);
      const mint = (iat: number) =>
        stage.tenant.mintToken({ kind: 'api', objectId, claims: { iat, nbf: iat, exp: iat + 3600 } });
      const held = mint(now - 60);
      expect(await works({ token: held })).toBe(200);
      await call('DELETE', `/users/${id}/sessions`, admin.token);
      expect(await dies({ token: held })).toBe(401);
      expect(brief(await call('GET', '/users/me', held))).toEqual([401, 'auth.session_ended']);
      expect(await works({ token: mint(now + 30) })).toBe(200);
    });

    it('are not to be reached without the permission, nor under another user’s name', async () => {
      const [owner, stranger] = [await signIn(stage.person(7).upn), await signIn(stage.person(8).upn)];
      const [session] = await list(owner.token);
      const path = `/users/${owner.id}/sessions`;
      const refused = [
        await call('GET', path, stranger.token),
        await call('DELETE', path, stranger.token),
        await call('DELETE', `${path}/${session?.['id']}`, stranger.token),
      ];
      expect(refused.map(brief)).toEqual(Array.from({ length: 3 }, () => [403, 'access.denied']));
      expect(brief(await call('DELETE', `/users/${stranger.id}/sessions/${session?.['id']}`, admin.token))).toEqual([
        404,
        'auth.session_not_found',
      ]);
      const nobody = '0198f000-0000-7000-8000-000000000000';
      for (const method of ['GET', 'DELETE']) {
        expect(brief(await call(method, `/users/${nobody}/sessions`, admin.token))).toEqual([404, 'users.not_found']);
      }
      expect(await works(owner)).toBe(200);
    });

    it('end by disabling the user, and enabling brings none back', async () => {
      const person = await signIn(stage.person(9).upn);
      const setStatus = async (status: string) => {
        const { headers } = await call('GET', `/users/${person.id}`, admin.token);
        const etag = headers.get('etag') ?? '';
        return (
          await stage.browser().call('PATCH', `/users/${person.id}`, admin.token, { status }, { 'if-match': etag })
        ).status;
      };
      expect(await setStatus('disabled')).toBe(200);
      expect(await list(admin.token, `/users/${person.id}/sessions`)).toEqual([]);
      expect(await dies(person)).toBe(401);
      expect(await setStatus('active')).toBe(200);
      expect(await list(admin.token, `/users/${person.id}/sessions`)).toEqual([]);
      expect([await dies(person), (await person.browser.refresh()).status]).toEqual([401, 401]);
    });
  });

  describe('and signing out of Entra ID as well', () => {
    const logout = (browser: Browser, body: object) =>
      browser.request('/api/v1/auth/logout', {
        method: 'POST',
        headers: { ...SAME_ORIGIN, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });

    it('leads to the end session page of the tenant, and back to a path of ours', async () => {
      const person = await signIn(stage.person(10).upn);
      const { status, body, headers } = await logout(person.browser, { endEntraSession: true, returnTo: '/bye?a=1' });
      expect([status, headers.get('cache-control'), body['deadWithinMs']]).toEqual([200, 'no-store', 1000]);
      const location = new URL(String(body['location']));
      expect(location.origin + location.pathname).toBe(
        `${stage.tenant.browserUrl}/${stage.tenant.tenantId}/oauth2/v2.0/logout`,
      );
      expect(Object.fromEntries(location.searchParams)).toEqual({
        client_id: stage.tenant.clientId,
        post_logout_redirect_uri: `${PUBLIC_URL}/bye?a=1`,
      });
      expect(await dies(person)).toBe(401);
      expect(person.browser.cookies.has('blindspotx-session')).toBe(false);
      stage.tenant.addRedirectUri(`${PUBLIC_URL}/bye?a=1`);
      const page = await fetch(location, { redirect: 'manual' });
      expect([page.status, page.headers.get('location')]).toEqual([302, `${PUBLIC_URL}/bye?a=1`]);
    });

    it('is not asked for by default', async () => {
      const person = await signIn(stage.person(10).upn);
      const answer = await logout(person.browser, {});
      expect([answer.status, answer.body]).toEqual([204, { text: '' }]);
      expect(await dies(person)).toBe(401);
    });

    it.each(['//attacker.example', 'https://attacker.example/', '/\\attacker.example', 'javascript:alert(1)'])(
      'never leads back to %s',
      async (returnTo) => {
        const person = await signIn(stage.person(10).upn);
        const answer = await logout(person.browser, { endEntraSession: true, returnTo });
        expect(brief(answer)).toEqual([400, 'auth.invalid_return_to']);
        expect((await logout(person.browser, { endEntraSession: true, returnTo: '/' })).status).toBe(200);
      },
    );

    it('tells nobody whether a refresh token was known', async () => {
      const { browser } = await signIn(stage.person(10).upn);
      const known = browser.cookies.get('blindspotx-session');
      const answers = [];
      for (const refreshToken of [known, 'A'.repeat(43), 'x']) {
        answers.push((await logout(stage.browser(), { refreshToken, endEntraSession: true })).body);
      }
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    });

    it('signs out here although Entra ID is away', async () => {
      const stageAway = await startAuthStage(UNLIMITED);
      try {
        const browser = stageAway.browser();
        const token = await browser.accessToken(stageAway.person(0).upn);
        const other = await stageAway.anotherInstance();
        stageAway.tenant.setFaults({ kind: 'status', status: 503 });
        // An instance that has never read the authority's document.
        const answer = await fetch(`${other.url}/api/v1/auth/logout`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            refreshToken: browser.cookies.get('blindspotx-session'),
            endEntraSession: true,
          }),
        });
        expect([answer.status, await answer.json()]).toEqual([200, { location: null, deadWithinMs: 1000 }]);
        expect((await browser.refresh()).status).toBe(401);
        expect((await browser.call('GET', '/users/me', token)).status).toBe(401);
      } finally {
        await stageAway.close();
      }
    }, 60_000);
  });

  describe('and front-channel logout', () => {
    const sidOf = async (userId: string) =>
      String(
        (
          await stage.sql('SELECT entra_session_id AS sid FROM user_sessions WHERE user_id = $1 AND ended_at IS NULL', [
            userId,
          ])
        )[0]?.['sid'],
      );
    const frame = (parameters: Record<string, string>) =>
      stage.browser().request(`/api/v1/auth/frontchannel-logout?${new URLSearchParams(parameters).toString()}`);

    it.each([true, false])(
      'end when Entra says that the person signed out there, without a cookie (issuer named: %s)',
      async (named) => {
        const person = await signIn(stage.person(11).upn);
        const sid = await sidOf(person.id);
        expect((await frame({ sid: 'another', iss: stage.tenant.issuer })).status).toBe(200);
        expect(await works(person)).toBe(200);
        const answer = await frame({ sid, ...(named ? { iss: stage.tenant.issuer } : {}) });
        expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
        expect(await dies(person)).toBe(401);
        expect(brief(await call('GET', '/users/me', person.token))).toEqual([401, 'auth.session_ended']);
      },
    );

    it.each([
      ['another host', 'https://login.attacker.example/x/v2.0'],
      ['no issuer at all', 'x'],
      ['an empty one', ''],
    ])('go on when the issuer is %s', async (_what, iss) => {
      const person = await signIn(stage.person(12).upn);
      expect((await frame({ sid: await sidOf(person.id), iss })).status).toBe(200);
      expect(await works(person)).toBe(200);
    });

    it('go on when another tenant says so, even one that may sign in here', async () => {
      const other = '44444444-4444-4444-8444-444444444444';
      await stage.sql(
        `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
         VALUES (gen_random_uuid(), $1, 'other', true, false, 300)`,
        [other],
      );
      const person = await signIn(stage.person(13).upn);
      const iss = stage.tenant.issuer.replace(stage.tenant.tenantId, other);
      expect((await frame({ sid: await sidOf(person.id), iss })).status).toBe(200);
      expect(await works(person)).toBe(200);
    });
  });

  describe('of a tenant that is closed', () => {
    it.each(['front', 'back'])(
      'end for good by the %s channel, and do not stand again when it is opened',
      async (channel) => {
        const [person, bystander] = [await signIn(stage.person(16).upn), await signIn(stage.person(17).upn)];
        const [row] = await stage.sql(
          'SELECT entra_session_id AS sid FROM user_sessions WHERE user_id = $1 AND ended_at IS NULL',
          [person.id],
        );
        const sid = String(row?.['sid']);
        const open = (allowed: boolean) =>
          stage.sql('UPDATE tenants SET sign_in_allowed = $2 WHERE entra_tenant_id = $1', [
            stage.tenant.tenantId,
            allowed,
          ]);
        await open(false);
        try {
          const query = new URLSearchParams({ sid, iss: stage.tenant.issuer });
          const answer =
            channel === 'front'
              ? await stage.browser().request(`/api/v1/auth/frontchannel-logout?${query.toString()}`)
              : await postForm(stage.service.url, 'backchannel-logout', {
                  logout_token: stage.tenant.mintToken({ kind: 'logout', sid }),
                });
          expect(answer.status).toBe(200);
        } finally {
          await open(true);
        }
        // Standing again is what takes up to a second.
        let status = 0;
        for (let waited = 0; status !== 200 && waited < 3000; waited += 50) {
          await sleep(50);
          status = await works(bystander);
        }
        expect([status, await works(person), (await person.browser.refresh()).status]).toEqual([200, 401, 401]);
        expect((await endsOnRecord(person.id)).at(-1)).toMatchObject({ reason: 'signed_out_at_entra' });
      },
    );

    it('end at once, and nobody of it signs in, not even who is on the way', async () => {
      const person = await signIn(stage.person(14).upn);
      const waiting = stage.browser();
      const back = await waiting.goToEntra(stage.person(15).upn);
      await stage.sql('UPDATE tenants SET sign_in_allowed = false WHERE entra_tenant_id = $1', [stage.tenant.tenantId]);
      try {
        const statuses = [await dies(person), (await person.browser.refresh()).status];
        expect(statuses).toEqual([401, 401]);
        expect(brief(await waiting.request(back))).toEqual([403, 'auth.tenant_not_allowed']);
        expect(brief(await stage.browser().request('/api/v1/auth/login'))).toEqual([403, 'auth.tenant_not_allowed']);
      } finally {
        await stage.sql('UPDATE tenants SET sign_in_allowed = true WHERE entra_tenant_id = $1', [
          stage.tenant.tenantId,
        ]);
      }
    });
  });
});
