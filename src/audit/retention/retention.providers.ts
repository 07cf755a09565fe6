import { AuditHoldsRepository } from './audit-holds.repository.js';
import { AuditHolds } from './audit-holds.service.js';
import { AuditPartitionsRepository } from './audit-partitions.repository.js';
import { DropWatch } from './drop-watch.service.js';
import { DroppedMonthsRepository } from './dropped-months.repository.js';
import { DroppedMonths } from './dropped-months.service.js';
import { HoldCreations } from './hold-creations.service.js';
import { LoggedRecordsRepository } from './logged-records.repository.js';
import { LoggedRecords } from './logged-records.service.js';
import { OlderRetention } from './older-retention.service.js';
import { PartitionArchives } from './partition-archive.service.js';
import { PartitionDrops } from './partition-drop.service.js';
import { PartitionStandings } from './partition-standings.service.js';
import { RetentionJob } from './retention.job.js';
import { StandingHolds } from './standing-holds.service.js';

/** Of the audit module. */
export const RETENTION_PROVIDERS = [
  AuditPartitionsRepository,
  AuditHoldsRepository,
  StandingHolds,
  DroppedMonthsRepository,
  DroppedMonths,
  LoggedRecordsRepository,
  LoggedRecords,
  HoldCreations,
  DropWatch,
  OlderRetention,
  AuditHolds,
  PartitionStandings,
  PartitionArchives,
  PartitionDrops,
  RetentionJob,
];
