import { Inject, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter, Gauge, Histogram } from 'prom-client';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import type { LostRun, SlotRun } from '../jobs/job-slot.types.js';
import { JobSlots, MAX_ATTEMPTS } from '../jobs/job-slots.service.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { TenantsService } from '../tenants/tenants.service.js';
import type { WatchedTenant } from '../tenants/tenants.types.js';
import { type RecordedScan, ScanRecorder } from './scan-recorder.js';

/** How scans end, for the log, the metrics and the slot. */
@Injectable()
export class ScanOutcomes {
  constructor(
    private readonly slots: JobSlots,
    private readonly transactions: TransactionRunner,
    private readonly tenants: TenantsService,
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
      this.overtaken(run);
      return;
    }
    const isFinal = tenant === null || attempt >= MAX_ATTEMPTS;
    const reason = reasonForPeople(error);
    const mine = await this.transactions.run(async (tx) => {
      const held = await this.slots.fail(tx, run, reason, tenant !== null);
      if (held && isFinal && tenant !== null) await this.recorder.recordFailure(tx, tenant, run, reason);
      return held;
    });
    if (!mine) {
      this.overtaken(run);
      return;
    }
    this.logger.warn({ err: error, scanId, tenantId, attempt, isFinal }, 'a scan failed');
    this.outcomes.inc({ outcome: isFinal ? 'failed' : 'retried', trigger });
  }

  /** The scan's last allowed run died without a word: people hear of it as of any other failure. */
  async lost(tx: Transaction, { run, reason }: LostRun): Promise<void> {
    const tenant = await this.tenants.find(tx, run.key);
    if (tenant !== null) await this.recorder.recordFailure(tx, tenant, run, reason);
    this.logger.warn({ scanId: run.id, tenantId: run.key, attempt: run.attempt, reason }, 'a scan was lost for good');
    this.outcomes.inc({ outcome: 'failed', trigger: run.trigger });
  }

  private overtaken({ id: scanId, key: tenantId, attempt, trigger }: SlotRun): void {
    this.outcomes.inc({ outcome: 'overtaken', trigger });
    this.logger.warn({ scanId, tenantId, attempt }, 'a scan was overtaken; nothing of it was written');
  }
}

/** Only errors that were made for people are shown to them. */
function reasonForPeople(error: unknown): string {
  if (error instanceof DomainError) return error.detail === undefined ? error.title : `${error.title}: ${error.detail}`;
  return 'The scan failed by our fault; the log has it under the id of the scan.';
}
