import { createHmac, randomUUID } from 'node:crypto';
import type { Answer } from '../auth/auth-stage.js';
import { accessTokenOf, ProgramStage } from './program-stage.js';
import { part, SenderKey } from './sender-key.js';

const PATH = '/tenants';

/** The attacker's suite for sender-constrained tokens (RFC 9449): each attack stands beside the proper request. */
describe('a thief of tokens that are bound to a key', () => {
  let programs: ProgramStage;
  beforeAll(async () => {
    programs = await ProgramStage.start();
  }, 60_000);
  afterAll(() => programs.close());

  const outcome = ({ status, body }: Answer) => [status, body['error'] ?? body['code']];
  /** A program with a role, its key, and a token bound to that key. */
  const bound = async () => {
    const key = new SenderKey();
    const program = await programs.program({ role: 'viewer' });
    const answer = await programs.clientCredentials(program, {}, { dpop: key.proof('POST', '/auth/token') });
    expect([answer.status, answer.body['token_type']]).toEqual([200, 'DPoP']);
    return { key, program, token: accessTokenOf(answer) };
  };
  const call = (token: string, proof?: string, service = programs.stage.service) =>
    programs.get(PATH, { authorization: `DPoP ${token}`, ...(proof === undefined ? {} : { dpop: proof }) }, service);

  it('calls nothing by an access token without the key (RFC 9449 7.1, ASVS 10.3.5)', async () => {
    const { key, token } = await bound();
    const own = new SenderKey();
    expect(outcome(await call(token))).toEqual([401, 'auth.dpop_invalid']);
    expect(outcome(await call(token, own.proof('GET', PATH, token)))).toEqual([401, 'auth.dpop_invalid']);
    // His key in the signature, hers in the header.
    expect(outcome(await call(token, own.proof('GET', PATH, token, {}, { jwk: key.jwk })))).toEqual([
      401,
      'auth.dpop_invalid',
    ]);
    expect((await call(token, key.proof('GET', PATH, token))).status).toBe(200);
  });

  it('calls nothing by a bound token sent as Bearer, with or without a proof (RFC 9449 7.2)', async () => {
    const { key, token } = await bound();
    const asBearer = { authorization: `Bearer ${token}` };
    expect(outcome(await programs.get(PATH, asBearer))).toEqual([401, 'auth.token_binding']);
    const proof = key.proof('GET', PATH, token);
    expect(outcome(await programs.get(PATH, { ...asBearer, dpop: proof }))).toEqual([401, 'auth.token_binding']);
    expect((await call(token, key.proof('GET', PATH, token))).status).toBe(200);
    // And still not, now that the token is known by heart.
    expect(outcome(await programs.get(PATH, asBearer))).toEqual([401, 'auth.token_binding']);
  });

  it('passes no unbound token off as his own by a proof', async () => {
    const program = await programs.program({ role: 'viewer' });
    const token = await programs.accessToken(program);
    const own = new SenderKey();
    expect(outcome(await call(token, own.proof('GET', PATH, token)))).toEqual([401, 'auth.token_binding']);
    expect(await programs.onBoth(token)).toEqual([200, 200]);
  });

  it('replays no proof, on neither instance, not even in the same moment (jti replay, fosite CVE-2020-15222)', async () => {
    const { key, token } = await bound();
    const proof = key.proof('GET', PATH, token);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => call(token, proof, n % 2 === 0 ? programs.stage.service : programs.other)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    expect((await call(token, key.proof('GET', PATH, token))).status).toBe(200);
  });

  it('uses no proof that was made for something else: method, address, token, time (RFC 9449 4.3)', async () => {
    const { key, program, token } = await bound();
    const second = await programs.clientCredentials(program, {}, { dpop: key.proof('POST', '/auth/token') });
    const now = Math.floor(Date.now() / 1000);
    const proofs: [string, string][] = [
      ['another method', key.proof('POST', PATH, token)],
      ['the method in small letters', key.proof('get', PATH, token)],
      ['another path', key.proof('GET', '/users', token)],
      ['a slash more', key.proof('GET', `${PATH}/`, token)],
      ['another host', key.proof('GET', PATH, token, { htu: `https://other.example/api/v1${PATH}` })],
      ['another port', key.proof('GET', PATH, token, { htu: `http://localhost:3001/api/v1${PATH}` })],
      ['another token', key.proof('GET', PATH, accessTokenOf(second))],
      ['no token', key.proof('GET', PATH)],
      ['a minute and more ago', key.proof('GET', PATH, token, { iat: now - 65 })],
      ['in the future', key.proof('GET', PATH, token, { iat: now + 60 })],
      ['no jti', key.proof('GET', PATH, token, { jti: undefined })],
    ];
    for (const [what, proof] of proofs) {
      expect([what, ...outcome(await call(token, proof))]).toEqual([what, 401, 'auth.dpop_invalid']);
    }
    const asked = await programs.get(`${PATH}?limit=1`, {
      authorization: `DPoP ${token}`,
      dpop: key.proof('GET', `${PATH}?limit=2`, token),
    });
    expect(asked.status).toBe(200);
  });

  it('makes no proof of another kind of token, algorithm or key (fast-jwt CVE-2023-48223, RFC 8725)', async () => {
    const { key, token } = await bound();
    const [, payload] = key.proof('GET', PATH, token).split('.');
    const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
    const input = `${part({ alg: 'HS256', typ: 'dpop+jwt', jwk: key.jwk })}.${payload}`;
    const proofs = [
      `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`,
      `${part({ alg: 'none', typ: 'dpop+jwt', jwk: key.jwk })}.${payload}.AA`,
      key.proof('GET', PATH, token, {}, { typ: 'JWT' }),
      key.proof('GET', PATH, token, {}, { jwk: key.privateKey.export({ format: 'jwk' }) }),
      key.proof('GET', PATH, token, {}, { jwk: undefined, kid: key.jkt }),
      key.proof('GET', PATH, token, {}, { crit: ['htm'] }),
      token,
      `${key.proof('GET', PATH, token)}, ${key.proof('GET', PATH, token)}`,
    ];
    for (const proof of proofs) expect(outcome(await call(token, proof))).toEqual([401, 'auth.dpop_invalid']);
    expect((await call(token, key.proof('GET', PATH, token))).status).toBe(200);
  });

  it('refreshes nothing by a refresh token without the key, and the family of its owner lives (RFC 9449 5)', async () => {
    const [key, own] = [new SenderKey(), new SenderKey()];
    const proof = (by = key) => by.proof('POST', '/auth/token');
    const first = await programs.refresh(await programs.refreshToken(0), proof());
    expect([first.status, first.body['token_type']]).toEqual([200, 'DPoP']);
    const stolen = String(first.body['refresh_token']);
    expect(outcome(await programs.refresh(stolen))).toEqual([400, 'invalid_grant']);
    expect(outcome(await programs.refresh(stolen, proof(own)))).toEqual([400, 'invalid_grant']);
    const used = key.proof('POST', '/auth/token');
    const second = await programs.refresh(stolen, used);
    expect([second.status, second.body['token_type']]).toEqual([200, 'DPoP']);
    // Within the grace the successor is given again to the same key only, and by a proof of its own.
    expect(outcome(await programs.refresh(stolen))).toEqual([400, 'invalid_grant']);
    expect(outcome(await programs.refresh(stolen, proof(own)))).toEqual([400, 'invalid_grant']);
    expect(outcome(await programs.refresh(stolen, used))).toEqual([400, 'invalid_dpop_proof']);
    const again = await programs.refresh(stolen, proof());
    expect([again.status, again.body['refresh_token']]).toEqual([200, second.body['refresh_token']]);
    const token = accessTokenOf(await programs.refresh(String(second.body['refresh_token']), proof()));
    const me = (headers: Record<string, string>) => programs.get('/users/me', headers);
    expect((await me({ authorization: `Bearer ${token}` })).status).toBe(401);
    const dpop = key.proof('GET', '/users/me', token);
    expect((await me({ authorization: `DPoP ${token}`, dpop })).status).toBe(200);
  });

  it('rebinds no session to his own key: a token refreshed unbound stays out of his reach once it is bound', async () => {
    const [key, own] = [new SenderKey(), new SenderKey()];
    const unbound = await programs.refresh(await programs.refreshToken(1));
    expect([unbound.status, unbound.body['token_type']]).toEqual([200, 'Bearer']);
    // Only the very first token of a session may bind it: later, whoever holds a token could take it over.
    const later = String(unbound.body['refresh_token']);
    expect(outcome(await programs.refresh(later, own.proof('POST', '/auth/token')))).toEqual([400, 'invalid_grant']);
    expect((await programs.refresh(later)).status).toBe(200);
    const first = await programs.refreshToken(1);
    expect((await programs.refresh(first, key.proof('POST', '/auth/token'))).status).toBe(200);
    expect(outcome(await programs.refresh(first, own.proof('POST', '/auth/token')))).toEqual([400, 'invalid_grant']);
  });

  it('gets no unbound token of an account that demands a key (RFC 9449 5.2)', async () => {
    const program = await programs.program({ role: 'viewer', dpopRequired: true });
    const key = new SenderKey();
    expect(outcome(await programs.clientCredentials(program))).toEqual([400, 'invalid_dpop_proof']);
    const broken = key.proof('POST', '/auth/token', undefined, { jti: undefined });
    expect(outcome(await programs.clientCredentials(program, {}, { dpop: broken }))).toEqual([
      400,
      'invalid_dpop_proof',
    ]);
    const answer = await programs.clientCredentials(program, {}, { dpop: key.proof('POST', '/auth/token') });
    expect([answer.status, answer.body['token_type']]).toEqual([200, 'DPoP']);
    const introspected = await programs.form('introspect', {
      token: accessTokenOf(answer),
      client_id: program.id,
      client_secret: program.secret,
    });
    expect(introspected.body).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: key.jkt } });
  });

  it('downgrades no request by a broken or empty proof: it is refused, not treated as without (RFC 9449 5)', async () => {
    const program = await programs.program({ role: 'viewer' });
    const key = new SenderKey();
    for (const dpop of ['x', '', key.proof('POST', '/auth/revoke'), key.proof('GET', '/auth/token'), randomUUID()]) {
      expect(outcome(await programs.clientCredentials(program, {}, { dpop }))).toEqual([400, 'invalid_dpop_proof']);
    }
    expect((await programs.clientCredentials(program)).status).toBe(200);
  });
});
