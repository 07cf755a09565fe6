import { generateKeyPairSync, sign } from 'node:crypto';
import { verifyLogoutToken } from './verify-logout-token.js';

const TENANT = '11111111-1111-4111-8111-111111111111';
const CLIENT = '22222222-2222-4222-8222-222222222222';
const ISSUER = `https://login.example/${TENANT}/v2.0`;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const NOW = 1_800_000_000;
const key = generateKeyPairSync('rsa', { modulusLength: 2048 });

const authority = {
  document: async () => ({
    issuer: ISSUER,
    authorizationEndpoint: '',
    tokenEndpoint: '',
    jwksUri: '',
    endSessionEndpoint: null,
    text: '{}',
  }),
  signingKey: async (kid: string | undefined) => (kid === 'k' ? key.publicKey : null),
};

function token(claims: object = {}, header: object = {}): string {
  const all = {
    iss: ISSUER,
    aud: CLIENT,
    tid: TENANT,
    iat: NOW,
    exp: NOW + 120,
    jti: 'one',
    sid: 'the session',
    sub: 'pairwise',
    events: { [EVENT]: {} },
    ...claims,
  };
  const input = [{ alg: 'RS256', typ: 'logout+jwt', kid: 'k', ...header }, all]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}

const verify = (text: string, nowSeconds = NOW) =>
  verifyLogoutToken(text, authority, { entraTenantId: TENANT, clientId: CLIENT, nowSeconds });

describe('verifyLogoutToken', () => {
  it.each<[string, object, object]>([
    ['both', {}, { sessionId: 'the session', subject: 'pairwise' }],
    ['the session alone', { sub: undefined }, { sessionId: 'the session', subject: null }],
    ['the person alone', { sid: undefined }, { sessionId: null, subject: 'pairwise' }],
    ['an audience that is a list of us', { aud: [CLIENT] }, { subject: 'pairwise' }],
  ])('accepts a proper token about %s', async (_what, claims, expected) => {
    await expect(verify(token(claims))).resolves.toMatchObject({ issuer: ISSUER, jti: 'one', ...expected });
  });

  it.each<[string, object]>([
    ['another issuer', { iss: 'https://login.attacker.example/v2.0' }],
    ['another audience', { aud: 'x' }],
    ['ours among several audiences', { aud: [CLIENT, 'x'] }],
    ['another tenant', { tid: CLIENT }],
    ['no iat', { iat: undefined }],
    ['an iat ahead', { iat: NOW + 61, exp: NOW + 100 }],
    ['no exp', { exp: undefined }],
    ['a life of more than two minutes', { exp: NOW + 121 }],
    ['an end before its beginning', { exp: NOW - 1 }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a jti that is a number', { jti: 7 }],
    ['a jti of any length', { jti: 'x'.repeat(257) }],
    ['no events', { events: undefined }],
    ['events that are a list', { events: [EVENT] }],
    ['another event', { events: { 'http://schemas.openid.net/event/other': {} } }],
    ['an event that is no object', { events: { [EVENT]: true } }],
    ['a nonce', { nonce: 'x' }],
    ['a nonce that is null', { nonce: null }],
    ['neither session nor person', { sid: undefined, sub: undefined }],
    ['a session that is a list', { sid: ['x'] }],
    ['an empty person', { sub: '' }],
  ])('refuses %s', async (_what, claims) => {
    await expect(verify(token(claims))).rejects.toMatchObject({ code: 'entra.token_invalid' });
  });

  it.each<[string, object]>([
    ['the type of an id token', { typ: 'JWT' }],
    ['no type', { typ: undefined }],
    ['the type of an access token', { typ: 'at+jwt' }],
    ['alg none', { alg: 'none' }],
    ['alg PS256', { alg: 'PS256' }],
    ['an unknown key id', { kid: 'x' }],
    ['a key id that is a number', { kid: 7 }],
    ['extensions that must be understood', { crit: ['x'] }],
  ])('refuses a header with %s', async (_what, header) => {
    await expect(verify(token({}, header))).rejects.toMatchObject({ code: 'entra.token_invalid' });
  });

  it('is refused from the second on that it names for the memory of used ones', async () => {
    const { refusedFrom } = await verify(token());
    await expect(verify(token(), refusedFrom - 1)).resolves.toBeDefined();
    await expect(verify(token(), refusedFrom)).rejects.toMatchObject({ code: 'entra.token_invalid' });
  });
});
