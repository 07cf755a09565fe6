import { createHash, createPublicKey, verify } from 'node:crypto';
import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { type JsonObject, objectsOf } from '../store/json.types.js';
import { claimsOf, headerOf, refreshWith, startSignIn, wire } from '../testing/tenant-client.js';
import type { Fault } from './fault-registry.js';

const REDIRECT = 'http://localhost:3992/cb';
const KEYS = '*/discovery/v2.0/keys';
const DISCOVERY = '*/openid-configuration';

describe('faults around keys, hashes and discovery of the demo tenant', () => {
  let tenant: DemoTenant;
  beforeEach(async () => {
    tenant = await startDemoTenant({ seed: 24, users: 40, groups: 5, applications: 5, redirectUris: [REDIRECT] });
  });
  afterEach(() => tenant.close());

  /** Sets faults as a program outside does. */
  const post = async (...faults: Fault[]) => {
    const { status } = await wire(tenant, `${tenant.authorityHost}/demo/faults`, {
      method: 'POST',
      body: JSON.stringify({ faults }),
    });
    expect(status).toBe(201);
  };
  const keysUrl = () => `${tenant.authority}/discovery/v2.0/keys`;
  const publishedKeys = async () => objectsOf((await wire(tenant, keysUrl())).json, 'keys');
  const discovery = async () => (await wire(tenant, `${tenant.authority}/v2.0/.well-known/openid-configuration`)).json;
  const signIn = async () => {
    const started = await startSignIn(tenant, REDIRECT);
    const answer = await started.redeem();
    expect(answer.status).toBe(200);
    return { answer, code: started.code, idToken: String(answer.json['id_token']) };
  };
  const verifies = (token: string, keys: JsonObject[]) => {
    const [head, body, signature] = token.split('.');
    const { n, e } = keys.find(({ kid }) => kid === headerOf(token)['kid']) ?? {};
    if (n === undefined) return 'no such key';
    const key = createPublicKey({ key: { kty: 'RSA', n: String(n), e: String(e) }, format: 'jwk' });
    return verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature ?? '', 'base64url'));
  };

  it.each([
    [true, 2],
    [false, 1],
  ])('rotates keys just before signing (old ones kept: %s)', async (keepOld, count) => {
    const before = await publishedKeys();
    await post({ kind: 'rotateKeys', keepOld, times: 1 });
    const { idToken } = await signIn();
    const after = await publishedKeys();
    expect([verifies(idToken, before), verifies(idToken, after), after.length]).toEqual(['no such key', true, count]);
    expect(headerOf((await signIn()).idToken)['kid']).toBe(headerOf(idToken)['kid']);
  });

  it('rotates keys between two sign-ins', async () => {
    const first = await signIn();
    tenant.rotateKeys();
    const second = await signIn();
    expect(headerOf(second.idToken)['kid']).not.toBe(headerOf(first.idToken)['kid']);
    const keys = await publishedKeys();
    expect([verifies(first.idToken, keys), verifies(second.idToken, keys)]).toEqual([true, true]);
  });

  it.each([1, 2])('leaves the key id away while %s keys are published', async (count) => {
    if (count === 2) tenant.rotateKeys();
    await post({ kind: 'idToken', flaw: 'missingKid', times: 1 });
    const { idToken } = await signIn();
    expect(headerOf(idToken)).not.toHaveProperty('kid');
    expect(await publishedKeys()).toHaveLength(count);
  });

  it('publishes somebody else’s keys under the right key ids', async () => {
    const { idToken } = await signIn();
    await post({ kind: 'wrongKeys', path: KEYS, times: 1 });
    expect(verifies(idToken, await publishedKeys())).toBe(false);
    expect(verifies(idToken, await publishedKeys())).toBe(true);
  });

  it.each<[string, Fault, number]>([
    ['503 with HTML', { kind: 'html', path: KEYS }, 503],
    ['200 with HTML', { kind: 'html', status: 200, path: KEYS }, 200],
  ])('answers the key set with %s', async (_what, fault, status) => {
    await post(fault);
    const answer = await wire(tenant, keysUrl());
    expect([answer.status, answer.headers['content-type'], answer.json]).toEqual([
      status,
      'text/html; charset=utf-8',
      {},
    ]);
  });

  it('never answers the key set', async () => {
    await post({ kind: 'hang', path: KEYS });
    await expect(wire(tenant, keysUrl(), { timeoutMs: 300 })).rejects.toThrow('timed out');
  });

  it('answers a key set that is right and huge, without saying how long it is', async () => {
    await post({ kind: 'huge', bytes: 3_000_001, path: KEYS });
    const answer = await wire(tenant, keysUrl());
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(answer.text.length).toBeGreaterThan(3_000_000);
    expect(objectsOf(answer.json, 'keys')).toHaveLength(1);
  });

  it('survives a reader who leaves a huge answer', async () => {
    await post({ kind: 'huge', path: KEYS, times: 1 });
    await expect(wire(tenant, keysUrl(), { maxBytes: 1_000_000 })).rejects.toThrow('too large');
    expect(await publishedKeys()).toHaveLength(1);
  });

  it('lays members over the discovery document', async () => {
    const right = await discovery();
    await post({ kind: 'overlay', path: DISCOVERY, members: { issuer: 'https://login.attacker.example/v2.0' } });
    expect(await discovery()).toEqual({ ...right, issuer: 'https://login.attacker.example/v2.0' });
  });

  const leftHalf = (text: unknown) => createHash('sha256').update(String(text)).digest('hex').slice(0, 32);
  const hashes = (idToken: unknown) =>
    ['at_hash', 'c_hash'].map((claim) => {
      const value = claimsOf(idToken)[claim];
      return value === undefined ? undefined : Buffer.from(String(value), 'base64url').toString('hex');
    });

  it('gives id tokens no hashes, as Entra’s code flow does, unless they are asked for', async () => {
    expect(hashes((await signIn()).idToken)).toEqual([undefined, undefined]);
    await post({ kind: 'idTokenHashes' });
    const { answer, code, idToken } = await signIn();
    expect(hashes(idToken)).toEqual([leftHalf(answer.json['access_token']), leftHalf(code)]);
    const { json } = await refreshWith(tenant, answer);
    expect(hashes(json['id_token'])).toEqual([leftHalf(json['access_token']), undefined]);
  });

  it.each([
    ['wrongAtHash' as const, 0],
    ['wrongCHash' as const, 1],
  ])('makes one hash wrong and the other right: %s', async (flaw, wrong) => {
    await post({ kind: 'idTokenHashes' }, { kind: 'idToken', flaw });
    const { answer, code, idToken } = await signIn();
    const right = [leftHalf(answer.json['access_token']), leftHalf(code)];
    expect(hashes(idToken).map((hash, position) => hash === right[position])).toEqual([wrong !== 0, wrong !== 1]);
    expect(hashes(idToken)[wrong]).toMatch(/^[0-9a-f]{32}$/);
  });
});
