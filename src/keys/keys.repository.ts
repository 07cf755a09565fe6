import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { DataKey } from './data-key.entity.js';
import { SigningKeyRow } from './signing-key.entity.js';

export type NewSigningKey = Pick<SigningKeyRow, 'kid' | 'algorithm' | 'publicKey' | 'wrappedPrivateKey' | 'wrappedBy'>;
export type NewDataKey = Pick<DataKey, 'version' | 'state' | 'wrappedKey' | 'wrappedBy'>;

/** Any constant; it names changes of keys among the advisory locks of the database. */
const KEYS_LOCK = 826_404;

/** The keys as they lie in the database: what is read to be used, and the first of each. */
@Injectable()
export class KeysRepository {
  /** Whoever makes or moves keys does it alone, over all instances, until the transaction ends. */
  async lock(tx: Transaction): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [KEYS_LOCK]);
  }

  findDataKeys(tx: Transaction): Promise<DataKey[]> {
    return tx.find(DataKey, { where: { state: In(['current', 'retiring']) }, order: { version: 'DESC' } });
  }

  /** What signs or verifies now. A retiring key whose time is over does neither, whether or not somebody has retired it. */
  findSigningKeys(tx: Transaction): Promise<SigningKeyRow[]> {
    return tx
      .createQueryBuilder(SigningKeyRow, 'key')
      .where(`key.state IN ('next', 'current')`)
      .orWhere(`(key.state = 'retiring' AND key.retires_at > clock_timestamp())`)
      .orderBy('key.created_at', 'DESC')
      .addOrderBy('key.kid', 'ASC')
      .getMany();
  }

  /** Seconds that the current key has signed for. */
  async currentAgeSeconds(tx: Transaction): Promise<number> {
    const rows = await tx.query<{ age: number | null }[]>(
      `SELECT extract(epoch FROM clock_timestamp() - activated_at)::float8 AS age FROM signing_keys WHERE state = 'current'`,
    );
    return rows[0]?.age ?? 0;
  }

  async insertDataKey(tx: Transaction, key: NewDataKey): Promise<void> {
    await tx.createQueryBuilder().insert().into(DataKey).values(key).execute();
  }

  async insertSigningKey(tx: Transaction, state: 'next' | 'current', key: NewSigningKey): Promise<void> {
    await tx.query(
      `INSERT INTO signing_keys (kid, algorithm, state, public_key, wrapped_private_key, wrapped_by, created_at, activated_at)
       VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), CASE WHEN $3 = 'current' THEN clock_timestamp() END)`,
      [key.kid, key.algorithm, state, key.publicKey, key.wrappedPrivateKey, key.wrappedBy],
    );
  }

  /** For a next key that can't be opened: it never signed anything. */
  async discardNext(tx: Transaction): Promise<void> {
    await tx.query(`DELETE FROM signing_keys WHERE state = 'next'`);
  }
}
