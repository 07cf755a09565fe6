import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import {
  CHECKPOINT_CO_SIGNING_DAYS,
  PUBLISHED_BEFORE_SIGNING_SECONDS,
  UNUSED_BEFORE_RETIRED_SECONDS,
} from './key-times.js';
import type { NumberedKeys } from './keys.repository.js';

type Changed<Row> = [rows: Row[], count: number];

/** The steps of a rotation of keys that seal, index, or sign checkpoints; under KeysRepository.lock. */
@Injectable()
export class KeySuccessionRepository {
  /** The current key is used for nothing new. @returns its version */
  async stopUsing(tx: Transaction, table: NumberedKeys): Promise<number | null> {
    const [rows] = await tx.query<Changed<{ version: number }>>(
      `UPDATE ${table} SET state = 'retiring', retiring_since = clock_timestamp() WHERE state = 'current' RETURNING version`,
    );
    return rows[0]?.version ?? null;
  }

  async startIndexing(tx: Transaction): Promise<number | null> {
    const [rows] = await tx.query<Changed<{ version: number }>>(
      `UPDATE index_keys SET state = 'current', activated_at = clock_timestamp() WHERE state = 'next' RETURNING version`,
    );
    return rows[0]?.version ?? null;
  }

  async isDataKeyDue(tx: Transaction, days: number, maxUses: number): Promise<boolean> {
    return this.holds(
      tx,
      `SELECT 1 FROM data_keys
        WHERE state = 'current' AND (uses >= $2 OR created_at < clock_timestamp() - make_interval(days => $1))`,
      [days, maxUses],
    );
  }

  /** By the uses alone: what is asked often. */
  async isDataKeyUsedUp(tx: Transaction, maxUses: number): Promise<boolean> {
    return this.holds(tx, `SELECT 1 FROM data_keys WHERE state = 'current' AND uses >= $1`, [maxUses]);
  }

  async isIndexKeyDue(tx: Transaction, days: number): Promise<boolean> {
    return this.holds(
      tx,
      `SELECT 1 FROM index_keys
        WHERE state = 'current' AND activated_at < clock_timestamp() - make_interval(days => $1)`,
      [days],
    );
  }

  /** When every instance knows the next index key, and so finds what others write under it; null when that is so now. */
  async nextIndexReadyAt(tx: Transaction): Promise<Date | null> {
    const [row] = await tx.query<{ readyAt: Date }[]>(
      `SELECT created_at + make_interval(secs => $1) AS "readyAt" FROM index_keys
        WHERE state = 'next' AND created_at > clock_timestamp() - make_interval(secs => $1)`,
      [PUBLISHED_BEFORE_SIGNING_SECONDS],
    );
    return row?.readyAt ?? null;
  }

  async isCheckpointKeyDue(tx: Transaction, days: number): Promise<boolean> {
    return this.holds(
      tx,
      `SELECT 1 FROM checkpoint_keys
        WHERE state = 'current' AND created_at < clock_timestamp() - make_interval(days => $1)`,
      [days],
    );
  }

  /** It signs beside its successor for some days, so that who trusts only it hears of the successor in time. */
  async beginCoSigning(tx: Transaction): Promise<{ id: string; retiresAt: Date } | null> {
    const [row] = await tx.query<{ id: string; retiresAt: Date }[]>(
      `SELECT id, date_trunc('milliseconds', clock_timestamp() + make_interval(days => $1)) AS "retiresAt"
         FROM checkpoint_keys WHERE state = 'current'`,
      [CHECKPOINT_CO_SIGNING_DAYS],
    );
    return row ?? null;
  }

  /** For a key that the table alone says is replaced. */
  async endOfCoSigning(tx: Transaction): Promise<Date> {
    const [row] = await tx.query<{ retiresAt: Date }[]>(
      `SELECT date_trunc('milliseconds', clock_timestamp() + make_interval(days => $1)) AS "retiresAt"`,
      [CHECKPOINT_CO_SIGNING_DAYS],
    );
    if (row === undefined) throw new Error('the database has no time');
    return row.retiresAt;
  }

