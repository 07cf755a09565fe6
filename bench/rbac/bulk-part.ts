import { LoadGenerator, type LoadResult } from '../auth/load-generator.js';
import { faultsOf, report } from '../auth/report.js';
import { measureRounds } from '../auth/rounds.js';
import { buildIndex } from './build-index.js';
import { median, spread, table, verdict } from './figures.js';
import type { BenchOptions } from './options.js';
import type { PostJob } from './post-load.js';
import { makeQuestions } from './questions.js';
import { openServiceStage } from './service-stage.js';

const OURS = 'BlindspotX, POST /rbac/check-bulk (answers, not requests)';
const QUESTIONS = 10_000;
const BODIES = 8;
const LIMIT = 1_000_000;

/** Ten thousand questions a request, in answers a CPU second, and the same questions in process. */
export async function measureBulk({ rounds, seconds }: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const stage = await openServiceStage();
  const load = new LoadGenerator<PostJob, LoadResult>('../rbac/post-load');
  try {
    const { model, service, tokens } = stage;
    const { list } = makeQuestions(model, QUESTIONS * BODIES);
    const url = `${service.url}/api/v1/rbac/check-bulk`;
    const parts = Array.from({ length: BODIES }, (_, nth) => list.slice(nth * QUESTIONS, (nth + 1) * QUESTIONS));
    const bodies = parts.map((part) =>
      JSON.stringify({
        checks: part.map(({ subjectId: subject, permission, scope }) => ({ subject, permission, scope })),
      }),
    );
    for (const [nth, part] of parts.entries()) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokens[0]}` };
      const answer = await fetch(url, { method: 'POST', headers, body: bodies[nth] ?? '' });
      const { allowed } = (await answer.json()) as { allowed?: boolean[] };
      const wrong = part.filter((question, at) => allowed?.[at] !== question.allowed).length;
      if (wrong > 0) throw new Error(`/rbac/check-bulk answered ${answer.status}, ${wrong} of them wrong`);
    }
    const run = () => load.run({ url, tokens, bodies, seconds, connections: 4, answers: QUESTIONS });
    const samples = await measureRounds([{ name: OURS, pid: service.pid, run }], rounds);
    const index = buildIndex(model);
    const inProcess = Array.from({ length: rounds + 1 }, () => {
      const started = performance.now();
      for (const { subjectId, permission, scope } of list) index.isAllowed(subjectId, permission, scope);
      return list.length / ((performance.now() - started) / 1000);
    }).slice(1);
    const overHttp = (samples.get(OURS) ?? []).map(({ succeeded, cpuSeconds }) => succeeded / cpuSeconds);
    const row = (what: string, rates: number[]) => [
      what,
      spread(rates, (value) => Math.round(value).toLocaleString('en')),
      LIMIT.toLocaleString('en'),
      verdict(median(rates) >= LIMIT),
    ];
    const limits = table(
      ['answers a CPU second', 'median (min..max)', 'limit', 'limit is'],
      [row('over HTTP, JSON both ways', overHttp), row('in process, the index alone', inProcess)],
    );
    return { text: `${report('Bulk decisions', OURS, samples, [])}\n\n${limits}`, faults: faultsOf(samples) };
  } finally {
    load.stop();
    await stage.close();
  }
}
