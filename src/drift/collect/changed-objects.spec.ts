import { hash as digest } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoredObject } from '../snapshot/stored-object.js';
import { ChangedObjects } from './changed-objects.js';
import type { ChangedObject } from './collect.types.js';
import { Spill } from './spill.js';
import { SpillFile } from './spill-file.js';

const HEAD = { hash: 'before', fingerprint: null };

function changed(key: string, head: ChangedObject['head'] = null, value: object = { key }): ChangedObject {
  const object = StoredObject.from({
    resourceType: 'application',
    key,
    displayName: `Name “${key}” \u{1f512}`,
    hash: digest('sha256', key),
    modifiedAt: '2026-01-01T00:00:00Z',
    value: { ...value },
  });
  return { object, fingerprint: digest('sha256', `read ${key}`, 'buffer'), head };
}

function plain({ object, fingerprint, head }: ChangedObject): unknown {
  const { key, keyedBy, displayName, hash, modifiedAt, text, value, resourceType } = object;
  return { key, keyedBy, displayName, hash, modifiedAt, text, value, resourceType, fingerprint, head };
}

describe('what a reading found otherwise', () => {
  let spill: Spill;
  beforeEach(() => {
    spill = new Spill(100);
  });
  afterEach(() => spill.close());

  it('gives back from a file what it was given, by key and one after the other', () => {
    const objects = new ChangedObjects('application', spill);
    const wanted = new Map(Array.from({ length: 5000 }, (_unused, n) => [`key-${n}`, changed(`key-${n}`)]));
    for (const [key, one] of wanted) objects.set(key, one);
    expect([objects.size, objects.newCount]).toEqual([5000, 5000]);
    for (const [key, one] of wanted) expect(plain(objects.get(key) as ChangedObject)).toEqual(plain(one));
    expect(Array.from(objects, ([key, one]) => [key, plain(one)])).toEqual(
      Array.from(wanted, ([key, one]) => [key, plain(one)]),
    );
    expect([objects.get('key-5000'), objects.has('key-5000'), objects.has('key-4999')]).toEqual([
      undefined,
      false,
      true,
    ]);
  });

  it('knows only the last of what was set for a key, and forgets what was deleted', () => {
    const objects = new ChangedObjects('application', spill);
    for (let n = 0; n < 3000; n++) objects.set(`key-${n}`, changed(`key-${n}`));
    for (let n = 0; n < 3000; n += 3) expect(objects.delete(`key-${n}`)).toBe(true);
    for (let n = 1; n < 3000; n += 3) objects.set(`key-${n}`, changed(`key-${n}`, null, { again: n }));
    expect(objects.delete('key-0')).toBe(false);
    expect(objects.size).toBe(2000);
    expect([...objects.keys()]).toHaveLength(2000);
    expect(objects.get('key-1')?.object.value).toEqual({ again: 1 });
    expect(objects.get('key-2')?.object.value).toEqual({ key: 'key-2' });
  });

  it('holds what the snapshot before has otherwise, and counts it apart', () => {
    const objects = new ChangedObjects('application', spill);
    for (let n = 0; n < 50; n++) objects.set(`key-${n}`, changed(`key-${n}`, n % 2 === 0 ? HEAD : null));
    expect([objects.newCount, [...objects.known()].length, objects.size]).toEqual([25, 25, 50]);
    objects.set('key-1', changed('key-1', HEAD));
    expect([objects.newCount, objects.size]).toEqual([24, 50]);
  });

  it('has no name under which anybody could find it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'blindspotx-spill-'));
    const file = SpillFile.open(folder);
    const place = file?.append(Buffer.from('a secret of the tenant'));
    expect(file?.read(place ?? 0).record.toString()).toBe('a secret of the tenant');
    expect(readdirSync(folder)).toEqual([]);
    file?.close();
    rmSync(folder, { recursive: true });
  });

  it('writes and reads nothing after it was closed, because its number may be that of another file by then', () => {
    const folder = mkdtempSync(join(tmpdir(), 'blindspotx-spill-'));
    const file = SpillFile.open(folder);
    file?.append(Buffer.from('of a scan'));
    file?.close();
    const other = join(folder, 'other');
    const handle = openSync(other, 'wx+');
    expect(() => file?.append(Buffer.alloc(2_000_000))).toThrow('after the scan has ended');
    expect(() => file?.read(0)).toThrow('after the scan has ended');
    // Twice is once: the other file stays open.
    file?.close();
    writeSync(handle, 'mine');
    expect(readFileSync(other, 'utf8')).toBe('mine');
    closeSync(handle);
    rmSync(folder, { recursive: true });
  });

  it('holds everything in memory where there is no place for files', () => {
    const objects = new ChangedObjects('application', new Spill(10, () => SpillFile.open('/nowhere')));
    for (let n = 0; n < 100; n++) objects.set(`key-${n}`, changed(`key-${n}`));
    expect([objects.size, objects.newCount, objects.get('key-99')?.object.value]).toEqual([
      100,
      100,
      { key: 'key-99' },
    ]);
  });
});
