import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { AlertSubjects } from './alert-subjects.js';
import { OutboxRepository } from './outbox.repository.js';
import { Outbox } from './outbox.service.js';
import { OutboxRetention } from './outbox-retention.js';

/** Facts that leave the house, kept from the transaction that made them until somebody hands them out. */
@Module({
  imports: [JobsModule],
  providers: [Outbox, OutboxRepository, OutboxRetention, AlertSubjects],
  exports: [Outbox, AlertSubjects],
})
export class OutboxModule {}
