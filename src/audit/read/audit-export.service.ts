import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { KeyRing } from '../../crypto/key-ring.js';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { currentContext, runWithContext } from '../../kernel/context/request-context.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { writeBundle } from '../evidence/write-bundle.js';
import type { LostRecord, SealedRecord } from '../formats/audit-format.js';
import { canonicalRecord } from '../log/canonical-record.js';
import type { DroppedMonth } from '../log/month-stands.js';
import { DroppedMonths } from '../retention/dropped-months.service.js';
import { AuditTreeRepository, type StoredCheckpoint } from '../seal/audit-tree.repository.js';
import { SignedCheckpoints } from '../seal/signed-checkpoints.service.js';
import { assertSomeTime } from './assert-some-time.js';
import type { AuditFilter } from './audit-filter.js';
import { auditReadError } from './audit-read.errors.js';
import { AUDIT_READ_ACTIONS } from './audit-read.events.js';
import { comparedRecord } from './compared-record.js';
import { type ExportFormat, formatted } from './export-formats.js';
import { exportStream } from './export-stream.js';
import { assertKnownAction } from './known-actions.js';
import { LogKeys } from './log-keys.service.js';
import { filterJson, filterTexts, ReadingRecords, tenantOfReading } from './reading-records.service.js';
import { SealedRecordsRepository } from './sealed-records.repository.js';
import { SealedUntilNow } from './sealed-until-now.service.js';
import type { TenantReach } from './tenant-reach.js';
import { Turnstile } from './turnstile.js';

export interface ExportOrder {
  filter: AuditFilter;
  format: ExportFormat;
  /** Sizes of checkpoints that the auditor holds; a bundle shows them at their places. */
  checkpoints: readonly number[];
}

/** Running at once, in one instance. */
const EXPORTS = { inside: 4, waiting: 0 };
/** A client that takes nothing for so long gives its place up. */
const IDLE_MS = 60_000;
/** Records in memory at once. */
const MAX_RECORDS = 1000;
/** Leaves that one statement looks at: more where few of them match. */
const [MIN_LEAVES, MAX_LEAVES] = [1000, 65_536];

/** Counts what has been handed over. */
interface Handed {
  records: number;
  /** Of which nothing but the place was left. */
  lost: number;
  /** Whose row isn't what was sealed. */
  changed: number;
}

/** Takes the trail away, in the order of the log: what was recorded when it began, however long it takes. */
@Injectable()
export class AuditExport {
  private readonly turnstile = new Turnstile(EXPORTS);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly signed: SignedCheckpoints,
    private readonly sealedRecords: SealedRecordsRepository,
    private readonly dropped: DroppedMonths,
    private readonly tree: AuditTreeRepository,
    private readonly sealed: SealedUntilNow,
    private readonly logKeys: LogKeys,
    private readonly keys: KeyRing,
    private readonly readings: ReadingRecords,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * That somebody exports is on record before the first byte, and how it ended before the last one.
   *
   * @throws DomainError request.invalid, audit.unknown_action, audit.too_busy, audit.unknown_size, audit.sealing_behind,
   *   audit.log_refused
   */
  async start(actor: CallerActor, order: ExportOrder): Promise<{ stream: Readable; size: number }> {
    assertKnownAction(order.filter);
    assertSomeTime(order.filter);
    const leave = await this.turnstile.enter();
    try {
      const reach = await this.readings.reachOf(actor);
      const kept = await this.keptCheckpoints(order.checkpoints);
      await this.record(actor, 'audit.events.exported', order, reach, {});
      const until = await this.sealed.checkpoint();
      const handed = { records: 0, lost: 0, changed: 0 };
      const pieces = await this.pieces(order, reach, until, kept, handed);
      return { size: until.size, stream: this.stream(actor, order, reach, until, handed, pieces, leave) };
    } catch (error) {
      leave();
      throw error;
    }
  }

  private stream(
    actor: CallerActor,
    order: ExportOrder,
    reach: TenantReach,
    { size }: StoredCheckpoint,
    handed: Handed,
    pieces: AsyncGenerator<Buffer>,
    leave: () => void,
  ): Readable {
    // The stream is read from outside of the request, which its records name all the same.
    const context = currentContext();
    const ended = (failure?: string): Promise<void> => {
      const record = () =>
        this.record(
          actor,
          'audit.export.ended',
          order,
          reach,
          { count: handed.records, size, ...lostOf(handed) },
          failure,
        );
      return context === undefined ? record() : runWithContext(context, record);
    };
    return exportStream(pieces, {
      idleMs: IDLE_MS,
      finishing: () => ended(),
      ended: ({ failure }) => {
        leave();
        if (failure === null) return;
        ended(failure).catch((error: unknown) => {
          this.logger.error(
            { err: error, failure },
            'that an export of the audit trail was broken off could not be recorded',
          );
        });
      },
    });
  }

