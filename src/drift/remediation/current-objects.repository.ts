import { Injectable } from '@nestjs/common';
import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { isObject } from '../normalise/json-members.js';
import { normaliseValue } from '../normalise/normalise-value.js';
import { pathRulesOf } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { SnapshotSeals } from '../snapshot/snapshot-seals.service.js';

/** An object of the newest snapshot. */
export interface CurrentObject {
  type: ResourceType;
  key: string;
  value: JsonObject;
}

interface Row {
  type: ResourceType;
  key: string;
  hash: string;
  sealedBody: Buffer;
}

const OBJECT = `SELECT v.resource_type AS type, v.resource_key AS key, encode(v.hash, 'hex') AS hash,
    b.sealed_body AS "sealedBody"
  FROM config_versions v JOIN config_blobs b ON b.tenant_id = v.tenant_id AND b.hash = v.hash
 WHERE v.tenant_id = $1 AND v.valid_to IS NULL`;

/** Single objects of the newest snapshot, opened. */
@Injectable()
export class CurrentObjectsRepository {
  constructor(private readonly seals: SnapshotSeals) {}

  /** Those of these that there are. */
  async find(
    tx: Transaction,
    tenantId: string,
    wanted: Pick<CurrentObject, 'type' | 'key'>[],
  ): Promise<CurrentObject[]> {
    const rows = await tx.query<Row[]>(
      `${OBJECT} AND (v.resource_type, v.resource_key) IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
      [tenantId, wanted.map(({ type }) => type), wanted.map(({ key }) => key)],
    );
    return this.opened(tenantId, rows);
  }

  /** All of these types, at most `limit`. */
  async ofTypes(tx: Transaction, tenantId: string, types: ResourceType[], limit: number): Promise<CurrentObject[]> {
    if (types.length === 0) return [];
    const rows = await tx.query<Row[]>(
      `${OBJECT} AND v.resource_type = ANY ($2::text[]) ORDER BY v.resource_type, v.resource_key LIMIT $3`,
      [tenantId, types, limit],
    );
    return this.opened(tenantId, rows);
  }

  private opened(tenantId: string, rows: Row[]): Promise<CurrentObject[]> {
    return Promise.all(
      rows.map(async ({ type, key, hash, sealedBody }) => {
        const text = await this.seals.openBody(tenantId, hash, sealedBody);
        return { type, key, value: inCurrentForm(type, JSON.parse(text) as Json) };
      }),
    );
  }
}

/** A content that an older release wrote: the normal form of a normal form is itself. */
function inCurrentForm(type: ResourceType, value: Json): JsonObject {
  const normal = normaliseValue(value, [pathRulesOf(RESOURCE_TYPE_CATALOGUE[type])]);
  return isObject(normal) ? normal : {};
}
