import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Ran, ranCli } from '../../../test/support/ran-cli.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (args: string[], env: Record<string, string> = {}, colour = false): Promise<Ran> =>
  ranCli(args, { env, colour });

/** A ScubaGear export with one policy. */
function scuba(name: string, policy: object): string {
  const file = join(folder, name);
  const whole = {
    Id: '1',
    DisplayName: 'Everybody needs MFA',
    State: 'enabled',
    GrantControls: { BuiltInControls: ['mfa'] },
    ...policy,
  };
  writeFileSync(file, JSON.stringify({ module_version: '1', conditional_access_policies: [whole] }));
  return file;
}

describe('drift rules', () => {
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  test('a file of overrides is checked, and goes into a comparison', async () => {
    const good = file('good.yaml', '- { rule: CA-01, severity: low, reason: agreed }\n');
    expect(await run(['drift', 'rules', 'validate', good])).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 overrides, all good'),
    });
    const exports = [scuba('before.json', {}), scuba('after.json', { State: 'disabled' })];
    const compare = (...more: string[]) => run(['drift', 'compare', ...exports, '--fail-on', 'critical', ...more]);
    expect((await compare()).code).toBe(1);
    expect((await compare('--overrides', good)).code).toBe(0);
  });

  test('a fault is told with its place', async () => {
    const bad = file('bad.yaml', '- { rule: CA-99, severity: low, reason: agreed }\n');
    expect(await run(['drift', 'rules', 'validate', bad])).toMatchObject({
      code: 1,
      err: expect.stringContaining('CA-99: there is no rule CA-99'),
    });
    const misspelt = file('rules.yaml', '- { id: CA-01, titel: x }\n');
    expect(await run(['drift', 'rules', 'validate', misspelt])).toMatchObject({
      code: 1,
      err: expect.stringContaining('CA-01: "titel" is not a known member'),
    });
    const { code, err } = await run(['drift', 'compare', 'a', 'b', '--overrides', bad]);
    expect([code, err]).toEqual([2, expect.stringContaining('there is no rule CA-99')]);
    expect((await run(['drift', 'rules', 'validate', join(folder, 'absent.yaml')])).code).toBe(2);
  });
});

test('controls evaluate lists what the baseline does not have, and takes its version', async () => {
  const evaluate = (...more: string[]) => run(['controls', 'evaluate', scuba('one.json', {}), ...more]);
  expect((await evaluate()).out).toMatch(
    /3 not in this baseline\n[\s\S]*not in it {5}AAD\.2\.9 .*\n +Only the baseline before/,
  );
  const { out } = await evaluate('--baseline-version', '0', '--format', 'json');
  const { controls } = JSON.parse(out) as { controls: { id: string; inBaseline: boolean }[] };
  expect(controls.find(({ id }) => id === 'AAD.2.9')?.inBaseline).toBe(true);
  expect(controls.find(({ id }) => id === 'MS.AAD.3.9')?.inBaseline).toBe(false);
  const { code, err } = await evaluate('--baseline-version', '7');
  expect([code, err]).toEqual([2, expect.stringContaining('It is 0, 1 or 2.')]);
});

