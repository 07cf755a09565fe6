import { Injectable } from '@nestjs/common';
import { Brackets } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { ConfigSnapshot } from './config-snapshot.entity.js';
import { StoredObject } from './stored-object.js';

/** Rows of one statement; the texts of a statement together stay below a few megabytes. */
const ROWS_PER_STATEMENT = 1000;
const BYTES_PER_STATEMENT = 4_000_000;

/** What the interval of an object says, without its content. */
export interface VersionRow {
  key: string;
  hash: string;
  keyedByName: boolean;
  displayName: string | null;
  modifiedAt: Date | null;
}

/** An object of a past snapshot with its content. */
export interface ExportRow extends VersionRow {
  type: string;
  text: string;
}

@Injectable()
export class SnapshotRepository {
  async now(tx: Transaction): Promise<Date> {
    const rows = await tx.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
    return rows[0]?.now ?? new Date();
  }

  findLatest(tx: Transaction, tenantId: string): Promise<ConfigSnapshot | null> {
    return tx.findOne(ConfigSnapshot, { where: { tenantId }, order: { sequence: 'DESC' } });
  }

  findById(tx: Transaction, id: string): Promise<ConfigSnapshot | null> {
    return tx.findOneBy(ConfigSnapshot, { id });
  }

  /** Newest first. */
  findPage(
    tx: Transaction,
    tenantId: string | null,
    limit: number,
    beforeId: string | null,
  ): Promise<ConfigSnapshot[]> {
    const query = tx.createQueryBuilder(ConfigSnapshot, 's').orderBy('s.id', 'DESC').take(limit);
    query.where(
      new Brackets((where) => {
        where.where('true');
        if (tenantId !== null) where.andWhere('s.tenant_id = :tenantId', { tenantId });
        if (beforeId !== null) where.andWhere('s.id < :beforeId', { beforeId });
      }),
    );
    return query.getMany();
  }

  async insert(tx: Transaction, snapshot: ConfigSnapshot): Promise<void> {
    await tx.insert(ConfigSnapshot, snapshot);
  }

  /** The contents of the newest snapshot: hash by key. */
  async heads(tx: Transaction, tenantId: string, type: ResourceType): Promise<Map<string, string>> {
    const rows = await tx.query<{ key: string; hash: string }[]>(
      `SELECT resource_key AS key, encode(hash, 'hex') AS hash FROM config_versions
        WHERE tenant_id = $1 AND resource_type = $2 AND valid_to IS NULL`,
      [tenantId, type],
    );
    return new Map(rows.map(({ key, hash }) => [key, hash]));
  }

  /** What a type held at a past snapshot. */
  versionsAt(tx: Transaction, tenantId: string, type: ResourceType, sequence: number): Promise<VersionRow[]> {
    return tx.query<VersionRow[]>(
      `SELECT resource_key AS key, encode(hash, 'hex') AS hash, keyed_by_name AS "keyedByName", display_name AS "displayName",
              modified_at AS "modifiedAt"
         FROM config_versions
        WHERE tenant_id = $1 AND resource_type = $2 AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3)`,
      [tenantId, type, sequence],
    );
  }

