import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { sha256 } from '../../crypto/digest.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { UsedProofs } from '../used-proofs.repository.js';
import { DpopProofs } from './dpop-proofs.service.js';

const URL = 'https://bx.example/api/v1/drift/scans';
const ACCESS_TOKEN = 'an.access.token';
const ATH = sha256(ACCESS_TOKEN).toString('base64url');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' });
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
type Members = Record<string, unknown>;

function signed(header: Members, payload: Members, signature: (input: string) => Buffer): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${signature(input).toString('base64url')}`;
}
const es256 = (key: KeyObject) => (input: string) =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });

describe('DPoP proofs', () => {
  let database: TestDatabase;
  let proofs: DpopProofs;
  let clock: DatabaseClock;
  beforeAll(async () => {
    database = await createTestDatabase();
    clock = new DatabaseClock();
    proofs = new DpopProofs(new TransactionRunner(database.dataSource), new UsedProofs(), clock);
  });
  afterAll(() => database.close());

  const now = () => clock.nowSeconds();
  const claims = (more: Members = {}) => ({ jti: randomUUID(), htm: 'POST', htu: URL, iat: now(), ath: ATH, ...more });
  const proof = (payload: Members = {}, header: Members = {}) =>
    signed(
      { typ: 'dpop+jwt', alg: 'ES256', jwk: jwkOf(ec.publicKey), ...header },
      claims(payload),
      es256(ec.privateKey),
    );
  const verify = (
    text: string | string[] | undefined,
    more: { accessToken?: string } = { accessToken: ACCESS_TOKEN },
  ) => proofs.verify({ proof: text, method: 'POST', url: URL, ...more });
  const refusal = async (text: string | string[] | undefined): Promise<unknown> => {
    try {
      return await verify(text);
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };

  it('name the key of the sender by its thumbprint, always the same', async () => {
    const thumbprint = await verify(proof());
    expect(thumbprint).toMatch(/^[\w-]{43}$/);
    expect(await verify(proof())).toBe(thumbprint);
  });

  it('are taken as in the example of RFC 9449 4.1, at its time', async () => {
    const example =
      'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFV' +
      'ZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VT' +
      'YzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP' +
      '4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg';
    const then = new DatabaseClock();
    then.sample(1_562_262_620_000, performance.now(), performance.now());
    const verifier = new DpopProofs(new TransactionRunner(database.dataSource), new UsedProofs(), then);
    const presentation = { proof: example, method: 'POST', url: 'https://server.example.com/token' };
    expect(await verifier.verify(presentation)).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I');
  });

  it.each(['RS256', 'PS256'])('may be signed with %s', async (alg) => {
    const padding = alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}; // RSA_PKCS1_PSS_PADDING
    const text = signed({ typ: 'dpop+jwt', alg, jwk: jwkOf(rsa.publicKey) }, claims(), (input) =>
      sign('sha256', Buffer.from(input), { key: rsa.privateKey, ...padding }),
    );
    expect(await verify(text)).toMatch(/^[\w-]{43}$/);
  });

  it('need no ath where no access token is presented', async () => {
    expect(await verify(proof({ ath: undefined }), {})).toMatch(/^[\w-]{43}$/);
  });

  it('are good once, also when two instances are asked at the same moment', async () => {
    const text = proof();
    const other = new DpopProofs(new TransactionRunner(database.dataSource), new UsedProofs(), clock);
    const asked = [proofs, other, proofs, other].map((each) =>
      each.verify({ proof: text, method: 'POST', url: URL, accessToken: ACCESS_TOKEN }),
    );
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusal(text)).toBe('oauth.invalid_dpop_proof');
  });

  it('of another key with the same jti do not use up each other', async () => {
    const jti = randomUUID();
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: jwkOf(other.publicKey) };
    await verify(signed(header, claims({ jti }), es256(other.privateKey)));
    expect(await refusal(proof({ jti }))).toMatch(/^[\w-]{43}$/);
  });

  it('are not used up by one with the same jti that is refused', async () => {
    const jti = randomUUID();
    expect(await refusal(proof({ jti, htm: 'GET' }))).toBe('oauth.invalid_dpop_proof');
    expect(await refusal(`${proof({ jti }).slice(0, -86)}${'A'.repeat(86)}`)).toBe('oauth.invalid_dpop_proof');
    expect(await refusal(proof({ jti }))).toMatch(/^[\w-]{43}$/);
  });

  it('hold from a minute ago to ten seconds ahead', async () => {
    expect(await refusal(proof({ iat: now() - 57 }))).toMatch(/^[\w-]{43}$/);
    expect(await refusal(proof({ iat: now() + 8 }))).toMatch(/^[\w-]{43}$/);
  });

  it('hold by the clock of the database, whatever the one of this host says', async () => {
    const ahead = new DatabaseClock();
    ahead.sample(Date.now() + 7_200_000, performance.now(), performance.now());
    const verifier = new DpopProofs(new TransactionRunner(database.dataSource), new UsedProofs(), ahead);
    const ask = (iat: number) =>
      verifier.verify({ proof: proof({ iat }), method: 'POST', url: URL, accessToken: ACCESS_TOKEN });
    expect(await ask(now() + 7200)).toMatch(/^[\w-]{43}$/);
    await expect(ask(now())).rejects.toThrow('iat is too long ago');
  });

  const claimCases: [string, Members][] = [
    ['the htm of another method', { htm: 'GET' }],
    ['the htm in small letters', { htm: 'post' }],
    ['no htm', { htm: undefined }],
    ['an htm that is a list', { htm: ['POST'] }],
    ['the htu of another path', { htu: `${URL}/1` }],
    ['the htu of another host', { htu: URL.replace('bx.example', 'attacker.example') }],
    ['no htu', { htu: undefined }],
    ['an htu that is a list', { htu: [URL] }],
    ['no iat', { iat: undefined }],
    ['an iat that is text', { iat: String(Math.floor(Date.now() / 1000)) }],
    ['an iat in milliseconds', { iat: Date.now() }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a jti that is a number', { jti: 7 }],
    ['a jti of 257 characters', { jti: 'x'.repeat(257) }],
    ['no ath', { ath: undefined }],
    ['the ath of another token', { ath: sha256('another').toString('base64url') }],
    ['the ath in hexadecimal', { ath: sha256(ACCESS_TOKEN).toString('hex') }],
    ['the ath with padding', { ath: `${ATH}=` }],
    ['an ath that is a list', { ath: [ATH] }],
    ['an exp that is past', { exp: 1 }],
    ['an nbf in the future', { nbf: Date.now() }],
  ];
  it.each(claimCases)('are refused with %s', async (_case, payload) => {
    expect(await refusal(proof(payload))).toBe('oauth.invalid_dpop_proof');
  });

  it.each([61, 3600, 1e9])('are refused when they are %d seconds old', async (age) => {
    expect(await refusal(proof({ iat: now() - age }))).toBe('oauth.invalid_dpop_proof');
  });

  it.each([13, 3600, 1e9])('are refused when they are %d seconds ahead', async (ahead) => {
    expect(await refusal(proof({ iat: now() + ahead }))).toBe('oauth.invalid_dpop_proof');
  });

  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const headerCases: [string, Members][] = [
    ['no typ', { typ: undefined }],
    ['the typ JWT', { typ: 'JWT' }],
    ['the typ of an access token', { typ: 'at+jwt' }],
    ['the alg none', { alg: 'none' }],
    ['the alg HS256', { alg: 'HS256' }],
    ['the alg ES384', { alg: 'ES384' }],
    ['the alg of another kind of key', { alg: 'RS256' }],
    ['no alg', { alg: undefined }],
    ['an alg that is a list', { alg: ['ES256'] }],
    ['no jwk', { jwk: undefined }],
    ['a jwk that is text', { jwk: JSON.stringify(jwkOf(ec.publicKey)) }],
    ['the private key', { jwk: jwkOf(ec.privateKey) }],
    ['an empty d', { jwk: { ...jwkOf(ec.publicKey), d: '' } }],
    ['a symmetric key', { jwk: { kty: 'oct', k: 'AAAA' } }],
    ['somebody else’s key', { jwk: jwkOf(other.publicKey) }],
    ['only the address of a key', { jwk: undefined, jku: 'https://attacker.example/jwks', kid: '1' }],
    ['extensions that must be understood', { crit: ['exp'] }],
    ['b64', { b64: false }],
    ['a key of 12 kB', { jwk: { kty: 'RSA', e: 'AQAB', n: 'A'.repeat(12_000) } }],
  ];
  it.each(headerCases)('are refused with %s in the header', async (_case, header) => {
    expect(await refusal(proof({}, header))).toBe('oauth.invalid_dpop_proof');
  });

  it('are refused when they are signed with the public key as an HMAC secret', async () => {
    const pem = ec.publicKey.export({ type: 'spki', format: 'pem' });
    const header = { typ: 'dpop+jwt', alg: 'HS256', jwk: jwkOf(ec.publicKey) };
    const text = signed(header, claims(), (input) => createHmac('sha256', pem).update(input).digest());
    expect(await refusal(text)).toBe('oauth.invalid_dpop_proof');
  });

  it('are refused when there is none, more than one, or something else', async () => {
    const cases = [
      undefined,
      '',
      'x',
      'a.b.c',
      [proof(), proof()],
      [proof()],
      `${proof()}, ${proof()}`,
      'x'.repeat(100_000),
    ];
    for (const text of cases) expect(await refusal(text)).toBe('oauth.invalid_dpop_proof');
  });

  it('say what is wrong without repeating what was sent', async () => {
    const text = proof({ htu: 'https://secret.example/path' });
    await expect(verify(text)).rejects.toMatchObject({ detail: expect.not.stringContaining('secret.example') });
  });
});
