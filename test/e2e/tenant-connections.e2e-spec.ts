import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { textOf } from '../../demo/store/json.types.js';
import { systemActor } from '../../src/access/actor.js';
import { keyVersionOf } from '../../src/crypto/data-key-cipher.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import { KeySuccession } from '../../src/keys/key-succession.service.js';
import { Rewrap } from '../../src/keys/rewrap/rewrap.service.js';
import type { Answer } from '../auth/auth-stage.js';
import { type Person, RbacStage, said } from '../rbac/rbac-stage.js';

Object.assign(GRAPH_CLIENT_DEFAULTS, { conditionalAccessSpacingMs: 0, backoffMs: 10, throttleBackoffMs: 10 });

const SECRET = `own~${'x'.repeat(36)}`;
const HOUR_MS = 3_600_000;

describe('what a tenant is read with', () => {
  let stage: RbacStage;
  let second: Person;
  let tenant: string;
  let clientId: string;
  const path = () => `/tenants/${tenant}/connection`;
  const admin = (method: string, at: string, body?: unknown, headers?: Record<string, string>) =>
    stage.admin(method, at, body, headers);
  const seen = (version: number) => ({ 'if-match': `"${version}"` });
  const version = async () => Number((await admin('GET', path())).body['version']);
  const put = async (body: object) => admin('PUT', path(), { clientId, ...body }, seen(await version()));
  const test = async (body: object = {}) => (await admin('POST', `${path()}/test`, body)).body;
  const rows = () =>
    stage.stage.sql<{ state: string; sealed_credential: Buffer }>('SELECT * FROM tenant_connections ORDER BY id');
  /** Entra ID knows a secret of our application, which ends then. */
  function entraKnows(secret: string, endsAt: Date): void {
    const digest = createHash('sha256').update(secret).digest('hex');
    stage.stage.tenant.state.secretDigests.set(secret, { appId: clientId, digest, endsAt });
  }
  async function scan(): Promise<Answer['body']> {
    const { body } = await admin('POST', '/drift/scans', { tenant });
    const job = stage.stage.service.app.get(DriftScanJob);
    for (;;) {
      await job.tick();
      await job.settled();
      const scanned = (await admin('GET', `/drift/scans/${String(body['id'])}`)).body;
      if (Number(scanned['attempts']) > 0 && scanned['status'] !== 'running') return scanned;
    }
  }

  beforeAll(async () => {
    stage = await RbacStage.start({ DRIFT_SCAN_INTERVAL_SECONDS: '86400' }, { users: 40, policies: 6 });
    ({ clientId } = stage.stage.tenant);
    second = await stage.person(1);
    await stage.given(second.id, await stage.roleNamed('administrator'));
    tenant = String(((await admin('GET', '/tenants')).body['items'] as { id: string }[])[0]?.id);
    entraKnows(SECRET, new Date(Date.now() + HOUR_MS));
  }, 120_000);
  afterAll(() => stage?.close());

  it('is the installation’s application, until somebody sets another; nobody overwrites what they have not seen', async () => {
    const { body, headers } = await admin('GET', path());
    expect(body).toEqual({ tenantId: tenant, own: null, candidates: [], version: 0 });
    expect(headers.get('etag')).toBe('"0"');
    expect(await test()).toMatchObject({ works: true, problem: null, clientId: null, missing: [] });
    expect(said(await admin('PUT', path(), { clientId, clientSecret: SECRET }))[0]).toBe(428);
    const expiresAt = new Date(Date.now() + HOUR_MS).toISOString();
    const { status, body: set } = await put({ clientSecret: SECRET, expiresAt });
    expect([status, set['version'], set['own']]).toEqual([
      200,
      1,
      expect.objectContaining({ clientId, cloud: null, kind: 'secret', expiresAt }),
    ]);
    expect(String((set['own'] as { fingerprint: string }).fingerprint)).toMatch(/^[\da-f]{16}$/);
    expect(JSON.stringify(set)).not.toContain(SECRET);
    const late = await admin('PUT', path(), { clientId, clientSecret: SECRET }, seen(0));
    expect(said(late)).toEqual([412, 'request.precondition_failed']);
    expect(await test()).toMatchObject({ works: true, clientId, organization: expect.any(String) });
    expect((await scan())['status']).toBe('completed');
    const trail = (await admin('GET', '/audit/events?limit=50')).body['items'] as { action: string; after: unknown }[];
    const change = trail.find(({ action }) => action === 'tenants.connection.changed');
    expect(change?.after).toMatchObject({ clientId, kind: 'secret', fingerprint: expect.any(String) });
    expect(JSON.stringify(trail)).not.toContain(SECRET);
  });

  it('says in the test and in the scan exactly what is wrong with it', async () => {
    const { state } = stage.stage.tenant;
    const role = [...state.collections.appRoleAssignments.values()].find(({ appRoleId }) =>
      ['Policy.Read.All'].includes(roleNames(state).get(textOf({ appRoleId: appRoleId ?? '' }, 'appRoleId')) ?? ''),
    );
    if (role === undefined) throw new Error('the demo tenant grants no such permission');
    state.collections.appRoleAssignments.delete(String(role['id']));
    const lacking = await test();
    expect(lacking['missing']).toMatchObject([{ permission: 'Policy.Read.All' }]);
    expect(lacking['problem']).toBe('Not granted: Policy.Read.All.');
    state.collections.appRoleAssignments.set({ ...role, id: String(role['id']) });

    const expired = `late~${'x'.repeat(36)}`;
    entraKnows(expired, new Date(Date.now() - HOUR_MS));
    for (const [body, words] of [
      [{ clientSecret: expired }, 'the client secret has expired (invalid_client, AADSTS7000222)'],
      [{ clientSecret: 'nobody knows this one' }, 'the client secret is wrong (invalid_client, AADSTS7000215)'],
      [{ clientId: randomUUID(), clientSecret: SECRET }, 'is not known in this tenant'],
      [{ federated: true }, 'ENTRA_CLIENT_ASSERTION_FILE is not set'],
    ] as const) {
      expect((await put(body)).status).toBe(200);
      expect(await test()).toMatchObject({ works: false, problem: expect.stringContaining(words), granted: null });
      const { status, reason } = await scan();
      expect([status, reason]).toEqual(['pending', expect.stringContaining(words)]);
      await stage.stage.sql(`UPDATE job_slots SET status = 'failed', finished_at = now() WHERE status = 'pending'`);
    }
  });

  it('refuses what can not work before it is stored', async () => {
    const before = await version();
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const wrong of [
      {},
      { clientSecret: SECRET, federated: true },
      { clientSecret: SECRET, expiresAt: '2020-01-01T00:00:00Z' },
      { federated: true, expiresAt: '2030-01-01T00:00:00Z' },
      { certificate: pem },
      { certificate: 'nothing' },
      { clientSecret: SECRET, cloud: 'https://attacker.example' },
      { clientSecret: SECRET, authority: 'https://attacker.example' },
    ])
      expect((await put(wrong)).status).toBe(400);
    expect(await version()).toBe(before);
    expect((await admin('GET', `/tenants/${randomUUID()}/connection`)).status).toBe(404);
  });

  it('is sealed for its row, goes with the rotation of keys, and one that was tampered with is a fault of this tenant alone', async () => {
    expect((await put({ clientSecret: SECRET })).status).toBe(200);
    const [before] = await rows();
    expect(before?.sealed_credential.includes(SECRET)).toBe(false);
    const { app } = stage.stage.service;
    const actor = systemActor('test');
    await app.get(KeySuccession, { strict: false }).rotate(actor, 'data', { force: true });
    const run = { actor, verify: true, assertMine: () => Promise.resolve(), signal: new AbortController().signal };
    await app.get(Rewrap, { strict: false }).run(run);
    const [after] = await rows();
    const versions = [before, after].map((row) => keyVersionOf(row?.sealed_credential ?? Buffer.alloc(0)));
    expect(versions[1]).toBeGreaterThan(versions[0] ?? 0);
    expect(await test()).toMatchObject({ works: true });
    await stage.stage.sql(
      `UPDATE tenant_connections SET sealed_credential = set_byte(sealed_credential, 40, 0) || '\\x00'`,
    );
    expect(await test()).toMatchObject({ works: false, problem: expect.stringContaining('keys.cannot_open') });
    expect((await put({ clientSecret: SECRET })).status).toBe(200);
    expect(await test()).toMatchObject({ works: true });
  });

  describe('where a tenant wants two', () => {
    const propose = (body: object) =>
      admin('POST', '/drift/setting-proposals', { tenantConnection: { tenant, reason: 'agreed', ...body } });
    const approve = (made: Answer) =>
      stage.call(
        second.token,
        'POST',
        `/drift/setting-proposals/${String(made.body['id'])}/approve`,
        { reason: 'seen' },
        seen(1),
      );
    const REFUSED = [409, 'tenants.second_person_required'];

    beforeAll(async () => {
      expect(
        (await stage.change(stage.administrator.token, 'PATCH', `/tenants/${tenant}`, { secondPerson: true })).status,
      ).toBe(200);
    });

    it('one may renew the credential of the same application, and no more', async () => {
      expect((await put({ clientSecret: SECRET })).status).toBe(200);
      expect(said(await put({ clientId: randomUUID(), clientSecret: SECRET }))).toEqual(REFUSED);
      expect(said(await put({ cloud: 'china', clientSecret: SECRET }))).toEqual(REFUSED);
      expect(said(await admin('DELETE', path(), undefined, seen(await version())))).toEqual(REFUSED);
    });

    it('two may change it: what one hands in is tried, approved by another, and never shown', async () => {
      const other = randomUUID();
      const offered = await admin('POST', `${path()}/candidates`, { clientId: other, clientSecret: SECRET });
      expect(offered).toMatchObject({ status: 201, body: { clientId: other, kind: 'secret' } });
      const candidate = String(offered.body['id']);
      expect(await test({ candidate })).toMatchObject({ works: false, clientId: other });
      expect(await test()).toMatchObject({ works: true, clientId });
      expect((await propose({ version: 999, candidate })).status).toBe(412);
      expect((await propose({ version: await version(), candidate: randomUUID() })).status).toBe(404);
      const made = await propose({ version: await version(), candidate });
      expect(made).toMatchObject({ status: 201, body: { kind: 'tenant-connection', content: { candidate } } });
      expect(JSON.stringify(made.body)).not.toContain(SECRET);
      expect((await admin('GET', path())).body).toMatchObject({ own: { clientId }, candidates: [{ id: candidate }] });
      expect((await approve(made)).body['status']).toBe('approved');
      expect((await admin('GET', path())).body).toMatchObject({ own: { clientId: other }, candidates: [] });
      expect((await approve(await propose({ version: await version() }))).body['status']).toBe('approved');
      expect((await admin('GET', path())).body).toMatchObject({ own: null });
      expect((await rows()).length).toBe(0);
      expect(await test()).toMatchObject({ works: true, clientId: null });
    });

    it('at most five wait, and one can be taken back', async () => {
      const offer = () => admin('POST', `${path()}/candidates`, { clientId, clientSecret: SECRET });
      const made = [];
      for (let number = 0; number < 5; number++) made.push(await offer());
      expect(said(await offer())).toEqual([409, 'tenants.too_many_candidates']);
      expect((await admin('DELETE', `${path()}/candidates/${String(made[0]?.body['id'])}`)).status).toBe(204);
      expect((await offer()).status).toBe(201);
    });

    it('none waits longer than a week, and what waited is gone on record', async () => {
      const [first, second] = ((await admin('GET', path())).body['candidates'] as { id: string }[]).map(({ id }) => id);
      await stage.stage.sql(
        `UPDATE tenant_connections SET created_at = now() - interval '8 days' WHERE id IN ($1, $2)`,
        [first, second],
      );
      const waiting = ((await admin('GET', path())).body['candidates'] as { id: string }[]).map(({ id }) => id);
      expect(waiting).toHaveLength(3);
      expect(said(await admin('POST', `${path()}/test`, { candidate: first }))).toEqual([
        404,
        'tenants.candidate_not_found',
      ]);
      expect((await admin('DELETE', `${path()}/candidates/${first}`)).status).toBe(204);
      expect((await admin('POST', `${path()}/candidates`, { clientId, clientSecret: SECRET })).status).toBe(201);
      expect((await rows()).filter(({ state }) => state === 'candidate')).toHaveLength(4);
      const { body } = await admin('GET', `/audit/events?action=tenants.connection.withdrawn&target=${tenant}`);
      const gone = (body['items'] as { before: { id: string } }[]).map(({ before }) => before.id);
      expect(gone).toEqual(expect.arrayContaining([first, second]));
    });
  });
});

function roleNames(state: RbacStage['stage']['tenant']['state']): Map<string, string> {
  const roles = [...state.collections.servicePrincipals.values()].flatMap(
    ({ appRoles }) => (appRoles ?? []) as object[],
  );
  return new Map(roles.map((role) => [String(Object(role).id), String(Object(role).value)]));
}
