import type { Transaction } from '../../database/transaction-runner.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { SnapshotMoment, SnapshotReader } from '../snapshot/snapshot-reader.js';
import type { StoredObject } from '../snapshot/stored-object.js';
import type { BaselinePin } from './baseline-pins.repository.js';

/** One side of a comparison that lies in the store: a snapshot, or one with pins over it. */
export type StoredSide = Pick<SnapshotReader, 'objectsByKey' | 'keysHeld' | 'pages'> & {
  /** Objects that may differ from the snapshot. */
  pinnedKeys(type: ResourceType): string[];
};

/** A snapshot as it is. */
export function unpinned(reader: SnapshotReader): StoredSide {
  return new PinnedBaseline(reader, []);
}

/** A snapshot with what single changes made of it. Pins are few and known by their hashes; contents are read when asked for. */
export class PinnedBaseline implements StoredSide {
  private readonly pins = new Map<ResourceType, Map<string, BaselinePin>>();

  constructor(
    private readonly reader: SnapshotReader,
    pins: readonly BaselinePin[],
  ) {
    for (const pin of pins) {
      const ofType = this.pins.get(pin.type) ?? new Map<string, BaselinePin>();
      this.pins.set(pin.type, ofType.set(pin.key, pin));
    }
  }

  pinnedKeys(type: ResourceType): string[] {
    return [...(this.pins.get(type)?.keys() ?? [])];
  }

  async objectsByKey(
    tx: Transaction,
    snapshot: SnapshotMoment,
    type: ResourceType,
    keys: readonly string[],
    texts?: Map<string, string>,
  ): Promise<Map<string, StoredObject>> {
    const { free, pinned } = this.split(type, keys);
    const objects = await this.reader.objectsByKey(tx, snapshot, type, free, texts);
    for (const [key, object] of await this.pinnedObjects(tx, snapshot, type, pinned, texts)) objects.set(key, object);
    return objects;
  }

  async keysHeld(
    tx: Transaction,
    snapshot: SnapshotMoment,
    type: ResourceType,
    keys: readonly string[],
  ): Promise<Set<string>> {
    const { free, pinned } = this.split(type, keys);
    const held = await this.reader.keysHeld(tx, snapshot, type, free);
    for (const { key, hash } of pinned) if (hash !== null) held.add(key);
    return held;
  }

  async *pages(tx: Transaction, snapshot: SnapshotMoment, type: ResourceType, texts?: Map<string, string>) {
    const ofType = this.pins.get(type);
    for await (const page of this.reader.pages(tx, snapshot, type, texts))
      yield ofType === undefined ? page : page.filter(({ object }) => !ofType.has(object.key));
    if (ofType === undefined) return;
    const objects = await this.pinnedObjects(tx, snapshot, type, [...ofType.values()], texts);
    yield Array.from(objects.values(), (object) => ({ object, fingerprint: null }));
  }

  private split(type: ResourceType, keys: readonly string[]): { free: readonly string[]; pinned: BaselinePin[] } {
    const ofType = this.pins.get(type);
    if (ofType === undefined) return { free: keys, pinned: [] };
    return { free: keys.filter((key) => !ofType.has(key)), pinned: keys.flatMap((key) => ofType.get(key) ?? []) };
  }

  /** Pins of one form together: an older one is brought into the present one. */
  private async pinnedObjects(
    tx: Transaction,
    snapshot: SnapshotMoment,
    type: ResourceType,
    pins: BaselinePin[],
    texts?: Map<string, string>,
  ): Promise<Map<string, StoredObject>> {
    const objects = new Map<string, StoredObject>();
    for (const normaliserVersion of new Set(pins.map((pin) => pin.normaliserVersion))) {
      const held = pins.flatMap(({ key, hash, keyedByName, normaliserVersion: form }) =>
        hash === null || form !== normaliserVersion ? [] : [{ key, hash, keyedByName }],
      );
      const moment = { ...snapshot, normaliserVersion };
      for (const [key, object] of await this.reader.objectsOf(tx, moment, type, held, texts)) objects.set(key, object);
    }
    return objects;
  }
}
