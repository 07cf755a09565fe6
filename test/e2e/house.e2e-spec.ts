import { startTestService, type TestService } from '../support/test-service.js';

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

describe('the house', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ METRICS_TOKEN: 'a-metrics-token-of-a-test' });
  });
  afterAll(() => service.close());

  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await fetch(service.url + path, init);
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') === true;
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : { text } };
  };

  it('denies every route of the API to strangers, in problem+json', async () => {
    for (const path of ['users', 'drift/changes', 'audit/events', 'webhooks/endpoints', 'tenants', 'rbac/roles']) {
      const { status, headers, body } = await ask(`/api/v1/${path}`);
      expect([path, status]).toEqual([path, 401]);
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(body).toMatchObject({ status: 401, requestId: headers.get('x-request-id') });
      expect(body['code']).toMatch(/^auth\./);
    }
  });

  it('answers what does not exist like any other fault', async () => {
    const { status, body } = await ask('/api/v1/nothing-here');
    expect(status).toBe(404);
    expect(body).toMatchObject({
      code: 'request.not_found',
      status: 404,
      type: 'urn:blindspotx:problem:request.not_found',
    });
  });

  it.each([
    ['broken JSON', '{"a":', 'application/json'],
    ['a poisoned prototype', '{"__proto__": {"admin": true}}', 'application/json'],
    ['a NUL', '{"refreshToken": "a\\u0000b"}', 'application/json'],
    ['a lone surrogate', '{"refreshToken": "\\ud800"}', 'application/json'],
    ['an unknown property', '{"refreshToken": "x", "admin": true}', 'application/json'],
    ['a mistyped property', '{"refreshToken": {"$ne": ""}}', 'application/json'],
    ['another media type', '<xml/>', 'application/xml'],
    ['an array', '[1, 2]', 'application/json'],
    ['a number too large', '{"refreshToken": 1e400}', 'application/json'],
  ])('refuses a body with %s with 4xx, never 5xx', async (_what, body, type) => {
    const answer = await ask('/api/v1/auth/refresh', { method: 'POST', body, headers: { 'content-type': type } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it.each([
    ['{"refreshToken": hunter2}', 400, "The body isn't JSON: a value is expected at position 17."],
    ['', 400, 'The body is empty, but Content-Type says that it is JSON.'],
    ['{"__proto__": {}}', 400, 'The body has a member "__proto__" or "constructor", which nothing here has.'],
    [`"${'x'.repeat(1_048_576)}"`, 413, 'The body may have 1048576 bytes at most.'],
  ])('says what is wrong with a body', async (body, status, detail) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await ask('/api/v1/auth/refresh', { method: 'POST', body, headers });
    expect([answer.status, answer.body['detail']]).toEqual([status, detail]);
  });

  it.each([
    ['application/xml', 'auth/refresh', 'application/json'],
    ['text/plain', 'auth/refresh', 'application/json'],
    ['application/x-www-form-urlencoded', 'auth/refresh', 'application/json'],
    ['text/csv', 'rbac/document/plan', 'application/json or application/yaml'],
  ])('wants another media type than %s at %s', async (type, route, accepted) => {
    const answer = await ask(`/api/v1/${route}`, { method: 'POST', body: 'x=1', headers: { 'content-type': type } });
    expect([answer.status, answer.body['code']]).toEqual([415, 'request.unsupported_media_type']);
    expect(answer.body['detail']).toBe(`Send the body as ${accepted}, and say so in Content-Type.`);
  });

  it.each(['application/json', 'text/plain'])('asks nobody without a body for its type: %s', async (type) => {
    expect((await ask('/api/v1/tenants', { headers: { 'content-type': type } })).status).toBe(401);
  });

  it('refuses a body over its limit', async () => {
    const body = JSON.stringify({ refreshToken: 'x'.repeat(2_000_000) });
    const { status } = await ask('/api/v1/auth/refresh', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(status).toBe(413);
  });

  it('echoes a request id that is one, and makes its own for one that is not', async () => {
    expect((await ask('/health/live', { headers: { 'x-request-id': 'abc-1' } })).headers.get('x-request-id')).toBe(
      'abc-1',
    );
    const own = (await ask('/health/live', { headers: { 'x-request-id': 'a b"c' } })).headers.get('x-request-id');
    expect(own).toMatch(/^[\da-f-]{36}$/);
  });

  it('is alive and ready, and tells strangers nothing more', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const { status, headers, body } = await ask(path);
      expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(Object.keys(body)).toEqual(['status']);
    }
    expect((await ask('/health/details')).status).toBe(401);
  });

  it('shows metrics to whoever holds the token, and to nobody else', async () => {
    expect((await ask('/metrics')).status).toBe(404);
    expect((await ask('/metrics', { headers: { authorization: 'Bearer wrong' } })).status).toBe(404);
    const { status, body } = await ask('/metrics', { headers: { authorization: 'Bearer a-metrics-token-of-a-test' } });
    expect(status).toBe(200);
    expect(body['text']).toContain('blindspotx_http_request_duration_seconds_bucket');
  });

  it('describes itself as OpenAPI 3.1', async () => {
    const { status, body } = await ask('/api/openapi.json');
    expect([status, body['openapi']]).toEqual([200, '3.1.0']);
  });

  it('sets the headers that keep an answer where it belongs', async () => {
    const { headers } = await ask('/api/v1/users');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('logs one line a request with route, status and ids, and no query string', async () => {
    await ask('/api/v1/users?search=hunter2', { headers: { 'x-request-id': 'log-me' } });
    const line = service.logged.find((entry) => entry['requestId'] === 'log-me' && entry['message'] === 'request');
    expect(line).toMatchObject({ route: '/api/v1/users', status: 401, method: 'GET' });
    expect(JSON.stringify(service.logged)).not.toContain('hunter2');
  });
});
