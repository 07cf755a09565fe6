import { layOutCores } from '../auth/cores.js';
import { median, quantile, spread, table, verdict } from '../rbac/figures.js';
import { openServer } from './database.js';
import { inProcess } from './in-process.js';
import type { AppendResult, LogJob, ProofResult, SealResult } from './log-process.js';
import type { BenchOptions } from './options.js';

interface Outcome {
  text: string;
  faults: string[];
}

const LIMITS = { grouped: 15, sealedPerSecond: 20_000, proofMs: 10 };
const CONCURRENCY = 2000;
const HEAD = ['what', 'median (min..max)', 'limit', 'limit is'] as const;
const whole = (value: number) => Math.round(value).toLocaleString('en');

/** Records that are committed in groups beside plain inserts, each committed, on one connection. */
export async function measureAppend({ rounds, seconds }: BenchOptions): Promise<Outcome> {
  const { grouped, plain, cpu, faults } = await measured<AppendResult>((env) => ({
    part: 'append',
    env,
    rounds,
    seconds,
    concurrency: CONCURRENCY,
  }));
  const ratios = grouped.map((rate, round) => rate / (plain[round] ?? Number.NaN));
  const rows = [
    [`recordAlone, ${CONCURRENCY} at once, records a second`, spread(grouped, whole), '-', '-'],
    ['CPU of Node for each of them, µs', spread(cpu, (value) => value.toFixed(1)), '-', '-'],
    ['one plain insert a commit, one connection, a second', spread(plain, whole), '-', '-'],
    [
      'times',
      spread(ratios, (value) => value.toFixed(1)),
      `${LIMITS.grouped}`,
      verdict(median(ratios) >= LIMITS.grouped),
    ],
  ];
  return { text: `### Grouped appends\n\n${table(HEAD, rows)}`, faults };
}

export async function measureSeal({ rounds, isQuick }: BenchOptions): Promise<Outcome> {
  const records = isQuick ? 20_000 : 60_000;
  const { sealed, perCpu, perWholeCpu, faults } = await measured<SealResult>((env) => ({
    part: 'seal',
    env,
    rounds,
    records,
  }));
  const rows = [
    [
      `records a second, ${whole(records)} waiting`,
      spread(sealed, whole),
      whole(LIMITS.sealedPerSecond),
      verdict(median(sealed) >= LIMITS.sealedPerSecond),
    ],
    ['records a CPU second of the sealing process', spread(perCpu, whole), '-', '-'],
    ['records a CPU second of it and PostgreSQL together', spread(perWholeCpu, whole), '-', '-'],
  ];
  return { text: `### Sealing, from the waiting record to the committed leaf\n\n${table(HEAD, rows)}`, faults };
}

export async function measureProof({ isQuick }: BenchOptions): Promise<Outcome> {
  const records = isQuick ? 200_000 : 10_000_000;
  const { ms, writtenIn, faults } = await measured<ProofResult>((env) => ({
    part: 'proof',
    env,
    records,
    proofs: 500,
  }));
  const digits = (value: number) => value.toFixed(2);
  const rows = [
    [
      `ms for one of ${whole(records)}, its place and tiles read from PostgreSQL`,
      spread(ms, digits),
      `${LIMITS.proofMs}`,
      verdict(median(ms) < LIMITS.proofMs),
    ],
    ['the same, p99', digits(quantile(ms, 0.99)), '-', '-'],
  ];
  const text = `### A proof of inclusion\n\nThe log was written past the service in ${writtenIn.toFixed(0)} s.\n\n${table(HEAD, rows)}`;
  return { text, faults };
}

async function measured<Result>(jobOn: (env: Record<string, string>) => LogJob): Promise<Result> {
  const layout = layOutCores();
  const server = await openServer();
  try {
    return await inProcess<LogJob, Result>(layout, 'audit/log-process', jobOn(await server.database('bench')));
  } finally {
    await server.stop();
  }
}
