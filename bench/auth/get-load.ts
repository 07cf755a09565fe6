import autocannon from 'autocannon';
import { answerJobs, type LoadResult } from './load-generator.js';

/** GET requests of one route by 50 connections, each with one of the tokens. */
export interface GetJob {
  url: string;
  tokens: string[];
  /** `rotate`: for so many seconds, over and over. `once`: each token exactly once. */
  use: { rotate: number } | 'once';
  /** What every answer has to be, to the byte. */
  body: string;
}

const CONNECTIONS = 50;

answerJobs<GetJob>(async ({ url, tokens, use, body }) => {
  const requests = tokens.map((token) => ({ headers: { authorization: `Bearer ${token}` } }));
  const shares = use === 'once' ? divided(requests) : rotated(requests);
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    expectBody: body,
    ...(use === 'once' ? { amount: requests.length } : { duration: use.rotate }),
    setupClient: (client) => {
      client.setRequests((shares.pop() ?? []).map((request) => ({ ...request })));
    },
  });
  return resultOf(result);
});

/** One list a connection, as long as the number of requests that autocannon lets it make: no token is sent twice. */
function divided<R>(requests: R[]): R[][] {
  const length = requests.length / CONNECTIONS;
  if (!Number.isInteger(length)) throw new Error(`the number of tokens must be a multiple of ${CONNECTIONS}`);
  return Array.from({ length: CONNECTIONS }, (_, index) => requests.slice(index * length, (index + 1) * length));
}

/** All of them for every connection, each beginning with another one. */
function rotated<R>(requests: R[]): R[][] {
  return Array.from({ length: CONNECTIONS }, (_, index) => {
    const start = Math.floor((index * requests.length) / CONNECTIONS);
    return [...requests.slice(start), ...requests.slice(0, start)];
  });
}

function resultOf(result: autocannon.Result): LoadResult {
  const { errors, timeouts, mismatches } = result;
  const statuses = {
    '1xx': result['1xx'],
    '3xx': result['3xx'],
    '4xx': result['4xx'],
    '5xx': result['5xx'],
  };
  const failures = Object.entries({ ...statuses, errors, timeouts, mismatches }).filter(([, count]) => count > 0);
  return {
    succeeded: result['2xx'],
    failures: Object.fromEntries(failures),
    seconds: (result.finish.getTime() - result.start.getTime()) / 1000,
  };
}
