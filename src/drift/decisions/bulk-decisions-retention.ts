import { Injectable } from '@nestjs/common';
import { RetentionRules } from '../../jobs/retention-rules.js';
import { BulkDecisionsRepository } from './bulk-decisions.repository.js';

/** What became of each row is shown for so long; the trail has the decisions themselves. */
export const BULK_DECISIONS_KEPT_DAYS = 90;

@Injectable()
export class BulkDecisionsRetention {
  constructor(rules: RetentionRules, bulks: BulkDecisionsRepository) {
    rules.register({
      name: 'drift.bulk-decisions',
      deleteBatch: (tx, limit) => bulks.deleteFinished(tx, BULK_DECISIONS_KEPT_DAYS, limit),
    });
  }
}
