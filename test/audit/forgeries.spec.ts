import { checkpointLine, headerLine, holeLine } from '../../src/audit/evidence/bundle-lines.js';
import { recordLine } from '../../src/audit/evidence/record-line.js';
import { signCheckpoint } from '../../src/crypto/merkle/checkpoint.js';
import { CompactRange } from '../../src/crypto/merkle/compact-range.js';
import { leafHash } from '../../src/crypto/merkle/tree-hash.js';
import { coverHashes } from '../../src/crypto/merkle/tree-proofs.js';
import { NoteRefused } from '../../src/crypto/signed-note.js';
import { newSigner, ORIGIN, SmallLog, someRecord, verdictOn } from './small-log.js';

const signer = newSigner();
const stranger = newSigner();

/** Records `from` to before `to`, with a checkpoint after every tenth. */
function fill(log: SmallLog, from: number, to: number, record: (n: number) => Buffer = someRecord): SmallLog {
  for (let at = from; at < to; at += 10) {
    log.append(Array.from({ length: 10 }, (_, i) => record(at + i))).seal();
  }
  return log;
}

let log: SmallLog;
/** Of 40 records with checkpoints at 10, 20, 30 and 40. */
let honest: Buffer[];
beforeAll(async () => {
  log = fill(await SmallLog.begin([signer]), 0, 40);
  honest = linesOf(await log.bundle());
});

