import fc from 'fast-check';
import { newSigner, ORIGIN, SmallLog, someRecord, verdictOn } from '../../../test/audit/small-log.js';
import { signCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { leafHash } from '../../crypto/merkle/tree-hash.js';
import {
  BUNDLE_FORMAT,
  checkpointLine,
  headerLine,
  holeLine,
  MAX_LINE_BYTES,
  MAX_PARSED_BYTES,
} from './bundle-lines.js';
import { BundleRefused } from './evidence.types.js';
import { recordLine } from './record-line.js';
import { verifyBundle } from './verify-bundle.js';
import { writeBundle } from './write-bundle.js';

const signer = newSigner();
const trusted = [signer.key];
let log: SmallLog;
/** Five records and a hole of three, checkpoints at 4 and 8; its header names no keys, so that every byte of it counts. */
let bundle: Buffer;
let lines: string[];
beforeAll(async () => {
  log = await SmallLog.begin([signer]);
  for (const from of [0, 4]) log.append([0, 1, 2, 3].map((n) => someRecord(from + n))).seal();
  bundle = await log.bundle({ holds: (leafIndex) => leafIndex < 2 || leafIndex >= 5, keys: [] });
  lines = bundle.toString().trimEnd().split('\n');
});

const header = (size: number) => headerLine({ origin: ORIGIN, size, keys: [] });
const text = (...parts: (string | Buffer)[]) =>
  Buffer.concat(parts.flatMap((part) => [Buffer.from(part), Buffer.from('\n')]));
const verdict = (bytes: Buffer) => verdictOn(bytes, [signer]);
const hash = leafHash(someRecord(0));
const hash64 = hash.toString('base64');

it('takes what it is made for', async () => {
  expect(lines.map((line) => line.slice(2, 8))).toEqual([
    'bundle',
    'leafIn',
    'leafIn',
    'from":',
    'checkp',
    'from":',
    'leafIn',
    'leafIn',
    'leafIn',
    'checkp',
  ]);
  expect(await verdict(bundle)).toMatchObject({ holds: true, size: 8, records: 5, checkpoints: 2 });
});

it('takes a log without records', async () => {
  const empty = (await SmallLog.begin([signer])).seal();
  expect(await verdict(await empty.bundle())).toMatchObject({ holds: true, size: 0, records: 0, checkpoints: 1 });
});

it('takes no bundle in which a single byte was changed, added, removed or doubled', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: bundle.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom('change', 'add', 'remove', 'double'),
      async (at, byte, how) => {
        const [before, rest] = [bundle.subarray(0, at), bundle.subarray(at)];
        const own = Buffer.of((rest[0] ?? 0) ^ byte);
        const forged = Buffer.concat(
          {
            change: [before, own, rest.subarray(1)],
            add: [before, own, rest],
            remove: [before, rest.subarray(1)],
            double: [before, rest.subarray(0, 1), rest],
          }[how],
        );
        const found = await verdict(forged);
        // A checkpoint on the way that now names an unknown key proves nothing any more, but the rest doesn't need it.
        if (found.holds) expect(found).toMatchObject({ size: 8, records: 5, checkpoints: 1, unverifiedCheckpoints: 1 });
        else expect(found.line).toBeLessThanOrEqual(lines.length + 1);
      },
    ),
    { numRuns: 1500 },
  );
});

it('says the same however the bytes arrive', async () => {
  for (const length of [1, 2, 7, 100, 1000]) {
    expect(await verdictOn(bundle, [signer], [], length)).toMatchObject({ holds: true, records: 5 });
    const cut = bundle.subarray(0, bundle.length / 2);
    expect(await verdictOn(cut, [signer], [], length)).toEqual(await verdict(cut));
  }
});

