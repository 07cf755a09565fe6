import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { boundPageOf, decodeBoundCursor, isIdPosition } from '../../kernel/paging/bound-cursor.js';
import type { Page } from '../../kernel/paging/cursor.js';
import { AuditRepository } from '../audit.repository.js';
import type { AuditRow } from '../log/canonical-record.js';
import { openStates } from '../log/open-states.js';
import { SealedEnd } from '../seal/sealed-end.service.js';
import { assertSomeTime } from './assert-some-time.js';
import type { AuditFilter } from './audit-filter.js';
import { auditReadError } from './audit-read.errors.js';
import { AUDIT_READ_ACTIONS } from './audit-read.events.js';
import { wasSealedAs } from './compared-record.js';
import { assertKnownAction } from './known-actions.js';
import { filterJson, ReadingRecords, tenantOfReading } from './reading-records.service.js';
import { type LeafPlace, SealedLogRepository } from './sealed-log.repository.js';
import { Turnstile } from './turnstile.js';

/** A record and where it lies in the log; null while it isn't sealed, and where something else than it was. */
export interface FoundRecord {
  row: AuditRow;
  place: LeafPlace | null;
}

const DAY_MS = 86_400_000;
/** Where a text is looked for and no time is given. */
export const TEXT_DAYS = 30;
/** Where a text is looked for at most. */
export const MAX_TEXT_DAYS = 366;
/** No search may take longer. */
const SEARCH_TIMEOUT_MS = 5000;
/** At once, in one instance. */
const SEARCHES = { inside: 4, waiting: 32 };
const CANCELLED = '57014';

/** Looks records up; each time leaves a record of its own. */
@Injectable()
export class AuditSearch {
  private readonly turnstile = new Turnstile(SEARCHES);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly events: AuditRepository,
    private readonly log: SealedLogRepository,
    private readonly end: SealedEnd,
    private readonly keys: KeyRing,
    private readonly readings: ReadingRecords,
  ) {}

  /**
   * What the caller may read of it, newest first.
   *
   * @throws DomainError request.invalid, audit.unknown_action, audit.search_too_slow, audit.too_busy
   */
  async search(actor: CallerActor, asked: AuditFilter, limit: number, cursor?: string): Promise<Page<FoundRecord>> {
    assertKnownAction(asked);
    assertSomeTime(asked);
    const question = canonicalJson({ list: 'audit-events', caller: actor.id, filter: filterJson(asked) });
    const [before] = cursor === undefined ? [null] : decodeBoundCursor(question, cursor, isIdPosition);
    const filter = withinTime(asked);
    const reach = await this.readings.reachOf(actor);
    const found = await this.limited(() =>
      this.transactions.run(async (tx) => {
        await this.events.limitTime(tx, SEARCH_TIMEOUT_MS);
        const rows = await this.events.findPage(tx, filter, limit + 1, before, reach);
        return {
          rows,
          places: await this.log.findPlaces(
            tx,
            rows.map(({ id }) => id),
            await this.end.sizeOrNone(tx),
          ),
        };
      }),
    );
    const page = boundPageOf(question, found.rows, limit, ({ id }) => [id]);
    const items = await Promise.all(
      page.items.map(async (stored) => {
        const row = await openStates(this.keys, stored);
        return { row, place: placeOf(row, found.places) };
      }),
    );
    await this.readings.record(actor, {
      action: AUDIT_READ_ACTIONS['audit.events.read'],
      target: { type: 'audit-trail', id: 'events' },
      tenantId: tenantOfReading(filter, reach),
      details: { filter: filterJson(filter), count: items.length, ...(before === null ? {} : { after: before }) },
    });
    return { items, nextCursor: page.nextCursor };
  }

  /** @throws DomainError audit.event_not_found, also for a record that the caller may not read */
  async get(actor: CallerActor, id: string): Promise<FoundRecord> {
    const reach = await this.readings.reachOf(actor);
    const { stored, places } = await this.transactions.read(async (tx) => ({
      stored: await this.events.find(tx, id, reach),
      places: await this.log.findPlaces(tx, [id], await this.end.sizeOrNone(tx)),
    }));
    if (stored === null) throw auditReadError('audit.event_not_found');
    const row = await openStates(this.keys, stored);
    await this.readings.record(actor, {
      action: AUDIT_READ_ACTIONS['audit.events.read'],
      target: { type: 'audit-event', id },
      tenantId: row.tenantId,
      details: { count: 1 },
    });
    return { row, place: placeOf(row, places) };
  }

  private async limited<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.turnstile.enter();
    try {
      return await work();
    } catch (error) {
      throw wasCancelled(error) ? auditReadError('audit.search_too_slow', { cause: error }) : error;
    } finally {
      leave();
    }
  }
}

/** A leaf names a record by its id, which whoever writes to the table can give to another: that one isn't what was sealed. */
function placeOf(row: AuditRow, places: ReadonlyMap<string, LeafPlace>): LeafPlace | null {
  const place = places.get(row.id);
  if (place === undefined) return null;
  return wasSealedAs(row, place.leafHash) ? place : null;
}

/**
 * No index helps to find a text, so its time is limited.
 *
 * @throws DomainError request.invalid
 */
function withinTime(filter: AuditFilter): AuditFilter {
  if (filter.text === undefined) return filter;
  const to = filter.to?.getTime() ?? Date.now();
  const from = filter.from ?? new Date(to - TEXT_DAYS * DAY_MS);
  if (to - from.getTime() <= MAX_TEXT_DAYS * DAY_MS) return { ...filter, from };
  throw kernelError('request.invalid', {
    detail: `A text is looked for in at most ${MAX_TEXT_DAYS} days.`,
    errors: [{ pointer: '/from', code: 'range', detail: `at most ${MAX_TEXT_DAYS} days before \`to\`` }],
  });
}

/** The database broke the statement off because its time was over. */
function wasCancelled(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  const { driverError, code } = (error.cause ?? {}) as { driverError?: { code?: string }; code?: string };
  return (driverError?.code ?? code) === CANCELLED;
}
