import { Module } from '@nestjs/common';
import { JobQueueRepository } from './job-queue.repository.js';
import { JobQueue } from './job-queue.service.js';
import { JobSlotsRepository } from './job-slots.repository.js';
import { JobSlots } from './job-slots.service.js';
import { JobSlotsRetention } from './job-slots-retention.js';
import { RetentionRules } from './retention-rules.js';

/** Work that isn't a request: schedules that run once per slot (JobSlots) and a queue for what fans out (JobQueue). */
@Module({
  providers: [JobSlots, JobSlotsRepository, JobQueue, JobQueueRepository, RetentionRules, JobSlotsRetention],
  exports: [JobSlots, JobQueue, RetentionRules],
})
export class JobsModule {}
