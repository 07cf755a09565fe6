import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, deflateRawSync, gzipSync } from 'node:zlib';
import { newSigner, ORIGIN, SmallLog, someRecord } from '../../../test/audit/small-log.js';
import { ranCli } from '../../../test/support/ran-cli.js';
import { leafHash } from '../../crypto/merkle/tree-hash.js';
import { consistencyProof, inclusionProof } from '../../crypto/merkle/tree-proofs.js';
import { formatVerifierKey } from '../../crypto/signed-note.js';

const signer = newSigner();
const key = formatVerifierKey(signer.key);
let folder: string;
let log: SmallLog;
let bundle: Buffer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-verify-'));
  log = await SmallLog.begin([signer]);
  for (const from of [0, 10]) log.append(Array.from({ length: 10 }, (_, n) => someRecord(from + n))).seal();
  bundle = await log.bundle();
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const verify = (...args: string[]) => ranCli(['audit', 'verify', ...args]);

describe('audit verify', () => {
  test('exits 0 for what holds and says what was proved', async () => {
    const { code, out, err } = await verify(file('log.ndjson', bundle), '--key', key);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')[0]).toBe(
      `holds      ${ORIGIN}: 20 of 20 records are in the bundle and are as they were signed`,
    );
    expect(out).toContain(`signed by  ${key}\n`);
  });

  test('takes what reads as a key for one, even where evidence came with a file of its name', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      mkdirSync(dirname(key), { recursive: true });
      writeFileSync(key, formatVerifierKey(newSigner().key));
      expect((await verify(file('log.ndjson', bundle), '--key', key)).code).toBe(0);
    } finally {
      process.chdir(before);
    }
  });

  test('takes keys from files, several of them, and kept checkpoints', async () => {
    const stranger = formatVerifierKey(newSigner().key);
    const keys = file('keys', `# of the log\n${stranger}\n\n${key}\n`);
    const kept = [10, 20].flatMap((size) => ['--checkpoint', file(`kept-${size}`, log.noteAt(size))]);
    const { code, out } = await verify(file('log.ndjson', bundle), '--key', stranger, '--key', keys, ...kept, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      holds: true,
      origin: ORIGIN,
      size: 20,
      root: log.noteAt(20).split('\n')[2],
      records: 20,
      first: 0,
      last: 19,
      asked: null,
      missing: { count: 0, ranges: [] },
      checkpoints: 2,
      unverifiedCheckpoints: 0,
      keptCheckpoints: 2,
      signedBy: [key],
    });
  });

  test('takes the file that a service appends its checkpoints to, and notes with lines too many', async () => {
    const notes = [10, 20].map((size) => log.noteAt(size));
    for (const content of [
      `${notes[0]}\n${notes[1]}\n`,
      `${notes.join('')}\n\n`,
      notes.map((note) => `${note}\n\n`).join(''),
    ]) {
      const ran = await verify(
        file('log.ndjson', bundle),
        '--key',
        key,
        '--checkpoint',
        file('all', content),
        '--json',
      );
      expect([ran.code, ran.err]).toEqual([0, '']);
      expect(JSON.parse(ran.out)).toMatchObject({ holds: true, keptCheckpoints: 2 });
    }
    const spoilt = file('spoilt', `${notes[0]}\n${notes[1]?.replace('\n20\n', '\n21\n')}`);
    const ran = await verify(file('log.ndjson', bundle), '--key', key, '--checkpoint', spoilt);
    expect([ran.code, ran.out]).toEqual([2, '']);
  });

  test('exits 1 and names the first position that does not hold', async () => {
    const changed = file('changed.ndjson', bundle.toString().replace('"n":13', '"n":14'));
    const { code, out, err } = await verify(changed, '--key', key);
    expect([code, err]).toEqual([1, '']);
    expect(out).toMatch(/^does not hold: line 16, record 13: .*\(record-changed\)\n$/);
    const json = JSON.parse((await verify(changed, '--key', key, '--json')).out);
    expect(json).toMatchObject({ holds: false, line: 16, range: { from: 13, to: 14 }, reason: 'record-changed' });

    const stranger = formatVerifierKey(newSigner().key);
    const unsigned = await verify(file('log.ndjson', bundle), '--key', stranger);
    expect(unsigned.code).toBe(1);
    expect(unsigned.out).toContain('line 23, records 0 to 19');

    const older = file('older.ndjson', await log.bundle({ size: 10 }));
    const rolledBack = await verify(older, '--key', key, '--checkpoint', file('kept', log.noteAt(20)));
    expect(rolledBack.code).toBe(1);
    expect(rolledBack.out).toContain('(rolled-back)');
  });

  describe('of a bundle that leaves records out', () => {
    const question = (filter: Record<string, string>) => ({ filter, from: 0, to: 20, everything: true });
    const part = async (name: string, out: number[], filter: Record<string, string>) =>
      file(name, await log.bundle({ holds: (place) => !out.includes(place), asked: question(filter) }));

    test('says what was asked for and which are missing', async () => {
      const { code, out } = await verify(await part('part', [0, 3, 9, 10, 11], { action: 'users.*' }), '--key', key);
      expect(code).toBe(0);
      expect(out).toContain('asked for  action=users.*, of the places 0 to 19\n');
      expect(out).toContain('places     from 1 to 19\n');
      // A checkpoint stands at 10, within the last of them.
      expect(out).toContain("missing    5 of the log's records are not in the bundle: 0, 3, 9 to 11\n");
      const told = await verify(await part('everything', [], {}), '--key', key, '--complete');
      expect([told.code, told.out.includes('asked for  everything, of the places 0 to 19\n')]).toEqual([0, true]);
    });

    test.each<[string, number[], Record<string, string>, RegExp | null]>([
      ['one between two others', [5, 12], { action: 'users.*' }, /record 5: .*\(incomplete\)/],
      [
        'the first ones, though a filter may have left them out',
        [0, 1],
        { from: '2026-11-30T00:00:00.000Z' },
        /records 0 to 1: .*nobody can tell/,
      ],
      ['the last one, though a filter may have', [19], { action: 'users.*' }, /record 19: .*nobody can tell/],
      ['none of them, whatever was asked for', [], { action: 'users.*' }, null],
      ['the first ones, where all were asked for', [0, 1], {}, /records 0 to 1: .*\(incomplete\)/],
      ['the last one, where all were asked for', [19], {}, /record 19: .*\(incomplete\)/],
      ['all of them, where all were asked for', Array.from({ length: 20 }, (_, n) => n), {}, /records 0 to 19: /],
    ])('--complete takes no hole for nothing: %s', async (_what, out, filter, told) => {
      const path = await part('holes', out, filter);
      // One that says that everything was asked for contradicts itself, whether or not a complete one is demanded.
      const contradicts = out.length > 0 && Object.keys(filter).length === 0;
      const plain = await verify(path, '--key', key);
      expect([plain.code, plain.out.startsWith('does not hold: ')]).toEqual(contradicts ? [1, true] : [0, false]);
      if (contradicts && told !== null) expect(plain.out).toMatch(told);
      const ran = await verify(path, '--key', key, '--complete');
      expect(ran.code).toBe(told === null ? 0 : 1);
      if (told !== null) expect(ran.out).toMatch(told);
    });
  });

  describe('of a proof as the API answers it', () => {
    const hashes64 = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('base64'));
    const inclusion = async (leafIndex: number, size: number) => ({
      leafIndex,
      treeSize: size,
      leafHash: leafHash(log.records[leafIndex] ?? Buffer.alloc(0)).toString('base64'),
      hashes: hashes64(await inclusionProof(leafIndex, size, log.readTiles)),
      record: String(log.records[leafIndex]),
      checkpoint: log.noteAt(size),
    });
    const consistency = async (first: number, second: number) => ({
      first,
      second,
      hashes: hashes64(await consistencyProof(first, second, log.readTiles)),
      firstCheckpoint: log.checkpoints.find(({ size }) => size === first)?.note ?? null,
      secondCheckpoint: log.noteAt(second),
    });
    const ran = (proof: object, ...args: string[]) =>
      verify(file('proof.json', JSON.stringify(proof)), '--key', key, ...args);

    test('holds with nothing but the key', async () => {
      const record = await ran(await inclusion(7, 20));
      expect([record.code, record.err]).toEqual([0, '']);
      expect(record.out).toContain(`holds      ${ORIGIN}: the record is the one at place 7 of 20\n`);
      const growth = await ran(await consistency(10, 20), '--checkpoint', file('kept', log.noteAt(10)));
      expect([growth.code, growth.err]).toEqual([0, '']);
      expect(growth.out).toContain(`holds      ${ORIGIN}: the log of 20 records begins with the one of 10\n`);
      expect(growth.out).toContain('agreeing   1 checkpoints kept outside\n');
      expect((await ran(await consistency(0, 20))).code).toBe(0);
    });

    test.each<[string, () => Promise<object>, string[], string]>([
      ['another record', async () => ({ ...(await inclusion(7, 20)), record: '{}' }), [], 'record-changed'],
      [
        'another record and no hash of it',
        async () => ({ ...(await inclusion(7, 20)), record: '{}', leafHash: undefined }),
        [],
        'root-differs',
      ],
      [
        'the hash of another',
        async () => ({ ...(await inclusion(7, 20)), leafHash: (await inclusion(8, 20)).leafHash }),
        [],
        'record-changed',
      ],
      [
        'a size that is not the one of the checkpoint',
        async () => ({ ...(await inclusion(7, 20)), treeSize: 19 }),
        [],
        'checkpoint-misplaced',
      ],
      [
        'half a character, which hashes as the sign that stands for any',
        () => ofReplacement((record) => record.replace('\uFFFD', '\ud800')),
        [],
        'malformed-proof',
      ],
      [
        'a hash in another spelling',
        async () => {
          const proof = await inclusion(7, 20);
          return { ...proof, hashes: proof.hashes.map((hash, at) => (at === 0 ? respelled(hash) : hash)) };
        },
        [],
        'malformed-proof',
      ],
      ['another place', async () => ({ ...(await inclusion(7, 20)), leafIndex: 8 }), [], 'root-differs'],
      ['a note of nobody', async () => ({ ...(await inclusion(7, 20)), checkpoint: 'x' }), [], 'checkpoint-refused'],
      [
        'a hash more',
        async () => ({
          ...(await inclusion(7, 20)),
          hashes: [...(await inclusion(7, 20)).hashes, 'A'.repeat(43).concat('=')],
        }),
        [],
        'root-differs',
      ],
      [
        'another path',
        async () => ({ ...(await consistency(10, 20)), hashes: (await consistency(9, 20)).hashes }),
        [],
        'forked',
      ],
      ['another size', async () => ({ ...(await consistency(10, 20)), first: 9 }), [], 'checkpoint-misplaced'],
      ['a size that nobody signed', () => consistency(9, 20), [], 'not-signed'],
      ['a kept one that is of neither size', () => inclusion(7, 20), ['10'], 'kept-checkpoint-not-met'],
    ])('does not hold with %s', async (_what, proof, kept, reason) => {
      const args = kept.flatMap((size) => ['--checkpoint', file('kept', log.noteAt(Number(size)))]);
      const { code, out, err } = await ran(await proof(), ...args);
      expect([code, err]).toEqual([1, '']);
      expect(out).toMatch(new RegExp(`^does not hold: .*\\(${reason}\\)\n$`));
    });

    /** Of a record with a sign in it that stands for what couldn't be written. */
    async function ofReplacement(change: (record: string) => string): Promise<object> {
      const own = await SmallLog.begin([signer]);
      own.append([someRecord(0, { reason: 'a\uFFFDb' })]).seal();
      const record = String(own.records[0]);
      return { leafIndex: 0, hashes: [], record: change(record), checkpoint: own.noteAt(1) };
    }

    test('does not hold where two readers would see two proofs', async () => {
      const text = JSON.stringify(await inclusion(7, 20), null, 2);
      const replaced = Buffer.from(JSON.stringify(await ofReplacement((record) => record)));
      const at = replaced.indexOf('\uFFFD');
      for (const [bytes, code] of [
        [text, 0],
        [replaced, 0],
        [text.replace('{', '{"record":"{}",'), 1],
        [text.replace('{', '{"rec\\u006frd":"{}",'), 1],
        [text.replace('{', '{"more":{"a":1,"a":2},'), 1],
        [text.replace('"leafIndex": 7', '"leafIndex": 8, "leafIndex": 7'), 1],
        [Buffer.concat([replaced.subarray(0, at), Buffer.of(0xff), replaced.subarray(at + 3)]), 1],
        [`\uFEFF${text}`, 1],
        [`${text}{}`, 1],
        [Buffer.from(text, 'utf16le'), 1],
      ] as const) {
        const found = await verify(file('proof.json', bytes), '--key', key);
        expect([String(bytes).slice(0, 60), found.code, found.err]).toEqual([String(bytes).slice(0, 60), code, '']);
      }
    });

    test('does not hold when the same key signed another log of that size', async () => {
      const other = (await SmallLog.begin([signer]))
        .append(log.records.slice(0, 19))
        .append([someRecord(99)])
        .seal();
      const { code, out } = await ran(await inclusion(7, 20), '--checkpoint', file('fork', other.noteAt(20)));
      expect([code, out.includes('(forked)')]).toEqual([1, true]);
    });
  });

  test('shows nothing of a bundle that could move a cursor', async () => {
    const body = Buffer.from('{"action":"\u001b[2Jusers\u202e","occurredAt":"now"}'.replace('\u001b', '\\u001b'));
    const lines = bundle.toString().split('\n');
    lines[1] = (lines[1] ?? '').replace(/"record":.*/, `"record":${body}}`);
    const { code, out } = await verify(file('hostile.ndjson', lines.join('\n')), '--key', key);
    expect(code).toBe(1);
    expect(out).toContain('\\u001b[2Jusers\\u202e');
    for (const sign of ['\u001b', '\u202e']) expect(out).not.toContain(sign);
  });

  test('reads compressed bundles as they unfold', async () => {
    expect((await verify(file('log.ndjson.gz', gzipSync(bundle)), '--key', key)).code).toBe(0);
    expect((await verify(file('misnamed', gzipSync(bundle)), '--key', key)).code).toBe(0);
    const parts = [bundle.subarray(0, 300), bundle.subarray(300)];
    expect(
      (await verify(file('members.gz', Buffer.concat(parts.map((part) => gzipSync(part)))), '--key', key)).code,
    ).toBe(0);

    for (const [name, more] of [
      ['zeros', Buffer.alloc(512)],
      ['a zero and another bundle', Buffer.concat([Buffer.alloc(1), gzipSync('{"leafIndex":20}')])],
      ['a text', Buffer.from('and so on')],
      ['the same once more', gzipSync(bundle)],
    ] as const) {
      const found = await verify(file('more.gz', Buffer.concat([gzipSync(bundle), more])), '--key', key);
      expect([name, found.code, /\((trailing-data|unreadable)\)/.test(found.out)]).toEqual([name, 1, true]);
    }

    const cut = await verify(file('cut.gz', gzipSync(bundle).subarray(0, -20)), '--key', key);
    expect(cut.code).toBe(1);
    expect(cut.out).toContain('(unreadable)');
    const damaged = Buffer.from(gzipSync(bundle));
    damaged.fill(0xff, 100, 140);
    expect((await verify(file('damaged.gz', damaged), '--key', key)).code).toBe(1);
    const checksum = Buffer.from(gzipSync(bundle));
    checksum.fill(0, checksum.length - 8, checksum.length - 4);
    expect((await verify(file('checksum.gz', checksum), '--key', key)).code).toBe(1);
    expect((await verify(file('raw', deflateRawSync(bundle)), '--key', key)).code).toBe(1);
  });

  test('stops at a compressed bomb long before it has unfolded', async () => {
    const zeros = Buffer.alloc(1024 * 1024);
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    const parts: Buffer[] = [];
    gzip.on('data', (part: Buffer) => parts.push(part));
    for (let megabytes = 0; megabytes < 256; megabytes++) {
      if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once('drain', resolve));
    }
    await new Promise((resolve) => gzip.end(() => resolve(undefined)));
    const before = process.memoryUsage().arrayBuffers;
    const { code, out } = await verify(file('bomb.gz', Buffer.concat(parts)), '--key', key);
    expect(code).toBe(1);
    expect(out).toContain('does not hold: line 1:');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('reads a bundle longer than its buffer, and one that comes through a pipe', async () => {
    const long = await SmallLog.begin([signer]);
    const wide = Array.from({ length: 40 }, (_, n) => someRecord(n, { userAgent: `${n}`.repeat(40_000) }));
    const whole = file('long.ndjson', await long.append(wide).seal().bundle());
    expect((await verify(whole, '--key', key, '--json')).code).toBe(0);
    expect((await verify(file('long.gz', gzipSync(readFileSync(whole))), '--key', key)).code).toBe(0);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const source of [whole, join(folder, 'long.gz')]) {
      const feeding = pipeline(createReadStream(source, { highWaterMark: 1000 }), createWriteStream(pipe));
      expect((await verify(pipe, '--key', key)).code).toBe(0);
      await feeding;
    }
  });

  test('reads the standard input for -', async () => {
    const own = Object.getOwnPropertyDescriptor(process, 'stdin');
    try {
      for (const bytes of [bundle, gzipSync(bundle)]) {
        // A pipe may give its first byte alone.
        const stdin = Readable.from([bytes.subarray(0, 1), bytes.subarray(1)], { objectMode: false });
        Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
        expect((await verify('-', '--key', key)).code).toBe(0);
      }
    } finally {
      if (own !== undefined) Object.defineProperty(process, 'stdin', own);
    }
  });

  test('exits 2 in one line for a wrong call', async () => {
    const good = file('log.ndjson', bundle);
    const kept = file('kept', log.noteAt(20));
    const stranger = formatVerifierKey(newSigner().key);
    for (const args of [
      [],
      [good],
      ['--key', key],
      [good, '--key', 'nonsense'],
      [good, '--key', `${key}=`],
      [good, '--key', file('empty', '\n')],
      [good, '--key', file('other', 'not a key\n')],
      [good, '--key', file('long', '#'.repeat(200_000))],
      [good, '--key', folder],
      [join(folder, 'missing'), '--key', key],
      [folder, '--key', key],
      [good, '--key', key, '--checkpoint', join(folder, 'missing')],
      [good, '--key', key, '--checkpoint', good],
      [good, '--key', key, '--checkpoint', '/dev/zero'],
      [good, '--key', stranger, '--checkpoint', kept],
      [good, '--key', key, '--checkpoint', file('broken', log.noteAt(20).replace('\n20\n', '\n21\n'))],
      [good, good, '--key', key],
      [good, '--key', key, '--unknown'],
    ]) {
      const { code, out, err } = await verify(...args);
      expect([args, code, out]).toEqual([args, 2, '']);
      expect(err).toMatch(/^blindspotx: [^\n]+\n$/);
      expect(err).not.toContain("shouldn't");
    }
  });
});

/** The same 32 bytes to whoever ignores the spare bits. */
function respelled(hash: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return `${hash.slice(0, 42)}${alphabet.charAt(alphabet.indexOf(hash.charAt(42)) + 1)}=`;
}
