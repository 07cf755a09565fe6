import type { ResourceType } from '../resource-types/resource-type.types.js';
import { FingerprintTable } from './fingerprint-table.js';
import type { StoredObject } from './stored-object.js';

/** What the newest snapshot says of one object, without its content. */
export interface StoredHead {
  /** Hex digest of the canonical content. */
  hash: string;
  /** Of what was read when it was last met; null where that isn't known. */
  fingerprint: Buffer | null;
}

/** The newest snapshot of a tenant, as a scan asks for it while it reads. */
export interface KnownHeads {
  /** A table of its own for each reading: it notes what was met. */
  table(type: ResourceType): Promise<FingerprintTable>;
  byKey(type: ResourceType, keys: readonly string[]): Promise<Map<string, StoredHead>>;
  /** @param texts contents by hash that are there already; those that are opened are added */
  objects(type: ResourceType, keys: readonly string[], texts?: Map<string, string>): Promise<Map<string, StoredObject>>;
  /** All objects of a type in pages, each with what it was last read from. */
  all(
    type: ResourceType,
    texts?: Map<string, string>,
  ): AsyncIterable<{ object: StoredObject; fingerprint: Buffer | null }[]>;
  /** Keys of the objects that came or went since a past snapshot, or were another for a while. */
  movedSince(type: ResourceType, sequence: number): Promise<string[]>;
  /** Keys of the objects that the table hasn't met, and of those without a fingerprint. */
  unmet(type: ResourceType, table: FingerprintTable): AsyncIterable<string>;
}

/** Of a tenant without a snapshot. */
export const NO_HEADS: KnownHeads = {
  table: async () => new FingerprintTable(Buffer.alloc(0)),
  byKey: async () => new Map(),
  objects: async () => new Map(),
  all: async function* () {},
  movedSince: async () => [],
  unmet: async function* () {},
};