  /** What is sealed, and what the table says of it. */
  async setRetirement(tx: Transaction, id: string, retiresAt: Date, sealedRetirement: Buffer): Promise<void> {
    await tx.query(
      `UPDATE checkpoint_keys SET state = 'retiring', retires_at = $2, sealed_retirement = $3, replaced_before = false
        WHERE id = $1 AND (state, retires_at, sealed_retirement) IS DISTINCT FROM ('retiring', $2::timestamptz, $3::bytea)`,
      [id, retiresAt, sealedRetirement],
    );
  }

  async setSealedPublicKey(tx: Transaction, id: string, sealedPublicKey: Buffer): Promise<void> {
    await tx.query('UPDATE checkpoint_keys SET sealed_public_key = $2 WHERE id = $1', [id, sealedPublicKey]);
  }

  /**
   * The private half goes for good; the public one stays, sealed, because what it signed stays.
   *
   * @param retiresAt as it is sealed
   * @returns false when that isn't over yet
   */
  async retireCheckpointKey(tx: Transaction, id: string, retiresAt: Date, sealedPublicKey: Buffer): Promise<boolean> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE checkpoint_keys SET state = 'retired', wrapped_private_key = '', sealed_public_key = $2
        WHERE id = $1 AND $3::timestamptz <= clock_timestamp()`,
      [id, sealedPublicKey, retiresAt],
    );
    return count === 1;
  }

  /** Keys that no instance writes with any more, whatever it slept through; of data keys those that were looked for a day ago. */
  async findUnwritten(tx: Transaction, table: NumberedKeys): Promise<number[]> {
    const lately =
      table === 'data_keys'
        ? `AND (references_seen_at IS NULL OR references_seen_at < clock_timestamp() - interval '1 day')`
        : '';
    const rows = await tx.query<{ version: number }[]>(
      `SELECT version FROM ${table} WHERE state = 'retiring' ${lately}
          AND retiring_since <= clock_timestamp() - make_interval(secs => $1) ORDER BY version`,
      [UNUSED_BEFORE_RETIRED_SECONDS],
    );
    return rows.map(({ version }) => version);
  }

  /** Whether each column was written again, from its beginning to its end, under a newer key since this one was replaced. */
  async isWalkedSince(
    tx: Transaction,
    kind: 'data' | 'index',
    version: number,
    columns: readonly { table: string; column: string }[],
  ): Promise<boolean> {
    const missing = await this.holds(
      tx,
      `SELECT 1 FROM ${kind}_keys AS replaced, unnest($3::text[], $4::text[]) AS stored (table_name, column_name)
        WHERE replaced.version = $2 AND NOT EXISTS (
          SELECT FROM key_rewraps walk
           WHERE walk.kind = $1 AND walk.version > $2 AND walk.table_name = stored.table_name
             AND walk.column_name = stored.column_name AND walk.started_at > replaced.retiring_since
             AND walk.completed_at > walk.started_at) LIMIT 1`,
      [kind, version, columns.map(({ table }) => table), columns.map(({ column }) => column)],
    );
    return !missing;
  }

  async hasRetiring(tx: Transaction, table: NumberedKeys): Promise<boolean> {
    return this.holds(tx, `SELECT 1 FROM ${table} WHERE state = 'retiring'`, []);
  }

  async noteReferences(tx: Transaction, version: number): Promise<void> {
    await tx.query('UPDATE data_keys SET references_seen_at = clock_timestamp() WHERE version = $1', [version]);
  }

  async retire(tx: Transaction, table: NumberedKeys, version: number): Promise<boolean> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE ${table} SET state = 'retired', wrapped_key = '' WHERE version = $1 AND state = 'retiring'`,
      [version],
    );
    return count === 1;
  }

  private async holds(tx: Transaction, query: string, parameters: unknown[]): Promise<boolean> {
    return (await tx.query<unknown[]>(query, parameters)).length > 0;
  }
}
