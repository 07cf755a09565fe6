import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, deflateRawSync, gzipSync } from 'node:zlib';
import { newSigner, ORIGIN, SmallLog, someRecord } from '../../../test/audit/small-log.js';
import { ranCli } from '../../../test/support/ran-cli.js';
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
