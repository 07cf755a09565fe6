import { StoredObject } from '../snapshot/stored-object.js';
import type { ChangedObject } from './collect.types.js';
import { PlaceTable } from './place-table.js';
import type { Spill } from './spill.js';
import type { SpillFile } from './spill-file.js';

/** Everything of an object but its content and its type. */
type Naming = [key: string, keyedBy: 'name' | null, name: string | null, hash: string, modifiedAt: string | null];

const FINGERPRINT_BYTES = 32;
const CONTENT_FROM = FINGERPRINT_BYTES + 4;

/**
 * What a reading found otherwise, by key. What is new lies in a file once that is more than memory should hold: the first scan of a
 * tenant finds everything new.
 */
export class ChangedObjects implements ReadonlyMap<string, ChangedObject> {
  private readonly held = new Map<string, ChangedObject>();
  /** How many of those that are held are new. */
  private heldNew = 0;
  private file: SpillFile | null = null;
  private readonly places = new PlaceTable((place, key) => this.namingAt(place)[0] === key);

  /** @param spill null for a reading that can't be large */
  constructor(
    private readonly resourceType: StoredObject['resourceType'],
    private readonly spill: Spill | null,
  ) {}

  get size(): number {
    return this.held.size + this.places.size;
  }

  /** How many of them the snapshot before doesn't have. */
  get newCount(): number {
    return this.heldNew + this.places.size;
  }

  /** Those that the snapshot before has otherwise. */
  *known(): Generator<[string, ChangedObject], void, undefined> {
    for (const entry of this.held) if (entry[1].head !== null) yield entry;
  }

  has(key: string): boolean {
    return this.held.has(key) || this.places.get(key) !== null;
  }

  get(key: string): ChangedObject | undefined {
    const held = this.held.get(key);
    if (held !== undefined) return held;
    const place = this.places.get(key);
    return place === null ? undefined : this.at(place);
  }

  set(key: string, one: ChangedObject): void {
    this.delete(key);
    const file = one.head === null ? this.fileFor(one.object) : null;
    if (file !== null) {
      this.places.set(key, file.append(recordOf(one)));
      return;
    }
    this.held.set(key, one);
    if (one.head === null) this.heldNew += 1;
  }

  delete(key: string): boolean {
    if (this.held.get(key)?.head === null) this.heldNew -= 1;
    return this.held.delete(key) || this.places.delete(key);
  }

  *entries(): MapIterator<[string, ChangedObject]> {
    yield* this.held;
    for (let place = 0; this.file !== null && place < this.file.end; ) {
      const { record, next } = this.file.read(place);
      const [key] = namingOf(record);
      // What was replaced or removed still stands in the file.
      if (this.places.get(key) === place) yield [key, this.changed(record, place)];
      place = next;
    }
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<ChangedObject> {
    for (const [, one] of this.entries()) yield one;
  }

  [Symbol.iterator](): MapIterator<[string, ChangedObject]> {
    return this.entries();
  }

  forEach(visit: (one: ChangedObject, key: string, map: ReadonlyMap<string, ChangedObject>) => void): void {
    for (const [key, one] of this.entries()) visit(one, key, this);
  }

  private fileFor({ text }: StoredObject): SpillFile | null {
    if (this.spill === null || this.spill.holds(text.length)) return null;
    this.file ??= this.spill.file();
    return this.file;
  }

  private at(place: number): ChangedObject {
    return this.changed(this.record(place), place);
  }

  private namingAt(place: number): Naming {
    return namingOf(this.record(place));
  }

  private record(place: number): Buffer {
    if (this.file === null) throw new Error('nothing was written to a file');
    return this.file.read(place).record;
  }

  /** Its content is read when somebody asks for it. */
  private changed(record: Buffer, place: number): ChangedObject {
    const [key, keyedBy, name, hash, modifiedAt] = namingOf(record);
    const text = () => contentOf(this.record(place));
    const object = new StoredObject(this.resourceType, key, keyedBy ?? undefined, name, hash, modifiedAt, text);
    return { object, fingerprint: Buffer.from(record.subarray(0, FINGERPRINT_BYTES)), head: null };
  }
}

function recordOf({ object, fingerprint }: ChangedObject): Buffer {
  const { key, keyedBy = null, displayName, hash, modifiedAt, text } = object;
  const naming: Naming = [key, keyedBy, displayName, hash, modifiedAt];
  const bytes = Buffer.from(JSON.stringify(naming));
  const length = Buffer.alloc(CONTENT_FROM - FINGERPRINT_BYTES);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([fingerprint, length, bytes, Buffer.from(text)]);
}

function namingOf(record: Buffer): Naming {
  return JSON.parse(record.toString('utf8', CONTENT_FROM, contentFrom(record))) as Naming;
}

function contentOf(record: Buffer): string {
  return record.toString('utf8', contentFrom(record));
}

function contentFrom(record: Buffer): number {
  return CONTENT_FROM + record.readUInt32LE(FINGERPRINT_BYTES);
}
