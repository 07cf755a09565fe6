import { Injectable } from '@nestjs/common';
import { Brackets } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { ConfigSnapshot } from './config-snapshot.entity.js';
import { SnapshotSeals } from './snapshot-seals.service.js';
import { StoredObject } from './stored-object.js';

/** Rows of one statement; the texts of a statement together stay below a few megabytes. */
const ROWS_PER_STATEMENT = 1000;
const BYTES_PER_STATEMENT = 4_000_000;

/** What the interval of an object says, without its content and its name. */
export interface UnnamedVersionRow {
  id: string;
  key: string;
  hash: string;
  keyedByName: boolean;
  modifiedAt: Date | null;
  sealedName: Buffer | null;
  /** Of what it was last read from; null once the interval has ended. */
  fingerprint: Buffer | null;
}

export interface VersionRow extends Omit<UnnamedVersionRow, 'id' | 'sealedName' | 'fingerprint'> {
  displayName: string | null;
}

/** An object of a past snapshot with its content. */
export interface ExportRow extends VersionRow {
  type: string;
  text: string;
}

const VERSION = `v.id, v.resource_key AS key, encode(v.hash, 'hex') AS hash, v.keyed_by_name AS "keyedByName",
  v.modified_at AS "modifiedAt", v.sealed_name AS "sealedName", v.fingerprint`;

/** The interval that contains a snapshot; of the newest it is the one that hasn't ended. */
const AT_SNAPSHOT =
  'v.tenant_id = $1 AND v.resource_type = $2 AND v.valid_from <= $3 AND (v.valid_to IS NULL OR v.valid_to > $3)';

interface ContentColumns {
  hash: string;
  sealedBody: Buffer;
}

