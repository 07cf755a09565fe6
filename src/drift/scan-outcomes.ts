import { Inject, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter, Gauge, Histogram } from 'prom-client';
import { TransactionRunner } from '../database/transaction-runner.js';
import type { SlotRun } from '../jobs/job-slot.types.js';
import { JobSlots, MAX_ATTEMPTS } from '../jobs/job-slots.service.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import type { WatchedTenant } from '../tenants/tenants.types.js';
import { type RecordedScan, ScanRecorder } from './scan-recorder.js';

/** How scans end, for the log, the metrics and the slot. */
@Injectable()
export class ScanOutcomes {
  constructor(
    private readonly slots: JobSlots,
    private readonly transactions: TransactionRunner,
    private readonly recorder: ScanRecorder,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.scans) private readonly outcomes: Counter,
    @InjectMetric(METRIC.scanDuration) private readonly durations: Histogram,
    @InjectMetric(METRIC.lastScan) private readonly lastSuccess: Gauge,
  ) {}

  completed(run: SlotRun, recorded: RecordedScan, durationSeconds: number): void {
    this.durations.observe(durationSeconds);
    this.lastSuccess.set({ tenant: run.key }, Math.floor(Date.now() / 1000));
    this.outcomes.inc({ outcome: 'completed', trigger: run.trigger });
    const { id: scanId, key: tenantId, trigger } = run;
    this.logger.info({ scanId, tenantId, trigger, durationSeconds, ...recorded }, 'scan completed');
  }

  /** @param tenant null when the slot is about a tenant that isn't there */
  async failed(run: SlotRun, tenant: WatchedTenant | null, error: unknown): Promise<void> {
    const { id: scanId, key: tenantId, trigger, attempt } = run;
    if (error instanceof DomainError && error.code === 'jobs.run_overtaken') {
      this.outcomes.inc({ outcome: 'overtaken', trigger });
      this.logger.warn({ scanId, tenantId, attempt }, 'a scan was overtaken; nothing of it was written');
      return;
    }
    const isFinal = tenant === null || attempt >= MAX_ATTEMPTS;
    const reason = reasonForPeople(error);
    this.logger.warn({ err: error, scanId, tenantId, attempt, isFinal }, 'a scan failed');
    await this.slots.fail(run, reason, tenant !== null);
    this.outcomes.inc({ outcome: isFinal ? 'failed' : 'retried', trigger });
    if (tenant !== null && isFinal)
      await this.transactions.run((tx) => this.recorder.recordFailure(tx, tenant, run, reason));
  }
}

/** Only errors that were made for people are shown to them. */
function reasonForPeople(error: unknown): string {
  if (error instanceof DomainError) return error.detail === undefined ? error.title : `${error.title}: ${error.detail}`;
  return 'The scan failed by our fault; the log has it under the id of the scan.';
}
