import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { checkpointLine, headerLine, holeLine } from '../../src/audit/evidence/bundle-lines.js';
import { recordLine } from '../../src/audit/evidence/record-line.js';
import { signCheckpoint } from '../../src/crypto/merkle/checkpoint.js';
import { coverOf } from '../../src/crypto/merkle/subtrees.js';
import { leafHash } from '../../src/crypto/merkle/tree-hash.js';
import { proofSize } from '../support/proof-size.js';
import { newSigner, ORIGIN, SmallLog, someRecord, verdictOn } from './small-log.js';

const LOGS = proofSize(150, 1000);
/** Printed by nobody: with the same seed the same logs come again. */
const SEED = 20_261_130;
const signers = [newSigner(), newSigner(), newSigner()] as const;

/** How a log grew: batches of records, each perhaps with a checkpoint; and what a bundle shows of it. */
const someLog = fc.record({
  batches: fc.array(
    fc.record({ count: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 90 })), sealed: fc.boolean() }),
    { maxLength: 8 },
  ),
  /** From which batch on each further key signs, beside or instead of the one before. */
  rotations: fc.array(fc.record({ at: fc.nat({ max: 8 }), beside: fc.boolean() }), { maxLength: 2 }),
  /** The lengths of what is in the bundle and what is left out of it, in turn. */
  runs: fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 12 }),
  beginsWithHole: fc.boolean(),
  hidden: fc.array(fc.nat({ max: 8 }), { maxLength: 4 }),
  kept: fc.array(fc.nat({ max: 8 }), { maxLength: 3 }),
  /** Often the first checkpoint: where that is of an empty log, the bundle is empty. */
  until: fc.oneof(fc.constant(0), { weight: 2, arbitrary: fc.nat({ max: 8 }) }),
  pieceLength: fc.integer({ min: 1, max: 70_000 }),
});

async function grown({
  batches,
  rotations,
}: {
  batches: { count: number; sealed: boolean }[];
  rotations: { at: number; beside: boolean }[];
}) {
  const log = await SmallLog.begin([signers[0]]);
  for (const [batch, { count, sealed }] of [...batches, { count: 1, sealed: true }].entries()) {
    rotations.forEach(({ at, beside }, i) => {
      const [before, after] = [signers[i], signers[i + 1]];
      if (at === batch && before && after) log.signers = beside ? [before, after] : [after];
    });
    log.append(Array.from({ length: count }, (_, i) => someRecord(log.size + i)));
    if (sealed && log.checkpoints.at(-1)?.size !== log.size) log.seal();
  }
  return log;
}

/** Which places are in, from the lengths of runs. */
function membership(runs: number[], beginsWithHole: boolean): (leafIndex: number) => boolean {
  const ends = runs.map((_, at) => runs.slice(0, at + 1).reduce((sum, run) => sum + run, 0));
  return (leafIndex) => {
    const run = ends.findIndex((end) => leafIndex < end);
    return ((run < 0 ? ends.length : run) % 2 === 0) !== beginsWithHole;
  };
}

it(`accepts ${LOGS} honest bundles of any shape`, async () => {
  const seen = { records: 0, holes: 0, checkpoints: 0, kept: 0, empty: 0 };
  await fc.assert(
    fc.asyncProperty(someLog, async ({ runs, beginsWithHole, hidden, kept, until, pieceLength, ...history }) => {
      const log = await grown(history);
      const sizes = log.checkpoints.map(({ size }) => size);
      const size = sizes[Math.min(until, sizes.length - 1)] ?? 0;
      const shown = sizes.filter((other, at) => other === size || (other < size && !hidden.includes(at)));
      const keptSizes = shown.filter((_, at) => kept.includes(at));
      const holds = membership(runs, beginsWithHole);
      const bundle = await log.bundle({ size, holds, shows: (other) => shown.includes(other) });
      const records = log.records.slice(0, size).filter((_, at) => holds(at)).length;

      const found = await verdictOn(
        bundle,
        [...signers],
        keptSizes.map((other) => log.noteAt(other)),
        pieceLength,
      );
      expect(found).toMatchObject({
        holds: true,
        size,
        records,
        checkpoints: shown.length,
        unverifiedCheckpoints: 0,
        keptCheckpoints: keptSizes.length,
      });
      seen.records += records;
      seen.holes += bundle.toString().split('{"from"').length - 1;
      seen.checkpoints += shown.length;
      seen.kept += keptSizes.length;
      if (size === 0) seen.empty += 1;
    }),
    { numRuns: LOGS, seed: SEED },
  );
  // They were worth it: nothing that a bundle can hold is rare among them.
  expect(Object.entries(seen).filter(([, count]) => count < 10)).toEqual([]);
}, 300_000);

/** The root as RFC 9162 2.1.1 defines it, of a tree of which only these subtrees are known. */
function rootOf(from: bigint, count: bigint, known: ReadonlyMap<string, Buffer>): Buffer {
  const subtree = known.get(`${from}+${count}`);
  if (subtree !== undefined) return subtree;
  let k = 1n;
  while (2n * k < count) k *= 2n;
  const [left, right] = [rootOf(from, k, known), rootOf(from + k, count - k, known)];
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

it.each([
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 32 + 1,
  2 ** 33 + 12_345,
  2 ** 48 + 7,
  Number.MAX_SAFE_INTEGER,
])('accepts records of a log of %d, wherever in it they lie', async (size) => {
  const places = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, size - 2, size - 1].filter((at) => at < size);
  const known = new Map<string, Buffer>();
  const lines: (string | Buffer)[] = [headerLine({ origin: ORIGIN, size, keys: [] })];
  const leaveOut = (from: number, to: number) => {
    const hashes = coverOf({ from, to }).map(({ level, index }) => {
      const hash = randomBytes(32);
      known.set(`${BigInt(index) << BigInt(level)}+${1n << BigInt(level)}`, hash);
      return hash;
    });
    if (from < to) lines.push(holeLine({ from, to, hashes }));
  };
  let next = 0;
  for (const at of [...new Set(places)].sort((left, right) => left - right)) {
    leaveOut(next, at);
    const hash = leafHash(someRecord(at));
    known.set(`${at}+1`, hash);
    lines.push(recordLine(at, hash, someRecord(at)));
    next = at + 1;
  }
  leaveOut(next, size);
  const root = rootOf(0n, BigInt(size), known);
  lines.push(checkpointLine(signCheckpoint({ origin: ORIGIN, size, root }, [signers[0]])));
  const bundle = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
  const records = new Set(places).size;
  expect(await verdictOn(bundle, [signers[0]])).toMatchObject({ holds: true, size, records, last: size - 1 });
  const other = Buffer.from(
    bundle.toString('latin1').replace(`{"leafIndex":${size - 1},`, `{"leafIndex":${size - 2},`),
    'latin1',
  );
  expect(await verdictOn(other, [signers[0]])).toMatchObject({ holds: false, reason: 'out-of-order' });
});
