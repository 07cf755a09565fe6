import type { Transaction } from '../database/transaction-runner.js';
import type { EvaluationContext, SnapshotLookup } from './classify/evaluation-context.js';
import type { TenantCollection, TypeCollection } from './collect/collect.types.js';
import { LookupSide } from './lookup-side.js';
import { membersUnknownTo } from './normalise/members-since.js';
import { NORMALISER_VERSION } from './normalise/normalise-object.js';
import type { ResourceType } from './resource-types/resource-type.types.js';
import type { KnownHeads } from './snapshot/known-heads.js';
import type { TenantSnapshot } from './snapshot/snapshot.types.js';
import type { SnapshotReader } from './snapshot/snapshot-reader.js';
import type { StoredObject } from './snapshot/stored-object.js';
import type { StoredSnapshot } from './snapshot/stored-snapshot.js';

/** What a comparison holds against each other. */
export interface ComparedScan {
  /** Null while there is none: nothing differs then, and only the side after can be looked into. */
  baseline: StoredSnapshot | null;
  /** The tenant's newest snapshot, against which `collection` was read. */
  previous: StoredSnapshot | null;
  heads: KnownHeads;
  collection: TenantCollection;
  takenAt: Date;
}

/**
 * A baseline and what a scan read, as far as they differ: of a million objects of which a hundred changed a hundred are
 * loaded. What rules ask beyond those is loaded when they ask.
 */
export class ComparedSides {
  private readonly before: LookupSide;
  private readonly after: LookupSide;
  /** Contents that were opened, by hash: what is equal on both sides is opened once. */
  private readonly texts = new Map<string, string>();

  constructor(
    private readonly tx: Transaction,
    private readonly reader: SnapshotReader,
    private readonly scan: ComparedScan,
  ) {
    this.before = new LookupSide(
      (type, keys) => this.objectsBefore(type, keys),
      (type) => this.allBefore(type),
    );
    this.after = new LookupSide(
      (type, keys) => this.objectsAfter(type, keys),
      (type) => this.allAfter(type),
    );
  }

  /** Both sides without the objects that are equal on them. */
  async differing(): Promise<{ before: TenantSnapshot; after: TenantSnapshot }> {
    const { baseline, collection, takenAt } = this.scan;
    const common = { source: 'graph', tenantId: baseline?.tenantId ?? null } as const;
    const before: TenantSnapshot = { ...common, takenAt: baseline?.takenAt.toISOString() ?? null, types: new Map() };
    const after: TenantSnapshot = { ...common, takenAt: takenAt.toISOString(), types: new Map() };
    for (const [resourceType, { status, reason, notCarried = [] }] of baseline?.types ?? []) {
      const keys = await this.candidates(resourceType);
      const objects = [...(await this.objectsBefore(resourceType, keys)).values()];
      const unknown = membersUnknownTo(baseline?.normaliserVersion ?? NORMALISER_VERSION, resourceType);
      const lacking = [...notCarried, ...unknown];
      before.types.set(resourceType, { resourceType, status, reason, ...carrying(lacking), objects });
      const now = collection.get(resourceType);
      if (now === undefined) continue;
      const objectsNow = [...(await this.objectsAfter(resourceType, keys)).values()];
      after.types.set(resourceType, { ...sideOf(now), objects: objectsNow });
    }
    for (const [type, now] of collection)
      if (!after.types.has(type)) after.types.set(type, { ...sideOf(now), objects: [] });
    return { before, after };
  }

  /**
   * Runs a pure evaluation until everything that it asked for was there. Look-ups that miss are answered as if nothing were
   * there, noted and loaded, and the evaluation runs again.
   */
  async evaluate<T>(evaluation: (sides: { before: SnapshotLookup; after: SnapshotLookup }) => T): Promise<T> {
    for (;;) {
      const result = evaluation({
        before: this.before.lookup(),
        after: this.after.lookup(),
      } satisfies Partial<EvaluationContext>);
      const loaded = [await this.before.load(), await this.after.load()];
      if (!loaded.includes(true)) return result;
    }
  }