describe('a hostile bundle', () => {
  const first = (line: string | Buffer) => text(line, ...lines.slice(1));
  const then = (line: string | Buffer) => text(header(8), line);
  const record = (leafIndex: string, leafHashText = hash64, body: string = someRecord(0).toString()) =>
    `{"leafIndex":${leafIndex},"leafHash":"${leafHashText}","record":${body}}`;
  const hole = (from: unknown, to: unknown, hashes: unknown) => JSON.stringify({ from, to, hashes });
  const many = (count: number) => Array.from({ length: count }, () => hash64);

  test.each<[string, () => Buffer, string, number]>([
    ['that is empty', () => Buffer.alloc(0), 'truncated', 1],
    ['that is an empty line', () => text(''), 'malformed-line', 1],
    ['that is a header', () => text(header(8)), 'truncated', 2],
    ['without a header', () => text(...lines.slice(1)), 'malformed-line', 1],
    ['with two headers', () => text(header(8), header(8)), 'malformed-line', 2],
    ['of another kind', () => first(header(8).replace(BUNDLE_FORMAT, 'other/v1')), 'malformed-line', 1],
    ['with a byte order mark', () => Buffer.concat([Buffer.from('\ufeff'), bundle]), 'malformed-line', 1],
    ['with carriage returns', () => Buffer.from(bundle.toString().replaceAll('\n', '\r\n')), 'malformed-line', 1],
    ['of no origin', () => first(header(8).replace(ORIGIN, '')), 'malformed-line', 1],
    ['of another origin', () => first(header(8).replace(ORIGIN, 'log.example/other')), 'checkpoint-other-origin', 5],
    ['of a negative size', () => first(header(8).replace('8', '-8')), 'malformed-line', 1],
    ['of a broken size', () => first(header(8).replace('8', '8.5')), 'malformed-line', 1],
    ['of a size in another spelling', () => first(header(8).replace('8', '8e0')), 'malformed-line', 1],
    ['of a size in quotes', () => first(header(8).replace('8', '"8"')), 'malformed-line', 1],
    ['of a size beyond 2^53', () => first(header(8).replace('8', '9007199254740992')), 'malformed-line', 1],
    ['of a size beyond all', () => first(header(8).replace('8', '1e999')), 'malformed-line', 1],
    ['of two sizes', () => first(header(8).replace('"size"', '"size":9,"size"')), 'malformed-line', 1],
    ['with a member more', () => first(header(8).replace('{', '{"more":1,')), 'malformed-line', 1],
    ['with a prototype', () => first('{"__proto__":{"bundle":"blindspotx-audit/v1"}}'), 'malformed-line', 1],
    ['with a list for a header', () => first('[]'), 'malformed-line', 1],
    ['with too many keys', () => first(headerLine({ origin: ORIGIN, size: 8, keys: many(65) })), 'malformed-line', 1],
    ['with keys that are numbers', () => first(header(8).replace('[]', '[1]')), 'malformed-line', 1],
    ['of the largest size', () => first(header(2 ** 53 - 1)), 'truncated', 11],

    ['with an empty line', () => then(''), 'malformed-line', 2],
    ['with a line of something else', () => then('{"other":1}'), 'malformed-line', 2],
    ['with a place before the first', () => then(record('-1')), 'malformed-line', 2],
    ['with a place with a leading zero', () => then(record('00')), 'malformed-line', 2],
    ['with a place in another spelling', () => then(record('0e0')), 'malformed-line', 2],
    ['with a broken place', () => then(record('0.0')), 'malformed-line', 2],
    ['with a place of many digits', () => then(record('0'.repeat(100_000))), 'malformed-line', 2],
    ['with a place beyond 2^53', () => then(record('9007199254740993')), 'malformed-line', 2],
    ['with no place', () => then(record('')), 'malformed-line', 2],
    ['with a place beyond the size', () => then(record('8')), 'beyond-size', 2],
    ['with a hash that is too short', () => then(record('0', hash64.slice(4))), 'malformed-line', 2],
    ['with a hash that is too long', () => then(record('0', `${hash64}AAAA`)), 'malformed-line', 2],
    ['with a hash of other signs', () => then(record('0', '!'.repeat(44))), 'record-changed', 2],
    [
      'with a hash in another spelling',
      () => then(record('0', `${hash64.slice(0, -2)}${next(hash64.at(-2))}=`)),
      'record-changed',
      2,
    ],
    ['with a record of nothing', () => then(record('0', hash64, '')), 'malformed-line', 2],
    ['with a record that is a text', () => then(record('0', hash64, '"text"')), 'malformed-line', 2],
    ['with a space before the record', () => then(record('0', hash64, ` ${someRecord(0)}`)), 'malformed-line', 2],
    ['with a deep record', () => then(record('0', hash64, `{${'['.repeat(1_000_000)}}`)), 'record-changed', 2],
    ['with a member after the record', () => then(record('0').replace(/\}$/, ',"more":1}')), 'malformed-line', 2],
    ['with white space after the record', () => then(`${record('0')} `), 'malformed-line', 2],
    ['with a line that is too long', () => then('x'.repeat(MAX_LINE_BYTES + 1)), 'line-too-long', 2],
    [
      'with a line without an end',
      () => Buffer.concat([text(header(8)), Buffer.alloc(3 * MAX_LINE_BYTES, 'x')]),
      'line-too-long',
      2,
    ],
    ['with a header that is too long', () => Buffer.alloc(2 * MAX_LINE_BYTES), 'line-too-long', 1],

    ['with nothing left out', () => then(hole(0, 0, [])), 'malformed-line', 2],
    ['with less than nothing left out', () => then(hole(3, 1, [hash64])), 'malformed-line', 2],
    ['with a hole from a negative place', () => then(hole(-1, 1, [hash64])), 'malformed-line', 2],
    ['with a hole to a broken place', () => then(hole(0, 1.5, [hash64])), 'malformed-line', 2],
    ['with a hole to a text', () => then(hole(0, '1', [hash64])), 'malformed-line', 2],
    ['with a hole to beyond the size', () => then(hole(0, 9, [hash64])), 'beyond-size', 2],
    ['with a hole to beyond 2^53', () => then('{"from":0,"to":9007199254740993,"hashes":[]}'), 'malformed-line', 2],
    ['with a hole behind a gap', () => then(hole(1, 2, [hash64])), 'out-of-order', 2],
    ['with a hole over what was there', () => text(...lines.slice(0, 4), hole(3, 5, many(2))), 'out-of-order', 5],
    ['with a hole of no hashes', () => then(hole(0, 4, [])), 'malformed-line', 2],
    ['with a hole of smaller subtrees', () => then(hole(0, 4, many(2))), 'malformed-line', 2],
    ['with a hole of too many hashes', () => then(hole(0, 4, many(5000))), 'malformed-line', 2],
    ['with a hole of short hashes', () => then(hole(0, 1, [hash64.slice(4)])), 'malformed-line', 2],
    ['with a hole of numbers', () => then(hole(0, 1, [1])), 'malformed-line', 2],
    ['with a hole of something else', () => then(hole(0, 1, { length: 1 })), 'malformed-line', 2],
    [
      'with a hole of hashes in another spelling',
      () => then(hole(0, 1, [`${hash64.slice(0, -2)}${next(hash64.at(-2))}=`])),
      'malformed-line',
      2,
    ],
    ['with a hole in another spelling', () => then(hole(0, 1, [hash64]).replace(':0', ': 0')), 'malformed-line', 2],
    ['with a hole that is too long', () => then(`{"from":${' '.repeat(MAX_PARSED_BYTES)}0}`), 'line-too-long', 2],

    ['with a checkpoint that is a number', () => then('{"checkpoint":8}'), 'malformed-line', 2],
    ['with a checkpoint that is no note', () => then(checkpointLine('8')), 'checkpoint-refused', 2],
    [
      'with a checkpoint in another spelling',
      () => then(checkpointLine(log.noteAt(4)).replace('—', '\\u2014')),
      'malformed-line',
      2,
    ],
    [
      'with a checkpoint that is no UTF-8',
      () => then(Buffer.from(checkpointLine(log.noteAt(4)), 'latin1')),
      'malformed-line',
      2,
    ],
    [
      'with half a character',
      () => then(Buffer.concat([Buffer.from('{"checkpoint":"'), Buffer.of(0xe2, 0x80), Buffer.from('"}')])),
      'malformed-line',
      2,
    ],
    ['with a checkpoint too early', () => then(checkpointLine(log.noteAt(4))), 'checkpoint-misplaced', 2],
    [
      'with a checkpoint too late',
      () => text(...lines.slice(0, 4), ...lines.slice(5, 6), lines[4] ?? ''),
      'checkpoint-misplaced',
      6,
    ],
    ['with a checkpoint twice', () => text(...lines.slice(0, 5), ...lines.slice(4)), 'checkpoint-misplaced', 6],
    ['with the last checkpoint twice', () => text(...lines, lines.at(-1) ?? ''), 'trailing-data', 11],
    [
      'with a checkpoint of another root',
      () => text(...lines.slice(0, 4), checkpointLine(signed(4))),
      'root-differs',
      5,
    ],
    ['without its last checkpoint', () => text(...lines.slice(0, -1)), 'truncated', 10],
    ['with an empty line at the end', () => text(...lines, ''), 'trailing-data', 11],
    ['with something after the end', () => Buffer.concat([bundle, Buffer.from('x')]), 'truncated', 11],
    ['twice in one', () => Buffer.concat([bundle, bundle]), 'trailing-data', 11],
  ])('%s is refused at the right line', async (_, bytes, reason, line) => {
    expect(await verdict(bytes())).toMatchObject({ holds: false, reason, line });
  });

  it('keeps no more of a line than a line may have', async () => {
    let pieces = 0;
    async function* endless() {
      for (;;) {
        pieces += 1;
        yield Buffer.alloc(64 * 1024, 'x');
      }
    }
    expect(await verifyBundle(endless(), { trusted })).toMatchObject({
      holds: false,
      line: 1,
      reason: 'line-too-long',
    });
    expect(pieces).toBe(MAX_LINE_BYTES / 64 / 1024 + 1);
  });

  function signed(size: number): string {
    return signCheckpoint({ origin: ORIGIN, size, root: hash }, [signer]);
  }
});

