import { generateKeyPairSync, sign } from 'node:crypto';
import { verifyEntraToken } from './verify-entra-token.js';

const TENANT = '11111111-1111-4111-8111-111111111111';
const CLIENT = '22222222-2222-4222-8222-222222222222';
const PERSON = '33333333-3333-4333-8333-333333333333';
const ISSUER = `https://login.example/${TENANT}/v2.0`;
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
  recall: () => null,
  signingKey: async (kid: string | undefined) => (kid === 'k' ? key.publicKey : null),
};
const demands = { entraTenantId: TENANT, audiences: [CLIENT], nonce: 'the nonce' };

function token(claims: object = {}, header: object = {}): string {
  const all = {
    iss: ISSUER,
    aud: CLIENT,
    tid: TENANT,
    oid: PERSON,
    sub: 'pairwise',
    ver: '2.0',
    nonce: 'the nonce',
    iat: NOW,
    nbf: NOW,
    exp: NOW + 3600,
    name: 'Anna',
    email: 'anna@contoso.example',
    ...claims,
  };
  const input = [{ alg: 'RS256', typ: 'JWT', kid: 'k', ...header }, all]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}

const verify = (text: string, wanted: typeof demands | (Omit<typeof demands, 'nonce'> & { nonce: null }) = demands) =>
  verifyEntraToken(text, authority, wanted, () => NOW * 1000);

describe('verifyEntraToken', () => {
  it('accepts the proper token and knows the person by tenant and object id', async () => {
    await expect(verify(token())).resolves.toMatchObject({ entraTenantId: TENANT, objectId: PERSON, name: 'Anna' });
    await expect(verify(token({ nonce: undefined }), { ...demands, nonce: null })).resolves.toMatchObject({
      objectId: PERSON,
    });
  });

  it.each<[string, object]>([
    ['another nonce', { nonce: 'another' }],
    ['no nonce', { nonce: undefined }],
    ['a nonce that is a list', { nonce: ['the nonce'] }],
    ['another issuer', { iss: `https://login.attacker.example/${TENANT}/v2.0` }],
    ['an issuer with one more slash', { iss: `${ISSUER}/` }],
    ['another audience', { aud: 'x' }],
    ['ours among several audiences', { aud: [CLIENT, 'x'] }],
    ['another tenant under the same issuer', { tid: PERSON }],
    ['no tenant', { tid: undefined }],
    ['version 1.0', { ver: '1.0' }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['no object id', { oid: undefined }],
    ['an object id that is a name', { oid: 'anna@contoso.example' }],
    ['no iat', { iat: undefined }],
    ['an iat that is text', { iat: String(NOW) }],
    ['an iat ahead', { iat: NOW + 61 }],
    ['an nbf ahead', { nbf: NOW + 61 }],
    ['no exp', { exp: undefined }],
    ['an exp that is over', { exp: NOW - 60 }],
    ['an exp too large to be a time', { exp: 1e300 }],
  ])('refuses %s', async (_case, claims) => {
    await expect(verify(token(claims))).rejects.toMatchObject({ code: 'entra.token_invalid' });
  });

  it.each<[string, object]>([
    ['an unknown key id', { kid: 'x' }],
    ['a key id that is a number', { kid: 7 }],
    ['alg RS512', { alg: 'RS512' }],
    ['alg none', { alg: 'none' }],
    ['extensions that must be understood', { crit: ['x'] }],
  ])('refuses a header with %s', async (_case, header) => {
    await expect(verify(token({}, header))).rejects.toMatchObject({ code: 'entra.token_invalid' });
  });

  it('tolerates a minute between the clocks', async () => {
    await expect(verify(token({ iat: NOW + 59, nbf: NOW + 59 }))).resolves.toBeDefined();
    await expect(verify(token({ exp: NOW - 59 }))).resolves.toBeDefined();
  });

  it('tells which claim is wrong and never what it says', async () => {
    const error: unknown = await verify(token({ tid: 'anna-secret' })).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('tid');
    expect(String(error)).not.toContain('anna-secret');
  });
});
