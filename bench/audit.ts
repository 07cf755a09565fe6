/**
 * What the audit log costs, on PostgreSQL as it comes (fsync and synchronous_commit on).
 *
 * mutation  POST /tenants with its record and sealing behind it, beside the same with one plain insert. Until nothing waits to be sealed.
 * append    Records committed in groups, beside plain inserts, each committed, on one connection.
 * seal      Records that wait, until their leaves are committed: reads, hashing and writes.
 * verify    A bundle of 1,000,000 records verified offline.
 * proof     The proof of one of 10,000,000 records, read from PostgreSQL.
 *
 * npm run bench -- audit [--part mutation|append|seal|verify|proof] [--rounds 5] [--seconds 3] [--quick]
 *
 * `--quick` is for trying out: shorter, and far fewer records.
 */
import { type BenchOptions, benchOptions, type PartName } from './audit/options.js';
import { layOutCores } from './auth/cores.js';
import { runBenchmark } from './rounds/run-benchmark.js';

type Part = (options: BenchOptions) => Promise<{ text: string; faults: string[] }>;

/** Loaded when it is its turn: what one part needs is not in the memory of another. */
const PARTS: Readonly<Record<PartName, () => Promise<Part>>> = {
  mutation: async () => (await import('./audit/mutation-part.js')).measureMutation,
  append: async () => (await import('./audit/log-parts.js')).measureAppend,
  seal: async () => (await import('./audit/log-parts.js')).measureSeal,
  verify: async () => (await import('./audit/verify-part.js')).measureVerify,
  proof: async () => (await import('./audit/log-parts.js')).measureProof,
};

async function main(): Promise<void> {
  const options = benchOptions(process.argv.slice(2));
  const layout = layOutCores();
  console.log(
    `audit: ${options.rounds} rounds after one that doesn't count; ${layout.description}; Node ${process.versions.node}`,
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