function linesOf(bundle: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    const end = bundle.indexOf('\n', at);
    lines.push(bundle.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

const joined = (lines: (Buffer | string)[]) =>
  Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
/** Line numbers, from 1 on, of the honest bundle. */
const lineOf = (leafIndex: number) => 2 + leafIndex + Math.floor(leafIndex / 10);
const lineOfCheckpoint = (size: number) => 1 + size + size / 10;
const lineAt = (number: number) => honest[number - 1] ?? Buffer.alloc(0);
const bodyAt = (leafIndex: number) => log.records[leafIndex] ?? Buffer.alloc(0);
const ownLine = (leafIndex: number, record: Buffer) => recordLine(leafIndex, leafHash(record), record);

/** The honest bundle with some lines replaced (by number); none in their place removes one. */
function forged(changes: Record<number, (Buffer | string)[]>): Buffer {
  return joined(honest.flatMap((line, at) => changes[at + 1] ?? [line]));
}

const verdict = (bundle: Buffer, kept: string[] = []) => verdictOn(bundle, [signer], kept);
const fault = (line: number, reason: string, from: number, to: number) =>
  expect.objectContaining({ holds: false, line, reason, range: { from, to } });

it('accepts the honest bundle', async () => {
  expect(await verdict(joined(honest), [log.noteAt(40), log.noteAt(20)])).toMatchObject({
    holds: true,
    origin: ORIGIN,
    size: 40,
    records: 40,
    checkpoints: 4,
    keptCheckpoints: 2,
  });
});

describe('a changed record', () => {
  const changed = (change: (text: string) => string) => {
    const line = lineAt(lineOf(17)).toString();
    const [before = '', body = ''] = line.split(',"record":');
    const other = change(body.slice(0, -1));
    expect(other).not.toBe(body.slice(0, -1));
    return forged({ [lineOf(17)]: [`${before},"record":${other}}`] });
  };

  test.each<[string, (text: string) => string]>([
    ['in its body', (text) => text.replace('Sales', 'sales')],
    ['in the order of its fields', (text) => text.replace(/^\{("action":"[^"]*"),(.*)\}$/, '{$2,$1}')],
    ['in its white space', (text) => text.replace('":', '": ')],
    ['in how a character is spelled', (text) => text.replace('Zoë', 'Zo\\u00eb')],
    ['in how a number is spelled', (text) => text.replace('"n":17', '"n":1.7e1')],
    ['by a member that hides another', (text) => text.replace('{', '{"action":"users.user.deleted",')],
    ['to something that is no JSON', (text) => text.replace('"after"', 'after')],
  ])('%s is found at its place', async (_, change) => {
    expect(await verdict(changed(change))).toEqual(fault(lineOf(17), 'record-changed', 17, 18));
  });

  it('together with its hash is found between the checkpoints around it', async () => {
    const other = someRecord(17, { outcome: 'denied' });
    const lie = forged({ [lineOf(17)]: [ownLine(17, other)] });
    expect(await verdict(lie)).toEqual(fault(lineOfCheckpoint(20), 'root-differs', 10, 20));
    const last = forged({ [lineOf(39)]: [ownLine(39, other)] });
    expect(await verdict(last)).toEqual(fault(lineOfCheckpoint(40), 'root-differs', 30, 40));
    const first = forged({ [lineOf(0)]: [ownLine(0, other)] });
    expect(await verdict(first)).toEqual(fault(lineOfCheckpoint(10), 'root-differs', 0, 10));
  });

  it('does not hide behind a checkpoint that the forger signed', async () => {
    const other = someRecord(17, { outcome: 'denied' });
    const lie = await SmallLog.begin([stranger]);
    lie.append([...log.records.slice(0, 17), other, bodyAt(18)]).seal();
    const bundle = forged({
      [lineOf(17)]: [ownLine(17, other)],
      [lineOf(18)]: [lineAt(lineOf(18)), checkpointLine(lie.noteAt(19))],
    });
    expect(await verdict(bundle)).toEqual(fault(lineOfCheckpoint(20) + 1, 'root-differs', 10, 20));
  });

  it('is found when the whole tree was computed anew under the old signatures', async () => {
    const lie = fill(await SmallLog.begin([stranger]), 0, 40, (n) =>
      someRecord(n, n === 17 ? { outcome: 'denied' } : {}),
    );
    const signatures = (size: number) => log.noteAt(size).split('\n\n')[1] ?? '';
    for (const checkpoint of lie.checkpoints) {
      checkpoint.note = `${checkpoint.note.split('\n\n')[0]}\n\n${signatures(checkpoint.size)}`;
    }
    expect(await verdict(await lie.bundle())).toEqual(fault(lineOfCheckpoint(20), 'checkpoint-refused', 10, 20));
  });
});

describe('a removed record', () => {
  it('is missed at its place', async () => {
    expect(await verdict(forged({ [lineOf(17)]: [] }))).toEqual(fault(lineOf(17), 'out-of-order', 17, 18));
    expect(await verdict(forged({ [lineOf(0)]: [] }))).toEqual(fault(lineOf(0), 'out-of-order', 0, 1));
    expect(await verdict(forged({ [lineOf(39)]: [] }))).toEqual(fault(lineOf(39), 'checkpoint-misplaced', 30, 39));
  });

  it('is missed when the others moved up', async () => {
    const without = log.records.filter((_, leafIndex) => leafIndex !== 17);
    const lines = without.map((record, leafIndex) => ownLine(leafIndex, record));
    const at = (size: number) => checkpointLine(log.noteAt(size));
    const head = [lineAt(1), ...lines.slice(0, 10), at(10), ...lines.slice(10, 19)];
    expect(await verdict(joined([...head, at(20)]))).toEqual(fault(22, 'checkpoint-misplaced', 10, 19));
    // The next one stands in for it.
    expect(await verdict(joined([...head, ...lines.slice(19, 20), at(20)]))).toEqual(fault(23, 'root-differs', 10, 20));
  });

  it('may be left out honestly, and only so', async () => {
    const [hash = Buffer.alloc(0)] = await coverHashes({ from: 17, to: 18 }, log.readTiles);
    const [other = Buffer.alloc(0)] = await coverHashes({ from: 18, to: 19 }, log.readTiles);
    const hole = (one: Buffer) => forged({ [lineOf(17)]: [holeLine({ from: 17, to: 18, hashes: [one] })] });
    expect(await verdict(hole(hash))).toMatchObject({ holds: true, records: 39 });
    expect(await verdict(hole(other))).toEqual(fault(lineOfCheckpoint(20), 'root-differs', 10, 20));
  });
});

describe('an inserted record', () => {
  const extra = someRecord(99);

  it('is found where the next one stands', async () => {
    const twice = forged({ [lineOf(17)]: [lineAt(lineOf(17)), lineAt(lineOf(17))] });
    expect(await verdict(twice)).toEqual(fault(lineOf(17) + 1, 'out-of-order', 17, 18));
    const between = forged({ [lineOf(17)]: [ownLine(17, extra), lineAt(lineOf(17))] });
    expect(await verdict(between)).toEqual(fault(lineOf(17) + 1, 'out-of-order', 17, 18));
  });

  it('is found when the others moved down', async () => {
    const records = [...log.records.slice(0, 17), extra, ...log.records.slice(17)];
    const lines = records.map((record, leafIndex) => ownLine(leafIndex, record));
    const cut = (from: number, to: number) => lines.slice(from, to);
    const at = (size: number) => checkpointLine(log.noteAt(size));
    const late = joined([lineAt(1), ...cut(0, 10), at(10), ...cut(10, 21), at(20)]);
    expect(await verdict(late)).toEqual(fault(24, 'checkpoint-misplaced', 10, 21));
    const inTime = joined([lineAt(1), ...cut(0, 10), at(10), ...cut(10, 20), at(20)]);
    expect(await verdict(inTime)).toEqual(fault(lineOfCheckpoint(20), 'root-differs', 10, 20));
  });

  it('is found at the end', async () => {
    const before = forged({ [lineOfCheckpoint(40)]: [ownLine(40, extra), lineAt(lineOfCheckpoint(40))] });
    expect(await verdict(before)).toEqual(fault(lineOfCheckpoint(40), 'beyond-size', 40, 41));
    const after = joined([...honest, ownLine(40, extra)]);
    expect(await verdict(after)).toMatchObject({ holds: false, line: honest.length + 1, reason: 'trailing-data' });
    const grown = joined([headerLine({ origin: ORIGIN, size: 41, keys: [] }), ...honest.slice(1), ownLine(40, extra)]);
    expect(await verdict(grown)).toEqual(fault(honest.length + 2, 'truncated', 41, 41));
  });
});

describe('swapped records', () => {
  it('are found at the first of both', async () => {
    const swapped = forged({ [lineOf(13)]: [lineAt(lineOf(17))], [lineOf(17)]: [lineAt(lineOf(13))] });
    expect(await verdict(swapped)).toEqual(fault(lineOf(13), 'out-of-order', 13, 17));
  });

  it('are found with their places exchanged', async () => {
    const swapped = forged({ [lineOf(13)]: [ownLine(13, bodyAt(17))], [lineOf(17)]: [ownLine(17, bodyAt(13))] });
    expect(await verdict(swapped)).toEqual(fault(lineOfCheckpoint(20), 'root-differs', 10, 20));
    const across = forged({ [lineOf(5)]: [ownLine(5, bodyAt(35))], [lineOf(35)]: [ownLine(35, bodyAt(5))] });
    expect(await verdict(across)).toEqual(fault(lineOfCheckpoint(10), 'root-differs', 0, 10));
  });
});

describe('a truncated bundle', () => {
  it('is found wherever it ends', async () => {
    const whole = joined(honest);
    for (let lines = 0; lines < honest.length; lines++) {
      const records = Math.max(0, lines - 1) - Math.floor(Math.max(0, lines - 1) / 11);
      const cut = joined(honest.slice(0, lines));
      expect(await verdict(cut)).toMatchObject({ holds: false, line: lines + 1, reason: 'truncated' });
      if (lines > 0) expect(await verdict(cut)).toEqual(fault(lines + 1, 'truncated', records, 40));
      expect(await verdict(whole.subarray(0, cut.length + 5))).toMatchObject({ line: lines + 1, reason: 'truncated' });
    }
    expect(await verdict(whole.subarray(0, -1))).toMatchObject({ line: honest.length, reason: 'truncated' });
  });

  it('is found when its header was made to fit', async () => {
    const header = (size: number) => headerLine({ origin: ORIGIN, size, keys: [] });
    const short = joined([header(35), ...honest.slice(1, lineOf(34))]);
    expect(await verdict(short)).toEqual(fault(lineOf(34) + 1, 'truncated', 35, 35));
    const long = joined([header(50), ...honest.slice(1)]);
    expect(await verdict(long)).toEqual(fault(honest.length + 1, 'truncated', 40, 50));
  });

  it('at a checkpoint is what the log once was; a checkpoint that was kept finds what is missing', async () => {
    const older = await log.bundle({ size: 30 });
    expect(await verdict(older, [log.noteAt(20), log.noteAt(30)])).toMatchObject({ holds: true, size: 30 });
    expect(await verdict(older, [log.noteAt(20), log.noteAt(40)])).toEqual(fault(1, 'rolled-back', 30, 40));
  });
});

describe('a forked log', () => {
  let fork: SmallLog;
  beforeAll(async () => {
    const other = (n: number) => someRecord(n, n >= 25 ? { reason: 'another history' } : {});
    fork = fill(await SmallLog.begin([signer]), 0, 40, other);
  });

  it('is found between the kept checkpoints that it does and does not agree with', async () => {
    const bundle = await fork.bundle();
    expect(await verdict(bundle)).toMatchObject({ holds: true });
    expect(await verdict(bundle, [log.noteAt(20)])).toMatchObject({ holds: true, keptCheckpoints: 1 });
    expect(await verdict(bundle, [log.noteAt(40), log.noteAt(20)])).toEqual(fault(lineOf(39), 'forked', 30, 40));
    expect(await verdict(bundle, [log.noteAt(30)])).toEqual(fault(lineOf(29), 'forked', 20, 30));
    const quiet = await fork.bundle({ shows: () => false });
    expect(await verdict(quiet, [log.noteAt(10), log.noteAt(40)])).toEqual(fault(41, 'forked', 10, 40));
  });

  it('is found with checkpoints of both histories in it', async () => {
    const mixed = forged({ [lineOfCheckpoint(30)]: [checkpointLine(fork.noteAt(30))] });
    expect(await verdict(mixed)).toEqual(fault(lineOfCheckpoint(30), 'root-differs', 20, 30));
  });

  it('is not hidden by leaving out its place', async () => {
    const hidden = await fork.bundle({ holds: (at) => at < 25, shows: (size) => size <= 20 });
    expect(await verdict(hidden, [log.noteAt(30)])).toEqual(fault(29, 'kept-checkpoint-not-met', 25, 40));
    const shown = await fork.bundle({ holds: (at) => at < 25 });
    expect(await verdict(shown, [log.noteAt(30)])).toEqual(fault(29, 'forked', 20, 30));
  });
});

describe('a log that was sealed with another key', () => {
  it('is found at the end, from the last checkpoint on that a trusted key has signed', async () => {
    const all = fill(await SmallLog.begin([stranger]), 0, 40);
    expect(await verdict(await all.bundle())).toEqual(fault(lineOfCheckpoint(40), 'not-signed', 0, 40));
    const rest = fill(await SmallLog.begin([signer]), 0, 20);
    rest.signers = [stranger];
    expect(await verdict(await fill(rest, 20, 40).bundle())).toEqual(fault(lineOfCheckpoint(40), 'not-signed', 20, 40));
  });

  it('is found under the name and id of the right one', async () => {
    const lie = fill(await SmallLog.begin([{ ...stranger, key: signer.key }]), 0, 40);
    expect(await verdict(await lie.bundle())).toEqual(fault(lineOfCheckpoint(10), 'checkpoint-refused', 0, 10));
  });

  it('is found under the name of another log, whose key is trusted too', async () => {
    const other = newSigner('log.example/other');
    const lie = fill(await SmallLog.begin([other]), 0, 40);
    const found = await verdictOn(await lie.bundle(), [signer, other]);
    expect(found).toEqual(fault(lineOfCheckpoint(40), 'not-signed', 0, 40));
  });

  it('is no forgery while the old key signs beside its successor', async () => {
    const rotated = fill(await SmallLog.begin([signer]), 0, 20);
    rotated.signers = [signer, stranger];
    fill(rotated, 20, 40);
    expect(await verdict(await rotated.bundle())).toMatchObject({ holds: true, checkpoints: 4 });
    const bySuccessor = await verdictOn(await rotated.bundle(), [stranger]);
    expect(bySuccessor).toMatchObject({ holds: true, checkpoints: 2, unverifiedCheckpoints: 2 });
  });
});

describe('a proof of something else', () => {
  it('is found when left out records have the hashes of others', async () => {
    const bundle = linesOf(await log.bundle({ holds: (at) => at < 12 || at >= 17 }));
    const at = bundle.findIndex((line) => line.includes('"from"'));
    const { hashes } = JSON.parse(String(bundle[at]));
    expect(hashes).toHaveLength(2);
    bundle[at] = Buffer.from(JSON.stringify({ from: 12, to: 17, hashes: [...hashes].reverse() }));
    expect(await verdict(joined(bundle))).toMatchObject({ reason: 'root-differs', range: { from: 10, to: 20 } });
  });

  it('is found when a record stands beside the hash or the place of another', async () => {
    const hash = forged({ [lineOf(17)]: [recordLine(17, leafHash(bodyAt(18)), bodyAt(17))] });
    expect(await verdict(hash)).toEqual(fault(lineOf(17), 'record-changed', 17, 18));
    const place = forged({ [lineOf(17)]: [ownLine(18, bodyAt(17))] });
    expect(await verdict(place)).toEqual(fault(lineOf(17), 'out-of-order', 17, 18));
  });

  it('is found when a node is passed off as a record', async () => {
    // 64 bytes that are two hashes would hash to their node, were it not for the byte in front.
    const [left, right] = [leafHash(bodyAt(16)), leafHash(bodyAt(17))];
    const range = CompactRange.of(2, await coverHashes({ from: 16, to: 18 }, log.readTiles));
    expect(leafHash(Buffer.concat([left, right]))).not.toEqual(range.root());
  });
});

describe('kept checkpoints', () => {
  it('count only when a trusted key has signed them', async () => {
    const root = Buffer.alloc(32);
    const unsigned = signCheckpoint({ origin: ORIGIN, size: 40, root }, [stranger]);
    await expect(verdict(joined(honest), [unsigned])).rejects.toThrow(NoteRefused);
    await expect(verdict(joined(honest), ['not a note'])).rejects.toThrow(NoteRefused);
    await expect(verdictOn(joined(honest), [])).rejects.toThrow(RangeError);
  });

  it('of another log are told apart', async () => {
    const other = newSigner('log.example/other');
    const note = signCheckpoint({ origin: 'log.example/other', size: 10, root: Buffer.alloc(32) }, [other]);
    const found = await verdictOn(joined(honest), [signer, other], [note]);
    expect(found).toMatchObject({ holds: false, line: 1, reason: 'checkpoint-other-origin' });
  });

  it('of the same size with another root are both compared', async () => {
    const lie = signCheckpoint({ origin: ORIGIN, size: 20, root: Buffer.alloc(32) }, [signer]);
    expect(await verdict(joined(honest), [log.noteAt(20), lie])).toEqual(fault(lineOf(19), 'forked', 10, 20));
  });
});
