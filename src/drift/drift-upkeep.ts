import { Injectable } from '@nestjs/common';
import { RetentionRules } from '../jobs/retention-rules.js';
import { DriftUpkeepRepository } from './drift-upkeep.repository.js';

/** As long as the messages that told of them. */
export const ALERTS_KEPT_DAYS = 90;
/** The longest that a decision with an end holds: what it came from is there as long as it. The trail has it for longer. */
export const PAST_KEPT_DAYS = 366;

/** How long is kept what is over. */
@Injectable()
export class DriftUpkeep {
  constructor(rules: RetentionRules, past: DriftUpkeepRepository) {
    rules.register({
      name: 'drift.alerts',
      deleteBatch: (tx, limit) => past.deleteEndedAlerts(tx, ALERTS_KEPT_DAYS, limit),
    });
    rules.register({
      name: 'drift.proposals',
      deleteBatch: (tx, limit) => past.deletePastProposals(tx, PAST_KEPT_DAYS, limit),
    });
    rules.register({
      name: 'drift.ignore-rules',
      deleteBatch: (tx, limit) => past.deleteEndedIgnoreRules(tx, PAST_KEPT_DAYS, limit),
    });
    rules.register({
      name: 'drift.change-windows',
      deleteBatch: (tx, limit) => past.deletePastWindows(tx, PAST_KEPT_DAYS, limit),
    });
  }
}
