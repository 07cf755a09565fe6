import { newId } from '../../src/kernel/ids/ids.js';
import { ReadingStage } from './reading-stage.js';

describe('searching the audit trail', () => {
  let reading: ReadingStage;
  beforeAll(async () => {
    reading = await ReadingStage.start();
  }, 60_000);
  afterAll(() => reading.close());

  const status = async (query: string) => (await reading.fetch(`/audit/events?${query}`)).status;
  const ids = async (query: string) => (await reading.page(query)).items.map(({ target }) => target?.id);

  it('finds by each filter what it names, and nothing else', async () => {
    const [one, other] = [newId(), newId()];
    const actor = {
      type: 'service_account',
      id: newId(),
      displayName: 'filter-test',
      tenantId: reading.tenantA,
      scopes: null,
    } as const;
    await reading.append(
      {
        target: { type: 'thing', id: one },
        action: 'users.user.deleted',
        outcome: 'denied',
        tenantId: reading.tenantB,
      },
      actor,
    );
    await reading.append({ target: { type: 'other-thing', id: other } });
    for (const query of [
      `target=${one}`,
      `actor=${actor.id}`,
      `targetType=thing`,
      `tenant=${reading.tenantB}`,
      `action=users.user.deleted&target=${one}`,
      `action=users.*&targetType=thing`,
      `action=users.user.*&targetType=thing`,
      `outcome=denied&targetType=thing`,
      `q=${one.slice(9)}`,
      `q=FILTER-TEST`,
    ]) {
      expect([query, await ids(query)]).toEqual([query, [one]]);
    }
    expect(await ids(`target=${one}&outcome=success`)).toEqual([]);
    expect(await ids(`target=${one}&action=rbac.*`)).toEqual([]);
  });

  it.each(['events', 'export'])(
    'refuses an action that no record can have, and names the nearest: %s',
    async (route) => {
      const path = route === 'export' ? '/audit/export?format=ndjson&' : '/audit/events?';
      for (const [action, nearest] of [
        ['user.*', 'users.*'],
        ['rbac.assignments.*', 'rbac.assignment.*'],
        ['rbac_review.*', 'rbac.review.*'],
        ['users.user.update', 'users.user.updated'],
      ]) {
        const answer = await reading.fetch(`${path}action=${action}`);
        const problem = (await answer.json()) as { code: string; detail: string };
        expect([answer.status, problem.code]).toEqual([400, 'audit.unknown_action']);
        expect(problem.detail).toContain(`${action}. Nearest: ${nearest},`);
      }
    },
  );

  it('finds what one request did, by its request id, its trace and where it came from', async () => {
    const [requestId, trace] = [newId(), 'c0ffee'.padEnd(32, '0')];
    const headers = { 'x-request-id': requestId, traceparent: `00-${trace}-${'1'.repeat(16)}-01` };
    await reading.fetch('/audit/events?limit=1', reading.token, { headers });
    for (const query of [
      `requestId=${requestId}`,
      `traceId=${trace}`,
      `sourceAddress=127.0.0.1&requestId=${requestId}`,
    ]) {
      const { items } = await reading.page(query);
      expect(items.map(({ action }) => action)).toEqual(['audit.events.read']);
    }
    const { items } = await reading.page(`requestId=${requestId}`);
    const session = (items[0] as unknown as { actor: { sessionId: string } }).actor.sessionId;
    expect((await reading.page(`session=${session}&limit=1`)).items).toHaveLength(1);
  });

  it('finds by time, from included, to excluded, down to the millisecond', async () => {
    const id = newId();
    await reading.append({ target: { type: 'timed', id } });
    const [found] = (await reading.page(`target=${id}`)).items;
    const at = new Date(found?.occurredAt ?? '');
    const after = new Date(at.getTime() + 1);
    const query = (from: Date, to: Date) => ids(`target=${id}&from=${from.toISOString()}&to=${to.toISOString()}`);
    expect(await query(at, after)).toEqual([id]);
    expect(await query(after, new Date(after.getTime() + 1000))).toEqual([]);
    expect(await query(new Date(0), at)).toEqual([]);
  });

  it('takes wildcards of the database for plain characters', async () => {
    const marker = newId();
    for (const reason of [
      `${marker} 100% sure`,
      `${marker} 100x sure`,
      `${marker} a_b`,
      `${marker} axb`,
      `${marker} c\\d`,
    ])
      await reading.append({ reason, target: { type: 'text', id: reason } });
    expect(await ids(`q=${encodeURIComponent(`${marker} 100% s`)}`)).toEqual([`${marker} 100% sure`]);
    expect(await ids(`q=${encodeURIComponent(`${marker} a_b`)}`)).toEqual([`${marker} a_b`]);
    expect(await ids(`q=${encodeURIComponent(`${marker} c\\d`)}`)).toEqual([`${marker} c\\d`]);
    expect(await ids(`q=${encodeURIComponent('%%')}`)).not.toContain(`${marker} axb`);
  });

  it.each([
    'q=x',
    `q=${'x'.repeat(101)}`,
    'q=%00%00',
    'actor=%00',
    'actor=',
    'action=users',
    'action=*',
    'action=users.*.x',
    "action=users.' OR 1=1 --.*",
    'action[]=users.*',
    'action=users.*&action=rbac.*',
    'from=yesterday',
    'from=2026-13-01T00:00:00Z',
    'from=2026-02-30T00:00:00Z',
    'from=2026-W01-1',
    'to=0000-01-01T00:00:00Z',
    'tenant=1',
    'session=1',
    'traceId=xyz',
    'outcome=maybe',
    'limit=0',
    'limit=201',
    'limit=1e9',
    'unknown=1',
    'q=ab&from=1970-01-01T00:00:00Z',
    'q=ab&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z',
  ])('refuses %p', async (query) => {
    expect(await status(query)).toBe(400);
  });

  it.each([
    'from=0101-01-01T00:00:00Z&to=9999-12-31T23:59:59Z',
    'from=9999-12-31T23:59:59.999999999Z',
    'to=0100-01-01T00:00:00Z',
    'from=2026-01-01T00:00:00%2B14:00',
    'q=ab&to=0101-01-01T00:00:00Z',
    `q=${'%25'.repeat(100)}`,
    `q=${encodeURIComponent('\\'.repeat(100))}`,
  ])('answers %p', async (query) => {
    expect(await status(query)).toBe(200);
  });

  it('pages through everything once, however much is recorded meanwhile', async () => {
    const marker = newId();
    for (let i = 0; i < 7; i++) await reading.append({ reason: marker, target: { type: 'paged', id: String(i) } });
    const seen: (string | undefined)[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await reading.page(`q=${marker}&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items.map(({ target }) => target?.id));
      cursor = page.nextCursor;
      await reading.append({ reason: marker, target: { type: 'paged', id: 'later' } });
    }
    // The readings of this marker carry it in their states only, which aren't searched.
    expect(seen).toEqual(['6', '5', '4', '3', '2', '1', '0']);
  });

  it('refuses a cursor of another question, another caller, and any that was made up', async () => {
    const { nextCursor } = await reading.page('limit=1');
    const token = await reading.tokenOn(1, 'auditor', '/');
    expect(await status(`limit=1&cursor=${nextCursor}`)).toBe(200);
    expect(await status(`limit=1&outcome=success&cursor=${nextCursor}`)).toBe(400);
    expect((await reading.fetch(`/audit/events?limit=1&cursor=${nextCursor}`, token)).status).toBe(400);
    const [digest, id] = JSON.parse(Buffer.from(nextCursor ?? '', 'base64url').toString()) as string[];
    const made = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    expect(await status(`limit=1&cursor=${made([digest, newId()])}`)).toBe(200);
    for (const forged of [
      Buffer.from(newId()).toString('base64url'),
      made([digest, `${newId()}' OR 1=1`]),
      made([digest, id, id]),
      made([digest]),
      made(['', id]),
      made([`x${digest}`, id]),
      `${nextCursor}=`,
      `${nextCursor}%00`,
      'a',
      '.',
      '../../etc/passwd',
    ])
      expect([forged, await status(`limit=1&cursor=${encodeURIComponent(forged)}`)]).toEqual([forged, 400]);
    expect(await status(`limit=1&cursor=${'a'.repeat(201)}`)).toBe(400);
  });

  it('shows one record with its states and, once it is sealed, its place and hash', async () => {
    const id = newId();
    await reading.append({ target: { type: 'single', id }, before: { a: 1 }, after: { a: 2 } });
    const [found] = (await reading.page(`target=${id}`)).items;
    expect(found).toMatchObject({ leafIndex: null, leafHash: null, before: { a: 1 }, after: { a: 2 } });
    await reading.text(`/audit/events/${found?.id}/proof`);
    const event = await reading.json<Record<string, unknown>>(`/audit/events/${found?.id.toUpperCase()}`);
    expect(event).toMatchObject({ id: found?.id, after: { a: 2 }, leafIndex: expect.any(Number) });
    expect(Buffer.from(String(event['leafHash']), 'base64')).toHaveLength(32);
  });

  it.each([
    ['an unknown record', newId(), 404],
    ['something that is no id', "x'--", 400],
  ])('answers for %s', async (_name, id, expected) => {
    expect((await reading.fetch(`/audit/events/${encodeURIComponent(id)}`)).status).toBe(expected);
    expect((await reading.fetch(`/audit/events/${encodeURIComponent(id)}/proof`)).status).toBe(expected);
  });

  it('records each reading with what was asked and how much was given, before it answers', async () => {
    const marker = newId();
    await reading.append({ reason: marker });
    await reading.page(`q=${marker}`);
    const [record] = (await reading.page('action=audit.events.read&limit=1')).items;
    expect(record).toMatchObject({
      outcome: 'success',
      target: { type: 'audit-trail', id: 'events' },
      after: { count: 1, filter: { text: marker } },
    });
    await reading.json(`/audit/events/${record?.id}`);
    const [next] = (await reading.page('action=audit.events.read&targetType=audit-event&limit=1')).items;
    expect(next).toMatchObject({ target: { id: record?.id }, after: { count: 1 } });
  });

  describe('with the right on one tenant only', () => {
    let token: string;
    const [ofA, ofB, ofNobody] = [newId(), newId(), newId()];
    beforeAll(async () => {
      token = await reading.tokenOn(2, 'auditor', `/tenants/${reading.tenantA}`);
      await reading.append({ tenantId: reading.tenantA, target: { type: 'isolated', id: ofA } });
      await reading.append({ tenantId: reading.tenantB, target: { type: 'isolated', id: ofB } });
      await reading.append({ tenantId: null, target: { type: 'isolated', id: ofNobody } });
    });

    it('shows the records of that tenant, whatever is asked for', async () => {
      const found = async (query: string) => (await reading.page(query, token)).items;
      expect((await found('targetType=isolated')).map(({ target }) => target?.id)).toEqual([ofA]);
      expect(await found(`tenant=${reading.tenantB}`)).toEqual([]);
      expect(await found(`target=${ofB}`)).toEqual([]);
      expect(await found(`target=${ofNobody}`)).toEqual([]);
      for (const { tenantId } of await found('limit=200')) expect(tenantId).toBe(reading.tenantA);
    });

    it('says that there is no record where it is of somebody else, and proves none of them', async () => {
      for (const [target, expected] of [
        [ofA, 200],
        [ofB, 404],
        [ofNobody, 404],
      ] as const) {
        const [event] = (await reading.page(`target=${target}`)).items;
        expect((await reading.fetch(`/audit/events/${event?.id}`, token)).status).toBe(expected);
        expect((await reading.fetch(`/audit/events/${event?.id}/proof`, token)).status).toBe(expected);
      }
    });

    it('exports only those, in each format', async () => {
      for (const format of ['ndjson', 'ocsf', 'csv', 'bundle']) {
        const text = await reading.text(`/audit/export?format=${format}&targetType=isolated`, token);
        expect([format, text.includes(ofA), text.includes(ofB), text.includes(ofNobody)]).toEqual([
          format,
          true,
          false,
          false,
        ]);
      }
      const all = (await reading.text('/audit/export?format=ndjson', token)).trimEnd().split('\n');
      for (const line of all)
        expect((JSON.parse(line) as { record: { tenantId: string } }).record.tenantId).toBe(reading.tenantA);
    });

    it('records the readings as that tenant’s, so that its own auditors see them', async () => {
      const [record] = (await reading.page('action=audit.*&limit=1', token)).items;
      expect(record?.tenantId).toBe(reading.tenantA);
    });

    it('takes away what is denied on a tenant from what is allowed everywhere', async () => {
      const narrowed = await reading.tokenOn(3, 'auditor', '/');
      const { body } = await reading.stage.browser().call('GET', '/users/me', narrowed);
      await reading.assign(String(body['id']), 'auditor', `/tenants/${reading.tenantB}`, 'deny');
      const found = (await reading.page('targetType=isolated', narrowed)).items.map(({ target }) => target?.id);
      expect(found).toEqual([ofNobody, ofA]);
    });

    it('shows nothing to whoever may only on a part of the tenant, and refuses whoever may nowhere', async () => {
      const part = await reading.tokenOn(4, 'auditor', `/tenants/${reading.tenantA}/apps/x`);
      expect((await reading.page('limit=1', part)).items).toEqual([]);
      const nobody = await reading.stage.browser().accessToken(reading.stage.person(5).upn);
      expect((await reading.fetch('/audit/events', nobody)).status).toBe(403);
      expect((await reading.fetch('/audit/export?format=ndjson', nobody)).status).toBe(403);
    });
  });
});
