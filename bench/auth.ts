/**
 * What signing in costs once one is signed in. Three parts, each with its peers in the same run:
 *
 * guard    A guarded GET on our full stack (who, may, metrics, log, audit hand-off), 256 tokens in rotation; beside a route of
 *          Nest on Fastify without any guard, and beside what a Nest developer gets by default (Express, passport-jwt, RS256 by
 *          a PEM key, one role guard). All answer the same body and write the same log line with the same logger.
 * entra    The same route with Entra access tokens that nobody has seen before; beside Fastify with a plain node:crypto verify.
 * refresh  POST /auth/token with a refresh token, 32 clients, each with its own family; beside the bare work (node:http, one
 *          ES256 signature, the same statement, which is a transaction by itself) and beside oidc-provider with a PostgreSQL adapter.
 *
 * Every server is a process of its own on core 0, load generator and PostgreSQL (with fsync) are on core 1. The variants take
 * turns, round by round; a ratio is that of one round, and what counts is the median of the ratios. CPU time is that of the
 * server's process, user and system, all threads, around the round. Anything but 2xx with the right body makes the run invalid.
 *
 * npm run bench -- auth [--part guard|entra|refresh] [--rounds 15] [--seconds 4] [--quick] [--cpu-prof FOLDER]
 *
 * `--quick` is for trying out. `--cpu-prof` leaves a CPU profile of our server, which slows it: no measurement.
 */
import { layOutCores } from './auth/cores.js';
import { ENTRA_GOALS, ENTRA_OURS, measureEntra } from './auth/entra-part.js';
import { GUARD_GOALS, measureGuard, OURS } from './auth/guard-part.js';
import { type BenchOptions, benchOptions, type PartName } from './auth/options.js';
import type { Person } from './auth/people.js';
import { measureRefresh, REFRESH_GOALS, REFRESH_OURS } from './auth/refresh-part.js';
import { faultsOf, type Goal, report } from './auth/report.js';
import type { Samples } from './auth/rounds.js';
import { openStage, type Stage } from './auth/stage.js';
import { runBenchmark } from './rounds/run-benchmark.js';

interface Part {
  title: string;
  ours: string;
  goals: readonly Goal[];
  measure(stage: Stage, people: Person[], options: BenchOptions): Promise<Samples>;
}

const PARTS: Readonly<Record<PartName, Part>> = {
  guard: { title: 'A guarded GET', ours: OURS, goals: GUARD_GOALS, measure: measureGuard },
  entra: {
    title: 'An Entra bearer seen for the first time',
    ours: ENTRA_OURS,
    goals: ENTRA_GOALS,
    measure: measureEntra,
  },
  refresh: { title: 'A refresh', ours: REFRESH_OURS, goals: REFRESH_GOALS, measure: measureRefresh },
};

const PEOPLE = 256;

async function main(): Promise<void> {
  const options = benchOptions(process.argv.slice(2));
  const layout = layOutCores();
  const stage = await openStage(layout, options.profileFolder);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.close().then(() => process.exit(1)));
  try {
    const people = await stage.people.signIn(PEOPLE);
    await stage.people.assignEverybody('auditor');
    console.log(
      `auth: ${options.rounds} rounds of ${options.seconds} s after one that doesn't count; ${layout.description}; Node ${process.versions.node}`,
    );
    const faults: string[] = [];
    for (const name of options.parts) {
      const part = PARTS[name];
      const samples = await part.measure(stage, people, options);
      console.log(`\n${report(part.title, part.ours, samples, part.goals)}`);
      faults.push(...faultsOf(samples));
    }
    if (faults.length === 0) return;
    console.error(`\nThe run is INVALID, not every answer was right:\n${faults.join('\n')}`);
    process.exitCode = 1;
  } finally {
    await stage.close();
  }
}

runBenchmark(main);
