import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import type { StoredKey, StoredKeyKind } from './key-wrapping.service.js';
import type { WrappedKey } from './vault/key-encryption-key.js';

const KINDS: Record<StoredKeyKind, { name: string; wrapped: string; check: string }> = {
  data_keys: { name: 'version', wrapped: 'wrapped_key', check: 'check_value' },
  index_keys: { name: 'version', wrapped: 'wrapped_key', check: 'check_value' },
  signing_keys: { name: 'kid', wrapped: 'wrapped_private_key', check: 'NULL::bytea' },
  checkpoint_keys: { name: 'id', wrapped: 'wrapped_private_key', check: 'NULL::bytea' },
};

type Changed<Row> = [rows: Row[], count: number];

/** All keys under their wrappings. */
@Injectable()
export class KeyRewrappingRepository {
  /** Keys that are not retired and that something else wrapped. */
  async findWrappedByOthers(tx: Transaction, wrappedBy: string): Promise<StoredKey[]> {
    const found: StoredKey[] = [];
    for (const kind of Object.keys(KINDS) as StoredKeyKind[]) {
      const { name, wrapped, check } = KINDS[kind];
      const rows = await tx.query<Omit<StoredKey, 'kind'>[]>(
        `SELECT ${name}::text AS name, ${wrapped} AS wrapped, wrapped_by AS "wrappedBy", ${check} AS "checkValue" FROM ${kind}
          WHERE state <> 'retired' AND wrapped_by <> $1 ORDER BY created_at, 1`,
        [wrappedBy],
      );
      found.push(...rows.map((row) => ({ kind, ...row })));
    }
    return found;
  }

  /** Where it is still wrapped as it was read. */
  async replace(tx: Transaction, before: StoredKey, after: WrappedKey): Promise<boolean> {
    const { name, wrapped } = KINDS[before.kind];
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE ${before.kind} SET ${wrapped} = $3, wrapped_by = $4
        WHERE ${name}::text = $1 AND ${wrapped} = $2 AND state <> 'retired'`,
      [before.name, before.wrapped, after.wrapped, after.wrappedBy],
    );
    return count === 1;
  }
}
