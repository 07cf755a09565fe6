import { hash as digest } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { canonicalJson, type Json } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { jobsError } from '../../jobs/jobs.errors.js';
import { newId } from '../../kernel/ids/ids.js';
import type { TenantCollection, TypeCollection } from '../collect/collect.types.js';
import { NORMALISER_VERSION } from '../normalise/normalise-object.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import type { ConfigSnapshot } from './config-snapshot.entity.js';
import { HeadsRepository } from './heads.repository.js';
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
  constructor(
    private readonly repository: SnapshotRepository,
    private readonly heads: HeadsRepository,
  ) {}

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
    tenants: TenantsInReach,
    limit: number,
    beforeId: string | null,
  ): Promise<StoredSnapshot[]> {
    const snapshots: StoredSnapshot[] = [];
    for (const header of await this.repository.findPage(tx, tenants, limit, beforeId)) {
      const snapshot = await this.withTypes(tx, header);
      if (snapshot !== null) snapshots.push(snapshot);
    }
    return snapshots;
  }

  /**
   * Writes what a scan read as the tenant's next snapshot. Whoever calls holds the fence of the tenant's scan.
   *
   * @param previous the snapshot that the scan was read against
   * @throws DomainError jobs.run_overtaken when it isn't the newest any more
   */
  async write(
    tx: Transaction,
    scan: { tenantId: string; slotId: string; takenAt: Date },
    previous: StoredSnapshot | null,
    collection: TenantCollection,
  ): Promise<StoredSnapshot> {
    const newest = await this.repository.findLatest(tx, scan.tenantId);
    if ((newest?.id ?? null) !== (previous?.id ?? null)) throw jobsError('jobs.run_overtaken');
    const sequence = (previous?.sequence ?? 0) + 1;
    if (previous !== null && previous.normaliserVersion !== NORMALISER_VERSION)
      await this.heads.forgetFingerprints(tx, scan.tenantId);
    const roots = new Map<ResourceType, string>();
    for (const type of collection.values()) {
      await this.writeType(tx, scan.tenantId, sequence, type);
      if (type.status === 'complete')
        roots.set(type.resourceType, await this.rootOf(tx, scan.tenantId, previous, type));
    }
    const types = typeStatesOf(collection, previous, scan.takenAt, roots);
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
    { resourceType, changed, reread, gone }: TypeCollection,
  ): Promise<void> {
    await this.repository.closeVersions(tx, tenantId, resourceType, sequence, endedKeys({ changed, gone }));
    await this.repository.insertBlobs(tx, tenantId, contents({ changed }));
    await this.repository.openVersions(tx, tenantId, resourceType, sequence, changed.values());
    const known = Array.from(reread, ([key, { fingerprint, modifiedAt }]) => ({ key, fingerprint, modifiedAt }));
    await this.heads.refresh(tx, tenantId, resourceType, known);
  }

  /** Over all objects only where one of them changed. */
  private async rootOf(
    tx: Transaction,
    tenantId: string,
    previous: StoredSnapshot | null,
    { resourceType, changed, gone }: TypeCollection,
  ): Promise<string> {
    const before = previous?.types.get(resourceType)?.root ?? null;
    const isSame = changed.size === 0 && gone.size === 0;
    return isSame && before !== null ? before : this.heads.root(tx, tenantId, resourceType);
  }

  private async withTypes(tx: Transaction, header: ConfigSnapshot | null): Promise<StoredSnapshot | null> {
    if (header === null) return null;
    const hash = header.typesHash.toString('hex');
    const text = (await this.repository.texts(tx, header.tenantId, [hash])).get(hash);
    return stored(header, typeStatesFromJson(text === undefined ? {} : (JSON.parse(text) as Json)));
  }
}

/** One after the other: there may be a million. */
function* endedKeys({ changed, gone }: Pick<TypeCollection, 'changed' | 'gone'>): Generator<string, void, undefined> {
  for (const [key, { head }] of changed) if (head !== null) yield key;
  yield* gone;
}

function* contents({ changed }: Pick<TypeCollection, 'changed'>): Generator<{ hash: string; text: string }> {
  // Read once: chunking and sealing both ask for the text.
  for (const { object } of changed.values()) yield { hash: object.hash, text: object.text };
}

function stored(header: ConfigSnapshot, types: TypeStates): StoredSnapshot {
  const { typesHash: _, ...rest } = header;
  return { ...rest, types };
}
