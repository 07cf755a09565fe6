import type { Counter } from 'prom-client';
import { AuditHoldsRepository } from '../../src/audit/retention/audit-holds.repository.js';
import { StandingHolds } from '../../src/audit/retention/standing-holds.service.js';
import { AuditTreeRepository } from '../../src/audit/seal/audit-tree.repository.js';
import { LogPatrolRepository } from '../../src/audit/seal/log-patrol.repository.js';
import { LogPatrol } from '../../src/audit/seal/log-patrol.service.js';
import { LogWalk } from '../../src/audit/seal/log-walk.service.js';
import { PatrolPlaces } from '../../src/audit/seal/patrol-places.service.js';
import { SealedEnd } from '../../src/audit/seal/sealed-end.service.js';
import { TreeHeads } from '../../src/audit/seal/tree-heads.service.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { createLogger } from '../../src/observability/logger.js';
import { dropsOf } from '../audit/drops-stage.js';
import type { AuditStage } from './audit-stage.js';
import type { TestDatabase } from './test-database.js';

/** The patrol of one instance, put together as the module does. */
export function startPatrol(
  database: TestDatabase,
  stage: AuditStage,
  gaps: Counter,
  logger = createLogger('silent'),
): LogPatrol {
  const { dataSource } = database;
  const { keys, signed } = stage;
  const transactions = new TransactionRunner(dataSource);
  const tree = new AuditTreeRepository();
  const log = new LogPatrolRepository();
  const { dropped, watch } = dropsOf(database, stage, gaps, logger);
  return new LogPatrol(
    transactions,
    log,
    new SealedEnd(tree, new TreeHeads(keys), signed),
    new LogWalk(transactions, log, tree, dropped, watch, keys),
    new PatrolPlaces(keys, log),
    new StandingHolds(keys, new AuditHoldsRepository()),
    logger,
    gaps,
  );
}
