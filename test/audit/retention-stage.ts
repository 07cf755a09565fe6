import { Counter, Gauge, Registry } from 'prom-client';
import { SealedRecordsRepository } from '../../src/audit/read/sealed-records.repository.js';
import { AuditHoldsRepository } from '../../src/audit/retention/audit-holds.repository.js';
import { AuditHolds } from '../../src/audit/retention/audit-holds.service.js';
import { AuditPartitionsRepository } from '../../src/audit/retention/audit-partitions.repository.js';
import { HoldCreations } from '../../src/audit/retention/hold-creations.service.js';
import { OlderRetention } from '../../src/audit/retention/older-retention.service.js';
import { PartitionArchives } from '../../src/audit/retention/partition-archive.service.js';
import { PartitionDrops } from '../../src/audit/retention/partition-drop.service.js';
import { PartitionStandings } from '../../src/audit/retention/partition-standings.service.js';
import { StandingHolds } from '../../src/audit/retention/standing-holds.service.js';
import { AuditTreeRepository } from '../../src/audit/seal/audit-tree.repository.js';
import type { LogPatrol } from '../../src/audit/seal/log-patrol.service.js';
import { SealedEnd } from '../../src/audit/seal/sealed-end.service.js';
import { TreeHeads } from '../../src/audit/seal/tree-heads.service.js';
import { AuditStreamsRepository } from '../../src/audit/stream/audit-streams.repository.js';
import { AuditStreams } from '../../src/audit/stream/audit-streams.service.js';
import { StreamPositions } from '../../src/audit/stream/stream-positions.service.js';
import { Settings } from '../../src/config/settings.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { createLogger } from '../../src/observability/logger.js';
import type { AuditStage } from '../support/audit-stage.js';
import { startPatrol } from '../support/patrol-stage.js';
import type { TestDatabase } from '../support/test-database.js';
import { dropsOf } from './drops-stage.js';

export interface RetentionStage {
  drops: PartitionDrops;
  standings: PartitionStandings;
  holds: AuditHolds;
  patrol: LogPatrol;
  older: OlderRetention;
  /** Warnings and errors of its log. */
  complaints: Record<string, unknown>[];
}

/** Retention of one instance with these settings, put together as the module does. */
export function retentionOf(database: TestDatabase, stage: AuditStage, changed: Partial<Settings>): RetentionStage {
  const settings = Object.assign(new Settings(), { DATABASE_URL: database.url }, changed);
  const complaints: Record<string, unknown>[] = [];
  const logger = createLogger('warn', { write: (line) => void complaints.push(JSON.parse(line)) });
  const transactions = new TransactionRunner(database.dataSource);
  const registers = [new Registry()];
  const records = new SealedRecordsRepository();
  const tree = new AuditTreeRepository();
  const partitions = new AuditPartitionsRepository();
  const gaps = new Counter({ name: 'gaps', help: 'gaps', labelNames: ['kind'], registers });
  const { dropped, logged, watch } = dropsOf(database, stage, gaps, logger);
  const streams = new AuditStreams(
    settings,
    transactions,
    new AuditStreamsRepository(),
    new SealedEnd(tree, new TreeHeads(stage.keys), stage.signed),
    new StreamPositions(stage.keys),
    records,
    dropped,
    stage.keys,
    stage.audit,
    logger,
    new Gauge({ name: 'lag', help: 'lag', registers }),
    new Counter({ name: 'failures', help: 'failures', registers }),
    new Counter({ name: 'shortened', help: 'shortened', registers }),
    gaps,
  );
  const rows = new AuditHoldsRepository();
  const standing = new StandingHolds(stage.keys, rows);
  const standings = new PartitionStandings(settings, transactions, partitions, standing, stage.signed, streams);
  const creations = new HoldCreations(stage.keys, rows, logged);
  const archives = new PartitionArchives(transactions, tree, stage.signed, records, stage.keys);
  return {
    drops: new PartitionDrops(settings, transactions, partitions, standings, archives, dropped, stage.audit, logger),
    standings,
    holds: new AuditHolds(transactions, rows, partitions, stage.audit, standing, creations),
    patrol: startPatrol(database, stage, gaps, logger),
    older: new OlderRetention(transactions, partitions, rows, standing, creations, watch, stage.audit),
    complaints,
  };
}
