/**
 * Two snapshots of 100,000 objects, 100 changed, every seventh with another order of members: our offline compare beside a
 * loop that only hashes the raw lines (the limit) and beside parsing everything and fast-json-patch. Each variant runs in a
 * process of its own, the variants taking turns.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatePair } from './compare-snapshots/generate.js';
import { VARIANTS } from './compare-snapshots/variants.js';
import { runBenchmark, WrongOption } from './rounds/run-benchmark.js';

const OBJECTS = 100_000;
const CHANGED = 100;
const ROUNDS = 5;

interface Result {
  seconds: number;
  rssMiB: number;
  found: number | null;
}

function runVariant(name: string, before: string, after: string): void {
  const variant = VARIANTS[name];
  if (variant === undefined) throw new WrongOption(`There is no variant "${name}".`);
  const start = performance.now();
  const found = variant(before, after);
  const seconds = (performance.now() - start) / 1000;
  const result: Result = { seconds, rssMiB: process.resourceUsage().maxRSS / 1024, found };
  process.stdout.write(JSON.stringify(result));
}

function measure(name: string, before: string, after: string): Result {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--variant', name, before, after], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`${name} ended with ${child.status}`);
  const result: Result = JSON.parse(child.stdout);
  if (result.found !== null && result.found !== CHANGED)
    throw new Error(`${name} found ${result.found} changed objects, not ${CHANGED}`);
  return result;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-bench-'));
  try {
    const [before, after] = [join(folder, 'before.ndjson'), join(folder, 'after.ndjson')];
    const { meanBytes } = generatePair(before, after, OBJECTS, CHANGED);
    const results = new Map(Object.keys(VARIANTS).map((name): [string, Result[]] => [name, []]));
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, list] of results) list.push(measure(name, before, after));
    console.log(
      `drift compare: ${OBJECTS} objects a side (mean ${meanBytes} bytes), ${CHANGED} changed, ${ROUNDS} rounds`,
    );
    print(results);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function print(results: Map<string, Result[]>): void {
  const seconds = (list: Result[]) => list.map((result) => result.seconds);
  const ours = median(seconds(results.get('blindspotx drift compare') ?? []));
  console.table(
    Object.fromEntries(
      [...results].map(([name, list]) => {
        const times = seconds(list);
        return [
          name,
          {
            'median s': median(times).toFixed(2),
            'min..max s': `${Math.min(...times).toFixed(2)}..${Math.max(...times).toFixed(2)}`,
            'times ours': (median(times) / ours).toFixed(2),
            'peak RSS MiB': Math.round(Math.max(...list.map(({ rssMiB }) => rssMiB))),
            'changes found': list[0]?.found ?? '-',
          },
        ];
      }),
    ),
  );
}

runBenchmark(() => {
  const [flag, name, before, after] = process.argv.slice(2);
  if (flag === undefined) main();
  else if (flag === '--variant' && name !== undefined && before !== undefined && after !== undefined)
    runVariant(name, before, after);
  else throw new WrongOption(`There is no option "${flag}": this benchmark has none.`);
});
