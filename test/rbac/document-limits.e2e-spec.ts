import { RbacStage, said } from './rbac-stage.js';

/** Roles in layers, each inheriting from the whole layer below. */
function layers(levels: number, width: number): string {
  const roles = Array.from({ length: levels * width }, (_, nth) => {
    const level = Math.floor(nth / width);
    const parents = level === 0 ? [] : Array.from({ length: width }, (_none, to) => `dag-${level - 1}-${to}`);
    return { name: `dag-${level}-${nth % width}`, permissions: level === 0 ? ['drift:read'] : [], parents };
  });
  return JSON.stringify({ version: 1, roles });
}

describe('a large document', () => {
  let rbac: RbacStage;
  beforeAll(async () => {
    rbac = await RbacStage.start();
  }, 60_000);
  afterAll(() => rbac.close());

  const plan = (document: string) => rbac.admin('POST', '/rbac/document/plan', { document });
  const applied = async (document: string) => {
    const { body } = await plan(document);
    expect(body).toMatchObject({ refusal: null });
    expect((await rbac.admin('POST', '/rbac/document/apply', { document, revision: body['revision'] })).status).toBe(
      200,
    );
    expect((await plan(document)).body['changes']).toEqual([]);
  };
  const permissionsOf = async (name: string) => {
    const { id } = await rbac.person(0);
    const role = await rbac.roleNamed(name);
    const assignment = await rbac.given(id, role);
    const { body } = await rbac.admin('POST', '/rbac/check-bulk', {
      matrix: { subjects: [id], permissions: ['drift:read', 'audit:read'] },
    });
    await rbac.admin('DELETE', `/rbac/assignments/${assignment}`);
    return (body['rows'] as string[])[0];
  };

  it('is refused when its roles name too many parents, and taken when they do not', async () => {
    const refused = await plan(layers(20, 24));
    expect([...said(refused), refused.body['detail']]).toEqual([
      413,
      'rbac.document_too_large',
      expect.stringContaining('10944 parents'),
    ]);
    await applied(layers(20, 4));
    expect(await permissionsOf('dag-19-3')).toBe('10');
  });

  it('is refused when its roles lie one above another too often', async () => {
    expect((await plan(layers(20, 2))).body['refusal']).toBeNull();
    expect((await plan(layers(21, 2))).body['refusal']).toMatchObject({ code: 'rbac.role_too_deep' });
  });

  it('is judged by what its roles inherit after each of its changes', async () => {
    const of = (bottom: string, parents: string) =>
      `version: 1\nroles:\n- {name: a, permissions: [${bottom}]}\n- {name: b, parents: [a]}\n- {name: c, parents: [${parents}]}\n`;
    await applied(of('drift:read', 'b'));
    const manager = await rbac.role('documenter', { permissions: ['access:manage', 'access:read', 'drift:read'] });
    const delegate = await rbac.person(1);
    await rbac.given(delegate.id, manager);
    const asDelegate = async (document: string) =>
      (await rbac.call(delegate.token, 'POST', '/rbac/document/plan', { document })).body['refusal'];
    const kept = (document: string) =>
      `${document}- {name: documenter, permissions: [access:manage, access:read, drift:read]}\n`;
    expect(await asDelegate(kept(of('drift:read', 'a, b')))).toBeNull();
    expect(await asDelegate(kept(of('drift:read, audit:read', 'b')))).toMatchObject({ code: 'rbac.no_way_up' });
    await applied(kept(of('audit:read', 'b')));
    // What c would inherit by two others, which do not change.
    expect(await asDelegate(kept(of('audit:read', '')))).toMatchObject({ code: 'rbac.no_way_up' });
    expect(await permissionsOf('c')).toBe('01');
  });
});
