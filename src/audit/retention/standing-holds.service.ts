import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { isUuid } from '../../kernel/ids/ids.js';
import { openStates, type StoredAuditRow } from '../log/open-states.js';
import type { AuditHold } from './audit-hold.types.js';
import { AuditHoldsRepository } from './audit-holds.repository.js';
import { creationOf, type HoldTimes, timesOf } from './hold-times.js';

const STATE = defineSealedColumn({
  table: 'audit_holds',
  column: 'sealed_state',
  row: 'id',
  tenant: null,
  rewrap: true,
});

/** What the service itself last wrote of a hold. */
export interface HoldState extends HoldTimes {
  isReleased: boolean;
}

/** What is held now; times are half open. */
export interface StandingHold {
  id: string;
  from: Date;
  to: Date;
  /** Why the table isn't believed, for the service's log; null where it is. */
  fault: string | null;
  /** Whether the service is known to have placed it: by what it sealed, or by what it sealed in the record of it. */
  isProven: boolean;
  /** Months in which the trail says that it was placed: these records are kept with it, because they prove it when its row is gone. */
  placedAt: Date[];
}

/** Where it can't be known what was held, everything is. */
const EVERYTHING = { from: new Date(0), to: new Date('9999-12-31T00:00:00Z') };
/** Holds without a row that are looked at at once; with one more than these everything is held. */
const MAX_GONE = 100;
const MAX_UNPROVEN = 100;

/**
 * Which holds stand. Whoever writes to the database can write a release into the table, or take the row away, but can't seal it: a
 * hold ends only by a release that this service sealed. One whose row is gone stands as the trail's record of it says, and one that this service
 * never placed stands too, until somebody who may has dismissed it.
 */
@Injectable()
export class StandingHolds {
  constructor(
    private readonly keys: KeyRing,
    private readonly holds: AuditHoldsRepository,
  ) {}

  /** For the row. */
  seal(id: string, { from, to, isReleased }: HoldState): Promise<Buffer> {
    const text = JSON.stringify({ from: from.toISOString(), to: to.toISOString(), isReleased });
    return this.keys.seal(Buffer.from(text, 'utf8'), STATE.place(id));
  }

  async find(tx: Transaction): Promise<StandingHold[]> {
    const standing = new Map<string, StandingHold>();
    let unproven = 0;
    for await (const hold of this.holds.all(tx)) {
      const found = await this.ofRow(hold);
      // Each of them holds everything: a hundred are enough to tell of.
      if (found !== null && (found.isProven || unproven++ < MAX_UNPROVEN)) standing.set(hold.id, found);
    }
    for (const { holdId, at } of await this.holds.findCreations(tx, [...standing.keys()])) {
      standing.get(holdId)?.placedAt.push(at);
    }
    const gone = await this.holds.findGone(tx, MAX_GONE + 1);
    const found = await Promise.all(gone.map((record) => this.ofRecord(record)));
    if (found.length > MAX_GONE) found.push({ ...nothingKnown('any'), fault: 'there are more of them without a row' });
    return [...standing.values(), ...found];
  }

  /** @returns null for one that was released */
  async ofRow({ id, from, to, releasedAt, sealedState }: AuditHold): Promise<StandingHold | null> {
    const state = await this.open(id, sealedState);
    if (state === null) return { ...nothingKnown(id), fault: 'its row is not one that this service wrote' };
    if (state.isReleased) return null;
    const isAsWritten = releasedAt === null && +from === +state.from && +to === +state.to;
    const fault = isAsWritten ? null : 'its row was changed past the service';
    return { id, from: state.from, to: state.to, fault, isProven: true, placedAt: [] };
  }

  /** Of a hold whose row is gone. */
  async ofRecord(created: StoredAuditRow): Promise<StandingHold> {
    const times = await this.timesOfRecord(created);
    const standing = nothingKnown(goneHoldId(created));
    return {
      ...standing,
      ...times,
      fault: 'its row is gone',
      isProven: times !== null,
      placedAt: [new Date(created.occurredAt)],
    };
  }

  /** @returns null for a record that this service didn't write, that was spoilt, or that is another hold's */
  private async timesOfRecord(created: StoredAuditRow): Promise<HoldTimes | null> {
    const creation = creationOf((await openStates(this.keys, created)).states);
    if (creation === null || (creation.holdId ?? goneHoldId(created)) !== goneHoldId(created)) return null;
    return { from: creation.from, to: creation.to };
  }

  private async open(id: string, sealed: Buffer | null): Promise<HoldState | null> {
    if (sealed === null) return null;
    try {
      const state: unknown = JSON.parse((await this.keys.open(sealed, STATE.place(id))).toString('utf8'));
      const times = timesOf(state);
      return times === null ? null : { ...times, isReleased: (state as Partial<HoldState>).isReleased === true };
    } catch (error) {
      if (error instanceof DomainError && error.code === 'keys.cannot_open') return null;
      throw error;
    }
  }
}

/** The service's own records name holds by UUID; what somebody else wrote goes by the id of the record. */
export function goneHoldId({ id, targetId }: Pick<StoredAuditRow, 'id' | 'targetId'>): string {
  return targetId !== null && isUuid(targetId) ? targetId.toLowerCase() : id;
}

function nothingKnown(id: string): StandingHold {
  return { id, ...EVERYTHING, fault: null, isProven: false, placedAt: [] };
}
