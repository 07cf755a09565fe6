import { randomUUID } from 'node:crypto';
import autocannon from 'autocannon';
import { answerJobs } from '../auth/load-generator.js';

/** Creations of tenants, each another one, by some connections. */
export interface TenantJob {
  url: string;
  token: string;
  seconds: number;
  connections: number;
}

answerJobs<TenantJob>(async ({ url, token, seconds, connections }) => {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    timeout: 30,
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        setupRequest: (request) => ({
          ...request,
          body: JSON.stringify({
            entraTenantId: randomUUID(),
            displayName: 'Contoso',
            signInAllowed: false,
            scanEnabled: false,
          }),
        }),
      },
    ],
  });
  const { errors, timeouts } = result;
  const counted = { '3xx': result['3xx'], '4xx': result['4xx'], '5xx': result['5xx'], errors, timeouts };
  return {
    succeeded: result['2xx'],
    failures: Object.fromEntries(Object.entries(counted).filter(([, count]) => count > 0)),
    seconds: (result.finish.getTime() - result.start.getTime()) / 1000,
  };
});
