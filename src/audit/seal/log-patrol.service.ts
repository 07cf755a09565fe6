import { Inject, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { METRIC } from '../../observability/metrics.js';
import { DroppedMonths } from '../retention/dropped-months.service.js';
import { StandingHolds } from '../retention/standing-holds.service.js';
import { LogPatrolRepository } from './log-patrol.repository.js';

/** How often a round is due, and how far back it looks for records that nobody logged: further than one that was missed. */
const ROUND_MS = 60_000;
const LOOK_BACK_SECONDS = 15 * 60;
const MAX_ENQUEUED = 1000;
/** Leaves of one round: a log of ten million is walked in a working day. */
const LEAVES = 20_000;
/** Places that one line of the service's log names. */
const NAMED = 10;

/**
 * Looks for what somebody did to the records past the service: taken out of the line before they were sealed, or taken away afterwards.
 * Whoever may do that may do it again; that it is seen and counted is what this is for.
 */
@Injectable()
export class LogPatrol {
  private dueAt = 0;
  private place = 0;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly log: LogPatrolRepository,
    private readonly holds: StandingHolds,
    private readonly dropped: DroppedMonths,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.auditGaps) private readonly gaps: Counter,
  ) {}

  async runIfDue(now = performance.now()): Promise<void> {
    if (now < this.dueAt) return;
    this.dueAt = now + ROUND_MS;
    await this.round();
  }

  /**
   * Each of its looks is taken whatever became of the others.
   *
   * @throws AggregateError of what failed
   */
  async round(): Promise<void> {
    const looks = [this.lookForUnlogged(), this.lookAtHolds(), this.lookForLost()];
    const faults = (await Promise.allSettled(looks)).flatMap((look) =>
      look.status === 'rejected' ? [look.reason] : [],
    );
    if (faults.length > 0) throw new AggregateError(faults, 'a look at the audit trail failed');
  }

  private async lookForUnlogged(): Promise<void> {
    const unlogged = await this.transactions.run((tx) => this.log.enqueueUnlogged(tx, LOOK_BACK_SECONDS, MAX_ENQUEUED));
    if (unlogged.length === 0) return;
    this.gaps.inc({ kind: 'unlogged' }, unlogged.length);
    this.logger.error(
      { records: unlogged.length, ids: unlogged.slice(0, NAMED) },
      'records of the audit trail were taken out of the line before they were sealed; they are in it again',
    );
  }

  private async lookForLost(): Promise<void> {
    const { lost, next } = await this.transactions.read((tx) =>
      this.dropped.undisturbed(tx, (dropped) => this.log.findLost(tx, this.place, LEAVES, dropped)),
    );
    this.place = next ?? 0;
    if (lost.length === 0) return;
    this.gaps.inc({ kind: 'lost' }, lost.length);
    this.logger.error(
      { records: lost.length, places: lost.slice(0, NAMED) },
      'records of the audit trail are gone although retention did not drop their month: somebody deleted them past the service',
    );
  }

  /** They stand as the service left them; that somebody wanted it otherwise is told. */
  private async lookAtHolds(): Promise<void> {
    const changed = (await this.transactions.read((tx) => this.holds.find(tx))).filter(({ fault }) => fault !== null);
    if (changed.length === 0) return;
    this.gaps.inc({ kind: 'hold' }, changed.length);
    this.logger.error(
      { holds: changed.slice(0, NAMED).map(({ id, fault }) => ({ id, fault })) },
      'legal holds were changed or taken away past the service; what they held is still kept',
    );
  }
}
