import type { Counter } from 'prom-client';
import { AuditPartitionsRepository } from '../../src/audit/retention/audit-partitions.repository.js';
import { DropWatch } from '../../src/audit/retention/drop-watch.service.js';
import { DroppedMonthsRepository } from '../../src/audit/retention/dropped-months.repository.js';
import { DroppedMonths } from '../../src/audit/retention/dropped-months.service.js';
import { LoggedRecordsRepository } from '../../src/audit/retention/logged-records.repository.js';
import { LoggedRecords } from '../../src/audit/retention/logged-records.service.js';
import { AuditTreeRepository } from '../../src/audit/seal/audit-tree.repository.js';
import { SealedEnd } from '../../src/audit/seal/sealed-end.service.js';
import { TreeHeads } from '../../src/audit/seal/tree-heads.service.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import type { Logger } from '../../src/observability/logger.js';
import type { AuditStage } from '../support/audit-stage.js';
import type { TestDatabase } from '../support/test-database.js';

/** What one instance knows of dropped months, put together as the module does. */
export function dropsOf(
  { dataSource }: TestDatabase,
  { keys, audit, signed }: AuditStage,
  gaps: Counter,
  logger: Logger,
) {
  const tree = new AuditTreeRepository();
  const rows = new DroppedMonthsRepository();
  const dropped = new DroppedMonths(keys, rows);
  const logged = new LoggedRecords(
    new LoggedRecordsRepository(),
    tree,
    new SealedEnd(tree, new TreeHeads(keys), signed),
  );
  const partitions = new AuditPartitionsRepository();
  const transactions = new TransactionRunner(dataSource);
  const watch = new DropWatch(transactions, keys, partitions, rows, dropped, logged, audit, logger, gaps);
  return { dropped, logged, watch };
}
