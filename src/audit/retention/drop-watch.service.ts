import { Inject, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { systemActor } from '../../access/actor.js';
import { KeyRing } from '../../crypto/key-ring.js';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { METRIC } from '../../observability/metrics.js';
import { AuditService } from '../audit.service.js';
import type { DroppedMonth } from '../log/month-stands.js';
import { openStates } from '../log/open-states.js';
import { AuditPartitionsRepository } from './audit-partitions.repository.js';
import { DroppedMonthsRepository } from './dropped-months.repository.js';
import { DroppedMonths } from './dropped-months.service.js';
import { LoggedRecords } from './logged-records.service.js';
import { RETENTION_ACTIONS } from './retention.events.js';
import type { PartitionLeaves } from './retention.types.js';

const ACTOR = systemActor('audit.retention');
/** Somebody may write any number of records that claim a drop. */
const MAX_RECORDS = 5000;
/** Months that one line of the service's log names. */
const NAMED = 10;

type RecordedDrop = { partition: string } & Pick<PartitionLeaves, 'first' | 'last' | 'leaves'>;

/** Sees that what is kept of dropped months is what retention did; what the trail proves of it is sealed again. */
@Injectable()
export class DropWatch {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: KeyRing,
    private readonly partitions: AuditPartitionsRepository,
    private readonly drops: DroppedMonthsRepository,
    private readonly dropped: DroppedMonths,
    private readonly logged: LoggedRecords,
    private readonly audit: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.auditGaps) private readonly gaps: Counter,
  ) {}

  /** Rows that somebody spoilt, told and made again. */
  async mend(): Promise<void> {
    const { broken } = await this.transactions.read((tx) => this.dropped.find(tx));
    if (broken.length === 0) return;
    const left = await this.adopt();
    this.tell(
      broken.length,
      { months: broken.slice(0, NAMED), left: left.slice(0, NAMED) },
      'what is kept of dropped months was written past the service; what the trail proves of it is sealed again',
    );
  }

  /**
   * Drops that have no row that is believed: from the records of them, which are in the log; and, each time on record, months that were gone
   * before any of this was kept.
   *
   * @returns partitions whose row isn't believed all the same
   */
  adopt(): Promise<string[]> {
    return this.transactions.run(async (tx) => {
      await this.partitions.lockRetention(tx);
      const { months } = await this.dropped.find(tx);
      const known = months.map(({ partition }) => partition);
      for (const stored of await this.drops.findRecords(tx, known, MAX_RECORDS)) {
        const record = await openStates(this.keys, stored);
        const drop = recordedDrop(record.states);
        if (drop !== null && drop.partition === record.targetId && (await this.logged.isLogged(tx, record)))
          await this.dropped.save(tx, drop.partition, drop);
      }
      const after = await this.dropped.find(tx);
      const before = await this.drops.findBefore(
        tx,
        after.months.map(({ partition }) => partition),
      );
      for (const month of before) await this.adoptBefore(tx, month);
      return before.length === 0 ? after.broken : (await this.dropped.find(tx)).broken;
    });
  }

  /** Whether more leaves of the months that begin in this range say that they are of them than were dropped. */
  async count({ from, to }: LeafRange): Promise<void> {
    const { months } = await this.transactions.read((tx) => this.dropped.find(tx));
    for (const month of months.filter((one) => one.from >= from && one.from < to)) {
      const surplus = (await this.transactions.read((tx) => this.drops.countLeaves(tx, month))) - month.leaves;
      this.tell(
        Math.max(0, surplus),
        { month },
        'leaves of the audit log say that they are of a dropped month, and are not: somebody wrote past the service',
      );
    }
  }

  private async adoptBefore(tx: Transaction, { partition, from, to, leaves }: DroppedMonth): Promise<void> {
    const [name = '', month = ''] = partition.split(' ');
    await this.dropped.save(tx, partition, { first: from, last: to - 1, leaves });
    await this.audit.record(tx, ACTOR, {
      action: RETENTION_ACTIONS['audit.partition.adopted'],
      tenantId: null,
      target: { type: 'audit-partition', id: partition },
      outcome: 'success',
      before: { class: name, month, records: leaves, firstLeafIndex: from, lastLeafIndex: to - 1 },
    });
  }

  private tell(count: number, details: object, sentence: string): void {
    if (count === 0) return;
    this.gaps.inc({ kind: 'drop' }, count);
    this.logger.error({ kind: 'drop', count, ...details }, sentence);
  }
}

function recordedDrop(states: string | null): RecordedDrop | null {
  const before: unknown = states === null ? null : (JSON.parse(states) as { before: unknown }).before;
  if (typeof before !== 'object' || before === null) return null;
  const {
    class: name,
    month,
    records: leaves,
    firstLeafIndex: first,
    lastLeafIndex: last,
  } = before as Partial<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof month !== 'string' || typeof leaves !== 'number') return null;
  const isPlace = (index: unknown) => index === null || typeof index === 'number';
  if (!isPlace(first) || !isPlace(last)) return null;
  return { partition: `${name} ${month}`, leaves, first: first as number | null, last: last as number | null };
}
