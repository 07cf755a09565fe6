import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { TokenPlan } from '../../demo/entra/token-issuer.js';
import { PUBLIC_URL } from '../auth/auth-stage.js';
import { proofSize } from '../support/proof-size.js';
import { environmentOf, type SpawnedService, spawnService } from '../support/service-process.js';
import { ASSERTION_TYPE, type Program, ProgramStage } from './program-stage.js';
import { part, SenderKey } from './sender-key.js';
import { answeringWith, beginSignIn } from './sign-in-attempt.js';

const RUNS = proofSize(40, 500);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_124);
const TIME = 60_000 + RUNS * 600;

interface Heard {
  status: number;
  headers: Headers;
  text: string;
}

/** What no answer may show: stacks, statements, tables, files, and messages of what runs underneath. */
const INTERNALS =
  /node_modules|\.[cm]?[jt]s:\d+|\bat (?:async )?[\w.<>]+ \(|\bSELECT\b|\bINSERT\b|refresh_tokens|user_sessions|pg_|TypeORM|QueryFailed|Cannot read|is not a function|ERR_[A-Z]/;

/** Without what an answer properly issues: random text may spell anything. */
const withoutTokens = (text: string): string => text.replaceAll(/"[a-z_]*(?:token|code)":"[\w.~-]{20,}"/g, '""');

/** Bounded, seeded hostile input against the built service in a process of its own; each property ends with the proper requests. */
describe('hostile input', () => {
  let programs: ProgramStage;
  let target: SpawnedService;
  let program: Program;
  let keyed: Program;
  let objectId: string;
  let upn: string;
  const key = new SenderKey();
  beforeAll(async () => {
    const unlimited = {
      RATE_LIMIT_TOKENS_PER_MINUTE: '0',
      RATE_LIMIT_SIGN_INS_PER_MINUTE: '0',
      RATE_LIMIT_FAILURES_PER_MINUTE: '0',
    };
    programs = await ProgramStage.start(unlimited);
    target = await spawnService({
      ...environmentOf(programs.stage.tenant),
      ...unlimited,
      DATABASE_URL: programs.stage.service.databaseUrl,
      PROCESS_ROLE: 'api',
      MIGRATE_ON_START: 'false',
      LOG_LEVEL: 'info',
    });
    program = await programs.program({ role: 'viewer' });
    keyed = await programs.program({ role: 'viewer', key });
    ({ objectId, upn } = programs.stage.person(1));
    await programs.userId(1);
  }, 60_000);
  afterAll(async () => {
    await target?.kill('SIGTERM');
    await programs.close();
  });
  afterEach(async () => {
    programs.stage.tenant.setFaults();
    // The process lives, and whoever asks properly is served.
    expect([target.child.exitCode, target.child.signalCode]).toEqual([null, null]);
    const form = { grant_type: 'client_credentials', client_id: program.id, client_secret: program.secret };
    const issued = await send('/auth/token', formOf(form));
    expect(issued.status).toBe(200);
    const { access_token: token } = JSON.parse(issued.text) as { access_token: string };
    expect((await send('/tenants', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    const attempt = await beginSignIn(programs.stage, upn, target);
    expect((await attempt.browser.request(attempt.back)).status).toBe(303);
  });

  const send = async (path: string, init: RequestInit = {}): Promise<Heard> => {
    const answer = await fetch(`${target.url}/api/v1${path}`, { redirect: 'manual', ...init });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const formOf = (form: Record<string, string> | string, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  });
  /** One of the expected statuses; a refusal has a code and shows nothing of the inside. */
  const judge = ({ status, headers, text }: Heard, expected: readonly number[]): void => {
    expect(expected).toContain(status);
    expect(withoutTokens(text)).not.toMatch(INTERNALS);
    if (status < 400) return;
    const body = JSON.parse(text) as Record<string, unknown>;
    expect(String(body['code'] ?? body['error'])).toMatch(/^[a-z_]+(\.[a-z_]+)?$/);
    expect(body['stack']).toBeUndefined();
    if (status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  };
  const check = <T extends [unknown, ...unknown[]]>(property: fc.IAsyncProperty<T>, numRuns = RUNS) =>
    fc.assert(property, { seed: SEED, numRuns, endOnFailure: false });

  const NASTY = [
    '',
    '\0',
    'a\0b',
    '\ud800',
    '\r\n',
    '__proto__',
    'constructor',
    "' OR 1=1 --",
    '%00',
    '../../etc/passwd',
    'ÿ\u202e😀',
    'A'.repeat(3000),
    '0198f000-0000-7000-8000-000000000000',
    '9'.repeat(400),
  ];
  const text = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 60 }), fc.base64String());
  const json = fc.oneof(
    text,
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, 2 ** 53, {}, [], [[]], { a: { b: {} } }, ['x', 'y']),
    fc.jsonValue({ maxDepth: 3 }),
  );
  /** What an Authorization or Cookie header can carry. */
  const headerText = fc
    .array(
      fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0x21, max: 0x7e }) }, fc.constantFrom(0x20, 0x09, 0x80, 0xff)),
      { maxLength: 200 },
    )
    .map((codes) => String.fromCharCode(...codes));
  const CLAIMS = [
    'iss',
    'aud',
    'tid',
    'oid',
    'sub',
    'exp',
    'iat',
    'nbf',
    'ver',
    'sid',
    'scp',
    'azp',
    'name',
    'preferred_username',
  ];
  const MORE = [
    'email',
    'nonce',
    'jti',
    'events',
    'cnf',
    'client_id',
    'stamp',
    'scope',
    'htm',
    'htu',
    'ath',
    'uti',
    '__proto__',
  ];
  const claims = fc.dictionary(fc.constantFrom(...CLAIMS, ...MORE), json, { minKeys: 1, maxKeys: 4 });
  const header = fc.dictionary(
    fc.constantFrom('alg', 'typ', 'kid', 'jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'cty', 'zip'),
    json,
    { maxKeys: 3 },
  );
  const plan = fc.record({ claims, header: fc.option(header, { nil: undefined }) }) as fc.Arbitrary<Partial<TokenPlan>>;
  const mint = (kind: TokenPlan['kind'], more: Partial<TokenPlan>): string =>
    programs.stage.tenant.mintToken({ kind, objectId, ...more });
  /** A token of which parts were exchanged, cut, doubled or spoilt. */
  const spoilt = (token: fc.Arbitrary<string>) =>
    fc
      .tuple(
        token,
        fc.array(fc.tuple(fc.nat({ max: 2000 }), fc.constantFrom('cut', 'flip', 'dot', 'pad', 'swap', 'json')), {
          maxLength: 3,
        }),
        json,
      )
      .map(([start, changes, value]) =>
        changes.reduce((at, [place, change]) => {
          const index = at.length === 0 ? 0 : place % at.length;
          const parts = at.split('.');
          if (change === 'cut') return at.slice(0, index);
          if (change === 'flip') return `${at.slice(0, index)}${at[index] === 'A' ? 'B' : 'A'}${at.slice(index + 1)}`;
          if (change === 'dot') return `${at.slice(0, index)}.${at.slice(index)}`;
          if (change === 'pad') return `${at}==`;
          if (change === 'swap') return parts.reverse().join('.');
          return [...parts.slice(0, place % 2), part(value), ...parts.slice((place % 2) + 1)].join('.');
        }, start),
      );
  const sampleTokens = async (): Promise<fc.Arbitrary<string>> => {
    const own = JSON.parse(
      (
        await send(
          '/auth/token',
          formOf({ grant_type: 'client_credentials', client_id: program.id, client_secret: program.secret }),
        )
      ).text,
    ) as { access_token: string };
    return fc.constantFrom(
      own.access_token,
      mint('api', {}),
      mint('id', { nonce: 'n' }),
      mint('logout', { sid: 'x' }),
      key.assertion(keyed.id),
      key.proof('GET', '/tenants'),
      program.secret,
      'A'.repeat(43),
    );
  };

  it(
    'as an Authorization header: any text, any spoilt token',
    async () => {
      const token = spoilt(await sampleTokens());
      const value = fc.oneof(
        headerText,
        fc
          .tuple(fc.constantFrom('Bearer ', 'bearer  ', 'DPoP ', 'Basic ', 'Bearer'), fc.oneof(token, headerText))
          .map(([scheme, rest]) => scheme + rest),
      );
      await check(
        fc.asyncProperty(value, async (authorization) => {
          // A token that nothing happened to is a good one.
          judge(await send('/tenants', { headers: { authorization } }), [200, 401, 403]);
          judge(await send('/auth/token', formOf({ grant_type: 'client_credentials' }, { authorization })), [400, 401]);
          // 404: a good token behind which there is no session of ours.
          judge(await send('/auth/logout', { method: 'POST', headers: { authorization } }), [204, 401, 403, 404]);
        }),
      );
    },
    TIME,
  );

  it(
    'as claims and header of an access token that Entra ID has really signed',
    async () => {
      const me = JSON.parse(
        (await send('/users/me', { headers: { authorization: `Bearer ${mint('api', {})}` } })).text,
      ) as { id: string };
      await check(
        fc.asyncProperty(plan, async (hostile) => {
          const token = mint('api', hostile);
          fc.pre(token.length < 12_000);
          const answer = await send('/users/me', { headers: { authorization: `Bearer ${token}` } });
          judge(answer, [200, 401]);
          if (answer.status === 200) expect((JSON.parse(answer.text) as { id: string }).id).toBe(me.id);
          const form = {
            grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
            client_id: 'blindspotx',
            subject_token: token,
          };
          judge(
            await send('/auth/token', formOf({ ...form, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' })),
            [200, 400],
          );
        }),
      );
    },
    TIME,
  );

  it(
    'as claims and header of an id token that Entra ID has really signed',
    async () => {
      await check(
        fc.asyncProperty(plan, async (hostile) => {
          const { browser, nonce, back } = await beginSignIn(programs.stage, upn, target);
          programs.stage.tenant.setFaults(answeringWith(programs.stage, mint('id', { nonce, ...hostile })));
          const { status, headers, body } = await browser.request(back);
          programs.stage.tenant.setFaults();
          // 503: an answer of the authority that MSAL can't read at all.
          judge({ status, headers, text: JSON.stringify(body) }, [303, 401, 503]);
        }),
        Math.ceil(RUNS / 2),
      );
    },
    TIME,
  );

  it(
    'as logout tokens, signed and spoilt',
    async () => {
      const spoiltToken = spoilt(await sampleTokens());
      await check(
        fc.asyncProperty(plan, spoiltToken, async (hostile, broken) => {
          const token = mint('logout', { sid: 'nobody’s', ...hostile });
          judge(await send('/auth/backchannel-logout', formOf({ logout_token: token })), [200, 400]);
          judge(await send('/auth/backchannel-logout', formOf({ logout_token: broken })), [200, 400]);
        }),
      );
    },
    TIME,
  );

  it(
    'as client assertions, signed and spoilt',
    async () => {
      const spoiltToken = spoilt(await sampleTokens());
      const form = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE };
      await check(
        fc.asyncProperty(claims, header, spoiltToken, async (hostile, head, broken) => {
          for (const client_assertion of [key.assertion(keyed.id, hostile, head), broken]) {
            // 400: an empty one is one that wasn't sent, and its type goes with it.
            judge(
              await send('/auth/token', formOf({ ...form, client_assertion })),
              client_assertion === '' ? [400] : [200, 401],
            );
            judge(await send('/auth/introspect', formOf({ ...form, client_assertion, token: 'x' })), [200, 400, 401]);
          }
        }),
      );
    },
    TIME,
  );

  it(
    'as DPoP proofs, signed and spoilt',
    async () => {
      const spoiltToken = spoilt(await sampleTokens());
      const jwk = fc.dictionary(
        fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'k', 'alg', 'use', 'key_ops'),
        json,
        { maxKeys: 4 },
      );
      const form = { grant_type: 'client_credentials', client_id: program.id, client_secret: program.secret };
      await check(
        fc.asyncProperty(
          claims,
          header,
          fc.option(jwk, { nil: undefined }),
          spoiltToken,
          async (hostile, head, changed, broken) => {
            const key_ = changed === undefined ? {} : { jwk: { ...key.jwk, ...changed } };
            const proof = key.proof('POST', '/auth/token', undefined, hostile, { ...key_, ...head });
            for (const dpop of [proof, broken]) {
              fc.pre(dpop.length < 12_000);
              judge(await send('/auth/token', formOf(form, { dpop })), [200, 400]);
              judge(
                await send('/auth/refresh', {
                  method: 'POST',
                  headers: { dpop, 'content-type': 'application/json' },
                  body: '{"refreshToken":"x"}',
                }),
                [400, 401],
              );
            }
          },
        ),
      );
    },
    TIME,
  );

  it(
    'as forms: any names, any values, any bytes, any type',
    async () => {
      const NAMES = [
        'grant_type',
        'client_id',
        'client_secret',
        'client_assertion',
        'client_assertion_type',
        'refresh_token',
        'scope',
        'token',
        'token_type_hint',
      ];
      const TOO = [
        'subject_token',
        'subject_token_type',
        'actor_token',
        'audience',
        'resource',
        'logout_token',
        '__proto__',
        'constructor',
        'a[b]',
      ];
      const name = fc.oneof(fc.constantFrom(...NAMES, ...TOO), text);
      const value = fc.oneof(
        text,
        fc.constantFrom(
          'client_credentials',
          'refresh_token',
          'blindspotx',
          ASSERTION_TYPE,
          'drift:read',
          program.id,
          program.secret,
        ),
      );
      const pairs = fc
        .array(fc.tuple(name, value), { maxLength: 8 })
        .map((list) =>
          list
            .map(
              ([one, other]) => `${encodeURIComponent(one.toWellFormed())}=${encodeURIComponent(other.toWellFormed())}`,
            )
            .join('&'),
        );
      const raw = fc.string({
        unit: fc.constantFrom('%', '&', '=', '+', ';', 'a', '0', '[', ']', '%00', '%ff', '%C0%80', 'grant_type'),
        maxLength: 40,
      });
      const type = fc.constantFrom(
        'application/x-www-form-urlencoded',
        'application/x-www-form-urlencoded; charset=utf-8',
        'application/x-www-form-urlencoded; charset=utf-16',
        'application/json',
        'multipart/form-data; boundary=x',
        'text/plain',
        'x',
        ';',
      );
      await check(
        fc.asyncProperty(fc.oneof(pairs, raw), type, async (body, contentType) => {
          for (const path of ['/auth/token', '/auth/introspect', '/auth/revoke', '/auth/backchannel-logout']) {
            judge(await send(path, formOf(body, { 'content-type': contentType })), [200, 400, 401, 415]);
          }
        }),
      );
    },
    TIME,
  );

  it(
    'as JSON bodies where a refresh token is taken',
    async () => {
      const body = fc.oneof(
        fc
          .dictionary(fc.constantFrom('refreshToken', 'returnTo', 'endEntraSession', '__proto__', 'x'), json)
          .map((value) => JSON.stringify(value)),
        json.map((value) => JSON.stringify(value)),
        fc.string({
          unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '1', 'null', '\\u0000', '\\ud800', ' '),
          maxLength: 30,
        }),
      );
      await check(
        fc.asyncProperty(body, async (sent) => {
          const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: sent };
          judge(await send('/auth/refresh', init), [400, 401]);
          judge(await send('/auth/logout', init), [200, 204, 400, 401]);
        }),
      );
    },
    TIME,
  );

  it(
    'as cookies and addresses of the sign-in',
    async () => {
      const cookie = fc.oneof(
        headerText,
        fc
          .array(
            fc.tuple(
              fc.constantFrom('blindspotx-session', 'blindspotx-sign-in', '__proto__', 'x'),
              fc.oneof(headerText, fc.constant('A'.repeat(43))),
            ),
            { maxLength: 5 },
          )
          .map((list) => list.map(([one, other]) => `${one}=${other}`).join('; ')),
      );
      const query = fc
        .array(
          fc.tuple(
            fc.constantFrom(
              'state',
              'code',
              'error',
              'iss',
              'returnTo',
              'loginHint',
              'tenant',
              'dpopJkt',
              'sid',
              'x[]',
              '__proto__',
            ),
            text,
          ),
          { maxLength: 5 },
        )
        .map((list) => list.map(([one, other]) => `${one}=${encodeURIComponent(other.toWellFormed())}`).join('&'));
      const rawQuery = fc.string({
        unit: fc.constantFrom('%', '&', '=', '%00', '%ff', 'state', 'sid', '[', ']'),
        maxLength: 20,
      });
      await check(
        fc.asyncProperty(cookie, fc.oneof(query, rawQuery), async (sent, asked) => {
          const headers = { cookie: sent, origin: PUBLIC_URL };
          judge(await send('/auth/refresh', { method: 'POST', headers }), [400, 401]);
          judge(await send('/auth/logout', { method: 'POST', headers }), [204, 400, 401]);
          judge(await send(`/auth/callback?${asked}`, { headers }), [400, 401]);
          judge(await send(`/auth/login?${asked}`, { headers }), [302, 400, 403]);
          judge(await send(`/auth/frontchannel-logout?${asked}`, { headers }), [200, 400]);
        }),
      );
    },
    TIME,
  );

  it(
    'as discovery and key documents of the authority: 503 that says when to come again, or a sign-in that works',
    async () => {
      const { tenant, sql } = { tenant: programs.stage.tenant, sql: programs.stage.sql };
      const proper = (
        JSON.parse(await (await fetch(`${tenant.authority}/discovery/v2.0/keys`)).text()) as { keys: unknown[] }
      ).keys;
      const member = fc.oneof(
        json,
        fc.webUrl(),
        fc.constantFrom('https://localhost', 'https://[::1', 'javascript:1', 'http://'),
      );
      const document = fc.dictionary(
        fc.constantFrom(
          'issuer',
          'authorization_endpoint',
          'token_endpoint',
          'jwks_uri',
          'end_session_endpoint',
          '__proto__',
          'x',
        ),
        member,
        { maxKeys: 3 },
      );
      const jwk = fc.dictionary(
        fc.constantFrom('kty', 'use', 'kid', 'n', 'e', 'alg', 'x5c', '__proto__'),
        fc.oneof(
          json,
          fc.constantFrom('RSA', 'sig', 'AQAB', 'A'.repeat(342), Buffer.alloc(256, 0xff).toString('base64url')),
        ),
        { maxKeys: 6 },
      );
      const keys = fc.oneof(
        fc
          .array(fc.oneof(jwk, fc.constantFrom(...proper), json), { maxLength: 4 })
          .map((list) => JSON.stringify({ keys: list })),
        json.map((value) => JSON.stringify(value)),
        fc.constantFrom('', '<html></html>', '{"keys":', '{"keys":null}', 'null', '\u0000'),
      );
      await check(
        fc.asyncProperty(
          fc.option(document, { nil: undefined }),
          fc.option(keys, { nil: undefined }),
          async (changed, keySet) => {
            // Each run has a tenant of its own, of which nothing was ever read.
            const id = randomUUID();
            await sql(
              `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
           VALUES (gen_random_uuid(), $1, 'hostile', true, false, 300)`,
              [id],
            );
            const address = `${tenant.authorityHost}/${id}`;
            const right = {
              issuer: `${address}/v2.0`,
              authorization_endpoint: `${tenant.browserUrl}/${id}/oauth2/v2.0/authorize`,
              token_endpoint: `${address}/oauth2/v2.0/token`,
              jwks_uri: `${address}/keys`,
            };
            const serve = (metadata: object, keyDocument: string) => {
              tenant.setFaults();
              tenant.setFaults(
                { kind: 'body', path: `/${id}/v2.0/.well-known/openid-configuration`, body: JSON.stringify(metadata) },
                { kind: 'body', path: `/${id}/keys`, body: keyDocument },
              );
            };
            serve({ ...right, ...changed }, keySet ?? JSON.stringify({ keys: proper }));
            const claimsOfIt = { tid: id, iss: `${address}/v2.0` };
            const bearer = () =>
              send('/users/me', { headers: { authorization: `Bearer ${mint('api', { claims: claimsOfIt })}` } });
            judge(await bearer(), [401, 503]);
            judge(await send(`/auth/login?tenant=${id}`), [302, 503]);
            judge(
              await send(
                '/auth/backchannel-logout',
                formOf({ logout_token: mint('logout', { sid: 'x', claims: claimsOfIt }) }),
              ),
              [200, 400, 503],
            );
            serve(right, JSON.stringify({ keys: proper }));
            judge(await send(`/auth/login?tenant=${id}`), [302]);
          },
        ),
      );
    },
    TIME,
  );
});
