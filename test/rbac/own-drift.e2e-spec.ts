import { randomUUID } from 'node:crypto';
import { diffSnapshots } from '../../src/drift/diff/diff-snapshots.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { collected } from '../../src/drift/import/collected.js';
import type { ResourceType } from '../../src/drift/resource-types/resource-type.types.js';
import type { TenantSnapshot } from '../../src/drift/snapshot/snapshot.types.js';
import { type AuthStage, startAuthStage } from '../auth/auth-stage.js';

interface Change {
  resourceType: string;
  changeType: string;
  displayName: string | null;
  path: string;
  severity: string;
  direction: string;
  rules: string[];
  attribution: string;
  actor: { type: string; id: string; displayName: string | null } | null;
}

interface Report {
  incomplete: { resourceType: string; reason: string }[];
  changes: Change[];
}

describe('the access of this service, watched for drift', () => {
  let stage: AuthStage;
  let admin: string;
  let adaId: string;
  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    stage.browser().call(method, path, admin, body, headers);
  /** Queues a scan and runs what waits. */
  const scan = async (): Promise<{ report: Report; snapshotId: string }> => {
    const job = stage.service.app.get(DriftScanJob);
    const { body: queued } = await call('POST', '/drift/scans', {});
    for (let round = 0; round < 20; round++) {
      await job.tick();
      await job.settled();
      const { body } = await call('GET', `/drift/scans/${String(queued['id'])}`);
      if (body['status'] !== 'completed') continue;
      const report = (await call('GET', `/drift/reports/${String(body['reportId'])}`)).body as unknown as Report;
      return { report, snapshotId: String(body['snapshotId']) };
    }
    throw new Error('the scan does not end');
  };
  const tenantId = async (): Promise<string> =>
    String((await stage.sql('SELECT id FROM tenants ORDER BY id LIMIT 1'))[0]?.['id']);
  const own = ({ changes }: Report) => changes.filter(({ resourceType }) => resourceType.startsWith('access'));

  beforeAll(async () => {
    stage = await startAuthStage();
    admin = await stage.browser().accessToken(stage.tenant.administrator.userPrincipalName);
    const token = await stage.browser().accessToken(stage.person(0).upn);
    const { body } = await stage.browser().call('GET', '/users/me', token);
    adaId = String(body['id']);
  });
  afterAll(() => stage.close());

  it('is part of the snapshot, and what changes in it is judged', async () => {
    const constraint = randomUUID();
    await stage.sql(`INSERT INTO separation_constraints (id, name, kind) VALUES ($1, 'apart', 'roles')`, [constraint]);
    await stage.sql(
      `INSERT INTO separation_constraint_members (constraint_id, role_id) SELECT $1, id FROM roles WHERE name IN ('auditor', 'viewer')`,
      [constraint],
    );
    const first = await scan();
    const baseline = await call('POST', '/drift/baselines', {
      snapshotId: first.snapshotId,
      reason: 'a test',
      acceptIncomplete: true,
    });
    expect(baseline.status).toBe(201);
    expect(own((await scan()).report)).toEqual([]);
    const give = (role: string, reason: string) =>
      stage.sql(
        `INSERT INTO role_assignments (id, user_id, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
         SELECT gen_random_uuid(), $1, id, '/', 'allow', now(), $3, 'system', 'test' FROM roles WHERE name = $2`,
        [adaId, role, reason],
      );
    await give('administrator', 'drift');
    await give('viewer', 'drift');
    await stage.sql('DELETE FROM separation_constraints WHERE id = $1', [constraint]);
    const { report } = await scan();
    expect(
      own(report)
        .map(({ resourceType, changeType, severity, direction, attribution }) => [
          resourceType,
          changeType,
          severity,
          direction,
          attribution,
        ])
        .sort(),
    ).toEqual([
      ['accessAssignment', 'added', 'critical', 'loosening', 'none'],
      ['accessAssignment', 'added', 'low', 'loosening', 'none'],
      ['accessConstraint', 'removed', 'high', 'loosening', 'none'],
    ]);
    expect(own(report).find(({ severity }) => severity === 'critical')?.displayName).toMatch(
      /^administrator to .+ on \/$/,
    );
  });

  it('is changed by whom our own trail names', async () => {
    const me = (await call('GET', '/users/me')).body;
    const role = await call('POST', '/rbac/roles', { name: 'watched', permissions: ['drift:read'] });
    expect(role.status).toBe(201);
    const body = { subject: adaId, role: role.body['id'], reason: 'a test' };
    const [given, eligible] = [
      await call('POST', '/rbac/assignments', { ...body, scope: '/watched' }),
      await call('POST', '/rbac/eligible-assignments', body),
    ];
    expect([given.status, eligible.status]).toEqual([201, 201]);
    const { report } = await scan();
    const watched = own(report).filter(({ displayName }) => displayName?.startsWith('watched'));
    const actor = { type: 'user', id: me['id'], displayName: stage.tenant.administrator.displayName };
    expect(watched.map(({ resourceType, changeType }) => [resourceType, changeType]).sort()).toEqual([
      ['accessAssignment', 'added'],
      ['accessAssignment', 'added'],
      ['accessRole', 'added'],
    ]);
    for (const change of watched) expect(change).toMatchObject({ attribution: 'exact', actor });
    // What was written past the service nobody is named for, and who is named stays so.
    expect(own(report).filter((change) => change.actor === null)).toHaveLength(3);
    const later = own((await scan()).report).filter((change) => change.actor !== null);
    expect(later).toHaveLength(3);
  });

  it('tells what weakens the watch itself, who did it, and no address', async () => {
    const address = 'https://receiver.example/a-secret-token';
    const first = await scan();
    const current = await call('GET', `/drift/baselines/current?tenant=${await tenantId()}`);
    const made = await call('POST', '/webhooks/endpoints', { url: address, description: 'a receiver' });
    expect([current.status, made.status]).toEqual([200, 201]);
    const tenant = await call('GET', `/tenants/${await tenantId()}`);
    const patched = await call(
      'PATCH',
      `/tenants/${await tenantId()}`,
      { breakGlassObjectIds: [randomUUID()] },
      { 'if-match': String(tenant.headers.get('etag')) },
    );
    const ignored = await call('POST', '/drift/ignore-rules', {
      tenant: await tenantId(),
      resourceType: 'namedLocation',
      pathPattern: '/displayName',
      reason: 'a test',
    });
    expect([patched.status, ignored.status]).toEqual([200, 201]);
    const { report, snapshotId } = await scan();
    const watched = report.changes.filter(({ resourceType }) => resourceType.startsWith('watch'));
    expect(
      watched
        .map(({ resourceType, severity, rules, attribution }) => [resourceType, severity, rules[0], attribution])
        .sort(),
    ).toEqual([
      ['watchEndpoint', 'info', 'WA-11', 'exact'],
      ['watchIgnoreRule', 'high', 'WA-09', 'exact'],
      ['watchSetting', 'high', 'WA-05', 'exact'],
    ]);
    expect(JSON.stringify(watched)).not.toContain('secret-token');
    expect(first.snapshotId).not.toBe(snapshotId);
    // Switched off against a baseline that has it.
    const approved = await call(
      'POST',
      '/drift/baselines',
      { snapshotId, reason: 'a test', acceptIncomplete: true },
      { 'if-match': String(current.headers.get('etag')) },
    );
    expect(approved.status).toBe(201);
    const off = await call(
      'PATCH',
      `/webhooks/endpoints/${String(made.body['id'])}`,
      { status: 'disabled' },
      { 'if-match': String(made.headers.get('etag')) },
    );
    expect(off.status).toBe(200);
    const later = (await scan()).report.changes.filter(({ resourceType }) => resourceType === 'watchEndpoint');
    expect(later).toMatchObject([{ severity: 'high', rules: ['WA-11'], path: '/status', attribution: 'exact' }]);
  });

  it('is never gone because it could not be read', async () => {
    await stage.sql('ALTER TABLE separation_constraints RENAME TO hidden_constraints');
    try {
      const { report } = await scan();
      const types = report.incomplete.map(({ resourceType }) => resourceType);
      expect(types).toEqual(expect.arrayContaining(['accessRole', 'accessConstraint', 'accessAssignment']));
      // What was found before stays as it is; nothing else counts as removed.
      expect(own(report).filter(({ changeType }) => changeType === 'removed').length).toBeLessThanOrEqual(1);
      expect(
        own(report).some(({ resourceType, changeType }) => resourceType === 'accessRole' && changeType === 'removed'),
      ).toBe(false);
    } finally {
      await stage.sql('ALTER TABLE hidden_constraints RENAME TO separation_constraints');
    }
  });

  it('is not compared with a baseline from before it was watched', () => {
    const snapshot = (types: ResourceType[]): TenantSnapshot => ({
      source: 'graph',
      tenantId: null,
      takenAt: null,
      types: new Map(types.map((type) => [type, collected(type, [{ id: '1', displayName: 'x' }])])),
    });
    const older = snapshot(['namedLocation']);
    const newer = snapshot(['namedLocation', 'accessRole']);
    for (const [before, after] of [
      [older, newer],
      [newer, older],
    ] as const) {
      const { objects, incomplete } = diffSnapshots(before, after);
      expect([objects, incomplete.map(({ resourceType }) => resourceType)]).toEqual([[], ['accessRole']]);
    }
  });
});