describe('drift compare', () => {
  const pair = (after: object): [string, string] => [scuba('before.json', {}), scuba('after.json', after)];

  test('exits 0 and says so when nothing drifted', async () => {
    expect(await run(['drift', 'compare', ...pair({ CreatedDateTime: '/Date(1)/' })])).toEqual({
      code: 0,
      // Of Exchange, Teams and the others it has nothing, and says so.
      out: expect.stringMatching(
        /^No drift in what was assessed\.\n\nNot assessed [^\n]+\n( {2}\w+Setting: [^\n]+\n){5}$/,
      ),
      err: '',
    });
  });

  test('exits 1 on any change unless a level is given', async () => {
    const files = pair({ DisplayName: 'renamed' });
    expect((await run(['drift', 'compare', ...files])).code).toBe(1);
    expect((await run(['drift', 'compare', ...files, '--fail-on', 'low'])).code).toBe(0);
    expect((await run(['drift', 'compare', ...files, '--fail-on', 'info'])).code).toBe(1);
  });

  test('exits 1 at the level and above it', async () => {
    const files = pair({ State: 'disabled' });
    for (const level of ['critical', 'high', 'medium', 'low', 'info']) {
      expect((await run(['drift', 'compare', ...files, '--fail-on', level])).code).toBe(1);
    }
  });

  test('writes the promised JSON and nothing else', async () => {
    const { out, err } = await run(['drift', 'compare', ...pair({ State: 'disabled' }), '--format', 'json']);
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual({
      complete: false,
      incomplete: expect.arrayContaining([
        {
          resourceType: 'teamsSetting',
          reason: 'before and after: the export holds nothing about Teams',
          since: null,
        },
      ]),
      trigger: 'offline',
      baselineVersion: null,
      summary: { critical: 1, high: 0, medium: 0, low: 0, info: 0 },
      changes: [
        {
          id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
          changeSetId: expect.any(String),
          state: 'open',
          resourceType: 'conditionalAccessPolicy',
          resourceKey: '1',
          displayName: 'Everybody needs MFA',
          changeType: 'modified',
          path: '/state',
          before: 'enabled',
          after: 'disabled',
          direction: 'loosening',
          severity: 'critical',
          rules: ['CA-01'],
          references: expect.arrayContaining(['MS.AAD.3.2', 'T1556.009']),
          title: 'A policy that was enforced is switched off',
          matchedBy: 'id',
          actor: null,
          attribution: 'none',
        },
      ],
      controls: expect.arrayContaining([{ id: 'MS.AAD.1.1', before: 'not-assessed', after: 'not-assessed' }]),
    });
  });

  test('is the same twice, ids included', async () => {
    const args = ['drift', 'compare', ...pair({ State: 'disabled' }), '--format', 'ndjson'];
    const [one, other] = [await run(args), await run(args)];
    expect(one.out).toBe(other.out);
    expect(
      one.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).kind),
    ).toEqual(['report', 'change']);
  });

  test('colours only when told to', async () => {
    const args = ['drift', 'compare', ...pair({ State: 'disabled' })];
    expect((await run(args)).out).not.toContain('\u001b');
    expect((await run(args, {}, true)).out).toContain('\u001b[');
  });

  test("a tenant's names can't write to the terminal or forge markup", async () => {
    const files = pair({ DisplayName: '\u001b[2J\u202Eevil\n| <img src=x> [a](b)' });
    const text = (await run(['drift', 'compare', ...files])).out;
    for (const char of ['\u001b', '\u202e']) expect(text).not.toContain(char);
    const rows = (await run(['drift', 'compare', ...files, '--format', 'markdown'])).out
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows).toHaveLength(3);
    // What stands between backticks is code, of which nothing is made.
    expect(rows[2]?.replaceAll(/`[^`]*`/g, '')).not.toMatch(/<img|\[a|\]\(/);
    expect(rows[2]).toContain('` \\u001b[2J\\u202eevil\\u000a\\| <img src=x> [a](b) `');
  });

  test.each<[string, (files: [string, string]) => string[], RegExp]>([
    [
      'a file that is not there',
      ([before]) => ['drift', 'compare', before, '/nowhere/x.json'],
      /^blindspotx: \/nowhere\/x\.json: there is no such file or folder\n$/,
    ],
    ['one argument', ([before]) => ['drift', 'compare', before], /^blindspotx: missing required argument 'after'\n$/],
    [
      'an unknown format',
      (files) => ['drift', 'compare', ...files, '--format', 'pdf'],
      /^blindspotx: option '--format <format>' argument 'pdf' is invalid\. [^\n]*\n$/,
    ],
    [
      'an unknown level',
      (files) => ['drift', 'compare', ...files, '--fail-on', 'none'],
      /^blindspotx: option '--fail-on <level>' argument 'none' is invalid\.[^\n]*\n$/,
    ],
    [
      'an unknown option',
      (files) => ['drift', 'compare', ...files, '--nope'],
      /^blindspotx: unknown option '--nope'\n$/,
    ],
    ['an unknown command', () => ['nope'], /^blindspotx: unknown command 'nope'\n$/],
  ])('%s: exit 2, one line on stderr, nothing on stdout', async (_name, args, message) => {
    const ran = await run(args(pair({})));
    expect(ran).toEqual({ code: 2, out: '', err: expect.stringMatching(message) });
  });

  test('a broken file: exit 2 and one line with file, place and reason', async () => {
    const file = join(folder, 'broken\n.json');
    writeFileSync(file, '{"conditional_access_policies": [}');
    const { code, err } = await run(['drift', 'compare', file, file]);
    expect([code, err.split('\n').length]).toEqual([2, 2]);
    expect(err).toMatch(/broken\\u000a\.json line 1 column 34: it is not valid JSON/);
  });

  test('help exits 0', async () => {
    expect(await run(['drift', 'compare', '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('--fail-on'),
    });
  });
});

describe('commands on a running service', () => {
  let server: Server;
  let seen: {
    method: string | undefined;
    url: string | undefined;
    token: string | undefined;
    ifMatch: string | undefined;
    body: string;
  }[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        seen.push({
          method: request.method,
          url: request.url,
          token: request.headers.authorization,
          ifMatch: request.headers['if-match'],
          body,
        });
        answer(request, response);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterEach(() => new Promise((done) => server.close(done)));

  const env = () => ({
    BLINDSPOTX_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    BLINDSPOTX_TOKEN: 'secret',
  });
  const json = (response: ServerResponse, status: number, content: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(content));
  };

  test('a scan is waited for', async () => {
    const states = ['running', 'completed'];
    answer = (request, response) =>
      request.method === 'POST'
        ? json(response, 202, { id: 's1' })
        : json(response, 200, { id: 's1', status: states.shift() });
    expect(await run(['drift', 'scan', '--wait'], env())).toEqual({ code: 0, out: 's1 completed\n', err: '' });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/api/v1/drift/scans', token: 'Bearer secret', body: '{}' });
  });

  test('what a scan could not read is said, with its time', async () => {
    const incomplete = [
      { resourceType: 'user', reason: 'page 2 answered 503', since: '2026-01-02T03:04:05.000Z' },
      { resourceType: 'group', reason: 'the baseline has none', since: null },
    ];
    answer = (request, response) => {
      if (request.method === 'POST') return json(response, 202, { id: 's1' });
      return json(
        response,
        200,
        request.url?.includes('/reports/r1') ? { incomplete } : { status: 'completed', reportId: 'r1' },
      );
    };
    const { out } = await run(['drift', 'scan', '--wait'], env());
    expect(out.split('\n')).toEqual([
      's1 completed',
      'user: not assessed since 2026-01-02T03:04:05.000Z: page 2 answered 503',
      'group: the baseline has none',
      '',
    ]);
  });

  test('an empty list is no more than what was assessed', async () => {
    const incomplete = [{ resourceType: 'user', reason: 'it answered 503', since: '2026-01-02T03:04:05.000Z' }];
    const status: Record<string, unknown> = { displayName: 'Contoso', incomplete: [] };
    answer = (request, response) =>
      json(response, 200, { items: request.url?.includes('/drift/status') ? [status] : [] });
    const listed = async () => (await run(['drift', 'list'], env())).out;
    expect(await listed()).toBe('No changes.\n');
    status['incomplete'] = incomplete;
    const gap = 'Contoso: user: not assessed since 2026-01-02T03:04:05.000Z: it answered 503\n';
    expect(await listed()).toBe(`No changes in what was assessed.\n${gap}`);
    status['outage'] = { since: '2026-01-03T00:00:00.000Z', reason: 'no token' };
    const outage = 'Contoso: not assessed since 2026-01-03T00:00:00.000Z: no token\n';
    expect(await listed()).toBe(`No changes in what was assessed.\n${outage}${gap}`);
    Object.assign(status, { outage: null, incomplete: [], lastScanAt: null });
    expect(await listed()).toBe('No changes in what was assessed.\nContoso: not assessed: no scan has ended yet\n');
  });

  test('a list is of one tenant when asked, says whose each change is, and what was not assessed beside it', async () => {
    const change = {
      id: 'c1',
      tenantId: 't1',
      severity: 'high',
      state: 'open',
      resourceType: 'user',
      displayName: 'Eve',
      path: '/enabled',
    };
    const incomplete = [{ resourceType: 'group', reason: 'it answered 503', since: '2026-01-02T03:04:05.000Z' }];
    answer = (request, response) =>
      json(response, 200, {
        items: request.url?.includes('/drift/status')
          ? [{ tenantId: 't1', displayName: 'Contoso', incomplete }]
          : [change],
      });
    const { out } = await run(['drift', 'list', '--tenant', 't1'], env());
    expect(out.split('\n')).toEqual([
      'high      open      c1  Contoso  user  "Eve"  /enabled',
      'Contoso: group: not assessed since 2026-01-02T03:04:05.000Z: it answered 503',
      '',
    ]);
    expect(seen.map(({ url }) => url)).toEqual([
      '/api/v1/drift/changes?tenant=t1&limit=100',
      '/api/v1/drift/status?tenant=t1',
    ]);
  });

  test.each([
    ['failed', 'no token', 'no token'],
    ['missed', null, 'no instance ran it in time'],
  ])('a scan that %s is an error', async (status, reason, why) => {
    answer = (request, response) => json(response, 200, request.method === 'POST' ? { id: 's1' } : { status, reason });
    expect(await run(['drift', 'scan', '--wait'], env())).toEqual({
      code: 2,
      out: `s1 ${status}\n`,
      err: `blindspotx: the scan s1 has ${status}: ${why}\n`,
    });
  });

  test('whoever waits for a scan hears at once why it has to be tried again', async () => {
    const states = [
      { status: 'pending', attempts: 1, reason: 'no token' },
      { status: 'pending', attempts: 1, reason: 'no token' },
      { status: 'failed', attempts: 2, reason: 'no token' },
    ];
    answer = (request, response) => json(response, 200, request.method === 'POST' ? { id: 's1' } : states.shift());
    expect((await run(['drift', 'scan', '--wait'], env())).err.split('\n')).toEqual([
      'blindspotx: attempt 1 of the scan s1 failed and will be made again: no token',
      'blindspotx: the scan s1 has failed: no token',
      '',
    ]);
  });

  test('a list follows its pages up to the limit', async () => {
    answer = (request, response) => {
      const second = request.url?.includes('cursor=c2');
      json(response, 200, { items: [{ id: second ? 'b' : 'a', severity: 'high' }], nextCursor: second ? 'c3' : 'c2' });
    };
    const { out } = await run(['drift', 'list', '--severity', 'high', '--limit', '2', '--json'], env());
    expect(JSON.parse(out).map(({ id }: { id: string }) => id)).toEqual(['a', 'b']);
    expect(seen.map(({ url }) => url)).toEqual([
      '/api/v1/drift/changes?severity=high&limit=2',
      '/api/v1/drift/changes?severity=high&limit=1&cursor=c2',
    ]);
  });

  test.each(['accept', 'ignore', 'deny', 'reopen'])('%s sends the reason', async (decision) => {
    answer = (request, response) => json(response, 200, request.method === 'GET' ? { version: 3 } : { state: 'done' });
    expect(await run(['drift', decision, 'c/1', '--reason', 'planned'], env())).toMatchObject({
      code: 0,
      out: 'c/1 done\n',
    });
    expect(seen[1]).toMatchObject({
      url: `/api/v1/drift/changes/c%2F1/${decision}`,
      body: '{"reason":"planned"}',
      ifMatch: '"3"',
    });
  });

  test.each([
    [[], undefined],
    [[{ version: 4 }], '"4"'],
  ])('the newest snapshot is approved when none is named, over the baselines %j', async (baselines, ifMatch) => {
    answer = (request, response) => {
      if (request.method === 'POST') json(response, 201, { version: 5 });
      else if (request.url?.includes('baselines')) json(response, 200, { items: baselines });
      else json(response, 200, { items: [{ id: 'snap', tenantId: 't1' }] });
    };
    await run(['baseline', 'approve', '--reason', 'first'], env());
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', '/api/v1/drift/snapshots?limit=1', ''],
      ['GET', '/api/v1/drift/baselines?tenant=t1&limit=1', ''],
      ['POST', '/api/v1/drift/baselines', '{"snapshotId":"snap","reason":"first"}'],
    ]);
    expect(seen[2]?.ifMatch).toBe(ifMatch);
  });

  test('single changes are taken into the baseline in force', async () => {
    answer = (request, response) => {
      if (request.method === 'POST') json(response, 201, { version: 5 });
      else if (request.url?.includes('baselines')) json(response, 200, { items: [{ version: 4 }] });
      else json(response, 200, { id: 'c1', tenantId: 't1' });
    };
    await run(['baseline', 'add', 'c1', 'c2', '--reason', 'planned'], env());
    expect(seen[2]).toMatchObject({
      url: '/api/v1/drift/baselines/changes',
      body: '{"changeIds":["c1","c2"],"reason":"planned"}',
      ifMatch: '"4"',
    });
  });

  test('a snapshot is exported to a file, whole or not at all', async () => {
    answer = (request, response) => {
      if (!request.url?.endsWith('/export')) return json(response, 200, { items: [{ id: 'snap' }] });
      response.end('line 1\nline 2\n');
    };
    const file = join(folder, 'out.ndjson');
    expect(await run(['snapshot', 'export', file], env())).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe('line 1\nline 2\n');
    answer = (request, response) => {
      if (!request.url?.endsWith('/export')) return json(response, 200, { items: [{ id: 'snap' }] });
      response.write('line 1\n');
      setTimeout(() => response.destroy(), 20);
    };
    const broken = join(folder, 'broken.ndjson');
    expect(await run(['snapshot', 'export', broken], env())).toMatchObject({ code: 2 });
    expect([existsSync(broken), existsSync(`${broken}.partial`)]).toEqual([false, false]);
  });

  test('a service account gets its token first', async () => {
    answer = (request, response) =>
      json(response, 200, request.url?.endsWith('/auth/token') ? { access_token: 'fresh' } : { items: [{ id: 'b' }] });
    await run(['baseline', 'show'], {
      BLINDSPOTX_URL: env().BLINDSPOTX_URL,
      BLINDSPOTX_CLIENT_ID: 'id',
      BLINDSPOTX_CLIENT_SECRET: 's',
    });
    expect(seen.map(({ url, token }) => [url, token])).toEqual([
      ['/api/v1/auth/token', undefined],
      ['/api/v1/drift/baselines?limit=1', 'Bearer fresh'],
    ]);
  });

  test('a problem is told in one line', async () => {
    answer = (_request, response) =>
      json(response, 403, { title: 'Forbidden', detail: 'You may not.', code: 'access.denied', requestId: 'r1' });
    expect(await run(['drift', 'list'], env())).toEqual({
      code: 2,
      out: '',
      err: 'blindspotx: /api/v1/drift/changes answered 403: You may not. (access.denied) request r1\n',
    });
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['no address', {}, /BLINDSPOTX_URL is not set/],
    ['no address at all', { BLINDSPOTX_URL: 'x' }, /is no address/],
    ['an address without encryption', { BLINDSPOTX_URL: 'http://example.com', BLINDSPOTX_TOKEN: 't' }, /must be https/],
    ['no credentials', { BLINDSPOTX_URL: 'http://127.0.0.1:1' }, /BLINDSPOTX_TOKEN is not set/],
    ['nobody there', { BLINDSPOTX_URL: 'http://127.0.0.1:1', BLINDSPOTX_TOKEN: 't' }, /can't be reached/],
  ])('%s: exit 2 and what to do', async (_name, environment, message) => {
    const ran = await run(['drift', 'list'], environment);
    expect([ran.code, ran.err.split('\n').length]).toEqual([2, 2]);
    expect(ran.err).toMatch(message);
  });
});

describe('bin/blindspotx.mjs', () => {
  test('says how to build it where nothing is built', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'blindspotx.mjs'), readFileSync(resolve(__dirname, '../../../bin/blindspotx.mjs')));
    const ran = spawnSync(process.execPath, [join(bin, 'blindspotx.mjs')], { encoding: 'utf8' });
    expect(ran).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'blindspotx: it has to be built first: run `npm run build` in its folder\n',
    });
  });
});
