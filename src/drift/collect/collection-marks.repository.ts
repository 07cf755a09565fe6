import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { isResourceType } from '../snapshot/snapshot-lines.js';
import type { CollectionMark, CollectionMarks } from './collection-mark.js';

interface MarkRow {
  type: string;
  deltaLink: string;
  nextLink: string;
  wholeAt: Date;
}

/** From where the types of a tenant are read on. */
@Injectable()
export class CollectionMarksRepository {
  /** Those that go with a snapshot; of any but the newest there are none. */
  async of(tx: Transaction, tenantId: string, snapshotId: string): Promise<CollectionMarks> {
    const rows = await tx.query<MarkRow[]>(
      `SELECT resource_type AS type, delta_link AS "deltaLink", next_link AS "nextLink", whole_at AS "wholeAt" FROM collection_marks
        WHERE tenant_id = $1 AND snapshot_id = $2`,
      [tenantId, snapshotId],
    );
    const marks = new Map<ResourceType, CollectionMark>();
    for (const { type, ...mark } of rows) if (isResourceType(type)) marks.set(type, mark);
    return marks;
  }

  /** A type without one in this scan has none any more. */
  async replace(tx: Transaction, tenantId: string, snapshotId: string, marks: CollectionMarks): Promise<void> {
    await tx.query('DELETE FROM collection_marks WHERE tenant_id = $1', [tenantId]);
    await tx.query(
      `INSERT INTO collection_marks (tenant_id, resource_type, snapshot_id, delta_link, next_link, whole_at)
       SELECT $1, type, $2, delta_link, next_link, whole_at
         FROM unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[]) AS mark (type, delta_link, next_link, whole_at)`,
      [
        tenantId,
        snapshotId,
        [...marks.keys()],
        Array.from(marks.values(), ({ deltaLink }) => deltaLink),
        Array.from(marks.values(), ({ nextLink }) => nextLink),
        Array.from(marks.values(), ({ wholeAt }) => wholeAt),
      ],
    );
  }
}
