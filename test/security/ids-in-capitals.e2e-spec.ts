import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { ModulesContainer } from '@nestjs/core';
import { IdPipe } from '../../src/kernel/ids/id.pipe.js';
import { Browser } from '../auth/auth-stage.js';
import { type ContractRow, contractRows, mountedPath, nameOf } from '../matrix/routes/contract-rows.js';
import { inHours, type Person, RbacStage, said } from '../rbac/rbac-stage.js';

const NO_WAY_UP = [403, 'rbac.no_way_up'];
/** Where Nest keeps what a handler's parameters are, and which number stands for those of the path. */
const ROUTE_ARGUMENTS = '__routeArguments__';
const OF_PATH = '5';
/** SCIM answers for its ids itself, as RFC 7644 has it, and from the row that it found. */
const SCIM = /^Scim/;

const capitals = (text: string) => text.toUpperCase();
const mixed = (text: string) =>
  text.replace(/[a-f]/g, (letter, at: number) => (at % 2 ? letter : letter.toUpperCase()));

interface RouteArgument {
  data?: unknown;
  pipes: unknown[];
}

describe('an id in capitals', () => {
  let rbac: RbacStage;
  /** Manages everything and reads everything, but holds nothing of what an administrator holds besides. */
  let delegate: Person;
  let people = 10;
  let mighty: string;
  let owned: string;
  beforeAll(async () => {
    rbac = await RbacStage.start({ RATE_LIMIT_FAILURES_PER_MINUTE: '0', RATE_LIMIT_TOKENS_PER_MINUTE: '0' });
    delegate = await rbac.person(0);
    const { body } = await rbac.admin('GET', '/rbac/permissions?limit=200');
    const all = (body['items'] as { name: string }[]).map(({ name }) => name);
    const withheld = ['audit:read', 'sessions:revoke'];
    await rbac.given(
      delegate.id,
      await rbac.role('nearly-everything', { permissions: all.filter((name) => !withheld.includes(name)) }),
    );
    mighty = await program('mighty');
    await rbac.given(mighty, await rbac.roleNamed('administrator'));
    owned = await program('owned');
  }, 60_000);
  afterAll(() => rbac.close());

  const program = async (name: string) => String((await rbac.admin('POST', '/service-accounts', { name })).body['id']);
  const by = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    rbac.call(delegate.token, method, path, body, headers);

  describe.each([
    ['capitals', capitals],
    ['mixed letters', mixed],
  ])('of a program that holds more, in %s', (_what, spelt) => {
    it('brings no credential, where one that holds nothing gets one', async () => {
      const credentialOf = (id: string) => by('POST', `/service-accounts/${spelt(id)}/credentials`, { kind: 'secret' });
      expect(said(await credentialOf(mighty))).toEqual(NO_WAY_UP);
      const made = await credentialOf(owned);
      expect(made.status).toBe(201);
      const revoked = `/service-accounts/${spelt(owned)}/credentials/${spelt(String(made.body['id']))}`;
      expect((await by('DELETE', revoked)).status).toBe(200);
    });

    it('neither hands it over nor disables it, where one that holds nothing changes', async () => {
      const change = async (id: string, patch: object) => {
        const { headers } = await rbac.admin('GET', `/service-accounts/${id}`);
        const etag = headers.get('etag') ?? '';
        return by('PATCH', `/service-accounts/${spelt(id)}`, patch, { 'if-match': etag });
      };
      for (const patch of [{ owner: delegate.id }, { owner: spelt(delegate.id) }, { status: 'disabled' }]) {
        expect(said(await change(mighty, patch))).toEqual(NO_WAY_UP);
      }
      const handedOver = await change(owned, { owner: spelt(delegate.id) });
      expect([handedOver.status, handedOver.body['owner']]).toEqual([200, delegate.id]);
    });

    it('revokes no credential of it', async () => {
      const { body } = await rbac.admin('POST', `/service-accounts/${mighty}/credentials`, { kind: 'secret' });
      const id = String(body['id']);
      expect(said(await by('DELETE', `/service-accounts/${spelt(mighty)}/credentials/${spelt(id)}`))).toEqual(
        NO_WAY_UP,
      );
      const path = `/service-accounts/${spelt(mighty)}/credentials/${spelt(id)}`;
      expect((await rbac.admin('DELETE', path)).status).toBe(200);
    });

    it('enables nobody who holds more, where somebody who holds nothing is let in again', async () => {
      const [auditor, nobody] = [await rbac.person(people++), await rbac.person(people++)];
      await rbac.given(auditor.id, await rbac.roleNamed('auditor'));
      const status = async (id: string, wanted: string, token = delegate.token) => {
        const { headers } = await rbac.admin('GET', `/users/${id}`);
        const etag = { 'if-match': headers.get('etag') ?? '' };
        return rbac.call(token, 'PATCH', `/users/${spelt(id)}`, { status: wanted }, etag);
      };
      for (const { id } of [auditor, nobody]) {
        expect((await status(id, 'disabled', rbac.administrator.token)).status).toBe(200);
      }
      expect(said(await status(auditor.id, 'active'))).toEqual(NO_WAY_UP);
      expect((await status(nobody.id, 'active')).status).toBe(200);
    });

    it('assigns no role that one does not hold, also named in a body', async () => {
      const role = await rbac.roleNamed('auditor');
      for (const subject of [mighty, delegate.id]) {
        expect(said(await rbac.assign(delegate.token, spelt(subject), spelt(role)))).toEqual(NO_WAY_UP);
      }
      const reader = await rbac.role(`reader-${randomUUID()}`, { permissions: ['drift:read'] });
      const given = await rbac.assign(delegate.token, spelt(owned), spelt(reader));
      expect([given.status, given.body['role']]).toEqual([201, reader]);
    });
  });

  it('is the same id on every route that takes one', async () => {
    const tenant = String(((await rbac.admin('GET', '/tenants')).body['items'] as { id: string }[])[0]?.id);
    const role = await rbac.role('in-use', { permissions: ['drift:read'] });
    const person = await rbac.person(3);
    const eligible = await rbac.admin('POST', '/rbac/eligible-assignments', { subject: person.id, role, reason: 'x' });
    const activation = await rbac.call(person.token, 'POST', '/rbac/activations', {
      eligibleAssignment: eligible.body['id'],
      reason: 'x',
    });
    const review = await rbac.admin('POST', '/rbac/reviews', {
      name: 'all',
      scope: '/',
      reviewers: [person.id],
      dueAt: inHours(24),
      onUnanswered: 'keep',
    });
    const endpoint = await rbac.admin('POST', '/webhooks/endpoints', {
      url: 'https://hooks.example/x',
    });
    const constraint = await rbac.admin('POST', '/rbac/constraints', {
      name: 'x',
      kind: 'roles',
      members: [role, await rbac.roleNamed('viewer')],
    });
    const real: [prefix: string, id: unknown][] = [
      ['/users/', rbac.administrator.id],
      ['/service-accounts/', mighty],
      ['/groups/', await rbac.group('in capitals', [person.id])],
      ['/tenants/', tenant],
      ['/rbac/roles/', await rbac.roleNamed('auditor')],
      ['/rbac/assignments/', await rbac.given(person.id, await rbac.roleNamed('auditor'))],
      ['/rbac/eligible-assignments/', eligible.body['id']],
      ['/rbac/activations/', activation.body['id']],
      ['/rbac/reviews/', review.body['id']],
      ['/rbac/constraints/', constraint.body['id']],
      ['/webhooks/endpoints/', endpoint.body['id']],
      ['/scim/v2/Users/', person.id],
    ];
    expect(real.filter(([, id]) => typeof id !== 'string')).toEqual([]);
    const provisioner = await program('provisioner');
    await rbac.given(provisioner, await rbac.roleNamed('provisioning'));
    const credentials = `/service-accounts/${provisioner}/credentials`;
    const provisioning = String((await rbac.admin('POST', credentials, { kind: 'scim_token' })).body['secret']);
    const bodies: Record<string, unknown> = {
      'PATCH /users/:id': { status: 'disabled' },
      'PATCH /service-accounts/:id': { status: 'disabled' },
      'POST /service-accounts/:id/credentials': { kind: 'secret' },
      'PATCH /tenants/:id': { signInAllowed: false },
      'PATCH /rbac/roles/:id': { permissions: [] },
      'POST /rbac/activations/:id/approve': { reason: 'x' },
      'POST /rbac/activations/:id/deny': { reason: 'x' },
    };
    const answerTo = async (row: ContractRow, path: string, etag: string) => {
      const api = row.method === 'GET' ? rbac.administrator.token : delegate.token;
      const token = row.path.startsWith('/scim/') ? provisioning : api;
      const hasBody = !['GET', 'DELETE'].includes(row.method);
      const { status, body } = await new Browser(rbac.stage.service.url).request(path, {
        method: row.method,
        headers: {
          authorization: `Bearer ${token}`,
          'if-match': etag,
          ...(hasBody ? { 'content-type': 'application/json' } : {}),
        },
        ...(hasBody ? { body: JSON.stringify(bodies[nameOf(row)] ?? {}) } : {}),
      });
      const { requestId: _one, instance: _another, timestamp: _time, revision: _revision, ...rest } = body;
      return [status, JSON.stringify(rest).replace(/request id [\w-]+/g, '')];
    };
    const rows = contractRows().filter(({ path }) => /:\w*id\b/i.test(path));
    expect(rows.length).toBeGreaterThan(50);
    let found = 0;
    for (const row of rows) {
      const [prefix = '', id = randomUUID()] = real.find(([start]) => row.path.startsWith(start)) ?? [];
      const at = (spelt: (text: string) => string, first: unknown) =>
        mountedPath(row)
          .replace(/:\w+/, spelt(String(first)))
          .replace(/:\w+/g, spelt(UNKNOWN));
      const seen = await rbac.admin('GET', `${prefix}${String(id)}`);
      const etag = seen.headers.get('etag') ?? '"1"';
      let asked: unknown = id;
      let small = await answerTo(row, at(String, asked), etag);
      if (small[0] !== 404) found += 1;
      if (row.method !== 'GET' && Number(small[0]) < 300) {
        // Done once, it isn't there to be done again.
        asked = UNKNOWN;
        small = await answerTo(row, at(String, asked), etag);
      }
      for (const spelt of [capitals, mixed]) {
        expect([nameOf(row), ...(await answerTo(row, at(spelt, asked), etag))]).toEqual([nameOf(row), ...small]);
      }
    }
    expect(found).toBeGreaterThan(30);
  }, 60_000);

  it('reaches no handler as it was written: every route takes ids by the one pipe', () => {
    const handlers: string[] = [];
    for (const module of rbac.stage.service.app.get(ModulesContainer).values()) {
      for (const { metatype } of module.controllers.values()) {
        if (typeof metatype !== 'function' || SCIM.test(metatype.name)) continue;
        for (const name of Object.getOwnPropertyNames(metatype.prototype)) {
          const given = (Reflect.getMetadata(ROUTE_ARGUMENTS, metatype, name) ?? {}) as Record<string, RouteArgument>;
          for (const [kind, { data, pipes }] of Object.entries(given)) {
            if (kind.split(':')[0] !== OF_PATH || !/id$/i.test(String(data))) continue;
            handlers.push(`${metatype.name}.${name}`);
            expect([metatype.name, name, data, pipes]).toEqual([metatype.name, name, data, [IdPipe]]);
          }
        }
      }
    }
    expect(new Set(handlers).size).toBeGreaterThan(40);
  });
});

const UNKNOWN = '0198f000-0000-7000-8abc-00000000abcd';
