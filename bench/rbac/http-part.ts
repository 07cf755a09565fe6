import { LoadGenerator, type LoadResult } from '../auth/load-generator.js';
import { faultsOf, type Goal, report } from '../auth/report.js';
import { measureRounds, type Variant } from '../auth/rounds.js';
import { startPeer } from '../auth/server-process.js';
import { checkBodies } from './check-bodies.js';
import type { BenchOptions } from './options.js';
import type { PostJob } from './post-load.js';
import { makeQuestions } from './questions.js';
import { openServiceStage } from './service-stage.js';

const OURS = 'BlindspotX, POST /rbac/check';
const EMPTY = 'BlindspotX, an empty guarded POST';
const NEST = 'Nest + Fastify, a POST without a guard';
const GOALS: readonly Goal[] = [
  { peer: EMPTY, by: 'per CPU second', limit: 0.85, aim: null },
  { peer: NEST, by: 'per CPU second', limit: 0.6, aim: null },
];
const QUESTIONS = 512;
const CONNECTIONS = 50;

/** Questions one by one over HTTP. */
export async function measureHttp({ rounds, seconds }: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const stage = await openServiceStage();
  const load = new LoadGenerator<PostJob, LoadResult>('../rbac/post-load');
  const closers: (() => Promise<void> | void)[] = [() => load.stop()];
  try {
    const { model, service, tokens, layout } = stage;
    const { list } = makeQuestions(model, QUESTIONS);
    const check = `${service.url}/api/v1/rbac/check`;
    const bodies = await checkBodies(check, tokens, list);
    const nest = await startPeer(layout, '../../rbac/peers/nest-post', {});
    closers.push(() => nest.stop());
    const post = (url: string) => load.run({ url, tokens, bodies, seconds, connections: CONNECTIONS, answers: 1 });
    const variants: Variant[] = [
      { name: OURS, pid: service.pid, run: () => post(check) },
      { name: EMPTY, pid: service.pid, run: () => post(`${service.url}/api/v1/bench/empty`) },
      { name: NEST, pid: nest.pid, run: () => post(`${nest.url}/api/v1/bench/empty`) },
    ];
    const samples = await measureRounds(variants, rounds);
    return { text: report('A decision over HTTP', OURS, samples, GOALS), faults: faultsOf(samples) };
  } finally {
    for (const closer of closers.reverse()) await closer();
    await stage.close();
  }
}
