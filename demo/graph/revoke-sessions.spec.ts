import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { type JsonObject, objectsOf, textOf } from '../store/json.types.js';
import { graph, refreshWith, startSignIn } from '../testing/tenant-client.js';

const REDIRECT = 'http://localhost:3994/cb';
const MEMBERS = 'id,accountEnabled,signInSessionsValidFromDateTime';

describe('the end of a person’s sessions at the demo tenant', () => {
  let tenant: DemoTenant;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 21, redirectUris: [REDIRECT] });
  });
  afterAll(() => tenant.close());

  const enabled = (position: number) =>
    tenant.cast.memberIds.filter((id) => tenant.state.collections.users.get(id)?.['accountEnabled'] === true)[
      position
    ] ?? '';
  const write = (method: string, path: string, body?: JsonObject) =>
    graph(tenant, path, {
      method,
      token: tenant.tokenFor(tenant.administrator.objectId),
      ...(body ? { body } : {}),
    });
  const revoke = (user: string) => write('POST', `/users/${encodeURIComponent(user)}/revokeSignInSessions`);
  const selected = async (id: string) => (await graph(tenant, `/users/${id}?$select=${MEMBERS}`)).json;
  const newest = () => tenant.state.audit.visible()[0] ?? {};

  it('answers true, moves the time from which sign-ins count, and writes the event that Entra would', async () => {
    const id = enabled(0);
    const before = textOf(await selected(id), 'signInSessionsValidFromDateTime');
    const from = Math.floor(Date.now() / 1000) * 1000;
    const answer = await revoke(id);
    expect([answer.status, answer.json]).toEqual([
      200,
      { '@odata.context': `${tenant.graphBaseUrl}/$metadata#Edm.Boolean`, value: true },
    ]);
    const after = textOf(await selected(id), 'signInSessionsValidFromDateTime');
    expect(after).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(after)).toBeGreaterThanOrEqual(from);
    expect(newest()).toMatchObject({
      activityDisplayName: 'Update StsRefreshTokenValidFrom Timestamp',
      category: 'UserManagement',
      loggedByService: 'Core Directory',
      operationType: 'Update',
      result: 'success',
      initiatedBy: { user: { id: tenant.administrator.objectId } },
    });
    const [user] = objectsOf(newest(), 'targetResources');
    expect(user).toMatchObject({ id, type: 'User' });
    expect(objectsOf(user ?? {}, 'modifiedProperties')[0]).toEqual({
      displayName: 'StsRefreshTokensValidFrom',
      oldValue: JSON.stringify([before]),
      newValue: JSON.stringify([after]),
    });
  });

  it('refuses the refresh tokens and codes from before with AADSTS50173, and gives new ones after a new sign-in', async () => {
    const hint = enabled(1);
    const first = await startSignIn(tenant, REDIRECT, { hint });
    const answer = await first.redeem();
    const pending = await startSignIn(tenant, REDIRECT, { hint, cookie: first.cookie });
    expect(pending.sid).toBe(first.sid);
    expect((await revoke(hint)).status).toBe(200);
    expect((await refreshWith(tenant, answer)).json).toMatchObject({ error: 'invalid_grant', error_codes: [50173] });
    expect((await pending.redeem()).json).toMatchObject({ error: 'invalid_grant', error_codes: [50173] });
    const again = await startSignIn(tenant, REDIRECT, { hint, cookie: first.cookie });
    expect(again.sid).not.toBe(first.sid);
    const fresh = await again.redeem();
    expect(fresh.status).toBe(200);
    expect((await refreshWith(tenant, fresh)).status).toBe(200);
  });

  it('leaves the sessions of everybody else alone', async () => {
    const other = await (await startSignIn(tenant, REDIRECT, { hint: enabled(2) })).redeem();
    await revoke(enabled(3));
    expect((await refreshWith(tenant, other)).status).toBe(200);
  });

  it('takes a user principal name, and /me for the person who calls', async () => {
    const id = enabled(4);
    const upn = textOf(tenant.state.collections.users.get(id) ?? {}, 'userPrincipalName');
    expect((await revoke(upn)).status).toBe(200);
    expect(objectsOf(newest(), 'targetResources')[0]).toMatchObject({ id });
    const me = await graph(tenant, '/me/revokeSignInSessions', { method: 'POST', token: tenant.tokenFor(enabled(5)) });
    expect([me.status, me.json['value']]).toEqual([200, true]);
    expect(objectsOf(newest(), 'targetResources')[0]).toMatchObject({ id: enabled(5) });
    expect((await graph(tenant, '/me/revokeSignInSessions', { method: 'POST' })).status).toBe(403);
  });

  it('is for applications that hold User.RevokeSessions.All', async () => {
    const call = (roles: string[]) =>
      graph(tenant, `/users/${enabled(6)}/revokeSignInSessions`, {
        method: 'POST',
        token: tenant.mintToken({ kind: 'graph', claims: { roles } }),
      });
    expect((await call(['User.ReadWrite.All'])).json).toMatchObject({ error: { code: 'Authorization_RequestDenied' } });
    expect((await call(['User.RevokeSessions.All'])).status).toBe(200);
  });

  it('refuses the code and the refresh token of a disabled person with AADSTS50057', async () => {
    const hint = enabled(7);
    const answer = await (await startSignIn(tenant, REDIRECT, { hint })).redeem();
    const pending = await startSignIn(tenant, REDIRECT, { hint });
    expect((await write('PATCH', `/users/${hint}`, { accountEnabled: false })).status).toBe(204);
    expect(await selected(hint)).toMatchObject({ id: hint, accountEnabled: false });
    expect((await pending.redeem()).json).toMatchObject({ error: 'invalid_grant', error_codes: [50057] });
    expect((await refreshWith(tenant, answer)).json).toMatchObject({ error: 'invalid_grant', error_codes: [50057] });
  });

  it('shows present, disabled, revoked and deleted people side by side in one batch', async () => {
    const [present, disabled, revoked, deleted] = [10, 11, 12, 13].map(enabled);
    await write('PATCH', `/users/${disabled}`, { accountEnabled: false });
    await revoke(revoked ?? '');
    expect((await write('DELETE', `/users/${deleted}`)).status).toBe(204);
    const people = [present, disabled, revoked, deleted];
    const requests = people.map((id, position) => ({
      id: String(position),
      method: 'GET',
      url: `/users/${id}?$select=${MEMBERS}`,
    }));
    const { json } = await graph(tenant, '/$batch', { method: 'POST', body: { requests } });
    const answers = objectsOf(json, 'responses');
    const validFrom = (id = '') => tenant.state.collections.users.get(id)?.['signInSessionsValidFromDateTime'];
    expect(answers.slice(0, 3).map(({ status, body }) => [status, selectedMembers(body as JsonObject)])).toEqual([
      [200, [present, true, '2024-03-04T08:30:00Z']],
      [200, [disabled, false, '2024-03-04T08:30:00Z']],
      [200, [revoked, true, validFrom(revoked)]],
    ]);
    expect(validFrom(revoked)).not.toBe('2024-03-04T08:30:00Z');
    expect(answers[3]).toMatchObject({ status: 404, body: { error: { code: 'Request_ResourceNotFound' } } });
    expect((await revoke(deleted ?? '')).json).toMatchObject({ error: { code: 'Request_ResourceNotFound' } });
  });

  it('says of a person made a moment ago since when sign-ins count', async () => {
    const { json } = await write('POST', '/users', { displayName: 'New', userPrincipalName: 'new.person@example' });
    expect(textOf(await selected(textOf(json, 'id')), 'signInSessionsValidFromDateTime')).toMatch(/^20\d\d-/);
  });
});

function selectedMembers(body: JsonObject): unknown[] {
  return MEMBERS.split(',').map((member) => body[member]);
}
