import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../crypto/canonical-json.js';
import { GraphClient } from './graph-client.js';
import { GRAPH_CLIENT_DEFAULTS, type GraphClientOptions } from './graph-client-options.js';
import { GraphFault, type GraphFaultKind } from './graph-fault.js';
import { GraphRoot } from './graph-links.js';
import type { TokenSource } from './graph-sender.js';

type Handler = (request: IncomingMessage, response: ServerResponse, call: number) => void;

const FAST: GraphClientOptions = {
  ...GRAPH_CLIENT_DEFAULTS,
  // Whatever answers may take its time: machines are busy. What never answers has a limit of its own.
  timeoutMs: 20_000,
  maxBytes: 100_000,
  backoffMs: 5,
  throttleBackoffMs: 5,
  maxPauseMs: 2000,
  budgetMs: 3000,
  conditionalAccessSpacingMs: 40,
};

describe('GraphClient', () => {
  let server: Server;
  let base: string;
  let calls: string[];
  let startedAt: number[];
  let handler: Handler;
  let outcomes: string[];
  let pausedSeconds: number;
  let bodies: string[];
  const never = new AbortController().signal;

  beforeAll(async () => {
    server = createServer((request, response) => {
      calls.push(request.url ?? '');
      startedAt.push(performance.now());
      request.on('data', (chunk) => bodies.push(String(chunk)));
      request.on('end', () => handler(request, response, calls.length));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    calls = [];
    startedAt = [];
    outcomes = [];
    bodies = [];
    pausedSeconds = 0;
  });
  afterEach(() => server.closeAllConnections());
  afterAll(() => new Promise((closed) => server.close(closed)));

  function client(
    options: Partial<GraphClientOptions> = {},
    token: TokenSource = async () => 'the-token',
  ): GraphClient {
    const observer = {
      requested: (outcome: string) => void outcomes.push(outcome),
      paused: (seconds: number) => {
        pausedSeconds += seconds;
      },
    };
    return new GraphClient(new GraphRoot(`${base}/v1.0`), token, observer, { ...FAST, ...options });
  }

  function json(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
    response.writeHead(status, { 'content-type': 'application/json; odata.metadata=minimal', ...headers });
    response.end(JSON.stringify(body));
  }

  async function all(graph: GraphClient, path = '/users'): Promise<JsonObject[]> {
    const found: JsonObject[] = [];
    for await (const page of graph.pages(path, never)) found.push(...page);
    return found;
  }

  async function faultOf(work: Promise<unknown>): Promise<GraphFault> {
    const error = await work.then(
      () => new Error('it did not fail'),
      (thrown: unknown) => thrown,
    );
    if (error instanceof GraphFault) return error;
    throw error;
  }

  it('follows next links page by page with the token', async () => {
    handler = (request, response, call) => {
      expect(request.headers.authorization).toBe('Bearer the-token');
      json(
        response,
        call === 1
          ? { value: [{ id: 'a' }], '@odata.nextLink': `${base}/v1.0/users?$skiptoken=x` }
          : { value: [{ id: 'b' }] },
      );
    };
    expect(await all(client())).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(calls).toEqual(['/v1.0/users', '/v1.0/users?$skiptoken=x']);
    expect(outcomes).toEqual(['200', '200']);
  });

  it.each([
    ['another host', () => 'https://attacker.example/v1.0/users'],
    ['another port', () => 'http://127.0.0.1:1/v1.0/users'],
    ['another version', () => `${base}/beta/users`],
    ['another version by dots', () => `${base}/v1.0/../beta/users`],
    ['a look-alike root', () => `${base}/v1.0.attacker/users`],
    ['credentials in it', () => `${base.replace('http://', 'http://user:pass@')}/v1.0/users`],
    ['something that is no address', () => '/v1.0/users?$skiptoken=2'],
  ])('does not follow a next link with %s', async (_what, link) => {
    handler = (_request, response) => json(response, { value: [{ id: 'a' }], '@odata.nextLink': link() });
    const fault = await faultOf(all(client()));
    expect([fault.kind, fault.requestPath, calls.length]).toEqual(['foreign_link', '/users', 1]);
  });

  it.each([[''], [7], [false], [{}], [['x']]])(
    'does not take %j as next link for the end of the list',
    async (link) => {
      handler = (_request, response) => json(response, { value: [{ id: 'a' }], '@odata.nextLink': link });
      const fault = await faultOf(all(client()));
      expect([fault.kind, fault.requestPath, calls.length]).toEqual(['malformed', '/users', 1]);
    },
  );

  it('takes null as next link for the end of the list', async () => {
    handler = (_request, response) => json(response, { value: [{ id: 'a' }], '@odata.nextLink': null });
    expect(await all(client())).toEqual([{ id: 'a' }]);
  });

  it('notices next links that lead in a circle', async () => {
    handler = (_request, response, call) =>
      json(response, { value: [{ id: 'a' }], '@odata.nextLink': `${base}/v1.0/users?$skiptoken=${call % 3}` });
    expect((await faultOf(all(client()))).kind).toBe('link_loop');
    expect(calls.length).toBeLessThan(6);
  });

  it('stops at its page limit when new pages never end', async () => {
    handler = (_request, response, call) =>
      json(response, { value: [], '@odata.nextLink': `${base}/v1.0/users?$skiptoken=${call}` });
    expect((await faultOf(all(client({ maxPages: 5 })))).kind).toBe('too_many_pages');
    expect(calls).toHaveLength(5);
  });

  it('waits as long as Retry-After says and then goes on', async () => {
    handler = (_request, response, call) =>
      call === 1
        ? json(response, { error: { code: 'TooManyRequests' } }, 429, { 'retry-after': '1' })
        : json(response, { value: [] });
    await all(client());
    expect(pausedSeconds).toBe(1);
  });

  it('gives up at once when it is asked to wait longer than it may', async () => {
    handler = (_request, response) => json(response, {}, 429, { 'retry-after': '3600' });
    const fault = await faultOf(all(client()));
    expect([fault.kind, fault.status, calls.length]).toEqual(['throttled', 429, 1]);
    expect(fault.message).toContain('3600 s');
  });

  it('backs off by itself after a 429 without Retry-After, and gives up when its budget is spent', async () => {
    handler = (_request, response, call) =>
      call <= 4 ? json(response, {}, 429) : json(response, { value: [{ id: 'a' }] });
    expect(await all(client())).toHaveLength(1);
    expect(outcomes).toEqual(['429', '429', '429', '429', '200']);
    calls = [];
    handler = (_request, response) => json(response, {}, 429);
    expect((await faultOf(all(client({ budgetMs: 60 })))).kind).toBe('throttled');
    expect(calls.length).toBeGreaterThan(2);
  });

  it('tries a 503 again, a bounded number of times', async () => {
    handler = (_request, response, call) => (call === 1 ? json(response, {}, 503) : json(response, { value: [] }));
    await all(client());
    expect(calls).toHaveLength(2);
    calls = [];
    handler = (_request, response) => json(response, {}, 503);
    const fault = await faultOf(all(client()));
    expect([fault.kind, fault.status, calls.length]).toEqual(['unavailable', 503, FAST.maxRetries + 1]);
  });

  const broken: [string, GraphFaultKind, Handler][] = [
    [
      'HTML with status 200',
      'not_json',
      (_r, s) => void s.writeHead(200, { 'content-type': 'text/html' }).end('<html>proxy</html>'),
    ],
    [
      'JSON that is cut off',
      'malformed',
      (_r, s) => void s.writeHead(200, { 'content-type': 'application/json' }).end('{"value": [{"id": "a"'),
    ],
    ['a list where an object belongs', 'malformed', (_r, s) => json(s, [1, 2])],
    ['an object without its list', 'malformed', (_r, s) => json(s, { id: 'x' })],
    ['a list of what are no objects', 'malformed', (_r, s) => json(s, { value: ['a', null] })],
    ['nothing', 'malformed', (_r, s) => void s.writeHead(200, { 'content-type': 'application/json' }).end()],
    ['a connection that breaks', 'network', (r) => void r.socket.destroy()],
    [
      'a body that breaks off',
      'network',
      (_r, s) => {
        s.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        s.write('{"value": [');
        setTimeout(() => s.destroy(), 10);
      },
    ],
    ['silence', 'timeout', () => undefined],
    [
      'a body that never ends',
      'timeout',
      (_r, s) => {
        s.writeHead(200, { 'content-type': 'application/json' });
        s.write('{"value": [');
      },
    ],
    ['more than it will read', 'too_large', (_r, s) => json(s, { value: [{ id: 'x'.repeat(200_000) }] })],
    ['a redirect', 'redirect', (_r, s) => void s.writeHead(302, { location: 'https://attacker.example/' }).end()],
    ['403', 'forbidden', (_r, s) => json(s, { error: { code: 'Authorization_RequestDenied' } }, 403)],
    ['404', 'not_found', (_r, s) => json(s, { error: { code: 'Request_ResourceNotFound' } }, 404)],
    ['a missing licence', 'not_licensed', (_r, s) => json(s, { error: { code: 'AadPremiumLicenseRequired' } }, 400)],
    ['410', 'gone', (_r, s) => json(s, { error: { code: 'syncStateNotFound' } }, 410)],
    ['a 400 in HTML', 'refused', (_r, s) => void s.writeHead(400, { 'content-type': 'text/html' }).end('<html>')],
  ];
  it.each(broken)('ends %s as %s with words', async (_what, kind, answer) => {
    handler = answer;
    const fault = await faultOf(all(client(kind === 'timeout' ? { timeoutMs: 200 } : {}), '/users?$filter=secret'));
    expect(fault.kind).toBe(kind);
    expect(fault.requestPath).toBe('/users');
    expect(fault.message).toMatch(/^\/users: .+/);
    expect(fault.message).not.toMatch(/secret|the-token/);
    expect(calls.length).toBeLessThanOrEqual(FAST.maxRetries + 1);
  });

  it('asks for a fresh token once after a 401', async () => {
    handler = (request, response) =>
      request.headers.authorization === 'Bearer fresh' ? json(response, { value: [] }) : json(response, {}, 401);
    await all(client({}, async (fresh) => (fresh ? 'fresh' : 'stale')));
    expect(calls).toHaveLength(2);
    calls = [];
    expect((await faultOf(all(client({}, async () => 'stale')))).kind).toBe('unauthorized');
    expect(calls).toHaveLength(2);
  });

  it('sends Conditional Access requests one after the other with the interval between them, others at once', async () => {
    let inFlight = 0;
    let most = 0;
    handler = (_request, response) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      setTimeout(() => {
        inFlight -= 1;
        json(response, { value: [] });
      }, 30);
    };
    const graph = client({ conditionalAccessSpacingMs: 100 });
    const begunAt = performance.now();
    await Promise.all(
      ['policies', 'namedLocations', 'policies'].map((name) => all(graph, `/identity/conditionalAccess/${name}`)),
    );
    expect(most).toBe(1);
    // A lower bound: a slow machine can't break it.
    // From the answer on: nobody knows when before it Graph counted the request.
    expect((startedAt[2] ?? 0) - begunAt).toBeGreaterThanOrEqual(250);
    most = 0;
    await Promise.all(Array.from({ length: 20 }, (_unused, n) => all(graph, `/groups/${n}/members`)));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(FAST.concurrency);
  });

  it('sends nothing while Graph refuses everything that is asked of the tenant', async () => {
    const scope = { 'x-ms-throttle-scope': 'Tenant_Application/ReadWrite/app/tenant' };
    handler = (_request, response, call) =>
      call === 1
        ? json(response, {}, 429, { 'retry-after': '1', ...scope })
        : json(response, { responses: [], value: [] });
    const graph = client();
    const first = graph.get('/users', never);
    while (!outcomes.includes('429')) await new Promise((later) => setTimeout(later, 5));
    await Promise.all([first, ...[1, 2, 3].map((n) => graph.get(`/groups/${n}`, never))]);
    expect(calls.length).toBe(5);
    for (const at of startedAt.slice(1)) expect(at - (startedAt[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('stops at once when it is aborted, also in a pause', async () => {
    handler = (_request, response) => json(response, {}, 429, { 'retry-after': '2' });
    const stop = new AbortController();
    const work = client().get('/users', stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(work).rejects.toThrow();
    const before = calls.length;
    await new Promise((later) => setTimeout(later, 60));
    expect(calls.length).toBe(before);
  });

  describe('reading many at once', () => {
    const answer = async (graph: GraphClient, paths: string[]) => {
      const found = new Map<string, unknown>();
      for await (const { path, objects, fault } of graph.getMany(paths, never)) found.set(path, objects ?? fault.kind);
      return found;
    };

    it('asks for twenty in one request', async () => {
      handler = (_request, response) => {
        const { requests } = JSON.parse(bodies.at(-1) ?? '{}') as { requests: { id: string; url: string }[] };
        json(response, {
          responses: requests.map(({ id, url }) => ({ id, status: 200, body: { value: [{ id: url }] } })).reverse(),
        });
      };
      const paths = Array.from({ length: 45 }, (_unused, n) => `/groups/${n}/members`);
      const found = await answer(client(), paths);
      expect(calls).toEqual(['/v1.0/$batch', '/v1.0/$batch', '/v1.0/$batch']);
      expect(paths.every((path) => JSON.stringify(found.get(path)) === JSON.stringify([{ id: path }]))).toBe(true);
    });

    it('ends a list that has no end before it fills the memory, and the others are there', async () => {
      let pages = 0;
      handler = (request, response) => {
        if (request.url === '/v1.0/$batch') return json(response, {}, 400);
        if (!request.url?.includes('endless')) return json(response, { value: [{ id: 'a', more: 'x' }] });
        pages += 1;
        const value = Array.from({ length: 100 }, (_unused, id) => ({ id, more: 'x'.repeat(100) }));
        return json(response, { value, '@odata.nextLink': `${base}/v1.0/endless?p=${pages}` });
      };
      for (const limits of [{ maxHeldObjects: 1000 }, { maxHeldBytes: 10_000 }]) {
        const graph = client(limits);
        const keep = (_path: string, { id }: JsonObject): JsonObject => ({ id: id ?? null });
        for (const round of [1, 2]) {
          const found = new Map<string, unknown>();
          // What one reading held is free for the next.
          const paths = round === 1 ? ['/endless', '/a'] : ['/a', '/b'];
          for await (const { path, objects, fault } of graph.getMany(paths, never, keep))
            found.set(path, objects ?? fault.kind);
          expect([...found]).toEqual(
            round === 1
              ? [
                  ['/endless', 'too_large'],
                  ['/a', [{ id: 'a' }]],
                ]
              : paths.map((path) => [path, [{ id: 'a' }]]),
          );
        }
      }
      // Ten pages of a thousand objects; as JSON they are more than the bytes that two thousand have.
      expect(pages).toBeLessThan(40);
    });

    it('does the same for single objects, each under its own path', async () => {
      handler = (request, response) => {
        if (request.url !== '/v1.0/$batch') return json(response, { id: 'alone' });
        const body = { id: 'in the batch' };
        const responses = [
          { id: '0', status: 200, body },
          { id: '1', status: 503, body: {} },
          { id: '2', status: 404, body: {} },
        ];
        return json(response, { responses });
      };
      const found = new Map<string, unknown>();
      for await (const { path, objects, fault } of client().getEach(['/users/0', '/users/1', '/users/2'], never))
        found.set(path, objects ?? fault.kind);
      expect([...found.values()]).toEqual([[{ id: 'in the batch' }], [{ id: 'alone' }], 'not_found']);
    });

    it('asks an item again alone that was throttled inside of a 200, and reads its further pages', async () => {
      handler = (request, response) => {
        if (request.url === '/v1.0/$batch') {
          json(response, {
            responses: [
              { id: '0', status: 429, headers: { 'Retry-After': '1' }, body: { error: { code: 'TooManyRequests' } } },
              { id: '1', status: 404, body: { error: { code: 'Request_ResourceNotFound' } } },
              {
                id: '2',
                status: 200,
                body: { value: [{ id: 'x' }], '@odata.nextLink': `${base}/v1.0/groups/2/members?$skiptoken=1` },
              },
            ],
          });
        } else json(response, { value: [{ id: request.url ?? '' }] });
      };
      const found = await answer(client(), [
        '/groups/0/members',
        '/groups/1/members',
        '/groups/2/members',
        '/groups/3/members',
      ]);
      // Not before the item's own time: a lower bound, which a slow machine can't break.
      const alone = calls.indexOf('/v1.0/groups/0/members');
      expect((startedAt[alone] ?? 0) - (startedAt[0] ?? 0)).toBeGreaterThanOrEqual(990);
      expect(found.get('/groups/0/members')).toEqual([{ id: '/v1.0/groups/0/members' }]);
      expect(found.get('/groups/1/members')).toBe('not_found');
      expect(found.get('/groups/2/members')).toEqual([{ id: 'x' }, { id: '/v1.0/groups/2/members?$skiptoken=1' }]);
      // Without an answer of its own, it is asked for alone.
      expect(found.get('/groups/3/members')).toEqual([{ id: '/v1.0/groups/3/members' }]);
    });
  });

  describe('a delta query', () => {
    const rows: unknown[] = [];
    const read = (from: string) => client().delta(from, (page) => void rows.push(...page), never);
    beforeEach(() => rows.splice(0));

    it('is read to its end, from a path and from the link of the one before', async () => {
      handler = (_request, response, call) =>
        json(
          response,
          call === 1
            ? { value: [{ id: 'a' }], '@odata.nextLink': `${base}/v1.0/users/delta?$skiptoken=x` }
            : { value: [{ id: 'b', '@removed': {} }], '@odata.deltaLink': `${base}/v1.0/users/delta?$deltatoken=y` },
        );
      const link = await read('/users/delta');
      expect([rows.length, link]).toEqual([2, `${base}/v1.0/users/delta?$deltatoken=y`]);
      expect(await read(link)).toBe(link);
      expect(calls.at(-1)).toBe('/v1.0/users/delta?$deltatoken=y');
    });

    it.each([
      ['no link at its end', {}, 'malformed'],
      ['a link to somebody else', { '@odata.deltaLink': 'https://elsewhere.example/v1.0/users/delta' }, 'foreign_link'],
      ['a link that is no text', { '@odata.deltaLink': 7 }, 'malformed'],
    ])('is not whole with %s', async (_what, members, kind) => {
      handler = (_request, response) => json(response, { value: [], ...members });
      expect((await faultOf(read('/users/delta'))).kind).toBe(kind);
    });

    it('is over where Graph no longer knows it, and a stored link leads nowhere else', async () => {
      handler = (_request, response) => json(response, { error: { code: 'syncStateNotFound' } }, 410);
      expect((await faultOf(read('/users/delta'))).kind).toBe('gone');
      calls = [];
      expect((await faultOf(read('https://elsewhere.example/v1.0/users/delta'))).kind).toBe('foreign_link');
      expect(calls).toEqual([]);
    });
  });

  it('gives the same pages unparsed', async () => {
    handler = (_request, response, call) =>
      json(
        response,
        call === 1
          ? { value: [{ id: 'a', 'x"': '}]' }, {}], '@odata.nextLink': `${base}/v1.0/users?$skiptoken=x` }
          : { '@odata.context': 'x', value: [{ id: 'ü' }] },
      );
    const found: unknown[] = [];
    for await (const { bytes, bounds } of client().rawPages('/users', never)) {
      for (let i = 0; i < bounds.length; i += 2)
        found.push(JSON.parse(bytes.toString('utf8', bounds[i], bounds[i + 1])));
    }
    expect(found).toEqual([{ id: 'a', 'x"': '}]' }, {}, { id: 'ü' }]);
    expect(calls).toEqual(['/v1.0/users', '/v1.0/users?$skiptoken=x']);
  });

  it.each([
    ['no list', '{"value":{}}', 'malformed'],
    ['a list of something else', '{"value":[{},1]}', 'malformed'],
    ['an answer that was cut off', '{"value":[{"a":"b', 'malformed'],
    ['an empty answer', '', 'malformed'],
    ['a link that is no address', '{"value":[],"@odata.nextLink":7}', 'malformed'],
    ['a link in a circle', '{"value":[],"@odata.nextLink":"/v1.0/users"}', 'link_loop'],
  ])('ends with the same fault whether the pages are parsed or not: %s', async (_what, text, kind) => {
    handler = (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(text.replace('"/v1.0', `"${base}/v1.0`));
    const unparsed = async () => {
      for await (const _ of client().rawPages('/users', never));
    };
    expect((await faultOf(unparsed())).kind).toBe(kind);
    expect((await faultOf(all(client()))).kind).toBe(kind);
  });

  describe('writes', () => {
    const write = (ifMatch: string | null = null) => client().write('PATCH', '/x/1', { a: 1 }, ifMatch, never);

    it('are sent with the tag that the object must have, and may have no answer', async () => {
      let headers: IncomingMessage['headers'] = {};
      handler = (request, response) => {
        ({ headers } = request);
        if (request.method === 'GET') response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
        else response.writeHead(204).end();
      };
      // A connection that the test before closed is found out by a request that may be repeated.
      await client().get('/x/1', never);
      expect(await write('W/"7"')).toBeNull();
      expect(headers).toMatchObject({ 'if-match': 'W/"7"', 'content-type': 'application/json' });
      expect(bodies).toEqual(['{"a":1}']);
      await write();
      expect(headers['if-match']).toBeUndefined();
    });

    it.each([
      ['a failure', 503, 'unavailable'],
      ['throttling', 429, 'throttled'],
      ['a refusal', 412, 'refused'],
      ['a lost connection', 0, 'network'],
      ['a broken answer', 200, 'malformed'],
    ] as [string, number, GraphFaultKind][])('are sent once whatever comes: %s', async (_what, status, kind) => {
      let writes = 0;
      handler = (request, response) => {
        if (request.method === 'GET') {
          response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
          return;
        }
        writes += 1;
        if (status === 0) response.destroy();
        else response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '1' }).end('{');
      };
      await client().get('/x/1', never);
      const fault = await write().catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(GraphFault);
      expect(fault).toMatchObject({ kind, ...(status === 429 ? { retryAfterMs: 1000 } : {}) });
      expect(writes).toBe(1);
    });

    it('knows from its token what the tenant has given', async () => {
      const token = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
      const given = (text: string) => client({}, async () => text).permissions(false, never);
      expect(await given(token({ roles: ['A.Read', 7] }))).toEqual(['A.Read']);
      expect(await given(token({}))).toBeNull();
      expect(await given('opaque')).toBeNull();
    });
  });
});