  /** Those of these objects that the scan read, whether they changed or not. */
  async keysRead(type: ResourceType, keys: readonly string[]): Promise<Set<string>> {
    const { collection, heads } = this.scan;
    const now = collection.get(type);
    const read = new Set<string>();
    if (now === undefined) return read;
    const others: string[] = [];
    for (const key of keys) {
      if (now.changed.has(key)) read.add(key);
      else if (!now.gone.has(key)) others.push(key);
    }
    if (others.length === 0) return read;
    for (const [key, head] of await heads.byKey(type, others)) if (now.wasRead(key, head)) read.add(key);
    return read;
  }

  keysBefore(type: ResourceType, keys: readonly string[]): Promise<Set<string>> {
    const { baseline } = this.scan;
    return baseline === null ? Promise.resolve(new Set()) : this.reader.keysHeld(this.tx, baseline, type, keys);
  }

  /** Keys of everything that can differ. */
  private async candidates(type: ResourceType): Promise<string[]> {
    const { baseline, previous, heads, collection } = this.scan;
    const now = collection.get(type);
    if (now === undefined || baseline === null) return [];
    const keys = new Set([...now.changed.keys(), ...now.gone]);
    if (!isSameUntilNow(type, baseline, previous))
      for (const key of await heads.movedSince(type, baseline.sequence)) keys.add(key);
    if (baseline.normaliserVersion !== NORMALISER_VERSION)
      for await (const key of this.inAnotherForm(baseline, type, now)) keys.add(key);
    return [...keys];
  }

  /** An old baseline's contents are brought into the present form before they are compared, at every scan, page by page. */
  private async *inAnotherForm(
    baseline: StoredSnapshot,
    type: ResourceType,
    now: TypeCollection,
  ): AsyncGenerator<string, void, undefined> {
    for await (const page of this.reader.pages(this.tx, baseline, type)) {
      const heads = await this.scan.heads.byKey(
        type,
        page.map(({ object }) => object.key),
      );
      for (const { object } of page) {
        const hash = now.changed.get(object.key)?.object.hash ?? heads.get(object.key)?.hash;
        if (hash !== object.hash) yield object.key;
      }
    }
  }

  private objectsBefore(type: ResourceType, keys: readonly string[]): Promise<Map<string, StoredObject>> {
    const { baseline } = this.scan;
    if (baseline === null) return Promise.resolve(new Map());
    return this.reader.objectsByKey(this.tx, baseline, type, keys, this.texts);
  }

  private async allBefore(type: ResourceType): Promise<StoredObject[]> {
    const { baseline } = this.scan;
    if (baseline?.types.has(type) !== true) return [];
    const objects: StoredObject[] = [];
    for await (const page of this.reader.pages(this.tx, baseline, type, this.texts))
      for (const { object } of page) objects.push(object);
    return objects;
  }

  private async objectsAfter(type: ResourceType, keys: readonly string[]): Promise<Map<string, StoredObject>> {
    const now = this.scan.collection.get(type);
    const objects = new Map<string, StoredObject>();
    if (now === undefined) return objects;
    const unchanged: string[] = [];
    for (const key of await this.keysRead(type, keys)) {
      const changed = now.changed.get(key);
      if (changed === undefined) unchanged.push(key);
      else objects.set(key, changed.object);
    }
    for (const [key, object] of await this.scan.heads.objects(type, unchanged, this.texts)) objects.set(key, object);
    return objects;
  }

  private async allAfter(type: ResourceType): Promise<StoredObject[]> {
    const now = this.scan.collection.get(type);
    if (now === undefined) return [];
    const objects = Array.from(now.changed.values(), ({ object }) => object);
    for await (const page of this.scan.heads.all(type, this.texts)) {
      for (const { object, fingerprint } of page) {
        const { key } = object;
        if (!now.changed.has(key) && !now.gone.has(key) && now.wasRead(key, { fingerprint })) objects.push(object);
      }
    }
    // What is said of several objects doesn't hang on which of them changed.
    return objects.sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

function isSameUntilNow(type: ResourceType, baseline: StoredSnapshot, previous: StoredSnapshot | null): boolean {
  const root = baseline.types.get(type)?.root ?? null;
  return root !== null && root === previous?.types.get(type)?.root;
}

function sideOf({ resourceType, status, reason, notCarried }: TypeCollection) {
  return { resourceType, status, reason, ...carrying(notCarried) };
}

function carrying(notCarried: string[] = []): { notCarried?: string[] } {
  return notCarried.length === 0 ? {} : { notCarried };
}
