import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type ObjectLiteral } from 'typeorm';
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
}

/** Runs the statement in an open transaction; its faults are translated where the transaction is. */
export async function runPrepared<Row extends ObjectLiteral>(
  tx: Transaction,
  statement: PreparedStatement,
  values: unknown[],
): Promise<Row[]> {
  const connection = (await tx.queryRunner?.connect()) as DriverQueries | undefined;
  if (connection === undefined) throw new Error('a prepared statement needs an open transaction');
  const { rows } = await connection.query({ ...statement, values });
  return rows as Row[];
}
