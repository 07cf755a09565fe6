import { Inject, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { METRIC } from '../../observability/metrics.js';
import { StandingHolds } from '../retention/standing-holds.service.js';
import { LogPatrolRepository } from './log-patrol.repository.js';
import { type FaultyPlace, LogWalk } from './log-walk.service.js';
import { type PatrolPlace, PatrolPlaces } from './patrol-places.service.js';
import { type EndOfLog, SealedEnd } from './sealed-end.service.js';
import { TreeRefused } from './tree-refused.js';

/** How often a round is due, and how far back it looks for records that nobody logged: further than one that was missed. */
const ROUND_MS = 60_000;
const LOOK_BACK_SECONDS = 15 * 60;
const MAX_ENQUEUED = 1000;
/** A step of the walk is due once a round over all instances; a little less, because timers are late. */
const STEP_MS = 50_000;
/** Leaves, and records, of one step, 80 whole tiles: a log of ten million is walked in a working day. */
const STEP = 20_480;
/** A piece that can't be read so often is passed, so that it doesn't hide what comes after it. */
const MAX_TRIES = 3;
/** Places that one line of the service's log names. */
const NAMED = 10;

/**
 * Looks for what somebody did to the records past the service: taken out of the line before they were sealed, taken away or changed
 * afterwards, together with their leaves or not; and for what somebody did to the patrol. Whoever may do that may do it again; that it is
 * seen and counted is what this is for.
 */
@Injectable()
export class LogPatrol {
  private dueAt = 0;
  private failures = 0;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly log: LogPatrolRepository,
    private readonly end: SealedEnd,
    private readonly walk: LogWalk,
    private readonly places: PatrolPlaces,
    private readonly holds: StandingHolds,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.auditGaps) private readonly gaps: Counter,
  ) {}

  async runIfDue(now = performance.now()): Promise<void> {
    if (now < this.dueAt) return;
    this.dueAt = now + ROUND_MS;
    await this.round(STEP_MS);
  }

  /**
   * Each of its looks is taken whatever became of the others.
   *
   * @param minAgeMs the walk goes on where its last step was so long ago
   * @throws AggregateError of what failed
   */
  async round(minAgeMs = 0): Promise<void> {
    const faults: unknown[] = [];
    // One after the other: connections are what sealing and requests need as well.
    for (const look of [
      () => this.lookForUnlogged(),
      () => this.lookAtHolds(),
      () => this.lookForPlanted(),
      () => this.step(minAgeMs),
    ])
      await look().catch((error: unknown) => faults.push(error));
    if (faults.length > 0) throw new AggregateError(faults, 'a look at the audit trail failed');
  }

  private async lookForUnlogged(): Promise<void> {
    const isSizeBelieved = await this.isBelieved();
    const unlogged = await this.transactions.run(async (tx) => {
      await this.log.lockLine(tx);
      return this.log.enqueueUnlogged(tx, isSizeBelieved, LOOK_BACK_SECONDS, MAX_ENQUEUED);
    });
    this.tellUnlogged(unlogged);
  }

  private async lookForPlanted(): Promise<void> {
    if (!(await this.isBelieved())) return;
    const { count, places } = await this.transactions.read((tx) => this.log.findPlanted(tx, NAMED));
    this.tell('planted', count, { places }, 'rows of leaves lie outside of the audit log: somebody else wrote them');
    const { count: ofTiles, tiles } = await this.transactions.read((tx) => this.log.findPlantedTiles(tx, NAMED));
    this.tell('planted', ofTiles, { tiles }, 'tiles have more hashes than the audit log: somebody else wrote them');
    const checkpoints = await this.transactions.read((tx) => this.log.countPlantedCheckpoints(tx));
    this.tell('checkpoint', checkpoints, {}, 'checkpoints of more records than the audit log has: somebody wrote them');
  }

  /** They stand as the service left them; that somebody wanted it otherwise is told. */
  private async lookAtHolds(): Promise<void> {
    const changed = (await this.transactions.read((tx) => this.holds.find(tx))).filter(({ fault }) => fault !== null);
    this.tell(
      'hold',
      changed.length,
      { holds: changed.slice(0, NAMED).map(({ id, fault }) => ({ id, fault })) },
      'legal holds were changed or taken away past the service; what they held is still kept',
    );
  }

  /** One step along the log and one along the table, of one instance at a time. */
  private async step(minAgeMs: number): Promise<void> {
    const place = await this.transactions.run(async (tx) => {
      const taken = await this.places.take(tx, minAgeMs);
      if (taken === null) return null;
      const { fault } = taken;
      if (fault !== null) this.tell('patrol', 1, { fault }, 'the place of the patrol was changed past the service');
      const [log] = await Promise.allSettled([this.alongLog(taken.place)]);
      const [table] = await Promise.allSettled([this.alongTable(taken.place)]);
      const next = await this.places.save(
        tx,
        {
          leaf: log.status === 'fulfilled' ? log.value : taken.place.leaf,
          record: table.status === 'fulfilled' ? table.value : taken.place.record,
        },
        taken,
      );
      return { next, faults: [log, table].flatMap((walk) => (walk.status === 'rejected' ? [walk.reason] : [])) };
    });
    if (place === null) return;
    this.places.remember(place.next);
    if (place.faults.length > 0) throw new AggregateError(place.faults, 'a step of the patrol failed');
  }

  /** @returns the leaf that is looked at next */
  private async alongLog({ leaf }: PatrolPlace): Promise<number> {
    const end = await this.endOfLog();
    const from = leaf < end.size ? leaf : 0;
    let to = Math.min(end.size, from + STEP);
    if (from === to) return 0;
    try {
      const { lost, changed, tree, ...reached } = await this.walk.look({ from, to }, end);
      this.failures = 0;
      to = reached.to;
      this.tellPlaces('lost', lost, 'records of the audit trail are gone although their month is kept');
      this.tellPlaces('changed', changed, 'records of the audit trail are not those that were sealed');
      const fault = { from, to, fault: tree };
      this.tell('tree', tree === null ? 0 : 1, fault, 'the tree of the audit log does not lead to the sealed root');
    } catch (error) {
      this.failures += 1;
      if (this.failures < MAX_TRIES) throw error;
      this.failures = 0;
      this.tell(
        'unread',
        to - from,
        { from, to, err: error },
        'records of the audit trail can not be looked at; passed',
      );
    }
    return to < end.size ? to : 0;
  }

  /** @returns the record that was looked at last */
  private async alongTable({ record }: PatrolPlace): Promise<PatrolPlace['record']> {
    const isSizeBelieved = await this.isBelieved();
    const found = await this.transactions.run(async (tx) => {
      await this.log.lockLine(tx);
      return this.log.walkRecords(tx, isSizeBelieved, record, STEP);
    });
    this.tellUnlogged(found.unlogged);
    this.tell(
      'double',
      found.doubles.length,
      { ids: found.doubles.slice(0, NAMED) },
      'rows of the audit trail have the id of another record, which is in the log: somebody else wrote them',
    );
    return found.last;
  }

  /** @throws TreeRefused when nothing of it can be believed */
  private async endOfLog(): Promise<EndOfLog> {
    try {
      return await this.transactions.read((tx) => this.end.of(tx));
    } catch (error) {
      if (!(error instanceof TreeRefused)) throw error;
      const signed = await this.transactions.read((tx) => this.end.lastSigned(tx));
      if (signed === null) throw error;
      return signed;
    }
  }

  private async isBelieved(): Promise<boolean> {
    try {
      await this.transactions.read((tx) => this.end.of(tx));
      return true;
    } catch (error) {
      if (error instanceof TreeRefused) return false;
      throw error;
    }
  }

  private tellUnlogged(ids: readonly string[]): void {
    this.tell(
      'unlogged',
      ids.length,
      { ids: ids.slice(0, NAMED) },
      'records of the audit trail were taken out of the line before they were sealed; they are in it again',
    );
  }

  private tellPlaces(kind: string, places: readonly FaultyPlace[], what: string): void {
    this.tell(kind, places.length, { places: places.slice(0, NAMED) }, `${what}: somebody wrote past the service`);
  }

  private tell(kind: string, count: number, details: object, sentence: string): void {
    if (count === 0) return;
    this.gaps.inc({ kind }, count);
    this.logger.error({ kind, count, ...details }, sentence);
  }
}
