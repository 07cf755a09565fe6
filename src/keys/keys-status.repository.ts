import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';

/** A key of any kind as operators see it; times are the database's. */
export interface StoredKeyStatus {
  kind: 'signing' | 'data' | 'index' | 'checkpoint';
  /** kid, version or id. */
  name: string;
  state: 'next' | 'current' | 'retiring' | 'retired';
  createdAt: Date;
  /** Seconds since it was made. */
  ageSeconds: number;
  /** When it stops being used for what was made with it; only of keys that end by time. */
  retiresAt: Date | null;
  /** Values that were sealed, as entered by the instances; only of data keys. */
  uses: number | null;
  wrappedBy: string;
}

/** All keys; of the retired ones the newest. */
@Injectable()
export class KeysStatusRepository {
  findAll(tx: Transaction): Promise<StoredKeyStatus[]> {
    return tx.query<StoredKeyStatus[]>(
      `SELECT kind, name, state, created_at AS "createdAt", retires_at AS "retiresAt", uses, wrapped_by AS "wrappedBy",
              extract(epoch FROM clock_timestamp() - created_at)::float8 AS "ageSeconds"
         FROM (
           SELECT 1 AS place, 'data' AS kind, version::text AS name, state, created_at, NULL::timestamptz AS retires_at,
                  uses::float8 AS uses, wrapped_by FROM data_keys
           UNION ALL SELECT 2, 'index', version::text, state, created_at, NULL, NULL, wrapped_by FROM index_keys
           UNION ALL SELECT 3, 'signing', kid, state, created_at, retires_at, NULL, wrapped_by FROM signing_keys
           UNION ALL SELECT 4, 'checkpoint', id, state, created_at, retires_at, NULL, wrapped_by FROM checkpoint_keys) key
        WHERE state <> 'retired' OR created_at > clock_timestamp() - interval '400 days'
        ORDER BY place, array_position(ARRAY['next', 'current', 'retiring', 'retired'], state), created_at DESC
        LIMIT 500`,
    );
  }
}
