/**
 * What sealing a field of 200 bytes costs with the service's key ring, beside Node's own AES-256-GCM with pooled nonces.
 *
 * npm run bench -- crypto [--rounds 9] [--seconds 2] [--quick]
 */
import { openServer } from './audit/database.js';
import { inProcess } from './audit/in-process.js';
import { layOutCores } from './auth/cores.js';
import type { SealFigures, SealJob } from './crypto/seal-process.js';
import { median, spread, table, verdict } from './rbac/figures.js';
import { roundOptions } from './rounds/round-options.js';
import { runBenchmark } from './rounds/run-benchmark.js';

const LIMIT = 0.8;

async function main(): Promise<void> {
  const { rounds, seconds } = roundOptions(process.argv.slice(2), ['seal'], { rounds: 9, seconds: 2 });
  const layout = layOutCores();
  console.log(
    `crypto: ${rounds} rounds after one that doesn't count; ${layout.description}; Node ${process.versions.node}`,
  );
  const server = await openServer();
  try {
    const job = { env: await server.database('bench'), rounds, seconds };
    const figures = await inProcess<SealJob, SealFigures>(layout, 'crypto/seal-process', job);
    console.log(`\n${report(figures)}`);
    if (figures.faults.length > 0) throw new Error(figures.faults.join('\n'));
  } finally {
    await server.stop();
  }
}

function report({ seal, sealByNode, open, openByNode }: SealFigures): string {
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const ratios = (ours: number[], peer: number[]) => ours.map((rate, round) => rate / (peer[round] ?? Number.NaN));
  const [sealing, opening] = [ratios(seal, sealByNode), ratios(open, openByNode)];
  const hundredths = (value: number) => value.toFixed(2);
  return table(
    [
      '200-byte fields',
      'ours a second, median (min..max)',
      'Node’s a second',
      'ratio of each round',
      'limit',
      'limit is',
    ],
    [
      [
        'seal',
        spread(seal, whole),
        spread(sealByNode, whole),
        spread(sealing, hundredths),
        String(LIMIT),
        verdict(median(sealing) >= LIMIT),
      ],
      ['open', spread(open, whole), spread(openByNode, whole), spread(opening, hundredths), '-', '-'],
    ],
  );
}

runBenchmark(main);
