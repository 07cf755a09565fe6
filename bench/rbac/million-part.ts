import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openModelDatabase } from './database.js';
import { median, quantile, spread, table, verdict } from './figures.js';
import type { MillionJob, MillionResult } from './million-process.js';
import { makeModel } from './model.js';
import type { BenchOptions } from './options.js';

const USERS = 200_000;
const LIMITS = { seconds: 20, rssMiB: 1024, changeMs: 5 };
const CHANGES = 200;

export async function measureLoad({ rounds, isQuick }: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const { results, assignments, writtenIn } = await inProcesses(isQuick ? 20_000 : USERS, Math.min(rounds, 5), 0);
  const seconds = results.map((result) => result.seconds);
  const rss = results.map((result) => result.rssMiB);
  const faults = results
    .filter((result) => result.assignments !== assignments)
    .map(() => 'load: not all assignments are in');
  const text = [
    `### ${assignments.toLocaleString('en')} assignments into the index`,
    `Each time a process of its own, Node and its modules included in the memory; written to PostgreSQL in ${writtenIn.toFixed(1)} s (bulk, without triggers).`,
    table(
      ['what', 'median (min..max)', 'limit', 'limit is'],
      [
        [
          'seconds',
          spread(seconds, (value) => value.toFixed(2)),
          `${LIMITS.seconds}`,
          verdict(median(seconds) < LIMITS.seconds),
        ],
        [
          'peak RSS, MiB',
          spread(rss, (value) => value.toFixed(0)),
          `${LIMITS.rssMiB}`,
          verdict(median(rss) < LIMITS.rssMiB),
        ],
      ],
    ),
  ].join('\n\n');
  return { text, faults };
}

export async function measureChange({ isQuick }: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const { results, assignments } = await inProcesses(isQuick ? 20_000 : USERS, 1, CHANGES);
  const [{ wholeMs, applyMs }] = results as [MillionResult];
  const row = (what: string, values: number[]) => [
    what,
    spread(values, (value) => value.toFixed(3)),
    quantile(values, 0.99).toFixed(3),
    String(LIMITS.changeMs),
    verdict(median(values) < LIMITS.changeMs),
  ];
  const text = [
    `### One changed assignment among ${assignments.toLocaleString('en')}`,
    table(
      ['milliseconds', 'median (min..max)', 'p99', 'limit', 'limit is'],
      [
        row('from the acknowledged commit to the decision by it', wholeMs),
        row('in the index alone, the decision included', applyMs),
      ],
    ),
  ].join('\n\n');
  return { text, faults: wholeMs.length === CHANGES ? [] : ['change: not every change was decided by'] };
}

async function inProcesses(users: number, times: number, changes: number) {
  const model = makeModel(users);
  const database = await openModelDatabase(model);
  try {
    const [assignment] = model.assignments;
    if (assignment === undefined) throw new Error('the model has no assignments');
    const job: MillionJob = { env: database.env, changes, userId: model.users[1] ?? '', roles: model.roles };
    const results: MillionResult[] = [];
    for (let nth = 0; nth < times; nth++) results.push(await inProcess(job));
    return { results, assignments: model.assignments.length, writtenIn: database.writtenIn };
  } finally {
    await database.stop();
  }
}

async function inProcess(job: MillionJob): Promise<MillionResult> {
  const child = fork(fileURLToPath(new URL('million-process.js', import.meta.url)), { serialization: 'advanced' });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the loading process ended with ${code}`);
  });
  ended.catch(() => undefined);
  child.send(job);
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [MillionResult];
  child.disconnect();
  return result;
}
