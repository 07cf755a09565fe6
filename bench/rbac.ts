/**
 * What a decision costs: who may do what, asked in process and over HTTP. 10,000 users, 500 roles three deep, 1,000 permissions,
 * 5 roles a user, 20 permissions a role; a fifth of the users have assignments on scopes, for a time, and denials; half of the
 * questions are allowed. All of it from a seed, the same questions for all, every answer checked first.
 *
 * process  The index beside a precomputed bitset behind two map look-ups, CASL with kept abilities, and hits of casbin's cache.
 * http     POST /rbac/check beside an empty guarded POST of ours, and a POST of Nest on Fastify without a guard.
 * cerbos   POST /rbac/check beside Cerbos over gRPC; BENCH_CERBOS_DIR names a folder with its packages (npm install cerbos @cerbos/grpc).
 * bulk     POST /rbac/check-bulk with a list of 10,000 questions and a matrix of 100,000, in answers a CPU second, and in process.
 * load     1,000,000 assignments of 200,000 users from PostgreSQL into the index: seconds and memory.
 * change   From the commit of one assignment to the decision by it, on one instance, beside those million.
 * revoke   100 assignments taken on one instance: how long a second one goes on allowing it.
 *
 * npm run bench -- rbac [--part process|http|cerbos|bulk|load|change|revoke] [--rounds 9] [--seconds 3] [--quick]
 *
 * `--quick` is for trying out.
 */
import { layOutCores } from './auth/cores.js';
import { type BenchOptions, benchOptions, type PartName } from './rbac/options.js';
import { runBenchmark } from './rounds/run-benchmark.js';

interface Outcome {
  text: string;
  faults: string[];
}

type Part = (options: BenchOptions) => Promise<Outcome>;

/** Loaded when it is its turn: what one part needs is not in the memory of another. */
const PARTS: Readonly<Record<PartName, () => Promise<Part>>> = {
  process: async () => (await import('./rbac/process-part.js')).measureProcess,
  http: async () => (await import('./rbac/http-part.js')).measureHttp,
  cerbos: async () => (await import('./rbac/cerbos-part.js')).measureCerbos,
  bulk: async () => (await import('./rbac/bulk-part.js')).measureBulk,
  load: async () => (await import('./rbac/million-part.js')).measureLoad,
  change: async () => (await import('./rbac/million-part.js')).measureChange,
  revoke: async () => (await import('./rbac/revoke-part.js')).measureRevokes,
};

async function main(): Promise<void> {
  const options = benchOptions(process.argv.slice(2));
  const layout = layOutCores();
  console.log(
    `rbac: ${options.rounds} rounds after one that doesn't count; ${layout.description}; Node ${process.versions.node}`,
  );
  const faults: string[] = [];
  for (const name of options.parts) {
    const measure = await PARTS[name]();
    const outcome = await measure(options);
    console.log(`\n${outcome.text}`);
    faults.push(...outcome.faults);
  }
  if (faults.length === 0) return;
  console.error(`\nThe run is INVALID, not every answer was right:\n${faults.join('\n')}`);
  process.exitCode = 1;
}

runBenchmark(main);
