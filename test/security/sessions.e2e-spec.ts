import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../auth/auth-stage.js';
import { accessTokenOf, PROMISED_MS, ProgramStage } from './program-stage.js';

/** Study 3, family "disabled thing still works", for people; programs are in programs.e2e-spec.ts. */
describe('what is switched off', () => {
  let programs: ProgramStage;
  beforeAll(async () => {
    programs = await ProgramStage.start({ RATE_LIMIT_TOKENS_PER_MINUTE: '0', RATE_LIMIT_SIGN_INS_PER_MINUTE: '0' });
  }, 60_000);
  afterAll(() => programs.close());

  const patch = async (path: string, change: object): Promise<Answer> => {
    const { headers } = await programs.admin('GET', path);
    return programs.admin('PATCH', path, change, { 'if-match': headers.get('etag') ?? '' });
  };
  const entraToken = (person: number) =>
    programs.stage.tenant.mintToken({ kind: 'api', objectId: programs.stage.person(person).objectId });
  const signedIn = async (person: number) => {
    const answer = await programs.refresh(await programs.refreshToken(person));
    return { token: accessTokenOf(answer), refreshToken: String(answer.body['refresh_token']) };
  };

  it('Zitadel CVE-2024-46999: a role that was taken away is in no token that was issued before', async () => {
    const user = await programs.userId(0);
    await programs.assign(user, 'viewer');
    const { token } = await signedIn(0);
    const exchanged = accessTokenOf(await programs.exchange(entraToken(0)));
    const narrowed = accessTokenOf(await programs.exchange(entraToken(0), { scope: 'tenants:read' }));
    const other = await programs.userId(1);
    await programs.assign(other, 'viewer');
    const untouched = await signedIn(1);
    const held = [token, exchanged, narrowed, entraToken(0)];
    for (const each of held) expect(await programs.onBoth(each)).toEqual([200, 200]);
    const { body } = await programs.admin('GET', `/rbac/assignments?subject=${user}`);
    for (const { id } of body['items'] as { id: string }[]) {
      expect((await programs.admin('DELETE', `/rbac/assignments/${id}`)).status).toBe(204);
    }
    await sleep(PROMISED_MS);
    for (const each of held) expect(await programs.onBoth(each)).toEqual([403, 403]);
    expect(await programs.onBoth(untouched.token)).toEqual([200, 200]);
  });

  it('Zitadel CVE-2024-47060: of an organisation that is switched off nobody gets in, by session, token, exchange or program', async () => {
    const owner = await programs.userId(2);
    const program = await programs.program({ role: 'viewer', owner });
    const ofProgram = await programs.accessToken(program);
    const { token, refreshToken } = await signedIn(2);
    const exchanged = accessTokenOf(await programs.exchange(entraToken(2)));
    const entra = entraToken(2);
    const waiting = programs.stage.browser();
    const back = await waiting.goToEntra(programs.stage.person(3).upn);
    const close = (allowed: boolean) =>
      programs.stage.sql('UPDATE tenants SET sign_in_allowed = $2 WHERE entra_tenant_id = $1', [
        programs.stage.tenant.tenantId,
        allowed,
      ]);
    for (const each of [token, exchanged, entra]) expect(await programs.onBoth(each, '/users/me')).toEqual([200, 200]);
    expect(await programs.onBoth(ofProgram)).toEqual([200, 200]);
    await close(false);
    try {
      await sleep(PROMISED_MS);
      for (const each of [token, exchanged, entra])
        expect(await programs.onBoth(each, '/users/me')).toEqual([401, 401]);
      expect(await programs.onBoth(ofProgram)).toEqual([401, 401]);
      expect((await programs.clientCredentials(program)).status).toBe(401);
      expect((await programs.refresh(refreshToken)).status).toBe(400);
      expect((await programs.exchange(entra)).status).toBe(400);
      expect((await waiting.request(back)).status).toBe(403);
      expect((await programs.stage.browser().request('/api/v1/auth/login')).status).toBe(403);
    } finally {
      await close(true);
    }
    expect((await programs.stage.browser().signIn(programs.stage.person(3).upn)).status).toBe(303);
    expect(await programs.onBoth(await programs.accessToken(program))).toEqual([200, 200]);
  });

  it('Zitadel CVE-2024-47000, Keycloak CVE-2026-1609: a disabled person has no way in left, on neither instance', async () => {
    const user = await programs.userId(4);
    const { token, refreshToken } = await signedIn(4);
    const exchanged = accessTokenOf(await programs.exchange(entraToken(4)));
    const entra = entraToken(4);
    const waiting = programs.stage.browser();
    const back = await waiting.goToEntra(programs.stage.person(4).upn);
    for (const each of [token, exchanged, entra]) expect(await programs.onBoth(each, '/users/me')).toEqual([200, 200]);
    expect((await patch(`/users/${user}`, { status: 'disabled' })).status).toBe(200);
    await sleep(PROMISED_MS);
    for (const each of [token, exchanged, entra]) expect(await programs.onBoth(each, '/users/me')).toEqual([401, 401]);
    for (const service of [programs.stage.service, programs.other]) {
      const form = { grant_type: 'refresh_token', client_id: 'blindspotx', refresh_token: refreshToken };
      expect((await programs.form('token', form, {}, service)).status).toBe(400);
    }
    expect((await programs.exchange(entra)).status).toBe(400);
    expect([401, 403]).toContain((await waiting.request(back)).status);
    expect([401, 403]).toContain((await programs.stage.browser().signIn(programs.stage.person(4).upn)).status);

    expect((await patch(`/users/${user}`, { status: 'active' })).status).toBe(200);
    // What was ended stays ended; a new sign-in works.
    expect(await programs.onBoth(token, '/users/me')).toEqual([401, 401]);
    expect((await programs.refresh(refreshToken)).status).toBe(400);
    expect(await programs.onBoth((await signedIn(4)).token, '/users/me')).toEqual([200, 200]);
  });
});
