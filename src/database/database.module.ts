import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { ChangeFeed } from './change-feed.service.js';
import { DatabaseClock } from './database-clock.service.js';
import { PreparedStatements } from './prepared-statements.js';
import { TransactionRunner } from './transaction-runner.js';

/** The connection to PostgreSQL and the transactions on it. Entities are listed once, in ormconfig.ts. */
@Module({})
export class DatabaseModule {
  /** Takes a data source that is already open: migrations ran before the application was built. */
  static with(dataSource: DataSource): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...(dataSource.options as DataSourceOptions), retryAttempts: 0 }),
          dataSourceFactory: async () => dataSource,
        }),
      ],
      providers: [TransactionRunner, PreparedStatements, DatabaseClock, ChangeFeed],
      exports: [TransactionRunner, PreparedStatements, DatabaseClock, ChangeFeed],
    };
  }
}
