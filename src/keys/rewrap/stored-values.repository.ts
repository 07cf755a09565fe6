import { Injectable } from '@nestjs/common';
import type { SealedColumn } from '../../crypto/sealed-columns.js';
import type { Transaction } from '../../database/transaction-runner.js';

/** A table as it is walked: itself, or one of its partitions. */
export interface Leaf {
  /** Quoted where it has to be. */
  name: string;
  blocks: number;
}

/** A column in which each value says under which key it lies. */
export interface VersionedColumn {
  column: string;
  /** Where the version (4 bytes, big endian) begins in the value, from 1. */
  versionAt: number;
}

export interface StoredValue {
  /** Where the row lies now (ctid). */
  at: string;
  row: string;
  tenant: string | null;
  sealed: Buffer;
  /** Of an index: what lies there. */
  entry: Buffer | null;
}

export interface RewrittenValue {
  at: string;
  before: Buffer;
  after: Buffer;
  /** Of an index: what it was made from. */
  sealed: Buffer;
}

/** Of the key by which a table is walked. */
export interface KeyColumn {
  name: string;
  type: string;
  isPrimary: boolean;
}

export interface HeldRows {
  holds: boolean;
  /** The key of the last row, as text; null at the end of the table. */
  last: string[] | null;
}

/** Rows that one statement looks at. */
export const ROWS_AT_ONCE = 5000;

type Changed<Row> = [rows: Row[], count: number];

/**
 * What lies under keys, in whatever table, read and written by where it lies on the disk: ranges of blocks cost the same
 * everywhere, need no index, and say how far one has come. Names of tables and columns were checked where they were declared.
 */
@Injectable()
export class StoredValuesRepository {
  leaves(tx: Transaction, table: string): Promise<Leaf[]> {
    return tx.query<Leaf[]>(
      `SELECT oid::regclass::text AS name,
              ceil(pg_relation_size(oid)::numeric / current_setting('block_size')::int)::int AS blocks
         FROM (SELECT oid FROM pg_class WHERE oid = $1::regclass AND relkind = 'r'
               UNION ALL SELECT relid FROM pg_partition_tree($1::regclass) WHERE isleaf) leaf
        ORDER BY 1`,
      [table],
    );
  }

  /** Rows that somebody is changing just now are left out: they are found by the next pass. Those that are found are locked. */
  findOlder(
    tx: Transaction,
    leaf: string,
    sealed: SealedColumn,
    { column, versionAt }: VersionedColumn,
    version: number,
    [from, to]: readonly [number, number],
  ): Promise<StoredValue[]> {
    return tx.query<StoredValue[]>(
      `SELECT ctid::text AS at, ${sealed.row}::text AS row, ${sealed.tenant ?? 'NULL'}::text AS tenant,
              ${sealed.column} AS sealed, ${column === sealed.column ? 'NULL' : column} AS entry
         FROM ${leaf}
        WHERE ctid >= $1::tid AND ctid < $2::tid AND ${sealed.column} IS NOT NULL AND ${column} IS NOT NULL
          AND substring(${column} FROM ${versionAt} FOR 4) <> int4send($3::int)
          FOR UPDATE SKIP LOCKED`,
      [`(${from},0)`, `(${to},0)`, version],
    );
  }

  /** @returns how many were still as they were read */
  async rewrite(
    tx: Transaction,
    leaf: string,
    source: string,
    column: string,
    values: RewrittenValue[],
  ): Promise<number> {
    if (values.length === 0) return 0;
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE ${leaf} AS stored SET ${column} = written.after
         FROM unnest($1::tid[], $2::bytea[], $3::bytea[], $4::bytea[]) AS written (at, before, after, sealed)
        WHERE stored.ctid = written.at AND stored.${column} = written.before AND stored.${source} = written.sealed`,
      [
        values.map(({ at }) => at),
        values.map(({ before }) => before),
        values.map(({ after }) => after),
        values.map(({ sealed }) => sealed),
      ],
    );
    return count;
  }

  /** How many values lie under which version. */
  countByVersion(
    tx: Transaction,
    leaf: string,
    { column, versionAt }: VersionedColumn,
    [from, to]: readonly [number, number],
  ): Promise<{ version: number; values: number }[]> {
    return tx.query<{ version: number; values: number }[]>(
      `SELECT ('x' || encode(prefix, 'hex'))::bit(32)::int AS version, values
         FROM (SELECT substring(${column} FROM ${versionAt} FOR 4) AS prefix, count(*)::int AS values FROM ${leaf}
                WHERE ctid >= $1::tid AND ctid < $2::tid AND octet_length(${column}) >= ${versionAt + 3} GROUP BY 1) counted`,
      [`(${from},0)`, `(${to},0)`],
    );
  }

  /** By what the rows of a table are walked in their order: its primary key, or where it has none what names the row. */
  async keyOf(tx: Transaction, { table, row }: SealedColumn): Promise<KeyColumn[]> {
    const columns = await tx.query<KeyColumn[]>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, indisprimary AS "isPrimary"
         FROM pg_attribute LEFT JOIN pg_index ON indrelid = attrelid AND indisprimary AND attnum = ANY (indkey)
        WHERE attrelid = $1::regclass AND attnum > 0 AND (indisprimary OR attname = $2)
        ORDER BY array_position(indkey::smallint[], attnum)`,
      [table, row],
    );
    const primary = columns.filter(({ isPrimary }) => isPrimary);
    return primary.length > 0 ? primary : columns;
  }

  /**
   * Whether anything lies under the version, or with `other` under any other version, among the next rows.
   *
   * @param after the key of the last row that was looked at
   */
  async holdsVersion(
    tx: Transaction,
    { column, versionAt, sealed: { table } }: VersionedColumn & { sealed: SealedColumn },
    version: number,
    other: boolean,
    key: readonly KeyColumn[],
    after: readonly string[] | null,
  ): Promise<HeldRows> {
    const names = key.map(({ name }) => name);
    const from =
      after === null
        ? ''
        : `WHERE (${names.join(', ')}) > (${key.map(({ type }, index) => `$${index + 2}::text::${type}`).join(', ')})`;
    const [row] = await tx.query<HeldRows[]>(
      `WITH page AS MATERIALIZED (
         SELECT ${names.join(', ')}, octet_length(${column}) >= ${versionAt + 3}
                AND substring(${column} FROM ${versionAt} FOR 4) ${other ? '<>' : '='} int4send($1::int) AS held
           FROM ${table} ${from} ORDER BY ${names.join(', ')} FETCH FIRST ${ROWS_AT_ONCE} ROWS WITH TIES)
       SELECT coalesce(bool_or(held), false) AS holds,
              (SELECT ARRAY[${names.map((name) => `${name}::text`).join(', ')}] FROM page
                ORDER BY ${names.map((name) => `${name} DESC`).join(', ')} LIMIT 1) AS last
         FROM page`,
      [version, ...(after ?? [])],
    );
    return row ?? { holds: false, last: null };
  }
}