  /** The texts of contents, by hash. */
  async texts(tx: Transaction, tenantId: string, hashes: string[]): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    for (let start = 0; start < hashes.length; start += ROWS_PER_STATEMENT) {
      const rows = await tx.query<{ hash: string; text: string }[]>(
        `SELECT encode(hash, 'hex') AS hash, convert_from(body, 'UTF8') AS text FROM config_blobs
          WHERE tenant_id = $1 AND hash IN (SELECT decode(wanted, 'hex') FROM unnest($2::text[]) AS wanted)`,
        [tenantId, hashes.slice(start, start + ROWS_PER_STATEMENT)],
      );
      for (const { hash, text } of rows) texts.set(hash, text);
    }
    return texts;
  }

  /** A page of a snapshot's objects in the order of type and key, with their contents. */
  exportPage(
    tx: Transaction,
    tenantId: string,
    sequence: number,
    after: { type: string; key: string },
    limit: number,
  ): Promise<ExportRow[]> {
    return tx.query<ExportRow[]>(
      `SELECT v.resource_type AS type, v.resource_key AS key, encode(v.hash, 'hex') AS hash, v.keyed_by_name AS "keyedByName",
              v.display_name AS "displayName", v.modified_at AS "modifiedAt", convert_from(b.body, 'UTF8') AS text
         FROM config_versions v JOIN config_blobs b ON b.tenant_id = v.tenant_id AND b.hash = v.hash
        WHERE v.tenant_id = $1 AND v.valid_from <= $2 AND (v.valid_to IS NULL OR v.valid_to > $2)
          AND (v.resource_type, v.resource_key) > ($3, $4)
        ORDER BY v.resource_type, v.resource_key LIMIT $5`,
      [tenantId, sequence, after.type, after.key, limit],
    );
  }

  /** Contents that aren't here yet are added. */
  async insertBlobs(tx: Transaction, tenantId: string, blobs: Iterable<{ hash: string; text: string }>): Promise<void> {
    for (const chunk of chunks(blobs, ({ text }) => text.length)) {
      await tx.query(
        `INSERT INTO config_blobs (tenant_id, hash, body)
         SELECT $1, decode(hash, 'hex'), convert_to(body, 'UTF8') FROM unnest($2::text[], $3::text[]) AS blob (hash, body)
         ON CONFLICT DO NOTHING`,
        [tenantId, chunk.map(({ hash }) => hash), chunk.map(({ text }) => text)],
      );
    }
  }

  /** Ends the intervals of these objects: the snapshot `sequence` is the first without them. */
  async closeVersions(
    tx: Transaction,
    tenantId: string,
    type: ResourceType,
    sequence: number,
    keys: string[],
  ): Promise<void> {
    for (const chunk of chunks(keys, (key) => key.length)) {
      await tx.query(
        `UPDATE config_versions SET valid_to = $3
          WHERE tenant_id = $1 AND resource_type = $2 AND valid_to IS NULL AND resource_key = ANY ($4::text[])`,
        [tenantId, type, sequence, chunk],
      );
    }
  }

  async openVersions(
    tx: Transaction,
    tenantId: string,
    type: ResourceType,
    sequence: number,
    objects: StoredObject[],
  ): Promise<void> {
    for (const chunk of chunks(objects, ({ key }) => key.length)) {
      await tx.query(
        `INSERT INTO config_versions (tenant_id, resource_type, resource_key, valid_from, hash, keyed_by_name, display_name, modified_at)
         SELECT $1, $2, key, $3, decode(hash, 'hex'), keyed_by_name, display_name, modified_at
           FROM unnest($4::text[], $5::text[], $6::boolean[], $7::text[], $8::timestamptz[])
             AS version (key, hash, keyed_by_name, display_name, modified_at)`,
        [
          tenantId,
          type,
          sequence,
          chunk.map(({ key }) => key),
          chunk.map(({ hash }) => hash),
          chunk.map(({ keyedBy }) => keyedBy === 'name'),
          chunk.map(({ displayName }) => displayName),
          chunk.map(({ modifiedAt }) => storableInstant(modifiedAt)),
        ],
      );
    }
  }
}

/** What a tenant calls an instant need not be one that the database knows. */
function storableInstant(text: string | null): string | null {
  if (text === null) return null;
  const time = Date.parse(text);
  const isStorable = time > Date.UTC(1, 0, 1) && time < Date.UTC(9999, 11, 31);
  return isStorable ? new Date(time).toISOString() : null;
}

function* chunks<T>(items: Iterable<T>, sizeOf: (item: T) => number): Generator<T[]> {
  let chunk: T[] = [];
  let size = 0;
  for (const item of items) {
    chunk.push(item);
    size += sizeOf(item);
    if (chunk.length >= ROWS_PER_STATEMENT || size >= BYTES_PER_STATEMENT) {
      yield chunk;
      chunk = [];
      size = 0;
    }
  }
  if (chunk.length > 0) yield chunk;
}
