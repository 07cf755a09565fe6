import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { FingerprintTable } from '../snapshot/fingerprint-table.js';
import type { KnownHeads, StoredHead } from '../snapshot/known-heads.js';
import type { StoredObject } from '../snapshot/stored-object.js';
import { ChangedObjects } from './changed-objects.js';
import type { ChangedObject, RereadObject, TypeCollection } from './collect.types.js';
import { preferredOf } from './prefer-duplicate.js';
import type { Spill } from './spill.js';

/** An object and the fingerprint of what it was read from. */
export interface Offer {
  object: StoredObject;
  fingerprint: Buffer;
}

type Ended = Pick<TypeCollection, 'count' | 'changed' | 'reread' | 'gone' | 'wasRead'>;

/**
 * What one reading of a type says against the newest snapshot. An object whose fingerprint is known is as it was and isn't
 * looked at; any other is held against the snapshot by its key, and kept only if its content differs.
 */
export class TypeDelta {
  private readonly changed: ChangedObjects;
  private readonly reread = new Map<string, RereadObject>();
  private known: Promise<FingerprintTable> | null = null;

  constructor(
    private readonly type: ResourceType,
    private readonly heads: KnownHeads,
    spill: Spill | null = null,
  ) {
    this.changed = new ChangedObjects(type, spill);
  }

  /** What the type held, read when the first object of it arrives. */
  table(): Promise<FingerprintTable> {
    if (this.known !== null) return this.known;
    const asked = this.heads.table(this.type);
    this.known = asked;
    // Whoever asked learns of a fault; it isn't what the type held, and is asked for once more.
    asked.catch(() => {
      if (this.known === asked) this.known = null;
    });
    return asked;
  }

  /** Takes the objects of one answer. */
  async offer(offers: readonly Offer[]): Promise<void> {
    const table = await this.table();
    const unknown = offers.filter(({ fingerprint }) => !table.meet(fingerprint));
    if (unknown.length === 0) return;
    const keys = unknown.map(({ object }) => object.key);
    const heads: Map<string, StoredHead> = table.total === 0 ? new Map() : await this.heads.byKey(this.type, keys);
    for (const one of unknown) this.take(one, heads.get(one.object.key) ?? null);
  }

  /** Keys of the snapshot before of which nothing was read so far. */
  async *unread(): AsyncIterable<string> {
    for await (const key of this.heads.unmet(this.type, await this.table()))
      if (!this.changed.has(key) && !this.reread.has(key)) yield key;
  }

  /** @param complete whether everything was read, so that what wasn't met is gone */
  async ended(complete: boolean): Promise<Ended> {
    const { changed, reread } = this;
    // A type of which nothing was read has no table: it met nothing.
    const table = complete ? await this.table() : await this.known;
    if (table !== null) await this.settle(table);
    const gone = complete && table !== null ? await this.gone(table) : new Set<string>();
    const count = this.count(table);
    // Where everything was met nobody needs to know what: most types of most scans, whose tables then needn't be kept.
    const isAllMet = table !== null && table.size > 0 && table.met === table.size;
    const met = isAllMet ? null : table;
    if (isAllMet) this.known = null;
    const wasRead: TypeCollection['wasRead'] = (key, { fingerprint }) =>
      changed.has(key) || reread.has(key) || (fingerprint !== null && (isAllMet || met?.wasMet(fingerprint) === true));
    return { count, changed, reread, gone, wasRead };
  }

  /**
   * The same where only some objects were asked for: the others are as they were.
   *
   * @param absent those that aren't there; they are gone only where everything else that was asked for was answered
   */
  async endedSince(asked: readonly string[], absent: ReadonlySet<string>, complete: boolean): Promise<Ended> {
    const { changed, reread } = this;
    const table = await this.table();
    const known = await this.heads.byKey(this.type, asked);
    const unread = new Set<string>();
    const gone = new Set<string>();
    for (const [key, { fingerprint }] of known) {
      if (changed.has(key) || reread.has(key) || isMet(table, fingerprint)) continue;
      if (complete && absent.has(key)) gone.add(key);
      else unread.add(key);
    }
    await this.settle(table);
    return {
      count: table.total + changed.newCount - gone.size - unread.size,
      changed,
      reread,
      gone,
      wasRead: (key) => !gone.has(key) && !unread.has(key),
    };
  }

  private take({ object, fingerprint }: Offer, head: StoredHead | null): void {
    const { key } = object;
    if (head !== null && head.hash === object.hash) {
      this.reread.set(key, { fingerprint, modifiedAt: object.modifiedAt, head });
      return;
    }
    const other = this.changed.get(key);
    if (other === undefined || preferredOf(other.object, object) === object)
      this.changed.set(key, { object, fingerprint, head });
  }

  /** An object that was read twice, once as it was and once otherwise: the choice is the one between any two duplicates. */
  private async settle(table: FingerprintTable): Promise<void> {
    const twice = [...this.changed.known()].filter(
      ([key, { head }]) => this.reread.has(key) || isMet(table, head?.fingerprint ?? null),
    );
    if (twice.length > 0) await this.choose(twice);
    // Read in two forms, one of them the known one: nothing is to be remembered anew.
    for (const [key, { head }] of this.reread) if (isMet(table, head.fingerprint)) this.reread.delete(key);
  }

  private async choose(twice: [string, ChangedObject][]): Promise<void> {
    const stored = await this.heads.objects(
      this.type,
      twice.map(([key]) => key),
    );
    for (const [key, { object }] of twice) {
      const before = stored.get(key);
      if (before !== undefined && preferredOf(before, object) === before) this.changed.delete(key);
      else this.reread.delete(key);
    }
  }

  private count(table: FingerprintTable | null): number {
    const met = table?.met ?? 0;
    let others = this.changed.newCount;
    for (const [, { head }] of this.changed.known()) if (!isMet(table, head?.fingerprint ?? null)) others += 1;
    for (const { head } of this.reread.values()) if (!isMet(table, head.fingerprint)) others += 1;
    return met + others;
  }

  private async gone(table: FingerprintTable): Promise<Set<string>> {
    const gone = new Set<string>();
    if (this.count(table) - this.changed.newCount === table.total) return gone;
    for await (const key of this.unread()) gone.add(key);
    return gone;
  }
}

function isMet(table: FingerprintTable | null, fingerprint: Buffer | null): boolean {
  return fingerprint !== null && table?.wasMet(fingerprint) === true;
}
