import { cpuSeconds } from './cores.js';
import type { LoadResult } from './load-generator.js';

export interface Variant {
  name: string;
  /** The process whose CPU time counts. */
  pid: number;
  /** CPU time of PostgreSQL so far, where it is a part of the work. */
  databaseCpu?: () => number;
  run(): Promise<LoadResult>;
}

export interface Sample extends LoadResult {
  cpuSeconds: number;
  /** Zero where it isn't asked for. */
  databaseCpuSeconds: number;
}

export type Samples = ReadonlyMap<string, readonly Sample[]>;

/**
 * Runs the variants in turn, round after round, after one round that doesn't count. The one that begins changes, so that none
 * always follows the same other.
 *
 * @param beforeRound what a round needs that must not be measured, such as fresh tokens
 */
export async function measureRounds(
  variants: readonly Variant[],
  rounds: number,
  beforeRound: (round: number) => Promise<void> | void = () => undefined,
): Promise<Samples> {
  const samples = new Map(variants.map(({ name }): [string, Sample[]] => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    await beforeRound(round);
    const first = round % variants.length;
    for (const variant of [...variants.slice(first), ...variants.slice(0, first)]) {
      const sample = await measure(variant);
      if (round > 0) samples.get(variant.name)?.push(sample);
      progress(round, rounds, variant.name, sample);
    }
  }
  return samples;
}

async function measure({ pid, databaseCpu = () => 0, run }: Variant): Promise<Sample> {
  const [before, databaseBefore] = [cpuSeconds(pid), databaseCpu()];
  const result = await run();
  return { ...result, cpuSeconds: cpuSeconds(pid) - before, databaseCpuSeconds: databaseCpu() - databaseBefore };
}

function progress(round: number, rounds: number, name: string, sample: Sample): void {
  const rate = Math.round(sample.succeeded / sample.cpuSeconds);
  const failed = Object.entries(sample.failures).map(([what, count]) => ` ${count} × ${what}!`);
  process.stderr.write(`round ${round} of ${rounds}  ${name}: ${rate} a CPU second${failed.join('')}\n`);
}
