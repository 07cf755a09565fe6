import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { AuditAppendRepository } from './append/audit-append.repository.js';
import { AuditController } from './audit.controller.js';
import { AuditInterceptor } from './audit.interceptor.js';
import { AuditRepository } from './audit.repository.js';
import { AuditService } from './audit.service.js';
import { AuditExport } from './read/audit-export.service.js';
import { AuditProofsController } from './read/audit-proofs.controller.js';
import { AuditProofs } from './read/audit-proofs.service.js';
import { AuditSearch } from './read/audit-search.service.js';
import { AuditVerification } from './read/audit-verification.service.js';
import { LogKeys } from './read/log-keys.service.js';
import { ReadingRecords } from './read/reading-records.service.js';
import { SealedLogRepository } from './read/sealed-log.repository.js';
import { SealedRecordsRepository } from './read/sealed-records.repository.js';
import { SealedUntilNow } from './read/sealed-until-now.service.js';
import { RetentionController } from './retention/retention.controller.js';
import { RETENTION_PROVIDERS } from './retention/retention.providers.js';
import { AuditPatrolJob } from './seal/audit-patrol.job.js';
import { AuditSealJob } from './seal/audit-seal.job.js';
import { AuditSealer } from './seal/audit-sealer.service.js';
import { AuditTreeRepository } from './seal/audit-tree.repository.js';
import { CheckpointPublisher } from './seal/checkpoint-publisher.service.js';
import { LogPatrolRepository } from './seal/log-patrol.repository.js';
import { LogPatrol } from './seal/log-patrol.service.js';
import { LogWalk } from './seal/log-walk.service.js';
import { PatrolPlaces } from './seal/patrol-places.service.js';
import { PendingLine } from './seal/pending-line.service.js';
import { PendingRecordsRepository } from './seal/pending-records.repository.js';
import { SealedEnd } from './seal/sealed-end.service.js';
import { SignedCheckpoints } from './seal/signed-checkpoints.service.js';
import { TreeHeads } from './seal/tree-heads.service.js';
import { AuditStreamsRepository } from './stream/audit-streams.repository.js';
import { AuditStreams } from './stream/audit-streams.service.js';
import { StreamPositions } from './stream/stream-positions.service.js';
import { StreamsController } from './stream/streams.controller.js';

/** The trail of who did what: append, seal, read, prove, hand on, keep. Records are never changed. */
@Module({
  imports: [JobsModule, OutboxModule],
  controllers: [AuditController, AuditProofsController, RetentionController, StreamsController],
  providers: [
    AuditTreeRepository,
    TreeHeads,
    SignedCheckpoints,
    PendingRecordsRepository,
    PendingLine,
    AuditSealer,
    CheckpointPublisher,
    LogPatrolRepository,
    SealedEnd,
    LogWalk,
    PatrolPlaces,
    LogPatrol,
    AuditSealJob,
    AuditPatrolJob,
    AuditService,
    AuditAppendRepository,
    AuditRepository,
    AuditInterceptor,
    SealedLogRepository,
    SealedUntilNow,
    LogKeys,
    ReadingRecords,
    AuditSearch,
    AuditExport,
    AuditProofs,
    AuditVerification,
    AuditStreamsRepository,
    StreamPositions,
    SealedRecordsRepository,
    AuditStreams,
    ...RETENTION_PROVIDERS,
  ],
  exports: [AuditSealJob, AuditService, AuditStreams, AuditInterceptor],
})
export class AuditModule {}
