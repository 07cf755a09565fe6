import { Injectable } from '@nestjs/common';
import { JobSlotsRepository } from './job-slots.repository.js';
import { RetentionRules } from './retention-rules.js';

/** Slots that ended: the history of scans shows them for so long. */
export const SLOTS_KEPT_DAYS = 90;

@Injectable()
export class JobSlotsRetention {
  constructor(rules: RetentionRules, slots: JobSlotsRepository) {
    rules.register({
      name: 'jobs.slots',
      deleteBatch: (tx, limit) => slots.deleteEnded(tx, SLOTS_KEPT_DAYS, limit),
    });
  }
}
