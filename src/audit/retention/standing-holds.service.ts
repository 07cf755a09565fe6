import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { openStates } from '../log/open-states.js';
import type { AuditHold } from './audit-hold.types.js';
import { AuditHoldsRepository } from './audit-holds.repository.js';

const STATE = defineSealedColumn({
  table: 'audit_holds',
  column: 'sealed_state',
  row: 'id',
  tenant: null,
  rewrap: true,
});

/** What the service itself last wrote of a hold. */
export interface HoldState {
  from: Date;
  to: Date;
  isReleased: boolean;
}

/** What is held now; times are half open. */
export interface StandingHold {
  id: string;
  from: Date;
  to: Date;
  /** Why the table isn't believed, for the service's log; null where it is. */
  fault: string | null;
}

/** Where it can't be known what was held, everything is. */
const EVERYTHING = { from: new Date(0), to: new Date(8.64e15) };

/**
 * Which holds stand. Whoever writes to the database can write a release into the table, or take the row away, but can't seal it: a
 * hold ends only by a release that this service sealed. One whose row is gone stands as the trail's record of it says.
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
    const standing: StandingHold[] = [];
    for (const hold of await this.holds.findAll(tx)) {
      const found = await this.ofRow(hold);
      if (found !== null) standing.push(found);
    }
    for (const created of await this.holds.findGone(tx)) {
      const { states } = await openStates(this.keys, created);
      const times = timesOf(states === null ? null : (JSON.parse(states) as { after: unknown }).after);
      standing.push({ id: created.targetId ?? created.id, ...(times ?? EVERYTHING), fault: 'its row is gone' });
    }
    return standing;
  }

  /** @returns null for one that was released */
  private async ofRow({ id, from, to, releasedAt, sealedState }: AuditHold): Promise<StandingHold | null> {
    const state = await this.open(id, sealedState);
    if (state === null) return { id, ...EVERYTHING, fault: 'its row is not one that this service wrote' };
    if (state.isReleased) return null;
    const isAsWritten = releasedAt === null && +from === +state.from && +to === +state.to;
    return { id, from: state.from, to: state.to, fault: isAsWritten ? null : 'its row was changed past the service' };
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

function timesOf(state: unknown): Pick<HoldState, 'from' | 'to'> | null {
  if (typeof state !== 'object' || state === null) return null;
  const { from, to } = state as Partial<Record<string, unknown>>;
  const times = { from: new Date(String(from)), to: new Date(String(to)) };
  return Number.isNaN(+times.from) || Number.isNaN(+times.to) ? null : times;
}
