import { LoadGenerator, type LoadResult } from '../auth/load-generator.js';
import { faultsOf, report } from '../auth/report.js';
import { measureRounds, type Variant } from '../auth/rounds.js';
import { buildIndex } from './build-index.js';
import { assertRight, type BulkBody, IN_MATRIX, LISTED, listBody, makeMatrices } from './bulk-bodies.js';
import { median, spread, table, verdict } from './figures.js';
import type { BenchOptions } from './options.js';
import type { PostJob } from './post-load.js';
import { makeQuestions } from './questions.js';
import { openServiceStage } from './service-stage.js';

const LIST = 'POST /rbac/check-bulk, a list of 10,000 (answers, not requests)';
const MATRIX = 'POST /rbac/check-bulk, a matrix of 100,000 (answers, not requests)';
const BODIES = 8;
const CONNECTIONS = 4;
const LIMIT = 1_000_000;

/** Many questions a request, listed and as a matrix, in answers a CPU second, and the listed ones in process. */
export async function measureBulk({ rounds, seconds }: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const stage = await openServiceStage();
  const load = new LoadGenerator<PostJob, LoadResult>('../rbac/post-load');
  try {
    const { model, service, tokens } = stage;
    const { list } = makeQuestions(model, LISTED * BODIES);
    const url = `${service.url}/api/v1/rbac/check-bulk`;
    const lists = Array.from({ length: BODIES }, (_, nth) => listBody(list.slice(nth * LISTED, (nth + 1) * LISTED)));
    const matrices = makeMatrices(model, BODIES);
    await assertRight(url, tokens[0] ?? '', [...lists, ...matrices]);
    const variant = (name: string, bodies: BulkBody[], answers: number): Variant => ({
      name,
      pid: service.pid,
      run: () =>
        load.run({ url, tokens, bodies: bodies.map(({ body }) => body), seconds, connections: CONNECTIONS, answers }),
    });
    const samples = await measureRounds([variant(LIST, lists, LISTED), variant(MATRIX, matrices, IN_MATRIX)], rounds);
    const index = buildIndex(model);
    const inProcess = Array.from({ length: rounds + 1 }, () => {
      const started = performance.now();
      for (const { subjectId, permission, scope } of list) index.isAllowed(subjectId, permission, scope);
      return list.length / ((performance.now() - started) / 1000);
    }).slice(1);
    const overHttp = (name: string) =>
      (samples.get(name) ?? []).map(({ succeeded, cpuSeconds }) => succeeded / cpuSeconds);
    const row = (what: string, rates: number[], isDemanded: boolean) => [
      what,
      spread(rates, (value) => Math.round(value).toLocaleString('en')),
      isDemanded ? LIMIT.toLocaleString('en') : '-',
      isDemanded ? verdict(median(rates) >= LIMIT) : '-',
    ];
    const limits = table(
      ['answers a CPU second', 'median (min..max)', 'limit', 'limit is'],
      [
        row('over HTTP, a matrix', overHttp(MATRIX), true),
        row('over HTTP, a list', overHttp(LIST), false),
        row('in process, the index alone, the listed questions', inProcess, true),
      ],
    );
    return { text: `${report('Bulk decisions', MATRIX, samples, [])}\n\n${limits}`, faults: faultsOf(samples) };
  } finally {
    load.stop();
    await stage.close();
  }
}
