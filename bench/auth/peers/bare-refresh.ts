/**
 * The bare work of a refresh: node:http, a form, our own rotation statement, one ES256 signature. It knows no client, sender
 * key, scope or reuse, seals no successor, counts, limits and logs nothing.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';
import { ROTATE, type RotatedSession, rotateParameters } from '../../../src/auth/refresh/rotate-statement.js';
import { randomToken, sha256 } from '../../../src/crypto/digest.js';
import { newId } from '../../../src/kernel/ids/ids.js';
import { ANY_PORT, announce, LOOPBACK, peerSettings } from './peer-process.js';

const { databaseUrl, connections } = peerSettings<{ databaseUrl: string; connections: number }>();
const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const LIFETIME_SECONDS = 600;
const IDLE_SECONDS = 7200;
const ISSUER = 'https://bare.peer';
const HEAD = part({ alg: 'ES256', typ: 'at+jwt', kid: 'bare' });
/** As long as a sealed successor. */
const NO_SEAL = Buffer.alloc(76);

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    refresh(new URLSearchParams(body)).then(
      (answer) => {
        const text = JSON.stringify(answer ?? { error: 'invalid_grant' });
        response.writeHead(answer === null ? 400 : 200, {
          'Content-Type': 'application/json',
          'Content-Length': text.length,
          'Cache-Control': 'no-store',
        });
        response.end(text);
      },
      () => response.writeHead(500).end(),
    );
  });
});

async function refresh(form: URLSearchParams): Promise<object | null> {
  const successor = randomToken();
  const clientId = form.get('client_id') ?? '';
  const { rows } = await pool.query<RotatedSession>({
    ...ROTATE,
    values: rotateParameters({
      tokenHash: sha256(form.get('refresh_token') ?? ''),
      successorId: newId(),
      successorHash: sha256(successor),
      successorSealed: NO_SEAL,
      clientId,
      dpopJkt: null,
      scope: null,
      idleSeconds: IDLE_SECONDS,
    }),
  });
  const [session] = rows;
  if (session === undefined) return null;
  return {
    access_token: accessToken(session, clientId),
    token_type: 'Bearer',
    expires_in: LIFETIME_SECONDS,
    refresh_token: successor,
  };
}

function accessToken({ userId, sessionId }: RotatedSession, clientId: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    aud: ISSUER,
    sub: userId,
    sid: sessionId,
    client_id: clientId,
    iat: now,
    exp: now + LIFETIME_SECONDS,
    jti: newId(),
  };
  const text = `${HEAD}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

function part(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

server.listen(ANY_PORT, LOOPBACK, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) announce(address.port);
});
