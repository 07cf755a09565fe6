import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '../observability/logger.js';
import { type AuthorityTimes, EntraAuthority } from './entra-authority.js';

const TENANT = '11111111-1111-4111-8111-111111111111';
const TIMES: AuthorityTimes = {
  freshMs: 1000,
  staleMs: 10_000,
  failureCooldownMs: 100,
  unknownKeyCooldownMs: { 'sign-in': 50, bearer: 500 },
  timeoutMs: 10_000,
};

const made = Object.fromEntries(
  ['one', 'two'].map((kid) => [
    kid,
    generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
  ]),
);
const jwk = (kid: 'one' | 'two') => ({ ...made[kid], kid, use: 'sig' });

describe('the sign-in authority', () => {
  let server: Server;
  let root: string;
  let keys: object[];
  let changes: Record<string, unknown>;
  let requests: string[];
  let answerKeys: ((response: ServerResponse) => void) | null;
  let clock: number;

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request.url ?? '');
      if (request.url?.endsWith('/keys')) {
        if (answerKeys === null) response.end(JSON.stringify({ keys }));
        else answerKeys(response);
        return;
      }
      const base = `${root}/${TENANT}`;
      const document = {
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        jwks_uri: `${base}/keys`,
      };
      response.end(JSON.stringify({ ...document, ...changes }));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    [keys, changes, requests, answerKeys, clock] = [[jwk('one')], {}, [], null, 1_000_000];
  });
  /** Patient with what answers; what hangs is waited for a second. */
  const authority = (outage?: string) => {
    const times = outage === 'hangs' ? { ...TIMES, timeoutMs: 1000 } : TIMES;
    return new EntraAuthority(`${root}/${TENANT}`, createLogger('silent'), times, () => clock);
  };
  const keyReads = () => requests.filter((path) => path.endsWith('/keys')).length;

  it('reads once for any number of callers at once, and not again while it is fresh', async () => {
    const entra = authority();
    const found = await Promise.all(Array.from({ length: 50 }, () => entra.signingKey('one', 'bearer')));
    expect(found.every((key) => key !== null)).toBe(true);
    clock += 999;
    await entra.signingKey('one', 'bearer');
    expect(keyReads()).toBe(1);
    clock += 2;
    await entra.signingKey('one', 'bearer');
    expect(keyReads()).toBe(2);
  });

  it('looks for an unknown key once and then not again for a while, however many tokens name one', async () => {
    const entra = authority();
    await entra.signingKey('one', 'bearer');
    for (let token = 0; token < 20; token++) expect(await entra.signingKey(`made-up-${token}`, 'bearer')).toBeNull();
    expect(keyReads()).toBe(2);
  });

  it('does not let invented bearer tokens keep a sign-in from a new key', async () => {
    const entra = authority();
    await entra.signingKey('one', 'bearer');
    await entra.signingKey('made-up', 'bearer');
    keys = [jwk('two')];
    expect(await entra.signingKey('two', 'bearer')).toBeNull();
    expect(await entra.signingKey('two', 'sign-in')).not.toBeNull();
  });

  it('forgets a key that is withdrawn', async () => {
    const entra = authority();
    await entra.signingKey('one', 'bearer');
    keys = [jwk('two')];
    clock += 1001;
    expect(await entra.signingKey('one', 'bearer')).toBeNull();
  });

  it('takes the only key for a token without key id, and none of several', async () => {
    expect(await authority().signingKey(undefined, 'sign-in')).not.toBeNull();
    keys = [jwk('one'), jwk('two')];
    expect(await authority().signingKey(undefined, 'sign-in')).toBeNull();
  });

  const outages: Record<string, (response: ServerResponse) => void> = {
    hangs: () => undefined,
    'answers HTML': (response) => response.end('<html>'),
    'answers 503': (response) => response.writeHead(503).end('<html>'),
    redirects: (response) => response.writeHead(302, { location: `${root}/${TENANT}/elsewhere` }).end(),
    'breaks off': (response) => response.socket?.destroy(),
    'sends no keys': (response) => response.end('{"keys":[]}'),
    'sends null': (response) => response.end('null'),
    'sends a megabyte': (response) => response.end(JSON.stringify({ keys, padding: 'x'.repeat(1_000_000) })),
  };
  it.each(Object.keys(outages))(
    'keeps the last good keys when it %s, and asks no more than once a cool-down',
    async (name) => {
      const entra = authority(name);
      await entra.signingKey('one', 'bearer');
      answerKeys = outages[name] ?? null;
      clock += 1001;
      expect(await entra.signingKey('one', 'bearer')).not.toBeNull();
      expect(await entra.signingKey('one', 'bearer')).not.toBeNull();
      expect(keyReads()).toBe(2);
      answerKeys = null;
      clock += 101;
      expect(await entra.signingKey('one', 'bearer')).not.toBeNull();
      expect(keyReads()).toBe(3);
    },
  );

  it.each(Object.keys(outages))('says that it is away when it %s from the beginning, or for too long', async (name) => {
    const entra = authority(name);
    answerKeys = outages[name] ?? null;
    await expect(entra.signingKey('one', 'bearer')).rejects.toMatchObject({ code: 'entra.authority_unavailable' });
    answerKeys = null;
    await entra.signingKey('one', 'bearer');
    answerKeys = outages[name] ?? null;
    clock += 10_001;
    await expect(entra.signingKey('one', 'bearer')).rejects.toMatchObject({ code: 'entra.authority_unavailable' });
  });

  it.each([
    ['another issuer', { issuer: 'https://login.attacker.example/v2.0' }],
    ['the issuer of all tenants', { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }],
    ['keys of another origin', { jwks_uri: 'https://attacker.example/keys' }],
    ['a token endpoint of another origin', { token_endpoint: 'https://attacker.example/token' }],
    ['a sign-in page in plain http elsewhere', { authorization_endpoint: 'http://attacker.example/authorize' }],
    ['no token endpoint', { token_endpoint: undefined }],
  ])('is not believed with %s', async (_what, wrong) => {
    changes = wrong;
    await expect(authority().document()).rejects.toMatchObject({ code: 'entra.authority_unavailable' });
  });
});
