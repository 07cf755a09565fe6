import { randomUUID } from 'node:crypto';
import { ENTERPRISE, GROUP, PATCH_OP, ScimStage, USER } from './scim-stage.js';

const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';
const INTERNALS =
  /node_modules|\.[cm]?[jt]s:\d+|\bSELECT\b|\bINSERT\b|pg_|TypeORM|QueryFailed|Cannot read|is not a function/;
/** Characters of three bytes that no compression shortens. */
const incompressible = (length: number) =>
  Array.from({ length }, () => String.fromCharCode(0x4e00 + Math.floor(Math.random() * 20_000))).join('');

describe('hostile requests to SCIM', () => {
  let scim: ScimStage;
  let user: string;
  let group: string;
  beforeAll(async () => {
    scim = await ScimStage.start();
    user = `/Users/${await scim.person('victim')}`;
    group = `/Groups/${await scim.group('victims')}`;
  }, 60_000);
  afterAll(() => scim.close());
  afterEach(async () => {
    expect((await scim.call('GET', user)).body).toMatchObject({ userName: 'victim', active: true });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(scim.stage.service.logged.filter(({ errorCode }) => errorCode === 'service.internal')).toEqual([]);
  });

  const refused = async (method: string, path: string, body: unknown, statuses = [400]) => {
    const { status, body: answer, headers } = await scim.call(method, path, body);
    const about = [method, path, String(JSON.stringify(body)).slice(0, 80)];
    expect([...about, statuses.includes(status) ? 'refused' : status]).toEqual([...about, 'refused']);
    expect(headers.get('content-type')).toBe('application/scim+json; charset=utf-8');
    expect(answer).toMatchObject({ schemas: [ERROR], status: String(status) });
    expect(JSON.stringify(answer)).not.toMatch(INTERNALS);
  };

  describe('that say more than they may', () => {
    it('change nothing of what is ours', async () => {
      const read = async () =>
        scim.stage.sql(
          `SELECT id, tenant_id, object_id, status, deleted_at, security_stamp, created_at, sealed_profile FROM users WHERE id = $1`,
          [user.slice('/Users/'.length)],
        );
      const before = await read();
      const given = {
        id: randomUUID(),
        meta: {
          created: '1970-01-01T00:00:00Z',
          version: 'W/"99"',
          resourceType: 'Group',
          location: 'https://evil.example',
        },
        groups: [{ value: group }],
        roles: [{ value: 'administrator' }],
        entitlements: ['everything'],
        password: 'secret',
        x509Certificates: [{ value: 'x' }],
        status: 'deleted',
        deleted_at: '1970-01-01T00:00:00Z',
        tenant_id: randomUUID(),
        tenantId: randomUUID(),
        object_id: randomUUID(),
        objectId: randomUUID(),
        security_stamp: 99,
        securityStamp: 99,
        version: 99,
        profile: { evil: true },
        'urn:evil:2.0:User': { evil: true },
        prototype: { polluted: true },
      };
      const { status, body } = await scim.call('PUT', user, {
        schemas: [USER, 'urn:evil:2.0:User'],
        userName: 'victim',
        ...given,
      });
      expect(status).toBe(200);
      const patched = await scim.patch(user, { op: 'add', value: given }, { op: 'replace', value: given });
      expect(patched.status).toBe(200);
      for (const answer of [body, patched.body]) {
        expect(Object.keys(answer).sort()).toEqual(['active', 'displayName', 'id', 'meta', 'schemas', 'userName']);
        expect(`/Users/${answer['id']}`).toBe(user);
      }
      expect(await read()).toEqual(before);
      const made = await scim.call('POST', '/Users', { schemas: [USER], userName: randomUUID(), ...given });
      expect(made.status).toBe(201);
      expect(made.body['id']).not.toBe(given.id);
      expect(made.body).toMatchObject({ active: true, meta: { version: 'W/"1"', resourceType: 'User' } });
      const madeGroup = await scim.call('POST', '/Groups', {
        ...given,
        schemas: [GROUP],
        displayName: 'g',
        source: 'entra',
      });
      expect([madeGroup.status, madeGroup.body['id'] === given.id]).toEqual([201, false]);
    });

    it('reach no prototype', async () => {
      const members = ['"__proto__":{"polluted":true}', '"constructor":{"prototype":{"polluted":true}}'];
      for (const member of members) {
        await refused('PUT', user, `{"userName":"victim",${member}}`);
        await refused('POST', '/Users', `{"userName":"${randomUUID()}","name":{${member}}}`);
        await refused('PATCH', user, `{"Operations":[{"op":"add","value":{${member}}}]}`);
        await refused('PATCH', group, `{"Operations":[{"op":"add","value":{${member}}}]}`);
        await refused(
          'POST',
          '/Bulk',
          `{"Operations":[{"method":"POST","path":"/Users","bulkId":"x","data":{${member}}}]}`,
        );
        await refused('POST', '/.search', `{"filter":"id pr",${member}}`);
      }
      for (const path of [
        '__proto__',
        'constructor',
        'prototype',
        'toString',
        'name.__proto__',
        'emails[__proto__ pr].value',
      ]) {
        for (const resource of [user, group]) {
          await refused('PATCH', resource, { Operations: [{ op: 'add', path, value: { polluted: true } }] });
        }
      }
    });
  });

  it('that are bombs are refused', async () => {
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const deepObject = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    for (const value of [deep(1000), deep(400_000), deepObject(1000), deepObject(150_000)]) {
      await refused('POST', '/Users', `{"userName":"x","name":${value}}`);
      await refused('PATCH', user, `{"Operations":[{"op":"add","path":"name","value":${value}}]}`);
      await refused('POST', '/Bulk', `{"Operations":[{"method":"POST","path":"/Users","bulkId":"x","data":${value}}]}`);
      await refused('POST', '/.search', `{"filter":${value}}`);
      await refused('POST', '/.search', value);
    }
    await refused(
      'POST',
      '/Users',
      `{"userName":"x","emails":[${'{"value":"a"},'.repeat(50_000)}{"value":"a"}]}`,
      [413],
    );
    await refused(
      'PATCH',
      user,
      { Operations: Array.from({ length: 20_000 }, () => ({ op: 'remove', path: 'x' })) },
      [413],
    );
    await refused('POST', '/Users', `{"userName":"${'x'.repeat(2_000_000)}"}`, [413]);
    await refused(
      'PATCH',
      group,
      { Operations: [{ op: 'add', path: 'members', value: Array.from({ length: 20_000 }, (_, n) => n) }] },
      [400, 413],
    );
    await refused('PATCH', user, {
      Operations: [{ op: 'add', path: `emails[${'('.repeat(1000)}type pr${')'.repeat(1000)}].value`, value: 'x' }],
    });
    await refused('PATCH', user, {
      Operations: [{ op: 'add', path: `emails[${'('.repeat(300)}type pr${')'.repeat(300)}].value`, value: 'x' }],
    });
    await refused('PATCH', user, { Operations: [{ op: 'add', path: 'a'.repeat(900_000), value: 'x' }] });
    await refused('PATCH', user, { Operations: [{ op: 'add', path: `urn:${'a.'.repeat(300_000)}`, value: 'x' }] });
    await refused('POST', '/.search', { attributes: 'a,'.repeat(400_000) });
    await refused('POST', '/.search', { attributes: Array.from({ length: 100_000 }, () => 'a') });
    await refused('POST', '/Users/.search', { startIndex: 1e308, count: 5 });
  }, 120_000);

  it('that grow a person without end are refused', async () => {
    const id = `/Users/${await scim.person(randomUUID())}`;
    for (let round = 0; round < 2; round++) {
      const value = Array.from({ length: 60 }, (_, n) => ({ value: `${round}-${n}@x.example` }));
      const { status } = await scim.patch(id, { op: 'add', path: 'emails', value });
      expect(status).toBe(round === 0 ? 200 : 413);
    }
  });

  it('that say more of a person than is kept, or select more often than is borne, are refused', async () => {
    const long = 'x'.repeat(2048);
    const emails = Array.from({ length: 40 }, (_, n) => ({ value: `${n}${long.slice(3)}` }));
    await refused('POST', '/Users', { userName: randomUUID(), emails }, [413]);
    const taken = await scim.call('POST', '/Users', { userName: randomUUID(), emails: emails.slice(0, 25) });
    expect(taken.status).toBe(201);
    await refused(
      'PATCH',
      `/Users/${String(taken.body['id'])}`,
      { Operations: [{ op: 'add', path: 'ims', value: emails.slice(25) }] },
      [413],
    );
    const select = { op: 'replace', path: 'emails[value co "nobody" or type eq "work"].type', value: 'work' };
    const selecting = (times: number) => ({ Operations: Array.from({ length: times }, () => select) });
    expect((await scim.call('PATCH', `/Users/${String(taken.body['id'])}`, selecting(101))).status).toBe(413);
  });

  it('that hold what no text is are refused', async () => {
    const texts = ['a\\u0000b', '\\ud800', '\\udc00x', '\\u0000'];
    for (const text of texts) {
      await refused('POST', '/Users', `{"userName":"${text}"}`);
      await refused('POST', '/Users', `{"userName":"${randomUUID()}","name":{"givenName":"${text}"}}`);
      await refused('POST', '/Groups', `{"displayName":"${text}"}`);
      await refused('PUT', user, `{"userName":"victim","${text}":"x"}`);
      await refused('PATCH', user, `{"Operations":[{"op":"add","path":"title","value":"${text}"}]}`);
      await refused('PATCH', user, `{"Operations":[{"op":"add","path":"${text}","value":"x"}]}`);
      await refused('POST', '/.search', `{"filter":"userName eq \\"${text}\\""}`);
      await refused(
        'POST',
        '/Bulk',
        `{"Operations":[{"method":"POST","path":"/Users","bulkId":"${text}","data":{"userName":"x"}}]}`,
      );
    }
    await refused('GET', '/Users?filter=userName%20eq%20%22%00%22', undefined);
    await refused('GET', '/Users?filter=%ff%fe', undefined);
    await refused('GET', '/Users?attributes=%00', undefined);
  });

  it('that are no JSON, or of no known kind, are refused', async () => {
    for (const body of [
      '',
      '{',
      '{"userName":"x"',
      '[]',
      '"x"',
      '5',
      'null',
      'true',
      '{"userName":}',
      "{'userName':'x'}",
      '\ufeff{',
      'userName=x',
    ]) {
      await refused('POST', '/Users', body);
      await refused('PATCH', user, body);
      await refused('POST', '/Bulk', body);
    }
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'x',
    ]) {
      const answer = await scim.call('POST', '/Users', '{"userName":"x"}', { 'content-type': type });
      expect([type, answer.status >= 400 && answer.status < 500, answer.body['schemas']]).toEqual([
        type,
        true,
        [ERROR],
      ]);
    }
    const plain = await scim.call('POST', '/Users', `{"userName":"${randomUUID()}"}`, {
      'content-type': 'application/json',
    });
    expect(plain.status).toBe(201);
  });

  it('that say something twice are taken at their last word, or refused', async () => {
    const name = randomUUID();
    const made = await scim.call(
      'POST',
      '/Users',
      `{"userName":"x","userName":"${name}","active":true,"active":false}`,
    );
    expect([made.status, made.body['userName'], made.body['active']]).toEqual([201, name, false]);
    const cased = await scim.call('POST', '/Users', `{"USERNAME":"x-${name}","userName":"y-${name}"}`);
    expect([cased.status, cased.body['userName']]).toEqual([201, `y-${name}`]);
  });

  it('that are of the wrong types are refused', async () => {
    const wrong: unknown[] = [5, true, {}, [[]], ['a', 'b'], { value: 'x' }];
    for (const value of wrong) {
      await refused('POST', '/Users', { userName: value });
      await refused('POST', '/Groups', { displayName: value });
    }
    for (const members of [5, true, 'x', {}, [5], [{}], [{ value: 5 }], [[]]]) {
      await refused('POST', '/Groups', { displayName: 'x', members });
      await refused('PUT', group, { displayName: 'x', members });
    }
    for (const [name, value] of [
      ['schemas', 5],
      ['schemas', {}],
      ['schemas', ['urn:x']],
      ['active', 5],
      ['active', 'yes'],
      ['emails', 5],
      ['emails', [{ value: {} }]],
      ['name', [1, 2]],
      [ENTERPRISE, 5],
      [ENTERPRISE, { manager: 5 }],
    ] as const) {
      await refused('POST', '/Users', { userName: randomUUID(), [name]: value });
    }
  });

  it('that are as large as texts may be are taken', async () => {
    for (const [name, longest] of [
      ['userName', 512],
      ['displayName', 512],
      ['externalId', 512],
      ['title', 2048],
    ] as const) {
      const base = { schemas: [USER], userName: randomUUID() };
      const taken = await scim.call('POST', '/Users', { ...base, [name]: incompressible(longest) });
      expect([name, taken.status]).toEqual([name, 201]);
      await refused('POST', '/Users', { ...base, userName: randomUUID(), [name]: incompressible(longest + 1) });
    }
    const value = incompressible(2048);
    const composed = await scim.call('POST', '/Users', {
      userName: randomUUID(),
      name: { formatted: value, givenName: value, familyName: value },
      emails: [{ value }],
    });
    expect(composed.status).toBe(201);
    expect(
      (await scim.call('POST', '/Groups', { displayName: incompressible(512), externalId: incompressible(512) }))
        .status,
    ).toBe(201);
    await refused('POST', '/Groups', { displayName: incompressible(513) });
    const astral = await scim.call('POST', '/Users', {
      userName: randomUUID(),
      name: { formatted: `x${'😀'.repeat(1000)}` },
    });
    expect(astral.status).toBe(201);
  });

  it('that name no route or no method of it are refused', async () => {
    for (const [method, path] of [
      ['DELETE', '/Users'],
      ['PATCH', '/Groups'],
      ['PUT', '/Bulk'],
      ['GET', '/Bulk'],
      ['GET', '/Me'],
      ['GET', '/Nothing'],
      ['POST', '/ServiceProviderConfig'],
      ['GET', `${user}/x`],
    ] as const) {
      const { status } = await scim.call(method, path, method === 'GET' || method === 'DELETE' ? undefined : {});
      expect([method, path, [404, 405, 501].includes(status)]).toEqual([method, path, true]);
    }
  });

  it('that are sent as PATCH by many clients at once leave the process alive', async () => {
    const bomb = {
      schemas: [PATCH_OP],
      Operations: Array.from({ length: 1000 }, () => ({ op: 'add', path: 'emails', value: [{ value: 'x' }] })),
    };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => scim.call('PATCH', `/Users/${randomUUID()}`, bomb)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
  });
});
