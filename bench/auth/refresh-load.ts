import { HttpExchange } from './http-exchange.js';
import { answerJobs, type LoadResult } from './load-generator.js';

/** Refreshes for so many seconds, each client with what its last answer gave it: one family a client, one request at a time. */
export interface RefreshJob {
  /** The token endpoint (RFC 6749 3.2). */
  url: string;
  clientId: string;
  /** One a client. */
  refreshTokens: string[];
  seconds: number;
}

export interface RefreshResult extends LoadResult {
  /** Where the families are now. */
  refreshTokens: string[];
}

answerJobs<RefreshJob>(async ({ url, clientId, refreshTokens, seconds }): Promise<RefreshResult> => {
  const connections = await Promise.all(refreshTokens.map(() => HttpExchange.open(url)));
  const failures: Record<string, number> = {};
  let succeeded = 0;
  const startedAt = performance.now();
  const deadline = startedAt + seconds * 1000;
  const clients = connections.map(async (connection, index) => {
    let token = refreshTokens[index] ?? '';
    while (performance.now() < deadline) {
      const next = await refresh(connection, clientId, token).catch((error: Error) => error.message);
      if (typeof next === 'string') {
        failures[next] = (failures[next] ?? 0) + 1;
        break;
      }
      token = next.refreshToken;
      succeeded += 1;
    }
    return token;
  });
  const tokens = await Promise.all(clients);
  const result = { succeeded, failures, seconds: (performance.now() - startedAt) / 1000, refreshTokens: tokens };
  for (const connection of connections) connection.close();
  return result;
});

/** @returns the next token, or the name of what came instead */
async function refresh(
  connection: HttpExchange,
  clientId: string,
  token: string,
): Promise<{ refreshToken: string } | string> {
  const form = `grant_type=refresh_token&client_id=${clientId}&refresh_token=${encodeURIComponent(token)}`;
  const { status, body } = await connection.post(form);
  if (status !== 200) return String(status);
  const { access_token: accessToken, refresh_token: refreshToken } = JSON.parse(body);
  return typeof accessToken === 'string' && typeof refreshToken === 'string' ? { refreshToken } : 'no tokens';
}
