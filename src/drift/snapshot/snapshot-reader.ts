import { Injectable } from '@nestjs/common';
import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import type { TenantCollection, TypeCollection } from '../collect/collect.types.js';
import { membersUnknownTo } from '../normalise/members-since.js';
import { hashOf, NORMALISER_VERSION } from '../normalise/normalise-object.js';
import { normaliseValue } from '../normalise/normalise-value.js';
import { pathRulesOf } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { type ExportRow, SnapshotRepository, type VersionRow } from './snapshot.repository.js';
import type { CollectedType, SnapshotObject, TenantSnapshot } from './snapshot.types.js';
import { isResourceType } from './snapshot-lines.js';
import { StoredObject } from './stored-object.js';
import { rootOf, type StoredSnapshot } from './stored-snapshot.js';

const EXPORT_PAGE = 500;

/** Gives past snapshots back: as the other side of a comparison, and object by object for an export. */
@Injectable()
export class SnapshotReader {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly repository: SnapshotRepository,
  ) {}

  /**
   * A past snapshot in the form that the comparison takes. What is as it is now is taken from `now`; only contents that are
   * different are read.
   */
  async asBefore(tx: Transaction, snapshot: StoredSnapshot, now: TenantCollection): Promise<TenantSnapshot> {
    const types: TenantSnapshot['types'] = new Map();
    for (const [resourceType, state] of snapshot.types) {
      const current = now.get(resourceType);
      types.set(resourceType, {
        resourceType,
        status: state.status,
        reason: state.reason,
        ...notCarriedBy(snapshot, resourceType, state.notCarried),
        objects: await this.objectsAt(tx, snapshot, resourceType, state.root, current),
      });
    }
    return { source: 'graph', tenantId: snapshot.tenantId, takenAt: snapshot.takenAt.toISOString(), types };
  }

  /** Every object of a snapshot in the order of type and key; memory doesn't grow with their number. */
  async *objects(snapshot: StoredSnapshot): AsyncGenerator<SnapshotObject, void, undefined> {
    let after = { type: '', key: '' };
    for (;;) {
      // A past snapshot doesn't change, so each page may have a moment of its own, and a slow reader holds no connection.
      const from = after;
      const rows = await this.transactions.read((tx) =>
        this.repository.exportPage(tx, snapshot.tenantId, snapshot.sequence, from, EXPORT_PAGE),
      );
      for (const row of rows) if (isResourceType(row.type)) yield objectOf(row.type, row, row.text);
      const last: ExportRow | undefined = rows.at(-1);
      if (last === undefined || rows.length < EXPORT_PAGE) return;
      after = { type: last.type, key: last.key };
    }
  }

  private async objectsAt(
    tx: Transaction,
    snapshot: StoredSnapshot,
    type: ResourceType,
    root: string | null,
    current: TypeCollection | undefined,
  ): Promise<SnapshotObject[]> {
    const isCurrentForm = snapshot.normaliserVersion === NORMALISER_VERSION;
    if (isCurrentForm && current?.status === 'complete' && root === rootOf(current.objects.values())) {
      return [...current.objects.values()];
    }
    const rows = await this.repository.versionsAt(tx, snapshot.tenantId, type, snapshot.sequence);
    const known = new Map<string, string>();
    for (const { hash, text } of current?.objects.values() ?? []) known.set(hash, text);
    const missing = rows.map(({ hash }) => hash).filter((hash) => !known.has(hash));
    const read = await this.repository.texts(tx, snapshot.tenantId, [...new Set(missing)]);
    const objects: SnapshotObject[] = [];
    for (const row of rows) {
      const same = current?.objects.get(row.key);
      // The same content at the same place: its name needn't be opened either.
      if (isCurrentForm && same?.hash === row.hash) {
        objects.push(same);
        continue;
      }
      const text = known.get(row.hash) ?? read.get(row.hash);
      if (text === undefined) throw new Error(`the content of ${type} ${row.key} is missing from the store`);
      const object = objectOf(type, await this.repository.named(snapshot.tenantId, row), text);
      objects.push(isCurrentForm ? object : inCurrentForm(object));
    }
    return objects;
  }
}

function objectOf(type: ResourceType, row: VersionRow, text: string): StoredObject {
  const modifiedAt = row.modifiedAt === null ? null : row.modifiedAt.toISOString();
  return new StoredObject(
    type,
    row.key,
    row.keyedByName ? 'name' : undefined,
    row.displayName,
    row.hash,
    modifiedAt,
    text,
  );
}

function notCarriedBy(
  { normaliserVersion }: StoredSnapshot,
  type: ResourceType,
  notCarried: string[] = [],
): Pick<CollectedType, 'notCarried'> {
  const all = [...notCarried, ...membersUnknownTo(normaliserVersion, type)];
  return all.length === 0 ? {} : { notCarried: all };
}

/** An object that an older release normalised, normalised again, so that the new form doesn't read as drift. */
function inCurrentForm(object: StoredObject): StoredObject {
  const rules = [pathRulesOf(RESOURCE_TYPE_CATALOGUE[object.resourceType])];
  const normal: Json | undefined = normaliseValue(object.value, rules);
  const value: JsonObject = typeof normal === 'object' && normal !== null && !Array.isArray(normal) ? normal : {};
  return new StoredObject(
    object.resourceType,
    object.key,
    object.keyedBy,
    object.displayName,
    hashOf(value),
    object.modifiedAt,
    canonicalJson(value),
  );
}

/** What a scan read, in the form that the comparison takes. */
export function asAfter(tenantId: string, takenAt: Date, collection: TenantCollection): TenantSnapshot {
  const types = new Map<ResourceType, CollectedType>();
  for (const [type, collected] of collection)
    types.set(type, { ...collected, objects: [...collected.objects.values()] });
  return { source: 'graph', tenantId, takenAt: takenAt.toISOString(), types };
}
