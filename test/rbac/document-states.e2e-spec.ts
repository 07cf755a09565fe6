import { RbacStage } from './rbac-stage.js';

/** A document is judged by what it leads to, and not by the states that its changes pass through. */
describe('a document', () => {
  let rbac: RbacStage;
  let readers: string;
  beforeAll(async () => {
    rbac = await RbacStage.start();
    const member = await rbac.person(0);
    readers = await rbac.group('Readers', [member.id]);
  }, 60_000);
  afterAll(() => rbac.close());
  afterEach(() => applied('version: 1\n'));

  const plan = async (document: string) => (await rbac.admin('POST', '/rbac/document/plan', { document })).body;
  const applied = async (document: string) => {
    const { revision } = await plan(document);
    const answer = await rbac.admin('POST', '/rbac/document/apply', { document, revision });
    expect([answer.status, answer.body['code']]).toEqual([200, undefined]);
  };
  const role = (name: string, permissions: string) => `- name: ${name}\n  permissions: [${permissions}]\n`;
  const mapping = (name: string, more = '') =>
    `- group: Readers\n  groupId: ${readers}\n  tenant: ${rbac.stage.tenant.tenantId}\n  role: ${name}\n${more}`;
  const apart = (kind: string, members: string) =>
    `constraints:\n- name: apart\n  kind: ${kind}\n  members: [${members}]\n`;
  const documentOf = (roles: string[], constraint: string, mappings: string[] = []) =>
    `version: 1\nroles:\n${roles.join('')}${constraint}${mappings.length === 0 ? '' : `mappings:\n${mappings.join('')}`}`;

  it('removes a role together with its place in a constraint', async () => {
    const roles = ['a', 'b', 'c'].map((name) => role(name, 'drift:read'));
    await applied(documentOf(roles, apart('roles', 'a, b, c')));
    const without = documentOf(roles.slice(0, 2), apart('roles', 'a, b'));
    expect(await plan(without)).toMatchObject({ refusal: null });
    await applied(without);
  });

  it('extends a denial, and removes it together with what it limits', async () => {
    const roles = [role('checker', 'audit:read'), role('maker', 'audit:read, users:read')];
    const constraint = apart('permissions', 'audit:read, users:read');
    const until = (denied: string) =>
      documentOf(roles, constraint, [
        mapping('checker', `  effect: deny\n  validUntil: ${denied}\n`),
        mapping('maker', '  validUntil: 2050-01-01T00:00:00Z\n'),
      ]);
    await applied(until('2051-01-01T00:00:00Z'));
    expect(await plan(until('2052-01-01T00:00:00Z'))).toMatchObject({ refusal: null });
    await applied(until('2052-01-01T00:00:00Z'));
    // But not alone.
    const alone = documentOf(roles, constraint, [mapping('maker', '  validUntil: 2050-01-01T00:00:00Z\n')]);
    expect(await plan(alone)).toMatchObject({ refusal: { code: 'rbac.separation_violated' } });
    expect(await plan(until('2049-01-01T00:00:00Z'))).toMatchObject({ refusal: { code: 'rbac.separation_violated' } });
    await applied(documentOf(roles, constraint));
  });

  it('exchanges permissions between two roles', async () => {
    const exchanged = (one: string, two: string) =>
      documentOf([role('one', one), role('two', two)], apart('permissions', 'audit:read, users:read'), [
        mapping('one'),
      ]);
    await applied(exchanged('audit:read', 'users:read'));
    expect(await plan(exchanged('users:read', 'audit:read'))).toMatchObject({ refusal: null });
    await applied(exchanged('users:read', 'audit:read'));
    expect(await plan(exchanged('users:read, audit:read', 'drift:read'))).toMatchObject({
      refusal: { code: 'rbac.separation_violated' },
    });
  });

  it('is planned with what begins later, and with what ends then', async () => {
    const later = (more: string) =>
      `version: 1\nroles:\n${role('later', 'audit:read')}mappings:\n${mapping('later', more)}`;
    const [from, until] = ['2050-01-01T00:00:00.000Z', '2051-01-01T00:00:00.000Z'];
    expect(await plan(later(`  validFrom: ${from}\n`))).toMatchObject({
      affectedTotal: 1,
      affected: [{ gains: [{ permission: 'audit:read', scope: '/', from }], loses: [] }],
    });
    await applied(later(''));
    expect(await plan(later(`  validUntil: ${until}\n`))).toMatchObject({
      affectedTotal: 1,
      affected: [{ gains: [], loses: [{ permission: 'audit:read', scope: '/', from: until }] }],
    });
    expect(await plan(later(''))).toMatchObject({ affectedTotal: 0 });
  });
});
