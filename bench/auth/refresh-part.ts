import pg from 'pg';
import { databaseCpu } from './database-cpu.js';
import { LoadGenerator } from './load-generator.js';
import type { BenchOptions } from './options.js';
import type { Person } from './people.js';
import type { RefreshJob, RefreshResult } from './refresh-load.js';
import type { Goal } from './report.js';
import { measureRounds, type Samples, type Variant } from './rounds.js';
import { type BenchServer, startPeer } from './server-process.js';
import type { Stage } from './stage.js';

export const REFRESH_OURS = 'BlindspotX, POST /auth/token';
const BARE = 'node:http, one ES256 signature, the same statement';
const OIDC_USUAL = 'oidc-provider: opaque access token, ES256 id token, PostgreSQL';
const OIDC_JWT = 'oidc-provider: ES256 access token, no id token, PostgreSQL';

export const REFRESH_GOALS: readonly Goal[] = [
  { peer: BARE, by: 'per second', limit: 0.6, aim: null },
  { peer: OIDC_USUAL, by: 'per second', limit: 2.5, aim: null },
  { peer: OIDC_JWT, by: 'per second', limit: null, aim: null },
];

const CLIENTS = 32;
/** The default of DATABASE_POOL_MAX: all three have as many connections. */
const CONNECTIONS = 10;
const CLIENT_ID = 'blindspotx';

interface Family {
  name: string;
  server: BenchServer;
  path: string;
  refreshTokens: string[];
}

/** Rotation under load: 32 clients, each with its own family, each as fast as the answers come. */
export async function measureRefresh(stage: Stage, _people: Person[], options: BenchOptions): Promise<Samples> {
  // The bare work is done on sessions like ours in the same tables, so that both have the same rows to go through.
  const sessions = (await stage.people.signIn(2 * CLIENTS)).map(({ refreshToken }) => refreshToken);
  await analyse(stage.databaseUrl);
  const settings = { databaseUrl: stage.databaseUrl, connections: CONNECTIONS, grants: CLIENTS };
  const keep = async (script: string, shape?: 'usual' | 'jwt') =>
    stage.keep(await startPeer(stage.layout, script, { ...settings, shape }));
  const bare = await keep('bare-refresh');
  const usual = await keep('oidc-provider', 'usual');
  const jwt = await keep('oidc-provider', 'jwt');
  const path = '/api/v1/auth/token';
  const families: Family[] = [
    { name: REFRESH_OURS, server: stage.service, path, refreshTokens: sessions.slice(0, CLIENTS) },
    { name: BARE, server: bare, path, refreshTokens: sessions.slice(CLIENTS) },
    { name: OIDC_USUAL, server: usual, path: '/token', refreshTokens: usual.refreshTokens },
    { name: OIDC_JWT, server: jwt, path: '/token', refreshTokens: jwt.refreshTokens },
  ];
  for (const family of families) await probe(family);
  const cpuOfDatabase = await databaseCpu(stage.databaseUrl);
  const load = stage.keep(new LoadGenerator<RefreshJob, RefreshResult>('refresh-load'));
  const variants = families.map((family) => variantOf(family, load, options.seconds, cpuOfDatabase));
  const samples = await measureRounds(variants, options.rounds);
  for (const peer of [bare, usual, jwt]) await peer.stop();
  return samples;
}

/** What autovacuum does within a minute or so: without it the first plans are those of empty tables. */
async function analyse(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('ANALYZE').finally(() => client.end());
}

function variantOf(
  family: Family,
  load: LoadGenerator<RefreshJob, RefreshResult>,
  seconds: number,
  cpuOfDatabase: () => number,
): Variant {
  const { name, server, path } = family;
  return {
    name,
    pid: server.pid,
    databaseCpu: cpuOfDatabase,
    run: async () => {
      const { refreshTokens } = family;
      const result = await load.run({ url: server.url + path, clientId: CLIENT_ID, refreshTokens, seconds });
      family.refreshTokens = result.refreshTokens;
      return result;
    },
  };
}

/** Refuses a token that never was, and answers the first of the family with a JWT, access or id token, signed by ES256. */
async function probe(family: Family): Promise<void> {
  const [first = '', ...others] = family.refreshTokens;
  const post = (token: string) =>
    fetch(family.server.url + family.path, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token: token }),
    });
  const refused = await post('A'.repeat(43));
  if (refused.status !== 400) throw new Error(`${family.name} answered ${refused.status} to a token that never was`);
  const answer = await post(first);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${family.name} answered ${answer.status}: ${text}`);
  const { access_token: accessToken, id_token: idToken, refresh_token: next } = JSON.parse(text);
  const jwt = [accessToken, idToken].find((token) => String(token).split('.').length === 3);
  const { alg } = JSON.parse(Buffer.from(String(jwt).split('.')[0] ?? '', 'base64url').toString());
  if (alg !== 'ES256') throw new Error(`${family.name} signs with ${alg}`);
  family.refreshTokens = [String(next), ...others];
}
