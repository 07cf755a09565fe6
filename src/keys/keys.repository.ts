import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { CheckpointVerifier } from '../crypto/key-ring.js';
import type { Transaction } from '../database/transaction-runner.js';
import { DataKey } from './data-key.entity.js';
import { SigningKeyRow } from './signing-key.entity.js';

export type NewSigningKey = Pick<SigningKeyRow, 'kid' | 'algorithm' | 'publicKey' | 'wrappedPrivateKey' | 'wrappedBy'>;
export type NewDataKey = Pick<DataKey, 'version' | 'state' | 'wrappedKey' | 'wrappedBy' | 'checkValue'>;

/** Tables of numbered keys. */
export type NumberedKeys = 'data_keys' | 'index_keys';

/** A key of a keyed index, wrapped. */
export interface IndexKeyRow {
  version: number;
  state: 'next' | 'current' | 'retiring';
  wrappedKey: Buffer;
  wrappedBy: string;
  /** As DataKey.checkValue. */
  checkValue: Buffer | null;
}

/** A key that signs checkpoints, wrapped. */
export interface CheckpointKeyRow {
  /** The first 8 bytes of the SHA-256 of the public key, as hex. */
  id: string;
  /** As the table says; one with a private half isn't retired, whatever stands there. */
  state: 'current' | 'retiring';
  /** Whether it signs now, by the table: a retiring one whose time is over only waits for being retired. */
  signs: boolean;
  /** See sealRetirement. */
  sealedRetirement: Buffer | null;
  /** By a version that sealed nothing of it. */
  isReplacedBefore: boolean;
  /** Whether its public half lies sealed beside it. */
  hasSealedPublicKey: boolean;
  /** PKCS #8 (DER). */
  wrappedPrivateKey: Buffer;
  wrappedBy: string;
}

/** A key that signs or signed checkpoints, without its private half. */
export interface CheckpointVerifierRow extends Omit<CheckpointVerifier, 'publicKey'> {
  /** Of a retired one. */
  sealedPublicKey: Buffer | null;
}

export type NewCheckpointKey = Pick<CheckpointKeyRow, 'id' | 'wrappedPrivateKey' | 'wrappedBy'> & {
  /** 32 bytes (RFC 8032 5.1.5). It says which key this is; nobody believes it. */
  publicKey: Buffer;
};

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

  /** The one that is written with first, then its successor, then those before it. */
  findIndexKeys(tx: Transaction): Promise<IndexKeyRow[]> {
    return tx.query<IndexKeyRow[]>(
      `SELECT version, state, wrapped_key AS "wrappedKey", wrapped_by AS "wrappedBy", check_value AS "checkValue" FROM index_keys
        WHERE state <> 'retired' ORDER BY array_position(ARRAY['current', 'next', 'retiring'], state), version DESC`,
    );
  }

  /** Those that have their private half: the current key first. */
  findCheckpointKeys(tx: Transaction): Promise<CheckpointKeyRow[]> {
    return tx.query<CheckpointKeyRow[]>(
      `SELECT id, CASE state WHEN 'current' THEN state ELSE 'retiring' END AS state,
              state = 'current' OR sealed_retirement IS NULL OR coalesce(retires_at > clock_timestamp(), true) AS signs,
              sealed_retirement AS "sealedRetirement", replaced_before AS "isReplacedBefore", sealed_public_key IS NOT NULL AS "hasSealedPublicKey",
              wrapped_private_key AS "wrappedPrivateKey", wrapped_by AS "wrappedBy"
         FROM checkpoint_keys WHERE octet_length(wrapped_private_key) > 0 ORDER BY state <> 'current', created_at DESC`,
    );
  }

  /** All that there ever were, newest first. */
  findCheckpointVerifiers(tx: Transaction): Promise<CheckpointVerifierRow[]> {
    return tx.query<CheckpointVerifierRow[]>(
      `SELECT id, state, sealed_public_key AS "sealedPublicKey", created_at AS "createdAt", retires_at AS "retiresAt"
         FROM checkpoint_keys ORDER BY created_at DESC, id`,
    );
  }

  /** The versions that are written with. */
  async currentVersions(tx: Transaction): Promise<{ data: number; index: number }> {
    const [row] = await tx.query<{ data: number | null; index: number | null }[]>(
      `SELECT (SELECT version FROM data_keys WHERE state = 'current') AS data,
              (SELECT version FROM index_keys WHERE state = 'current') AS index`,
    );
    return { data: row?.data ?? 0, index: row?.index ?? 0 };
  }

  /** Retired ones count: a number is never used again. */
  async nextVersion(tx: Transaction, table: NumberedKeys): Promise<number> {
    const [row] = await tx.query<{ version: number }[]>(
      `SELECT coalesce(max(version), 0)::int + 1 AS version FROM ${table}`,
    );
    return row?.version ?? 1;
  }

  async insertIndexKey(tx: Transaction, state: 'next' | 'current', key: Omit<IndexKeyRow, 'state'>): Promise<void> {
    await tx.query(
      `INSERT INTO index_keys (version, state, wrapped_key, wrapped_by, check_value, activated_at)
       VALUES ($1, $2, $3, $4, $5, CASE WHEN $2 = 'current' THEN clock_timestamp() END)`,
      [key.version, state, key.wrappedKey, key.wrappedBy, key.checkValue],
    );
  }

  async insertCheckpointKey(tx: Transaction, key: NewCheckpointKey): Promise<void> {
    await tx.query(
      `INSERT INTO checkpoint_keys (id, state, public_key, wrapped_private_key, wrapped_by) VALUES ($1, 'current', $2, $3, $4)`,
      [key.id, key.publicKey, key.wrappedPrivateKey, key.wrappedBy],
    );
  }

  /** Whatever is current in the table without being usable makes room; nothing of it is erased. */
  async setCheckpointKeysAside(tx: Transaction): Promise<void> {
    await tx.query(`UPDATE checkpoint_keys SET state = 'retiring' WHERE state = 'current'`);
  }

  /** Whether keys from before there were check values are still to be given theirs: once, and never again. */
  async lacksCheckValues(tx: Transaction, table: NumberedKeys): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `SELECT 1 FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2 AND NOT convalidated`,
      [table, `ck_${table}_check_value`],
    );
    return rows.length > 0;
  }

  /** From now on each key in use has one. */
  async requireCheckValues(tx: Transaction, table: NumberedKeys): Promise<void> {
    await tx.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT ck_${table}_check_value`);
  }

  /** For a key from before there were check values. */
  async setCheckValue(tx: Transaction, table: NumberedKeys, version: number, checkValue: Buffer): Promise<void> {
    await tx.query(`UPDATE ${table} SET check_value = $2 WHERE version = $1 AND check_value IS NULL`, [
      version,
      checkValue,
    ]);
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

  /** One statement, whatever other instances do. */
  async addUses(tx: Transaction, version: number, uses: number): Promise<void> {
    await tx.query('UPDATE data_keys SET uses = uses + $2 WHERE version = $1', [version, uses]);
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
