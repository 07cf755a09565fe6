import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSigner, SmallLog, someRecord } from '../../../test/audit/small-log.js';
import { formatVerifierKey } from '../../crypto/signed-note.js';
import { writeArchive } from './write-archive.js';

describe('an archive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'archive-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const signer = newSigner();
  const write = async (spoil: (record: Buffer) => Buffer, records = 4) => {
    const log = await SmallLog.begin([signer]);
    log.append(Array.from({ length: 4 }, (_, n) => someRecord(n))).seal();
    const { origin, readTiles, size, checkpoints } = log;
    const handed = log.records.map((bytes, leafIndex) => ({ leafIndex, bytes: spoil(bytes) }));
    return writeArchive({
      folder,
      name: 'month.ndjson.gz',
      source: { origin, size, keys: [formatVerifierKey(signer.key)], records: handed, checkpoints, readTiles },
      records,
      trusted: [signer.key],
      signal: new AbortController().signal,
    });
  };
  const lying = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('hex')]);

  it('takes its name when it holds, and the place of an older one only then', async () => {
    await expect(write((record) => Buffer.from(record.toString().replace('Sales', 'Salad')))).rejects.toThrow(
      'does not hold',
    );
    expect(lying()).toEqual([]);
    expect((await write((record) => record)).sha256).toMatch(/^[\da-f]{64}$/);
    const good = lying();
    expect(good).toHaveLength(1);
    await expect(write((record) => Buffer.from(record.toString().replace('Sales', 'Salad')))).rejects.toThrow(
      'does not hold',
    );
    await expect(write((record) => record, 5)).rejects.toThrow('has 4 of 5 records');
    expect(lying()).toEqual(good);
  });
});
