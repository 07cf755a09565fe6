/** Fastify with one hook that checks an Entra access token in full by node:crypto, and no more: no session, role or account. */
import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { fastify } from 'fastify';
import { ANY_PORT, announce, LOOPBACK, peerSettings } from './peer-process.js';
import { logFastifyRequests } from './request-log.js';

interface Settings {
  body: unknown;
  jwks: { keys: (JsonWebKey & { kid: string })[] };
  issuer: string;
  audience: string;
}

const { body, jwks, issuer, audience } = peerSettings<Settings>();
const keys = new Map(jwks.keys.map((key): [string, KeyObject] => [key.kid, createPublicKey({ key, format: 'jwk' })]));

function isValid(token: string): boolean {
  const [head = '', payload = '', signature = ''] = token.split('.');
  const { alg, kid } = JSON.parse(Buffer.from(head, 'base64url').toString());
  const key = alg === 'RS256' ? keys.get(kid) : undefined;
  if (key === undefined) return false;
  const signed = Buffer.from(`${head}.${payload}`);
  if (!verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) return false;
  const { iss, aud, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return iss === issuer && aud === audience && exp * 1000 > Date.now();
}

const app = fastify({ logger: false });
logFastifyRequests(app);
app.addHook('onRequest', (request, reply, done) => {
  const { authorization } = request.headers;
  if (authorization?.startsWith('Bearer ') && isValid(authorization.slice('Bearer '.length))) done();
  else void reply.code(401).send({ code: 'unauthenticated' });
});
app.get('/api/v1/rbac/permissions', () => body);
announce(Number(new URL(await app.listen({ port: ANY_PORT, host: LOOPBACK })).port));
