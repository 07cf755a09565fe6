import { randomBytes, randomUUID } from 'node:crypto';
import { userActor } from '../../demo/audit/actor.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import type { GraphObject, JsonObject } from '../../demo/store/json.types.js';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import { type AuthStage, Browser, startAuthStage } from '../auth/auth-stage.js';
import { makeProgram } from '../auth/programs.js';
import { ENTERPRISE, PATCH_OP, USER } from '../scim/scim-stage.js';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.js';
import { sentEvents } from '../support/sent-events.js';
import { columnsWith, filesWith } from './canary-hunt.js';

// Scans of a test wait for nothing: the tenant is on this machine.
Object.assign(GRAPH_CLIENT_DEFAULTS, {
  timeoutMs: 60_000,
  backoffMs: 10,
  throttleBackoffMs: 10,
  budgetMs: 200,
  conditionalAccessSpacingMs: 0,
});

const run = randomBytes(5).toString('hex');
/** Part of everything that is promised to be sealed, and of nothing else. In small letters: no folding of case hides it. */
const SEALED = `sx${run}canary`;
/** Part of what is documented to lie in clear. */
const CLEAR = `Cx${run}Canary`;
/** Part of what is written past the service. */
const PAST = `Px${run}Canary`;
const AGENT = `Ax${run}Canary/1.0`;
let planted = 0;
/** A new one each time, so that a leak says where it comes from. */
const canary = () => `${SEALED}n${++planted}`;

/**
 * What docs/security/encryption.md promises: secrets and personal data go in by the API and by the tenant, as people and Microsoft
 * Graph send them, and the database is read whole, row by row and as files, for any form of them.
 */
