import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { GetJob } from './get-load.js';
import { LoadGenerator, type LoadResult } from './load-generator.js';
import type { BenchOptions } from './options.js';
import type { Person } from './people.js';
import { bearer, expectStatus, tampered } from './probe.js';
import type { Goal } from './report.js';
import { measureRounds, type Samples } from './rounds.js';
import { type BenchServer, startPeer } from './server-process.js';
import type { Stage } from './stage.js';

export const GUARDED_PATH = '/api/v1/rbac/permissions';
export const OURS = 'BlindspotX: who, may, metrics, log, audit hand-off';
const NEST_FASTIFY = 'Nest + Fastify, no guard';
const NEST_EXPRESS = 'Nest + Express + passport-jwt RS256 + role guard';

export const GUARD_GOALS: readonly Goal[] = [
  { peer: NEST_FASTIFY, by: 'per CPU second', limit: 0.7, aim: 0.82 },
  { peer: NEST_EXPRESS, by: 'per CPU second', limit: 10, aim: 15 },
];

const PEOPLE = 256;
const ISSUER = 'https://peer.example.com';
/** Access tokens live ten minutes. */
const RENEW_AFTER_MS = 240_000;

/** A guarded GET that needs no database in its handler, each request with one of 256 tokens that were seen before. */
export async function measureGuard(stage: Stage, people: Person[], options: BenchOptions): Promise<Samples> {
  let tokens = await stage.people.accessTokens(people);
  let renewedAt = Date.now();
  const ours = stage.service.url + GUARDED_PATH;
  const body = await expectStatus(ours, 200, bearer(tokens[0] ?? ''));
  await expectStatus(ours, 401, bearer(tampered(tokens[0] ?? '')));

  const plain = await keepPeer(stage, 'nest-fastify', { body: JSON.parse(body) });
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' });
  const passport = await keepPeer(stage, 'nest-express-passport', {
    body: JSON.parse(body),
    publicKeyPem,
    issuer: ISSUER,
  });
  const peerTokens = Array.from({ length: PEOPLE }, () => peerToken(privateKey, ['auditor']));
  const guarded = passport.url + GUARDED_PATH;
  await expectStatus(guarded, 200, bearer(peerTokens[0] ?? ''));
  await expectStatus(guarded, 401, bearer(tampered(peerTokens[0] ?? '')));
  await expectStatus(guarded, 403, bearer(peerToken(privateKey, ['viewer'])));

  const load = stage.keep(new LoadGenerator<GetJob, LoadResult>('get-load'));
  const get = (url: string, these: string[]) =>
    load.run({ url, tokens: these, use: { rotate: options.seconds }, body });
  const variants = [
    { name: OURS, pid: stage.service.pid, run: () => get(ours, tokens) },
    { name: NEST_FASTIFY, pid: plain.pid, run: () => get(plain.url + GUARDED_PATH, peerTokens) },
    { name: NEST_EXPRESS, pid: passport.pid, run: () => get(guarded, peerTokens) },
  ];
  const samples = await measureRounds(variants, options.rounds, async () => {
    if (Date.now() - renewedAt < RENEW_AFTER_MS) return;
    tokens = await stage.people.accessTokens(people);
    renewedAt = Date.now();
    // Seen before is what this part is about.
    await load.run({ url: ours, tokens, use: { rotate: 1 }, body });
  });
  for (const peer of [plain, passport]) await peer.stop();
  return samples;
}

async function keepPeer(stage: Stage, script: string, settings: object): Promise<BenchServer> {
  return stage.keep(await startPeer(stage.layout, script, settings));
}

/** An access token as such a stack would have it: RS256, ten minutes and more, with its roles inside. */
function peerToken(privateKey: KeyObject, roles: string[]): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
  const claims = {
    iss: ISSUER,
    aud: ISSUER,
    sub: randomUUID(),
    sid: randomUUID(),
    jti: randomUUID(),
    roles,
    iat: now,
    exp: now + 7200,
  };
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: 'peer' })}.${part(claims)}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
}
