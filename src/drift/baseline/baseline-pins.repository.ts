import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { NORMALISER_VERSION } from '../normalise/normalise-object.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { SnapshotRepository } from '../snapshot/snapshot.repository.js';
import type { StoredObject } from '../snapshot/stored-object.js';

/** An object that a baseline holds otherwise than its snapshot. */
export interface BaselinePin {
  type: ResourceType;
  key: string;
  /** Hex digest of its content; null where the baseline doesn't have it. */
  hash: string | null;
  keyedByName: boolean;
  normaliserVersion: number;
}

/** An object as the next version of a baseline has it. */
export interface PinnedObject {
  type: ResourceType;
  key: string;
  object: StoredObject | null;
}

/** What single changes made of a baseline's snapshot, as intervals of its versions. */
@Injectable()
export class BaselinePinsRepository {
  constructor(private readonly contents: SnapshotRepository) {}

  findAt(tx: Transaction, tenantId: string, version: number): Promise<BaselinePin[]> {
    return tx.query<BaselinePin[]>(
      `SELECT resource_type AS type, resource_key AS key, encode(hash, 'hex') AS hash, keyed_by_name AS "keyedByName",
              normaliser_version AS "normaliserVersion"
         FROM drift_baseline_pins
        WHERE tenant_id = $1 AND from_version <= $2 AND (to_version IS NULL OR to_version > $2)
        ORDER BY resource_type, resource_key`,
      [tenantId, version],
    );
  }

  /** A snapshot was approved as this version: nothing of it is pinned. */
  async endAll(tx: Transaction, tenantId: string, version: number): Promise<void> {
    await tx.query('UPDATE drift_baseline_pins SET to_version = $2 WHERE tenant_id = $1 AND to_version IS NULL', [
      tenantId,
      version,
    ]);
  }

  /** Before changes are locked: a scan writes contents first too, and each would wait for the other. */
  async insertContents(tx: Transaction, tenantId: string, pinned: PinnedObject[]): Promise<void> {
    await this.contents.insertBlobs(
      tx,
      tenantId,
      pinned.flatMap(({ object }) => object ?? []),
    );
  }

  /** These are so from this version on; their contents are there. */
  async pin(tx: Transaction, tenantId: string, version: number, pinned: PinnedObject[]): Promise<void> {
    const types = pinned.map(({ type }) => type);
    const keys = pinned.map(({ key }) => key);
    await tx.query(
      `UPDATE drift_baseline_pins p SET to_version = $2
         FROM unnest($3::text[], $4::text[]) AS pinned (type, key)
        WHERE p.tenant_id = $1 AND p.to_version IS NULL AND p.resource_type = pinned.type AND p.resource_key = pinned.key`,
      [tenantId, version, types, keys],
    );
    await tx.query(
      `INSERT INTO drift_baseline_pins (tenant_id, from_version, normaliser_version, resource_type, resource_key, hash, keyed_by_name)
       SELECT $1, $2, $3, type, key, decode(hash, 'hex'), keyed_by_name
         FROM unnest($4::text[], $5::text[], $6::text[], $7::boolean[]) AS pinned (type, key, hash, keyed_by_name)`,
      [
        tenantId,
        version,
        NORMALISER_VERSION,
        types,
        keys,
        pinned.map(({ object }) => object?.hash ?? null),
        pinned.map(({ object }) => object?.keyedBy === 'name'),
      ],
    );
  }
}
