import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter, Gauge } from 'prom-client';
import type { Actor } from '../../access/actor.js';
import { Settings } from '../../config/settings.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { METRIC } from '../../observability/metrics.js';
import { AuditService } from '../audit.service.js';
import { SealedRecordsRepository } from '../read/sealed-records.repository.js';
import { DroppedMonths } from '../retention/dropped-months.service.js';
import { SealedEnd } from '../seal/sealed-end.service.js';
import type { AuditSink } from './audit-sink.js';
import { AuditStreamsRepository, type StreamPosition } from './audit-streams.repository.js';
import { configuredSinks } from './configured-sinks.js';
import { StreamDelivery } from './stream-delivery.js';
import { StreamPositions } from './stream-positions.service.js';
import { streamError } from './streams.errors.js';
import { STREAM_ACTIONS } from './streams.events.js';

/** How a stream stands; no secret, and of its receiver no more than where it is. */
export interface StreamStatus extends StreamPosition {
  /** Scheme, host and port; null for the service's own output. */
  receiver: string | null;
  /** Why its position isn't believed; nothing is delivered then. */
  fault: string | null;
}

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
    private readonly places: StreamPositions,
    private readonly records: SealedRecordsRepository,
    private readonly dropped: DroppedMonths,
    private readonly keys: KeyRing,
    private readonly audit: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.auditStreamLag) private readonly lag: Gauge,
    @InjectMetric(METRIC.auditStreamFailures) private readonly failures: Counter,
    @InjectMetric(METRIC.auditStreamShortened) private readonly shortened: Counter,
    @InjectMetric(METRIC.auditGaps) private readonly gaps: Counter,
  ) {
    this.sinks = configuredSinks(settings, logger);
  }

  onApplicationBootstrap(): void {
    if (this.settings.PROCESS_ROLE === 'api') return;
    const {
      transactions,
      streams,
      places: positions,
      end,
      records,
      dropped,
      keys,
      audit,
      logger,
      lag,
      failures,
      shortened,
      gaps,
    } = this;
    const parts = {
      transactions,
      streams,
      positions,
      end,
      records,
      dropped,
      keys,
      audit,
      logger,
      lag,
      failures,
      shortened,
      gaps,
    };
    this.deliveries = this.sinks.map((sink) => new StreamDelivery(sink, parts));
    for (const delivery of this.deliveries) delivery.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.deliveries.map((delivery) => delivery.stop()));
  }

  /**
   * How far each configured stream has come; one that never delivered is at the beginning of the log, and so is one whose position
   * nobody can believe.
   */
  async positions(tx: Transaction): Promise<StreamPosition[]> {
    return (await this.find(tx)).map(({ fault, ...stream }) => (fault === null ? stream : { ...stream, nextLeaf: 0 }));
  }

  status(): Promise<StreamStatus[]> {
    return this.transactions.run((tx) => this.find(tx));
  }

  /**
   * Delivers once more from a place on, such as after its receiver lost something, or where the position is believed no more.
   *
   * @throws DomainError audit.stream_unknown; audit.stream_not_back
   */
  async rewind(actor: Actor, name: string, to: number): Promise<{ from: number }> {
    const sealed = await this.places.seal(name, to);
    return this.transactions.run(async (tx) => {
      const from = await this.streams.lock(tx, name);
      if (from === null) throw streamError('audit.stream_unknown');
      if (to > from)
        throw streamError('audit.stream_not_back', {
          detail: `It is at ${from}; a stream is only put back, never forward.`,
        });
      await this.streams.setPosition(tx, name, to, sealed);
      await this.audit.record(tx, actor, {
        action: STREAM_ACTIONS['audit.stream.rewound'],
        tenantId: null,
        target: { type: 'audit-stream', id: name },
        outcome: 'success',
        before: { nextLeaf: from },
        after: { nextLeaf: to },
      });
      return { from };
    });
  }

  private async find(tx: Transaction): Promise<StreamStatus[]> {
    const names = this.sinks.map(({ name }) => name);
    for (const name of names) await this.streams.makeStream(tx, name);
    const found: StreamStatus[] = [];
    for (const stream of await this.streams.findPositions(tx, names))
      found.push({ ...stream, receiver: this.receiverOf(stream.name), fault: await this.places.faultOf(stream) });
    return found;
  }

  private receiverOf(name: string): string | null {
    const { AUDIT_SYSLOG_URL: syslog, AUDIT_HTTPS_URL: https } = this.settings;
    const url = name === 'syslog' ? syslog : name === 'https' ? https : undefined;
    if (url === undefined) return null;
    // The path and what is asked there may hold a token.
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  }
}
