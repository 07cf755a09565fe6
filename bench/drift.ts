/**
 * A scan of a type with 1,000,000 objects of about 1 KiB, 100 changed, against the fingerprints of the stored snapshot: ours
 * beside a loop that only splits and hashes the same pages (the limit) and beside parsing both sides and fast-json-patch. Each
 * variant runs in a process of its own, the variants taking turns. A number as argument is the number of objects.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFingerprints, writePages } from './drift/tenant-pages.js';
import { type Files, VARIANTS } from './drift/variants.js';

const CHANGED = 100;
const ROUNDS = 3;
const OURS = 'blindspotx scan';

interface Result {
  seconds: number;
  rssMiB: number;
  found: number | null;
}

async function runVariant(name: string, files: Files): Promise<void> {
  const variant = VARIANTS[name];
  if (variant === undefined) throw new Error(`there is no variant ${name}`);
  const start = performance.now();
  const found = await variant(files);
  const seconds = (performance.now() - start) / 1000;
  const result: Result = { seconds, rssMiB: process.resourceUsage().maxRSS / 1024, found };
  process.stdout.write(JSON.stringify(result));
}

function measure(name: string, files: Files): Result {
  const child = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), '--variant', name, JSON.stringify(files)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (child.status !== 0) throw new Error(`${name} ended with ${child.status}`);
  const result: Result = JSON.parse(child.stdout);
  if (result.found !== null && result.found !== CHANGED)
    throw new Error(`${name} found ${result.found} changed objects, not ${CHANGED}`);
  return result;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function main(objects: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-bench-'));
  try {
    const [before, after] = [join(folder, 'before.pages'), join(folder, 'after.pages')];
    const fingerprints = join(folder, 'fingerprints');
    const step = Math.floor(objects / CHANGED);
    const changed = Array.from({ length: CHANGED }, (_unused, i) => i * step);
    const isChanged = (n: number) => n % step === 0 && n / step < CHANGED;
    const meanBytes = writePages(before, objects, () => false);
    writePages(after, objects, isChanged);
    writeFingerprints(fingerprints, objects);
    const files: Files = { before, after, fingerprints, changed };
    const results = new Map(Object.keys(VARIANTS).map((name): [string, Result[]] => [name, []]));
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, list] of results) list.push(measure(name, files));
    console.log(`drift scan: ${objects} objects (mean ${meanBytes} bytes), ${CHANGED} changed, ${ROUNDS} rounds`);
    print(results);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function print(results: Map<string, Result[]>): void {
  const seconds = (list: Result[]) => list.map((result) => result.seconds);
  const ours = median(seconds(results.get(OURS) ?? []));
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

const [flag, name, files] = process.argv.slice(2);
if (flag === '--variant' && name !== undefined && files !== undefined)
  await runVariant(name, JSON.parse(files) as Files);
else main(flag === undefined ? 1_000_000 : Number(flag));
