import autocannon from 'autocannon';
import { answerJobs } from '../auth/load-generator.js';

/** POST requests of one route by some connections, each with the next body and token of the lists. */
export interface PostJob {
  url: string;
  tokens: string[];
  bodies: string[];
  seconds: number;
  connections: number;
  /** Answers in one response. */
  answers: number;
}

answerJobs<PostJob>(async ({ url, tokens, bodies, seconds, connections, answers }) => {
  const requests = bodies.map((body, nth) => ({
    method: 'POST' as const,
    body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[nth % tokens.length]}` },
  }));
  let client = 0;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    timeout: 30,
    setupClient: (each) => {
      const start = Math.floor((client++ * requests.length) / connections);
      each.setRequests([...requests.slice(start), ...requests.slice(0, start)].map((request) => ({ ...request })));
    },
  });
  const { errors, timeouts, mismatches } = result;
  const counted = { '3xx': result['3xx'], '4xx': result['4xx'], '5xx': result['5xx'], errors, timeouts, mismatches };
  return {
    succeeded: result['2xx'] * answers,
    failures: Object.fromEntries(Object.entries(counted).filter(([, count]) => count > 0)),
    seconds: (result.finish.getTime() - result.start.getTime()) / 1000,
  };
});
