import { Agent, fetch as undiciFetch } from 'undici';
import type { DemoTenant } from '../../demo/demo-tenant.js';
import type { GetJob } from './get-load.js';
import { GUARDED_PATH } from './guard-part.js';
import { LoadGenerator, type LoadResult } from './load-generator.js';
import type { BenchOptions } from './options.js';
import type { Person } from './people.js';
import { bearer, expectStatus, tampered } from './probe.js';
import type { Goal } from './report.js';
import { measureRounds, type Samples } from './rounds.js';
import { startPeer } from './server-process.js';
import type { Stage } from './stage.js';

export const ENTRA_OURS = 'BlindspotX, Entra token never seen before';
const FASTIFY_VERIFY = 'Fastify + node:crypto verify, iss, aud, exp';

export const ENTRA_GOALS: readonly Goal[] = [{ peer: FASTIFY_VERIFY, by: 'per CPU second', limit: 0.65, aim: 0.85 }];

/** Tokens of one second of load; a multiple of the load's connections. About what the service does on a core. */
const TOKENS_A_SECOND = 5000;

/**
 * An RS256 access token of Entra for our audience, each used once. All of a round's tokens are minted before it; both variants
 * get the same ones, and neither has seen them.
 */
export async function measureEntra(stage: Stage, people: Person[], options: BenchOptions): Promise<Samples> {
  const { tenant } = stage;
  const ours = stage.service.url + GUARDED_PATH;
  const [sample = ''] = mintTokens(tenant, people, 1);
  const body = await expectStatus(ours, 200, bearer(sample));
  await expectStatus(ours, 401, bearer(tampered(sample)));

  const peer = stage.keep(
    await startPeer(stage.layout, 'fastify-entra', {
      body: JSON.parse(body),
      jwks: await readJwks(tenant),
      issuer: tenant.issuer,
      audience: tenant.clientId,
    }),
  );
  const theirs = peer.url + GUARDED_PATH;
  await expectStatus(theirs, 200, bearer(sample));
  await expectStatus(theirs, 401, bearer(tampered(sample)));

  const load = stage.keep(new LoadGenerator<GetJob, LoadResult>('get-load'));
  let tokens: string[] = [];
  const get = (url: string) => load.run({ url, tokens, use: 'once', body });
  const variants = [
    { name: ENTRA_OURS, pid: stage.service.pid, run: () => get(ours) },
    { name: FASTIFY_VERIFY, pid: peer.pid, run: () => get(theirs) },
  ];
  const samples = await measureRounds(variants, options.rounds, () => {
    tokens = mintTokens(tenant, people, TOKENS_A_SECOND * options.seconds);
  });
  await peer.stop();
  return samples;
}

function mintTokens(tenant: DemoTenant, people: readonly Person[], count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const objectId = people[index % people.length]?.objectId;
    if (objectId === undefined) throw new Error('nobody has signed in');
    return tenant.mintToken({ kind: 'api', objectId });
  });
}

async function readJwks(tenant: DemoTenant): Promise<unknown> {
  const dispatcher = new Agent({ connect: { ca: tenant.caCertificatePem } });
  const answer = await undiciFetch(`${tenant.authority}/discovery/v2.0/keys`, { dispatcher });
  const jwks = await answer.json();
  await dispatcher.close();
  return jwks;
}