  private async pieces(
    { filter, format }: ExportOrder,
    reach: TenantReach,
    until: StoredCheckpoint,
    kept: readonly StoredCheckpoint[],
    handed: Handed,
  ): Promise<AsyncGenerator<Buffer>> {
    const records = this.records(filter, reach, until.size, handed);
    if (format !== 'bundle') return formatted(format, records);
    const { months } = await this.transactions.read((tx) => this.dropped.find(tx));
    return writeBundle({
      origin: await this.logKeys.origin(),
      size: until.size,
      keys: (await this.logKeys.all()).map(({ line }) => line),
      asked: {
        filter: { ...filterTexts(filter), ...withoutDropped(months) },
        from: 0,
        to: until.size,
        everything: reach.everything && reach.except.length === 0,
      },
      records: evidence(records),
      checkpoints: [...kept.filter(({ size }) => size < until.size), until],
      readTiles: (ids) => this.transactions.read((tx) => this.tree.readTiles(tx, ids)),
    });
  }

  /** Of the first `size` leaves; each statement looks at so many that it is short, and nothing is open between two of them. */
  private async *records(
    filter: AuditFilter,
    reach: TenantReach,
    size: number,
    handed: Handed,
  ): AsyncGenerator<SealedRecord | LostRecord> {
    let width = MIN_LEAVES;
    for (let from = 0; from < size; ) {
      const to = Math.min(size, from + width);
      const rows = await this.transactions.read((tx) =>
        this.sealedRecords.findWindow(tx, { from, to }, filter, reach, MAX_RECORDS),
      );
      const last = rows.length < MAX_RECORDS ? undefined : rows.at(-1);
      const next = last === undefined ? to : last.leafIndex + 1;
      const lost = await this.lost({ from, to: next }, rows.length, filter, reach);
      for (const row of rows) {
        yield* before(lost, row.leafIndex, handed);
        const record = await comparedRecord(this.keys, row);
        if (record.changed) handed.changed += 1;
        else handed.records += 1;
        yield record;
      }
      yield* before(lost, next, handed);
      from = next;
      width = last === undefined && rows.length < MIN_LEAVES / 2 ? Math.min(MAX_LEAVES, 2 * width) : MIN_LEAVES;
    }
  }

  /** Whether one would have matched can't be known: whoever may read everything is told of all in the time that they asked for. */
  private async lost(range: LeafRange, found: number, filter: AuditFilter, reach: TenantReach): Promise<LostRecord[]> {
    if (!reach.everything || found === range.to - range.from) return [];
    return this.transactions.read((tx) =>
      this.dropped.undisturbed(tx, (dropped) => this.sealedRecords.findLost(tx, range, filter, dropped)),
    );
  }

  private async keptCheckpoints(sizes: readonly number[]): Promise<StoredCheckpoint[]> {
    if (sizes.length === 0) return [];
    const found = await this.transactions.read((tx) => this.signed.of(tx, sizes));
    const missing = sizes.find((size) => !found.some((checkpoint) => checkpoint.size === size));
    if (missing === undefined) return found;
    throw auditReadError('audit.unknown_size', { detail: `The audit log was never signed at ${missing} records.` });
  }

  private record(
    actor: CallerActor,
    action: 'audit.events.exported' | 'audit.export.ended',
    { filter, format, checkpoints }: ExportOrder,
    reach: TenantReach,
    result: JsonObject,
    failure?: string,
  ): Promise<void> {
    return this.readings.record(actor, {
      action: AUDIT_READ_ACTIONS[action],
      target: { type: 'audit-trail', id: 'events' },
      tenantId: tenantOfReading(filter, reach),
      details: { format, filter: filterJson(filter), checkpoints: [...checkpoints], ...result },
      ...(failure === undefined ? {} : { failure }),
    });
  }
}

/** Takes those that lie before a place off the list. */
function* before(lost: LostRecord[], place: number, handed: Handed): Generator<LostRecord> {
  for (let next = lost[0]; next !== undefined && next.leafIndex < place; next = lost[0]) {
    lost.shift();
    handed.lost += 1;
    yield next;
  }
}

/** What retention has dropped can't be in a bundle: whoever asks for everything then gets everything but that, and is told. */
function withoutDropped(dropped: readonly DroppedMonth[]): Record<string, string> {
  const partitions = dropped.filter(({ from, to }) => from < to).map(({ partition }) => partition);
  return partitions.length === 0 ? {} : { withoutDropped: partitions.sort().join(', ') };
}

function lostOf({ lost, changed }: Handed): JsonObject {
  return { ...(lost === 0 ? {} : { lost }), ...(changed === 0 ? {} : { changed }) };
}

/** A lost record stands in a bundle as its hash, like whatever is left out. A changed one stands beside the hash that it doesn't have. */
async function* evidence(records: AsyncIterable<SealedRecord | LostRecord>) {
  for await (const record of records) {
    if (!('row' in record)) continue;
    yield { leafIndex: record.leafIndex, bytes: Buffer.from(canonicalRecord(record.row), 'utf8') };
  }
}
