import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { StoredHead } from './known-heads.js';
import { storableInstant } from './snapshot.repository.js';

/** Fingerprints of one statement: 3 MiB on the wire. */
const FINGERPRINTS_PER_STATEMENT = 50_000;
const KEYS_PER_STATEMENT = 10_000;

const HEAD = 'tenant_id = $1 AND resource_type = $2 AND valid_to IS NULL';

/** The newest snapshot of a tenant as scans ask for it: fingerprints in blocks, heads by key. */
@Injectable()
export class HeadsRepository {
  /** All fingerprints of a type, one after the other, and how many objects it has. */
  async fingerprints(tx: Transaction, tenantId: string, type: ResourceType): Promise<{ bytes: Buffer; total: number }> {
    const blocks: Buffer[] = [];
    let total = 0;
    let after = '';
    for (;;) {
      // A row for each would cost ten times as much.
      const [block] = await tx.query<{ count: number; last: string | null; bytes: Buffer | null }[]>(
        `SELECT count(*)::int AS count, max(resource_key) AS last, string_agg(fingerprint, ''::bytea) AS bytes
           FROM (SELECT resource_key, fingerprint FROM config_versions
                  WHERE ${HEAD} AND resource_key > $3 ORDER BY resource_key LIMIT $4) AS block`,
        [tenantId, type, after, FINGERPRINTS_PER_STATEMENT],
      );
      if (block === undefined || block.last === null) break;
      if (block.bytes !== null) blocks.push(block.bytes);
      total += block.count;
      after = block.last;
      if (block.count < FINGERPRINTS_PER_STATEMENT) break;
    }
    return { bytes: Buffer.concat(blocks), total };
  }

  async count(tx: Transaction, tenantId: string, type: ResourceType): Promise<number> {
    const rows = await tx.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM config_versions WHERE ${HEAD}`,
      [tenantId, type],
    );
    return rows[0]?.count ?? 0;
  }

  async byKey(
    tx: Transaction,
    tenantId: string,
    type: ResourceType,
    keys: readonly string[],
  ): Promise<Map<string, StoredHead>> {
    const heads = new Map<string, StoredHead>();
    for (let start = 0; start < keys.length; start += KEYS_PER_STATEMENT) {
      const rows = await tx.query<(StoredHead & { key: string })[]>(
        `SELECT resource_key AS key, encode(hash, 'hex') AS hash, fingerprint FROM config_versions
          WHERE ${HEAD} AND resource_key = ANY ($3::text[])`,
        [tenantId, type, keys.slice(start, start + KEYS_PER_STATEMENT)],
      );
      for (const { key, hash, fingerprint } of rows) heads.set(key, { hash, fingerprint });
    }
    return heads;
  }

  /** @param fingerprints one after the other */
  async keysOf(tx: Transaction, tenantId: string, type: ResourceType, fingerprints: Buffer): Promise<string[]> {
    const rows = await tx.query<{ key: string }[]>(
      `SELECT resource_key AS key FROM config_versions
        WHERE ${HEAD} AND fingerprint IN (
          SELECT substring($3::bytea FROM at FOR 32) FROM generate_series(1, octet_length($3::bytea), 32) AS at)`,
      [tenantId, type, fingerprints],
    );
    return rows.map(({ key }) => key);
  }

  /** Keys in their order, page by page. */
  async *keys(
    tx: Transaction,
    tenantId: string,
    type: ResourceType,
    which: 'all' | 'without-fingerprint',
  ): AsyncGenerator<string, void, undefined> {
    let after = '';
    for (;;) {
      const rows: { key: string }[] = await tx.query(
        `SELECT resource_key AS key FROM config_versions
          WHERE ${HEAD} AND resource_key > $3 ${which === 'all' ? '' : 'AND fingerprint IS NULL'}
          ORDER BY resource_key LIMIT $4`,
        [tenantId, type, after, KEYS_PER_STATEMENT],
      );
      for (const { key } of rows) yield key;
      const last = rows.at(-1);
      if (last === undefined || rows.length < KEYS_PER_STATEMENT) return;
      after = last.key;
    }
  }

  /** Keys of the objects that came or went between a past snapshot and the newest, or whose content was another in between. */
  async keysMovedSince(tx: Transaction, tenantId: string, type: ResourceType, sequence: number): Promise<string[]> {
    const rows = await tx.query<{ key: string }[]>(
      `SELECT DISTINCT resource_key AS key FROM config_versions
        WHERE tenant_id = $1 AND resource_type = $2
          AND ((valid_from > $3 AND valid_to IS NULL) OR (valid_from <= $3 AND valid_to > $3))`,
      [tenantId, type, sequence],
    );
    return rows.map(({ key }) => key);
  }

  /** How many rows of any type say so, at most `limit`. */
  async countMovedSince(tx: Transaction, tenantId: string, sequence: number, limit: number): Promise<number> {
    const rows = await tx.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM (
         SELECT 1 FROM config_versions
          WHERE tenant_id = $1 AND ((valid_from > $2 AND valid_to IS NULL) OR (valid_from <= $2 AND valid_to > $2))
          LIMIT $3) AS moved`,
      [tenantId, sequence, limit],
    );
    return rows[0]?.count ?? 0;
  }

  /** Notes what the content of an object was last read from. */
  async refresh(
    tx: Transaction,
    tenantId: string,
    type: ResourceType,
    objects: readonly { key: string; fingerprint: Buffer; modifiedAt: string | null }[],
  ): Promise<void> {
    for (let start = 0; start < objects.length; start += KEYS_PER_STATEMENT) {
      const rows = objects.slice(start, start + KEYS_PER_STATEMENT);
      await tx.query(
        `UPDATE config_versions SET fingerprint = read.fingerprint, modified_at = read.modified_at
           FROM unnest($3::text[], $4::bytea[], $5::timestamptz[]) AS read (key, fingerprint, modified_at)
          WHERE ${HEAD} AND resource_key = read.key`,
        [
          tenantId,
          type,
          rows.map(({ key }) => key),
          rows.map(({ fingerprint }) => fingerprint),
          rows.map(({ modifiedAt }) => storableInstant(modifiedAt)),
        ],
      );
    }
  }

  /** No head is known any more by what it was read from. */
  async forgetFingerprints(tx: Transaction, tenantId: string): Promise<void> {
    await tx.query(
      'UPDATE config_versions SET fingerprint = NULL WHERE tenant_id = $1 AND valid_to IS NULL AND fingerprint IS NOT NULL',
      [tenantId],
    );
  }

  /** Hex SHA-256 of all keys and contents of a type, in the order of the keys' bytes. */
  async root(tx: Transaction, tenantId: string, type: ResourceType): Promise<string> {
    const rows = await tx.query<{ root: string | null }[]>(
      `SELECT encode(sha256(string_agg(convert_to(resource_key, 'UTF8') || '\\x00'::bytea || convert_to(encode(hash, 'hex'), 'UTF8'),
                '\\x0a'::bytea ORDER BY convert_to(resource_key, 'UTF8'))), 'hex') AS root
         FROM config_versions WHERE ${HEAD}`,
      [tenantId, type],
    );
    return rows[0]?.root ?? EMPTY_ROOT;
  }
}

/** SHA-256 of nothing. */
const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
