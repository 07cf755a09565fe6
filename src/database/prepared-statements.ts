import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type ObjectLiteral } from 'typeorm';
import { withDatabaseErrors } from './database-errors.js';

/** A statement that PostgreSQL parses and plans once per connection and knows by its name from then on. */
export interface PreparedStatement {
  /** At most 63 bytes, one text per name. */
  name: string;
  text: string;
}

/** What is used of the driver's pool: TypeORM's own query() has no way to name a statement. */
interface DriverPool {
  query(statement: PreparedStatement & { values: unknown[] }): Promise<{ rows: unknown[] }>;
}

/** Single statements on the hot path: one round trip, each its own transaction, on the pool that everybody else uses too. */
@Injectable()
export class PreparedStatements {
  private readonly pool: DriverPool;

  constructor(@Inject(DataSource) dataSource: DataSource) {
    const { master } = dataSource.driver as unknown as { master?: DriverPool };
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
