import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type ObjectLiteral } from 'typeorm';
import { CopyIn } from './copy-in.js';
import { withDatabaseErrors } from './database-errors.js';
import type { Transaction } from './transaction-runner.js';

/** A statement that PostgreSQL parses and plans once per connection and knows by its name from then on. */
export interface PreparedStatement {
  /** At most 63 bytes, one text per name. */
  name: string;
  text: string;
}

/** What is used of the driver's pool and its connections: TypeORM's own query() has no way to name a statement. */
interface DriverQueries {
  query(statement: PreparedStatement & { values: unknown[] }): Promise<{ rows: unknown[] }>;
  query(copy: CopyIn, values: undefined, done: (error: Error | null | undefined) => void): void;
}

/** Single statements on the hot path: one round trip, each its own transaction, on the pool that everybody else uses too. */
@Injectable()
export class PreparedStatements {
  private readonly pool: DriverQueries;

  constructor(@Inject(DataSource) dataSource: DataSource) {
    const { master } = dataSource.driver as unknown as { master?: DriverQueries };
    if (typeof master?.query !== 'function')
      throw new Error('the database driver has no pool to prepare statements on');
    this.pool = master;
  }

  /**
   * @returns the rows
   * @throws DomainError for database faults that have a meaning for the caller (see database-errors.ts)
   */
  async run<Row extends ObjectLiteral>(statement: PreparedStatement, values: unknown[]): Promise<Row[]> {
    const { rows } = await withDatabaseErrors(() => this.pool.query({ ...statement, values }));
    return rows as Row[];
  }

  /**
   * @param text `COPY … FROM STDIN (FORMAT binary)`
   * @param rows see BinaryRows
   * @throws DomainError as run does
   */
  copy(text: string, rows: Buffer): Promise<void> {
    return withDatabaseErrors(() => copyOn(this.pool, text, rows));
  }
}

/** Runs the statement in an open transaction; its faults are translated where the transaction is. */
export async function runPrepared<Row extends ObjectLiteral>(
  tx: Transaction,
  statement: PreparedStatement,
  values: unknown[],
): Promise<Row[]> {
  const { rows } = await (await connectionOf(tx)).query({ ...statement, values });
  return rows as Row[];
}

/** Copies rows in an open transaction; its faults are translated where the transaction is. */
export async function runCopy(tx: Transaction, text: string, rows: Buffer): Promise<void> {
  await copyOn(await connectionOf(tx), text, rows);
}

function copyOn(queries: DriverQueries, text: string, rows: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    queries.query(new CopyIn(text, rows), undefined, (error) => (error ? reject(error) : resolve()));
  });
}

async function connectionOf(tx: Transaction): Promise<DriverQueries> {
  const connection = (await tx.queryRunner?.connect()) as DriverQueries | undefined;
  if (connection === undefined) throw new Error('a prepared statement needs an open transaction');
  return connection;
}
