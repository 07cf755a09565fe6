import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { LogPatrolRepository, type RecordKey } from './log-patrol.repository.js';

/** How far the patrol has come. */
export interface PatrolPlace {
  /** Rounds so far: a place with fewer than another is the older one. */
  round: number;
  /** The leaf that is looked at next. */
  leaf: number;
  /** The record that was looked at last, on the walk along the table; null at its beginning. */
  record: RecordKey | null;
  /** When, in ms of the database's clock. */
  at: number;
}

export interface TakenPlace {
  place: PatrolPlace;
  /** False where somebody holds the row for so long that the round is gone without it; nothing can be saved then. */
  isMine: boolean;
  /** What somebody did to the place, for the service's log. */
  fault: string | null;
}

const STATE = defineSealedColumn({
  table: 'audit_patrols',
  column: 'sealed_state',
  row: 'id',
  tenant: null,
  rewrap: true,
});
const PLACE = STATE.place('1');
const START: PatrolPlace = { round: 0, leaf: 0, record: null, at: 0 };
/** No round is so long; whoever holds the row longer isn't another instance. */
const STALE_MS = 10 * 60_000;

/**
 * The one place of the patrol over all instances. It lies in the database sealed, so that it can't be moved past what somebody would
 * hide; an older one that is put back is known by its round to every process that has seen a later one. A process that has just
 * started believes an older one: what lies before it is looked at by the next walk.
 */
@Injectable()
export class PatrolPlaces {
  private known = START;
  /** Since when the row has been somebody else's at this round, by this process's clock. */
  private held: { round: number; since: number } | null = null;

  constructor(
    private readonly keys: KeyRing,
    private readonly log: LogPatrolRepository,
  ) {}

  /**
   * For the transaction; one instance has it at a time.
   *
   * @param minAgeMs how long ago the last round must have been
   * @param now of this process's clock
   * @returns null where it isn't due, or another instance is at it
   */
  async take(tx: Transaction, minAgeMs: number, now = performance.now()): Promise<TakenPlace | null> {
    const { known } = this;
    const locked = await this.log.lockPlace(tx);
    const row = locked ?? (await this.log.readPlace(tx));
    const stored = row.sealed === null ? null : await this.open(row.sealed);
    const fault = faultOf(known, row.sealed, stored);
    const place = stored !== null && stored.round >= known.round ? stored : known;
    if (locked === null) {
      const round = stored?.round ?? 0;
      if (this.held?.round !== round) this.held = { round, since: now };
      if (now - this.held.since < STALE_MS) return null;
      return { place, isMine: false, fault: 'its row has been locked for longer than any round takes' };
    }
    this.held = null;
    const age = row.now - place.at;
    // A time to come is one of a clock that was set back.
    return age < 0 || age >= minAgeMs || fault !== null ? { place, isMine: true, fault } : null;
  }

  /** For whoever has taken it. */
  async save(
    tx: Transaction,
    { leaf, record }: Pick<PatrolPlace, 'leaf' | 'record'>,
    last: TakenPlace,
  ): Promise<PatrolPlace> {
    const { now } = await this.log.readPlace(tx);
    const place = { round: last.place.round + 1, leaf, record, at: now };
    if (last.isMine) await this.log.savePlace(tx, await this.keys.seal(Buffer.from(JSON.stringify(place)), PLACE));
    return place;
  }

  /** Once what was saved is committed. */
  remember(place: PatrolPlace): void {
    this.known = place;
  }

  private async open(sealed: Buffer): Promise<PatrolPlace | null> {
    try {
      return JSON.parse((await this.keys.open(sealed, PLACE)).toString('utf8')) as PatrolPlace;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'keys.cannot_open') return null;
      throw error;
    }
  }
}

function faultOf(known: PatrolPlace, sealed: Buffer | null, stored: PatrolPlace | null): string | null {
  if (stored === null && sealed !== null) return 'it is not one that this service wrote';
  if ((stored?.round ?? 0) >= known.round) return null;
  return stored === null ? 'it is gone' : 'an older one was put back';
}
