import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { withDatabaseErrors } from './database-errors.js';

/** An open transaction. Only repositories look inside. */
export type Transaction = EntityManager;

/** Opens transactions for services: what a mutation writes, its audit record and its outgoing events commit together. */
@Injectable()
export class TransactionRunner {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /**
   * Runs the work in one READ COMMITTED transaction; a throw rolls everything back.
   *
   * @throws DomainError for database faults that have a meaning for the caller (see database-errors.ts)
   */
  run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return withDatabaseErrors(() => this.dataSource.transaction(work));
  }

  /** For reads that must all see the database as it is at one moment (REPEATABLE READ). */
  readAtOnce<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return withDatabaseErrors(() =>
      this.dataSource.transaction('REPEATABLE READ', async (tx) => {
        await tx.query('SET TRANSACTION READ ONLY');
        return work(tx);
      }),
    );
  }

  /** For reads, and for single statements that are a transaction by themselves. */
  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return withDatabaseErrors(() => work(this.dataSource.manager));
  }
}