describe('a stolen database', () => {
  let server: OwnPostgres;
  let stage: AuthStage;
  let token: string;
  let dataFolder: string;
  /** Whatever the service made and showed once, or gave to a browser. */
  const handedOut: (string | Buffer)[] = [];

  beforeAll(async () => {
    // Everything that was ever written stays in the write-ahead log.
    server = await startOwnPostgres({
      settings: ['max_connections=100', 'fsync=off', 'wal_keep_size=4GB', 'max_wal_size=4GB'],
    });
    const settings = { NODE_ENV: 'test', PROCESS_ROLE: 'api', PUBLIC_URL: 'http://localhost:3000' };
    const MASTER_KEY = Buffer.alloc(32, 'test-key').toString('base64');
    const migrated = await openDatabase(loadSettings({ ...settings, MASTER_KEY, DATABASE_URL: server.url }), true);
    await migrated.destroy();
    stage = await startAuthStage({
      DATABASE_URL: server.url,
      RATE_LIMIT_FAILURES_PER_MINUTE: '0',
      DRIFT_SCAN_INTERVAL_SECONDS: '86400',
    });
    [{ dataFolder }] = (await stage.sql(`SELECT current_setting('data_directory') AS "dataFolder"`)) as [
      { dataFolder: string },
    ];
    token = await signIn();
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
    await server?.stop();
  });

  async function signIn(): Promise<string> {
    const browser = stage.browser();
    const back = await browser.goToEntra(stage.tenant.administrator.userPrincipalName);
    handedOut.push(...browser.cookies.values(), new URL(back).searchParams.get('code') ?? 'no code');
    const signedIn = await browser.request(back, { headers: { 'user-agent': AGENT } });
    expect(signedIn.status).toBe(303);
    handedOut.push(...browser.cookies.values());
    const { body } = await browser.refresh();
    handedOut.push(...browser.cookies.values(), String(body['accessToken']));
    return String(body['accessToken']);
  }

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await stage.browser().call(method, path, token, body, headers);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }

  async function scan(): Promise<void> {
    const { body } = await call('POST', '/drift/scans', {});
    const job = stage.service.app.get(DriftScanJob);
    for (;;) {
      await job.tick();
      await job.settled();
      const { status, reason, attempts } = (await call('GET', `/drift/scans/${String(body['id'])}`)).body;
      if (status === 'completed') return;
      if (Number(attempts) > 0) throw new Error(`the scan is ${String(status)}: ${String(reason)}`);
    }
  }

  const first = (objects: Iterable<JsonObject>): GraphObject => {
    for (const object of objects) {
      const { id } = object;
      if (typeof id === 'string') return { ...object, id };
    }
    throw new Error('the demo tenant has none');
  };
  const hunted = async () => ({
    columns: await columnsWith(stage.sql, [SEALED, ...handedOut]),
    files: filesWith(dataFolder, [SEALED, ...handedOut]),
  });

  it('gave away nothing before anything was planted, or the hunt finds itself', async () => {
    expect(await columnsWith(stage.sql, [SEALED])).toEqual([]);
  });

  it('has in it what a tenant is configured to be', async () => {
    const { conditionalAccessPolicies, namedLocations, applications, users } = stage.tenant.state.collections;
    const policy = first(conditionalAccessPolicies.values());
    const conditions = policy['conditions'] as Record<string, object>;
    const member = stage.person(1).objectId;
    conditionalAccessPolicies.set({
      ...policy,
      displayName: canary(),
      conditions: {
        ...conditions,
        users: { ...conditions['users'], includeUsers: [member] },
        devices: { deviceFilter: { mode: 'exclude', rule: `device.displayName -eq "${canary()}"` } },
      },
    });
    namedLocations.set({ ...first(namedLocations.values()), displayName: canary() });
    const person = users.get(member);
    if (person === undefined) throw new Error('nobody');
    users.set({
      ...person,
      id: member,
      displayName: canary(),
      mail: `${canary()}@example.com`,
      userPrincipalName: `${canary()}@x.example`,
    });
    const application = first(applications.values());
    applications.set({
      ...application,
      displayName: canary(),
      description: canary(),
      passwordCredentials: [
        {
          keyId: randomUUID(),
          displayName: canary(),
          hint: canary(),
          secretText: null,
          startDateTime: '2026-01-01T00:00:00Z',
          endDateTime: '2030-01-01T00:00:00Z',
        },
      ],
      web: { redirectUris: [`https://${canary()}.example/${canary()}`] },
    });
    await scan();
    const { items } = (await call('GET', '/drift/snapshots?limit=1')).body as { items: { id: string }[] };
    await call('POST', '/drift/baselines', { snapshotId: items[0]?.id, reason: 'reviewed' });
    const exported = await fetch(`${stage.service.url}/api/v1/drift/snapshots/${items[0]?.id}/export`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const lines = await exported.text();
    expect(lines.split(SEALED).length).toBeGreaterThan(6);
  });

  it('has in it what changed, who did it, and what was decided', async () => {
    const { state } = stage.tenant;
    const receiver = `https://receiver.example/${canary()}?token=${canary()}`;
    const endpoint = (await call('POST', '/webhooks/endpoints', { url: receiver, description: CLEAR })).body;
    const { id, url, secret } = endpoint as { id: string; url: string; secret: string };
    expect(url).toBe('https://receiver.example/…');
    for (const path of ['', `/${id}`]) {
      const { status, body: read } = await call('GET', `/webhooks/endpoints${path}`);
      expect([status, JSON.stringify(read).includes(SEALED)]).toEqual([200, false]);
    }
    handedOut.push(secret, Buffer.from(secret.replace('whsec_', ''), 'base64'));
    const actor = userActor(state, stage.person(1).objectId);
    const change = { displayName: canary(), state: 'disabled' };
    const policy = first(state.collections.conditionalAccessPolicies.values());
    updateConditionalAccessObject(state, actor, 'conditionalAccessPolicies', String(policy['id']), change);
    await scan();
    const { items } = (await call('GET', '/drift/changes')).body as {
      items: { id: string; version: number; after: unknown; actor: { displayName: string } | null }[];
    };
    const renamed = items.find(({ after }) => after === change.displayName);
    expect(JSON.stringify(renamed)).toContain(SEALED);
    expect(items.some(({ actor: by }) => by?.displayName?.includes(SEALED))).toBe(true);
    await call(
      'POST',
      `/drift/changes/${renamed?.id}/accept`,
      { reason: 'agreed' },
      { 'if-match': `"${renamed?.version}"` },
    );
    expect(JSON.stringify(await sentEvents(stage.service.app, 'drift.changes.detected'))).toContain(SEALED);
    const { body } = await call('GET', `/audit/events?target=${renamed?.id}`);
    expect(JSON.stringify(body)).toContain(SEALED);
  });

  it('has in it what a tenant is read with', async () => {
    const { body } = await call('POST', '/tenants', {
      entraTenantId: randomUUID(),
      displayName: CLEAR,
      scanEnabled: false,
    });
    const path = `/tenants/${String(body['id'])}/connection`;
    const clientSecret = canary();
    const connection = { clientId: randomUUID(), clientSecret };
    const answers = [
      await call('PUT', path, connection, { 'if-match': '"0"' }),
      await call('POST', `${path}/candidates`, { ...connection, clientSecret: canary() }),
      // The demo tenant's authority knows no such tenant: what it says of that is stored.
      await call('POST', `${path}/test`, {}),
      await call('GET', path),
    ];
    expect(JSON.stringify(answers.map(({ body: shown }) => shown))).not.toContain(SEALED);
    expect(answers[2]?.body).toMatchObject({ works: false, clientId: connection.clientId });
  });

  it('has in it what a directory says of people', async () => {
    const program = await makeProgram(stage, stage.tenant.administrator, { roles: ['provisioning'] });
    await call('DELETE', `/service-accounts/${program.id}/credentials/${program.credentialId}`);
    const credential = async (kind: string) => {
      const made = (await call('POST', `/service-accounts/${program.id}/credentials`, { kind })).body;
      handedOut.push(String(made['secret']));
      return String(made['secret']);
    };
    await credential('secret');
    const headers = {
      authorization: `Bearer ${await credential('scim_token')}`,
      'content-type': 'application/scim+json',
    };
    const scim = (method: string, path: string, body?: unknown) =>
      new Browser(stage.service.url).request(`/scim/v2/Users${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const made = await scim('POST', '', {
      schemas: [USER, ENTERPRISE],
      userName: `${CLEAR}@example.com`,
      displayName: CLEAR,
      name: { givenName: canary(), familyName: canary() },
      title: canary(),
      phoneNumbers: [{ type: 'mobile', value: canary() }],
      addresses: [{ type: 'home', streetAddress: canary(), formatted: canary() }],
      active: true,
      [ENTERPRISE]: { employeeNumber: canary(), department: canary(), costCenter: canary() },
    });
    expect(made.status).toBe(201);
    const id = String(made.body['id']);
    const value = canary();
    const Operations = [{ op: 'replace', path: 'title', value }];
    expect((await scim('PATCH', `/${id}`, { schemas: [PATCH_OP], Operations })).status).toBe(200);
    expect(JSON.stringify((await scim('GET', `/${id}`)).body).split(SEALED).length).toBeGreaterThan(8);
    const found = await scim('GET', `?filter=${encodeURIComponent(`title eq "${value}"`)}`);
    expect(found.body['totalResults']).toBe(1);
    expect(JSON.stringify((await call('GET', `/users/${id}`)).body)).toContain(value);
  });

  it('shows people from where they are signed in, which lies in clear in the trail alone', async () => {
    const { body } = await call('GET', '/auth/sessions');
    expect(JSON.stringify(body)).toContain(AGENT);
    expect(await columnsWith(stage.sql, [AGENT])).toEqual(['audit_events.user_agent']);
  });

  it('gives none of it away: no row of any table, no file of tables, indexes and the write-ahead log', async () => {
    expect(planted).toBeGreaterThan(20);
    expect(handedOut.length).toBeGreaterThan(8);
    expect(handedOut.every((one) => one.length >= 16)).toBe(true);
    await stage.sql('CHECKPOINT');
    expect(await hunted()).toEqual({ columns: [], files: [] });
  }, 300_000);

  it('is searched by a hunt that finds what does lie in clear', async () => {
    expect(await columnsWith(stage.sql, [CLEAR])).toEqual(
      expect.arrayContaining(['users.display_name', 'users.user_principal_name', 'webhook_endpoints.description']),
    );
    const [tenant] = await stage.sql<{ id: string }>('SELECT id FROM tenants LIMIT 1');
    for (const [number, content] of [PAST, Buffer.from(PAST).toString('base64'), `x${PAST}y`].entries()) {
      await stage.sql(`INSERT INTO config_blobs (tenant_id, hash, sealed_body) VALUES ($1, $2, $3)`, [
        tenant?.id,
        Buffer.alloc(32, number + 1),
        Buffer.from(content),
      ]);
      expect(await columnsWith(stage.sql, [PAST])).toEqual(['config_blobs.sealed_body']);
      if (number < 2) await stage.sql('DELETE FROM config_blobs WHERE hash = $1', [Buffer.alloc(32, number + 1)]);
    }
    await stage.sql('CHECKPOINT');
    const files = filesWith(dataFolder, [PAST]);
    expect(files.some((name) => /(^|\/)base\//.test(name))).toBe(true);
    expect(files.some((name) => /(^|\/)pg_wal\//.test(name))).toBe(true);
    expect(filesWith(dataFolder, [CLEAR]).length).toBeGreaterThan(1);
  }, 300_000);
});