it('tells what the changed record says, and faults of the reading from faults of what is read', async () => {
  const other = recordLine(0, hash, someRecord(0, { outcome: 'denied' }));
  expect(await verdict(text(header(8), other))).toMatchObject({
    reason: 'record-changed',
    range: { from: 0, to: 1 },
    detail: expect.stringContaining('users.user.updated'),
  });
  async function* broken(error: Error) {
    yield bundle.subarray(0, bundle.length / 2);
    throw error;
  }
  const unreadable = new BundleRefused('unreadable', 'the compressed file is damaged');
  expect(await verifyBundle(broken(unreadable), { trusted })).toMatchObject({ holds: false, reason: 'unreadable' });
  await expect(verifyBundle(broken(new Error('the disk is gone')), { trusted })).rejects.toThrow('the disk is gone');
});

describe('writing a bundle', () => {
  const source = () => ({ origin: ORIGIN, size: 8, keys: [], checkpoints: log.checkpoints, readTiles: log.readTiles });
  const all = (indexes: number[]) => indexes.map((leafIndex) => ({ leafIndex, bytes: someRecord(leafIndex) }));
  async function written(changes: Partial<Parameters<typeof writeBundle>[0]>): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of writeBundle({ ...source(), records: all([1, 2]), ...changes })) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  it('needs records and checkpoints in order, and the last checkpoint', async () => {
    expect(await verdict(await written({}))).toMatchObject({ holds: true, records: 2 });
    for (const changes of [
      { records: all([2, 1]) },
      { records: all([1, 1]) },
      { records: all([8]) },
      { checkpoints: [...log.checkpoints].reverse() },
      { checkpoints: log.checkpoints.slice(0, 1) },
      { checkpoints: [...log.checkpoints, ...log.checkpoints.slice(1)] },
      { checkpoints: [] },
      { size: 4 },
      { size: 0, checkpoints: [], records: [] },
    ]) {
      await expect(written(changes)).rejects.toThrow(RangeError);
    }
  });

  it('writes the hash that the tree has, whatever the record says now', async () => {
    const records = [{ leafIndex: 1, bytes: someRecord(1, { outcome: 'denied' }) }];
    expect(await verdict(await written({ records }))).toMatchObject({
      reason: 'record-changed',
      range: { from: 1, to: 2 },
    });
  });

  it('lets go of where the records come from when nobody wants the rest', async () => {
    let ended = false;
    async function* records() {
      try {
        for (let n = 0; n < 8; n++) yield { leafIndex: n, bytes: Buffer.from(`{${'"'.padEnd(70_000)}}`) };
      } finally {
        ended = true;
      }
    }
    for await (const piece of writeBundle({ ...source(), records: records() })) {
      expect(piece.length).toBeGreaterThan(64 * 1024);
      break;
    }
    expect(ended).toBe(true);
  });

  it('writes holes as one line each', async () => {
    const line = (await written({ records: [] })).toString().split('\n')[1] ?? '';
    const { from, to, hashes } = JSON.parse(line);
    expect([from, to, hashes.length]).toEqual([0, 4, 1]);
    expect(line).toBe(holeLine({ from, to, hashes: [Buffer.from(hashes[0], 'base64')] }));
  });
});

/** The next sign of the alphabet: the same 32 bytes to whoever ignores the spare bits. */
function next(sign = ''): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet.charAt(alphabet.indexOf(sign) + 1);
}
