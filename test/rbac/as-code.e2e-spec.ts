import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliIo } from '../../src/app/cli/cli-io.js';
import { runCli } from '../../src/app/cli/run-cli.js';
import { type Person, RbacStage, said } from './rbac-stage.js';

describe('access as code', () => {
  let rbac: RbacStage;
  let member: Person;
  let folder: string;
  let readers: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'as-code-'));
    rbac = await RbacStage.start();
    member = await rbac.person(0);
    readers = await rbac.group('Readers', [member.id]);
  }, 60_000);
  afterAll(async () => {
    await rbac.close();
    rmSync(folder, { recursive: true });
  });

  const admin = () => rbac.administrator.token;
  const exported = async () => String((await rbac.admin('GET', '/rbac/document')).body['text']);
  const plan = (document: string, token = admin()) => rbac.call(token, 'POST', '/rbac/document/plan', { document });
  const apply = (document: string, revision: unknown, token = admin()) =>
    rbac.call(token, 'POST', '/rbac/document/apply', { document, revision });
  const applied = async (document: string) => {
    const planned = await plan(document);
    const answer = await apply(document, planned.body['revision']);
    if (answer.status !== 200) throw new Error(`not applied: ${JSON.stringify([planned.body, answer.body])}`);
    return answer.body['changes'] as Record<string, unknown>[];
  };
  const role = (name: string, permissions: string[], more = '') =>
    `- name: ${name}\n  permissions: [${permissions.join(', ')}]\n${more}`;
  const documentOf = (roles: string, rest = '') => `version: 1\nroles:\n${roles}${rest}`;
  const mapping = (name: string, more = '') =>
    `- group: Readers\n  groupId: ${readers}\n  tenant: ${rbac.stage.tenant.tenantId}\n  role: ${name}\n${more}`;

  const BASE = () =>
    documentOf(
      role('base', ['tenants:read']) + role('reader', ['drift:read'], '  parents: [base]\n'),
      `constraints:\n- name: apart\n  kind: permissions\n  members: [audit:read, users:read]\nmappings:\n${mapping('reader')}`,
    );

  it('plans whose access changes, applies that, and then has nothing left to do', async () => {
    const before = await exported();
    const { status, body } = await plan(BASE());
    expect(status).toBe(200);
    // Whoever administers holds everything, and so what is kept apart.
    expect(body).toMatchObject({ affectedTotal: 1, violations: [{ constraint: 'apart', subjects: 1 }], refusal: null });
    expect(
      (body['changes'] as { action: string; kind: string; name: string }[]).map((c) => [c.action, c.kind, c.name]),
    ).toEqual([
      ['create', 'role', 'base'],
      ['create', 'role', 'reader'],
      ['create', 'constraint', 'apart'],
      ['create', 'mapping', 'Readers has reader on /'],
    ]);
    expect(body['affected']).toMatchObject([
      {
        subject: { type: 'user', id: member.id },
        gains: [
          { permission: 'drift:read', scope: '/' },
          { permission: 'tenants:read', scope: '/' },
        ],
        loses: [],
      },
    ]);
    // A plan leaves nothing behind.
    expect(await exported()).toBe(before);
    expect((await rbac.call(member.token, 'GET', '/tenants')).status).toBe(403);
    expect(await applied(BASE())).toHaveLength(4);
    expect((await rbac.call(member.token, 'GET', '/tenants')).status).toBe(200);
    expect(await applied(BASE())).toEqual([]);
    expect(await rbac.audited('rbac.document.applied')).toMatchObject([{ actor_id: rbac.administrator.id }]);
    for (const action of ['rbac.role.created', 'rbac.constraint.created', 'rbac.assignment.created']) {
      expect([action, (await rbac.audited(action)).length > 0]).toEqual([action, true]);
    }
  });

  it('exports the same text every time, and the same again after it was applied', async () => {
    const first = await exported();
    expect(await exported()).toBe(first);
    expect(await applied(first)).toEqual([]);
    expect(await exported()).toBe(first);
    const asJson = await rbac.admin('GET', '/rbac/document', undefined, { accept: 'application/json' });
    expect((await plan(JSON.stringify(asJson.body))).body['changes']).toEqual([]);
    await applied('version: 1');
    expect(await exported()).toBe('version: 1\nroles: []\nconstraints: []\nmappings: []\n');
    await applied(first);
    expect(await exported()).toBe(first);
  });

  it('tells losses', async () => {
    const less = BASE().replace('drift:read', 'audit:read');
    expect((await plan(less)).body['affected']).toMatchObject([
      { gains: [{ permission: 'audit:read' }], loses: [{ permission: 'drift:read' }] },
    ]);
  });

  it.each<[string, () => string, [number, string], RegExp]>([
    [
      'a cycle',
      () => documentOf(role('a', [], '  parents: [b]\n') + role('b', [], '  parents: [a]\n')),
      [409, 'rbac.role_cycle'],
      /a -> b -> a/,
    ],
    ['an unknown permission', () => documentOf(role('a', ['no:such'])), [400, 'rbac.unknown_permission'], /no:such/],
    [
      'an unknown key',
      () => 'version: 1\nroles:\n- name: a\n  permision: []',
      [400, 'rbac.document_invalid'],
      /line 4: "permision"/,
    ],
    ['the same key twice', () => 'version: 1\nroles: []\nroles: []', [400, 'rbac.document_invalid'], /line 3/],
    ['a bomb', () => '- '.repeat(20_000), [400, 'rbac.document_invalid'], /line 1/],
    [
      'brackets that close first',
      () => `${']'.repeat(20_000)}${'['.repeat(20_000)}`,
      [400, 'rbac.document_invalid'],
      /line 1/,
    ],
    ['aliases', () => 'version: &a 1\nroles: *a', [400, 'rbac.document_invalid'], /line 1/],
    ['1 MiB of lists', () => '-\n'.repeat(524_288), [400, 'rbac.document_invalid'], /parts/],
    ['an unknown role', () => documentOf(role('a', [], '  parents: [nobody]\n')), [400, 'rbac.unknown_role'], /nobody/],
    [
      'a system role',
      () => documentOf(role('administrator', ['drift:read'])),
      [409, 'rbac.system_role'],
      /administrator/,
    ],
    [
      'an unknown group',
      () => `${BASE().replace('group: Readers', 'group: Nobody')}`,
      [400, 'rbac.document_group'],
      /not called Nobody/,
    ],
    [
      'a group that is not there',
      () => BASE().replace(readers, '0198f000-0000-7000-8000-000000000000'),
      [400, 'rbac.document_group'],
      /There is no group/,
    ],
    [
      'a group by a name alone',
      () => BASE().replace(`  groupId: ${readers}\n`, ''),
      [400, 'rbac.document_group'],
      /Write beside it groupId: /,
    ],
  ])('refuses %s', async (_title, document, expected, detail) => {
    const answer = await plan(document());
    expect([...said(answer), answer.body['detail']]).toEqual([...expected, expect.stringMatching(detail)]);
    const refused = await apply(document(), `1.${'a'.repeat(22)}`);
    expect(said(refused)).toEqual(expected);
    expect((await rbac.admin('GET', '/users/me')).status).toBe(200);
  });

  it('gives nothing to a group that took the name of another', async () => {
    await applied(BASE());
    const impostor = await rbac.group('Impostor', []);
    const rename = (id: string, name: string) =>
      rbac.stage.sql('UPDATE groups SET display_name = $2 WHERE id = $1', [id, name]);
    await rename(readers, 'Readers of old');
    await rename(impostor, 'Readers');
    expect(said(await plan(BASE()))).toEqual([400, 'rbac.document_group']);
    const renamed = BASE().replace('group: Readers', 'group: Readers of old');
    expect((await plan(renamed)).body).toMatchObject({ changes: [], refusal: null });
    expect(await exported()).toContain(`group: Readers of old\n    groupId: ${readers}\n`);
    // Two of one name are two.
    await rename(readers, 'Readers');
    expect((await plan(BASE())).body).toMatchObject({ changes: [], refusal: null });
    await rename(impostor, 'Impostor');
  });

  it('applies no plan that is outdated', async () => {
    const document = BASE() + mapping('reader', '  scope: /tenants/x\n');
    const { body } = await plan(document);
    await rbac.role(`meanwhile-${Date.now()}`, { permissions: ['drift:read'] });
    expect(said(await apply(document, body['revision']))).toEqual([409, 'rbac.plan_outdated']);
    await applied(BASE());
  });

  it('is applied once when it is applied twice at the same time', async () => {
    const document = BASE() + mapping('reader', '  scope: /tenants/y\n');
    const { body } = await plan(document);
    const answers = await Promise.all(Array.from({ length: 4 }, () => apply(document, body['revision'])));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    await applied(BASE());
  });

  it('tells when somebody would hold what is kept apart, and then is not applied', async () => {
    const document = BASE().replace('drift:read', 'audit:read, users:read');
    const { body } = await plan(document);
    expect(body['refusal']).toMatchObject({ code: 'rbac.separation_violated' });
    expect(said(await apply(document, body['revision']))).toEqual([409, 'rbac.separation_violated']);
    expect((await plan(BASE())).body['changes']).toEqual([]);
  });

  it('gives a delegated administrator no way up, and lets them give what they hold', async () => {
    const delegate = await rbac.person(1);
    const start = BASE().replace(
      'constraints:',
      `${role('delegate', ['access:read', 'access:manage', 'drift:read', 'tenants:read'])}constraints:`,
    );
    await applied(start);
    await rbac.given(delegate.id, await rbac.roleNamed('delegate'));
    const mightier = start.replace('[drift:read]', '[drift:read, users:manage]');
    const { body } = await plan(mightier, delegate.token);
    expect(body['refusal']).toMatchObject({ code: 'rbac.no_way_up', detail: expect.stringContaining('users:manage') });
    expect(said(await apply(mightier, body['revision'], delegate.token))).toEqual([403, 'rbac.no_way_up']);
    const permitted = start.replace('[drift:read]', '[drift:read, tenants:read]');
    const may = await plan(permitted, delegate.token);
    expect(may.body['refusal']).toBeNull();
    expect((await apply(permitted, may.body['revision'], delegate.token)).status).toBe(200);
    expect(said(await plan(start, member.token))).toEqual([403, 'access.denied']);
  });

  it('is exported, planned and applied from the command line', async () => {
    const run = async (...args: string[]) => {
      const ran = { code: 0, out: '', err: '' };
      const io: CliIo = {
        out: (text) => {
          ran.out += text;
        },
        err: (text) => {
          ran.err += text;
        },
        env: { BLINDSPOTX_URL: rbac.stage.service.url, BLINDSPOTX_TOKEN: admin() },
        colour: false,
        exitCode: 0,
      };
      ran.code = await runCli(['rbac', ...args], io);
      return ran;
    };
    const file = join(folder, 'access.yaml');
    expect(await run('export', file)).toEqual({ code: 0, out: '', err: '' });
    expect(readFileSync(file, 'utf8')).toBe(await exported());
    expect(await run('export')).toEqual({ code: 0, out: await exported(), err: '' });
    expect(await run('plan', file)).toEqual({ code: 0, out: 'No changes.\n', err: '' });
    writeFileSync(file, readFileSync(file, 'utf8').replace('  - drift:read', '  - drift:read\n      - audit:read'));
    const planned = await run('plan', file);
    expect([planned.code, planned.out]).toEqual([1, expect.stringContaining('update  role')]);
    expect(await run('apply', file)).toMatchObject({ code: 1, out: expect.stringContaining('Nothing was changed') });
    expect(await run('apply', file, '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 changes were applied'),
    });
    expect(await run('apply', file, '--yes')).toEqual({ code: 0, out: 'No changes.\n', err: '' });
    writeFileSync(file, 'version: 1\nrolls: []\n');
    expect(await run('plan', file)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('line 2') });
    expect(await run('plan', join(folder, 'none'))).toMatchObject({
      code: 2,
      err: expect.stringContaining("can't be read"),
    });
  });
});
