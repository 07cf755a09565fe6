import { randomBytes } from 'node:crypto';
import { register as registerOperator } from '../../src/app/cli/operator-commands.js';
import { runCli } from '../../src/app/cli/run-cli.js';
import { AssignmentsService } from '../../src/rbac/assignments/assignments.service.js';
import { type Person, RbacStage, said } from '../rbac/rbac-stage.js';
import { sentEvents } from '../support/sent-events.js';

const NO_WAY_UP = [403, 'rbac.no_way_up'];
const LAST = [409, 'rbac.last_administrator'];
const MASTER_KEY = randomBytes(32).toString('base64');
const OTHER_TENANT = '7c9f0000-0000-4000-8000-00000000000a';

/** Nobody may shut everybody out, nor take from those above them; and whoever has the host gets back in. */
describe('shutting people out', () => {
  let rbac: RbacStage;
  let tenant: string;
  let keeper: Person;
  beforeAll(async () => {
    rbac = await RbacStage.start({ RATE_LIMIT_FAILURES_PER_MINUTE: '0', MASTER_KEY });
    tenant = String(((await rbac.admin('GET', '/tenants')).body['items'] as { id: string }[])[0]?.id);
    keeper = await rbac.person(0);
    const permissions = ['tenants:read', 'tenants:manage', 'users:read', 'users:manage'];
    await rbac.given(keeper.id, await rbac.role('keeper', { permissions }));
  }, 60_000);
  afterAll(() => rbac.close());

  const wish = async (by: { token: string }, method: string, path: string, body?: unknown) => {
    const { headers } = await rbac.admin('GET', path);
    return rbac.call(by.token, method, path, body, { 'if-match': headers.get('etag') ?? '' });
  };
  const otherTenant = async (signInAllowed: boolean) =>
    String(
      (
        await rbac.admin('POST', '/tenants', {
          entraTenantId: OTHER_TENANT,
          displayName: 'another',
          signInAllowed,
          scanEnabled: false,
        })
      ).body['id'],
    );

  it('by a tenant is for whoever holds what its people hold, and never for the last administrator', async () => {
    const path = `/tenants/${tenant}`;
    expect(said(await wish(keeper, 'PATCH', path, { signInAllowed: false }))).toEqual(NO_WAY_UP);
    const own = await wish(rbac.administrator, 'PATCH', path, { signInAllowed: false });
    expect(said(own)).toEqual(LAST);
    expect(String(own.body['detail'])).toContain('nobody can undo it');
    expect((await rbac.call(keeper.token, 'GET', '/users/me')).status).toBe(200);
    expect((await wish(keeper, 'PATCH', path, { displayName: 'still ours' })).status).toBe(200);
    const empty = `/tenants/${await otherTenant(true)}`;
    expect((await wish(keeper, 'PATCH', empty, { signInAllowed: false })).status).toBe(200);
    expect((await wish(keeper, 'PATCH', empty, { signInAllowed: true })).status).toBe(200);
    await rbac.stage.sql(
      `INSERT INTO users (id, tenant_id, object_id, display_name, status)
       SELECT gen_random_uuid(), id, gen_random_uuid(), 'of another', 'active' FROM tenants WHERE entra_tenant_id = $1`,
      [OTHER_TENANT],
    );
    const [foreign] = await rbac.stage.sql<{ id: string }>(`SELECT id FROM users WHERE display_name = 'of another'`);
    await rbac.given(String(foreign?.id), await rbac.roleNamed('administrator'));
    expect(said(await wish(keeper, 'PATCH', empty, { signInAllowed: false }))).toEqual(NO_WAY_UP);
    expect((await wish(rbac.administrator, 'PATCH', empty, { signInAllowed: false })).status).toBe(200);
    expect(said(await wish(keeper, 'PATCH', empty, { signInAllowed: true }))).toEqual(NO_WAY_UP);
    // Somebody who may not sign in keeps no door open.
    expect(said(await wish(rbac.administrator, 'PATCH', path, { signInAllowed: false }))).toEqual(LAST);
    expect((await wish(rbac.administrator, 'PATCH', empty, { signInAllowed: true })).status).toBe(200);
  });

  it('by disabling or deleting is for whoever holds what the person and their programs hold', async () => {
    const [auditor, nobody, owner] = [await rbac.person(1), await rbac.person(2), await rbac.person(3)];
    await rbac.given(auditor.id, await rbac.roleNamed('auditor'));
    const program = await rbac.admin('POST', '/service-accounts', { name: 'of the owner', owner: owner.id });
    await rbac.given(String(program.body['id']), await rbac.roleNamed('auditor'));
    for (const { id } of [rbac.administrator, auditor, owner]) {
      const refused = id === rbac.administrator.id ? [LAST, NO_WAY_UP] : [NO_WAY_UP];
      expect(refused).toContainEqual(said(await wish(keeper, 'PATCH', `/users/${id}`, { status: 'disabled' })));
      expect(refused).toContainEqual(said(await wish(keeper, 'DELETE', `/users/${id}`)));
    }
    expect((await rbac.admin('GET', `/users/${auditor.id}`)).body['status']).toBe('active');
    expect((await wish(keeper, 'PATCH', `/users/${nobody.id}`, { status: 'disabled' })).status).toBe(200);
    expect((await wish(keeper, 'DELETE', `/users/${nobody.id}`)).status).toBeLessThan(300);
    expect((await wish(rbac.administrator, 'DELETE', `/users/${auditor.id}`)).status).toBeLessThan(300);
    const own = await wish(keeper, 'PATCH', `/users/${keeper.id}`, { status: 'disabled' });
    expect(own.status).toBe(200);
  });

  it('by a constraint stops no operator and no further administrator: that is on record', async () => {
    const constraint = await rbac.admin('POST', '/rbac/constraints', {
      name: 'no two',
      kind: 'permissions',
      members: ['audit:read', 'webhooks:read'],
    });
    const quiet = await rbac.role('quiet', { permissions: ['drift:read'] });
    const roles = await rbac.admin('POST', '/rbac/constraints', {
      name: 'no administrator besides',
      kind: 'roles',
      members: [await rbac.roleNamed('administrator'), quiet],
    });
    expect([constraint.status, roles.status]).toEqual([201, 201]);
    const [further, both, operators] = [await rbac.person(4), await rbac.person(5), await rbac.person(6)];
    expect(
      (await rbac.assign(rbac.administrator.token, further.id, await rbac.roleNamed('administrator'))).status,
    ).toBe(201);
    const audits = await rbac.role('audits', { permissions: ['audit:read'] });
    const hooks = await rbac.role('hooks', { permissions: ['webhooks:read'] });
    await rbac.given(both.id, audits);
    const violated = [409, 'rbac.separation_violated'];
    expect(said(await rbac.assign(rbac.administrator.token, both.id, hooks))).toEqual(violated);
    await rbac.given(operators.id, quiet);
    const administrator = await rbac.roleNamed('administrator');
    expect(said(await rbac.assign(rbac.administrator.token, operators.id, administrator))).toEqual(violated);
    const assignments = rbac.stage.service.app.get(AssignmentsService, { strict: false });
    expect((await assignments.grantRoleByOperator(operators.id)).granted).toBe(true);
    const listed = async (id: unknown) =>
      (
        (await rbac.admin('GET', `/rbac/constraints/${String(id)}/violations?limit=200`)).body['items'] as {
          subject: { id: string };
        }[]
      ).map(({ subject }) => subject.id);
    expect(await listed(constraint.body['id'])).toEqual(expect.arrayContaining([further.id, operators.id]));
    expect(await listed(roles.body['id'])).toEqual([operators.id]);
    const sent = await sentEvents(rbac.stage.service.app, 'rbac.separation.violated');
    expect(sent.map(({ subject }) => (subject as { id?: unknown }).id)).toEqual(
      expect.arrayContaining([further.id, operators.id]),
    );
  });

  it('is undone on the host', async () => {
    await rbac.stage.sql('UPDATE tenants SET sign_in_allowed = false, version = version + 1');
    const [{ id: directory } = { id: '' }] = await rbac.stage.sql<{ id: string }>(
      'SELECT entra_tenant_id AS id FROM tenants WHERE id = $1',
      [tenant],
    );
    const lines: string[] = [];
    const run = (argument: string) => {
      const out = (text: string) => void lines.push(text);
      const io = {
        out,
        err: out,
        env: { DATABASE_URL: rbac.stage.service.databaseUrl, MASTER_KEY },
        colour: false,
        exitCode: 0,
      };
      return runCli(['tenants', 'allow', argument], io, [registerOperator]);
    };
    expect(await run('contoso')).toBe(2);
    expect(await run('00000000-0000-4000-8000-000000000000')).toBe(2);
    expect([await run(directory.toUpperCase()), lines.at(-1)]).toEqual([0, expect.stringContaining('sign in again')]);
    const token = await rbac.stage.browser().accessToken(rbac.stage.tenant.administrator.userPrincipalName);
    expect((await rbac.call(token, 'GET', '/users')).status).toBe(200);
    expect(await run(directory)).toBe(0);
    expect(lines.at(-1)).toContain('could sign in already');
  }, 60_000);
});