/** Contents and names lie sealed and are opened here, only those that are asked for. */
@Injectable()
export class SnapshotRepository {
  constructor(private readonly seals: SnapshotSeals) {}

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
    tenants: TenantsInReach,
    limit: number,
    beforeId: string | null,
  ): Promise<ConfigSnapshot[]> {
    const query = tx.createQueryBuilder(ConfigSnapshot, 's').orderBy('s.id', 'DESC').take(limit);
    query.where(
      new Brackets((where) => {
        where.where('true');
        if (tenants !== null) where.andWhere('s.tenant_id = ANY (:tenants)', { tenants });
        if (beforeId !== null) where.andWhere('s.id < :beforeId', { beforeId });
      }),
    );
    return query.getMany();
  }

  async insert(tx: Transaction, snapshot: ConfigSnapshot): Promise<void> {
    await tx.insert(ConfigSnapshot, snapshot);
  }

  /** What a type held at a past snapshot, of some keys. */
  async versionsOf(
    tx: Transaction,
    tenantId: string,
    type: ResourceType,
    sequence: number,
    keys: readonly string[],
  ): Promise<UnnamedVersionRow[]> {
    const found: UnnamedVersionRow[] = [];
    for (let start = 0; start < keys.length; start += ROWS_PER_STATEMENT) {
      const rows = await tx.query<UnnamedVersionRow[]>(
        `SELECT ${VERSION} FROM config_versions v
          WHERE ${AT_SNAPSHOT} AND v.resource_key = ANY ($4::text[])`,
        [tenantId, type, sequence, keys.slice(start, start + ROWS_PER_STATEMENT)],
      );
      found.push(...rows);
    }
    return found;
  }

  /** A page of what a type held at a past snapshot, in the order of keys. */
  versionsPage(
    tx: Transaction,
    tenantId: string,
    type: ResourceType,
    sequence: number,
    after: string,
    limit: number,
  ): Promise<UnnamedVersionRow[]> {
    return tx.query<UnnamedVersionRow[]>(
      `SELECT ${VERSION} FROM config_versions v
        WHERE ${AT_SNAPSHOT} AND v.resource_key > $4 ORDER BY v.resource_key LIMIT $5`,
      [tenantId, type, sequence, after, limit],
    );
  }

  /** @throws DomainError keys.cannot_open */
  async named(tenantId: string, { id, sealedName, fingerprint: _, ...row }: UnnamedVersionRow): Promise<VersionRow> {
    const displayName = sealedName === null ? null : await this.seals.openName(tenantId, id, sealedName);
    return { ...row, displayName };
  }

  /** The texts of contents, by hash. */
  async texts(tx: Transaction, tenantId: string, hashes: string[]): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    for (let start = 0; start < hashes.length; start += ROWS_PER_STATEMENT) {
      const rows = await tx.query<ContentColumns[]>(
        `SELECT encode(b.hash, 'hex') AS hash, b.sealed_body AS "sealedBody" FROM config_blobs b
          WHERE b.tenant_id = $1 AND b.hash IN (SELECT decode(wanted, 'hex') FROM unnest($2::text[]) AS wanted)`,
        [tenantId, hashes.slice(start, start + ROWS_PER_STATEMENT)],
      );
      for (const row of rows) texts.set(row.hash, await this.seals.openBody(tenantId, row.hash, row.sealedBody));
    }
    return texts;
  }

  /** A page of a snapshot's objects in the order of type and key, with their contents. */
  async exportPage(
    tx: Transaction,
    tenantId: string,
    sequence: number,
    after: { type: string; key: string },
    limit: number,
  ): Promise<ExportRow[]> {
    const rows = await tx.query<(UnnamedVersionRow & ContentColumns & { type: string })[]>(
      `SELECT v.resource_type AS type, ${VERSION}, b.sealed_body AS "sealedBody"
         FROM config_versions v JOIN config_blobs b ON b.tenant_id = v.tenant_id AND b.hash = v.hash
        WHERE v.tenant_id = $1 AND v.valid_from <= $2 AND (v.valid_to IS NULL OR v.valid_to > $2)
          AND (v.resource_type, v.resource_key) > ($3, $4)
        ORDER BY v.resource_type, v.resource_key LIMIT $5`,
      [tenantId, sequence, after.type, after.key, limit],
    );
    return Promise.all(
      rows.map(async ({ type, sealedBody, ...version }) => ({
        ...(await this.named(tenantId, version)),
        type,
        text: await this.seals.openBody(tenantId, version.hash, sealedBody),
      })),
    );
  }

  /** Contents that aren't here yet are added. */
  async insertBlobs(tx: Transaction, tenantId: string, blobs: Iterable<{ hash: string; text: string }>): Promise<void> {
    for (const chunk of chunks(blobs, ({ text }) => text.length)) {
      const unique = [...new Map(chunk.map((blob) => [blob.hash, blob])).values()];
      const sealed = await Promise.all(unique.map(({ hash, text }) => this.seals.sealBody(tenantId, hash, text)));
      await tx.query(
        `INSERT INTO config_blobs (tenant_id, hash, sealed_body)
         SELECT $1, decode(hash, 'hex'), sealed_body FROM unnest($2::text[], $3::bytea[]) AS blob (hash, sealed_body)
         ON CONFLICT (tenant_id, hash) DO NOTHING`,
        [tenantId, unique.map(({ hash }) => hash), sealed],
      );
    }
  }

  /** Ends the intervals of these objects: the snapshot `sequence` is the first without them. */
  async closeVersions(
    tx: Transaction,
    tenantId: string,
    type: ResourceType,
    sequence: number,
    keys: Iterable<string>,
  ): Promise<void> {
    for (const chunk of chunks(keys, (key) => key.length)) {
      await tx.query(
        `UPDATE config_versions SET valid_to = $3, fingerprint = NULL
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
    objects: Iterable<{ object: StoredObject; fingerprint: Buffer | null }>,
  ): Promise<void> {
    for (const chunk of chunks(objects, ({ object: { key } }) => key.length)) {
      const rows = await Promise.all(
        chunk.map(async ({ object, fingerprint }) => {
          const id = newId();
          return {
            ...object,
            id,
            fingerprint,
            sealedName: await this.seals.sealName(tenantId, id, object.displayName),
          };
        }),
      );
      await tx.query(
        `INSERT INTO config_versions (tenant_id, resource_type, resource_key, valid_from, hash, keyed_by_name, modified_at, id, sealed_name, fingerprint)
         SELECT $1, $2, key, $3, decode(hash, 'hex'), keyed_by_name, modified_at, id, sealed_name, fingerprint
           FROM unnest($4::text[], $5::text[], $6::boolean[], $7::timestamptz[], $8::uuid[], $9::bytea[], $10::bytea[])
             AS version (key, hash, keyed_by_name, modified_at, id, sealed_name, fingerprint)`,
        [
          tenantId,
          type,
          sequence,
          rows.map(({ key }) => key),
          rows.map(({ hash }) => hash),
          rows.map(({ keyedBy }) => keyedBy === 'name'),
          rows.map(({ modifiedAt }) => storableInstant(modifiedAt)),
          rows.map(({ id }) => id),
          rows.map(({ sealedName }) => sealedName),
          rows.map(({ fingerprint }) => fingerprint),
        ],
      );
    }
  }
}

/** What a tenant calls an instant need not be one that the database knows. */
export function storableInstant(text: string | null): string | null {
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
