import { hash as digest } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { canonicalJson, type Json } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { TenantCollection, TypeCollection } from '../collect/collect.types.js';
import { NORMALISER_VERSION } from '../normalise/normalise-object.js';
import type { ConfigSnapshot } from './config-snapshot.entity.js';
import { SnapshotRepository } from './snapshot.repository.js';
import {
  type StoredSnapshot,
  type TypeStates,
  typeStatesFromJson,
  typeStatesOf,
  typeStatesToJson,
} from './stored-snapshot.js';

/**
 * Keeps every snapshot of every tenant: each content once, each object as intervals of scans. A scan of a tenant that didn't
 * change adds a header. What wasn't seen is taken for gone only where its type was read completely.
 */
@Injectable()
export class SnapshotStore {
  constructor(private readonly repository: SnapshotRepository) {}

  /** The database's clock. */
  now(tx: Transaction): Promise<Date> {
    return this.repository.now(tx);
  }

  async latest(tx: Transaction, tenantId: string): Promise<StoredSnapshot | null> {
    return this.withTypes(tx, await this.repository.findLatest(tx, tenantId));
  }

  async find(tx: Transaction, id: string): Promise<StoredSnapshot | null> {
    return this.withTypes(tx, await this.repository.findById(tx, id));
  }

  async page(
    tx: Transaction,
    tenantId: string | null,
    limit: number,
    beforeId: string | null,
  ): Promise<StoredSnapshot[]> {
    const snapshots: StoredSnapshot[] = [];
    for (const header of await this.repository.findPage(tx, tenantId, limit, beforeId)) {
      const snapshot = await this.withTypes(tx, header);
      if (snapshot !== null) snapshots.push(snapshot);
    }
    return snapshots;
  }

  /** Writes what a scan read as the tenant's next snapshot. Whoever calls holds the fence of the tenant's scan. */
  async write(
    tx: Transaction,
    scan: { tenantId: string; slotId: string; takenAt: Date },
    collection: TenantCollection,
  ): Promise<StoredSnapshot> {
    const previous = await this.latest(tx, scan.tenantId);
    const sequence = (previous?.sequence ?? 0) + 1;
    const types = typeStatesOf(collection, previous, scan.takenAt);
    for (const type of collection.values()) {
      if (!isUnchanged(type, types, previous)) await this.writeType(tx, scan.tenantId, sequence, type);
    }
    const text = canonicalJson(typeStatesToJson(types));
    const hash = digest('sha256', text);
    await this.repository.insertBlobs(tx, scan.tenantId, [{ hash, text }]);
    const header: ConfigSnapshot = {
      id: newId(),
      ...scan,
      sequence,
      normaliserVersion: NORMALISER_VERSION,
      complete: [...types.values()].every(({ status }) => status === 'complete'),
      typesHash: Buffer.from(hash, 'hex'),
    };
    await this.repository.insert(tx, header);
    return stored(header, types);
  }

  private async writeType(
    tx: Transaction,
    tenantId: string,
    sequence: number,
    collected: TypeCollection,
  ): Promise<void> {
    const { resourceType, objects, status } = collected;
    const heads = await this.repository.heads(tx, tenantId, resourceType);
    const written = [...objects.values()].filter(({ key, hash }) => heads.get(key) !== hash);
    const replaced = written.filter(({ key }) => heads.has(key)).map(({ key }) => key);
    const gone = status === 'complete' ? [...heads.keys()].filter((key) => !objects.has(key)) : [];
    await this.repository.closeVersions(tx, tenantId, resourceType, sequence, [...replaced, ...gone]);
    await this.repository.insertBlobs(tx, tenantId, written);
    await this.repository.openVersions(tx, tenantId, resourceType, sequence, written);
  }

  private async withTypes(tx: Transaction, header: ConfigSnapshot | null): Promise<StoredSnapshot | null> {
    if (header === null) return null;
    const hash = header.typesHash.toString('hex');
    const text = (await this.repository.texts(tx, header.tenantId, [hash])).get(hash);
    return stored(header, typeStatesFromJson(text === undefined ? {} : (JSON.parse(text) as Json)));
  }
}

function isUnchanged({ resourceType }: TypeCollection, types: TypeStates, previous: StoredSnapshot | null): boolean {
  const root = types.get(resourceType)?.root ?? null;
  return root !== null && root === previous?.types.get(resourceType)?.root;
}

function stored(header: ConfigSnapshot, types: TypeStates): StoredSnapshot {
  const { typesHash: _, ...rest } = header;
  return { ...rest, types };
}
