import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter, Gauge } from 'prom-client';
import { Settings } from '../../config/settings.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { METRIC } from '../../observability/metrics.js';
import { AuditService } from '../audit.service.js';
import { SealedRecordsRepository } from '../read/sealed-records.repository.js';
import { SealedEnd } from '../seal/sealed-end.service.js';
import type { AuditSink } from './audit-sink.js';
import { AuditStreamsRepository, type StreamPosition } from './audit-streams.repository.js';
import { configuredSinks } from './configured-sinks.js';
import { StreamDelivery } from './stream-delivery.js';

/** Hands the trail on to the receivers that the settings name (a SIEM), in every instance that works. */
@Injectable()
export class AuditStreams implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly sinks: AuditSink[];
  private deliveries: StreamDelivery[] = [];

  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly streams: AuditStreamsRepository,
    private readonly end: SealedEnd,
    private readonly records: SealedRecordsRepository,
    private readonly keys: KeyRing,
    private readonly audit: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.auditStreamLag) private readonly lag: Gauge,
    @InjectMetric(METRIC.auditStreamFailures) private readonly failures: Counter,
    @InjectMetric(METRIC.auditStreamShortened) private readonly shortened: Counter,
  ) {
    this.sinks = configuredSinks(settings, logger);
  }

  onApplicationBootstrap(): void {
    if (this.settings.PROCESS_ROLE === 'api') return;
    const { transactions, streams, end, records, keys, audit, logger, lag, failures, shortened } = this;
    const parts = { transactions, streams, end, records, keys, audit, logger, lag, failures, shortened };
    this.deliveries = this.sinks.map((sink) => new StreamDelivery(sink, parts));
    for (const delivery of this.deliveries) delivery.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.deliveries.map((delivery) => delivery.stop()));
  }

  /** How far each configured stream has come; one that never delivered is at the beginning of the log. */
  async positions(tx: Transaction): Promise<StreamPosition[]> {
    const names = this.sinks.map(({ name }) => name);
    for (const name of names) await this.streams.makeStream(tx, name);
    return this.streams.findPositions(tx, names);
  }
}
