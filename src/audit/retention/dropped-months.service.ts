import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import type { DroppedMonth } from '../log/month-stands.js';
import { DroppedMonthsRepository } from './dropped-months.repository.js';
import type { PartitionLeaves } from './retention.types.js';

const DROP = defineSealedColumn({
  table: 'audit_drops',
  column: 'sealed_drop',
  row: 'partition',
  tenant: null,
  rewrap: true,
});

/** What is written meanwhile changes nothing twice: a month is dropped once. */
const MAX_LOOKS = 5;

export interface FoundDrops {
  months: DroppedMonth[];
  /** Partitions whose row somebody wrote past the service. */
  broken: string[];
}

/** Which months retention dropped. Whoever drops a partition by hand can't seal that it was retention. */
@Injectable()
export class DroppedMonths {
  /** What was opened of each partition, so that each row is opened once and not with each look. */
  private readonly opened = new Map<string, { sealed: Buffer; month: DroppedMonth | null }>();

  constructor(
    private readonly keys: KeyRing,
    private readonly drops: DroppedMonthsRepository,
  ) {}

  /** What doesn't open isn't believed: its records then count as lost. */
  async find(tx: Transaction): Promise<FoundDrops> {
    const found: FoundDrops = { months: [], broken: [] };
    for (const { partition, sealedDrop } of await this.drops.findAll(tx)) {
      const month = await this.open(partition, sealedDrop);
      if (month === null) found.broken.push(partition);
      else found.months.push(month);
    }
    return found;
  }

  /** What `look` finds while no month is dropped: one that goes while it looks isn't lost. */
  async undisturbed<T>(tx: Transaction, look: (dropped: readonly DroppedMonth[]) => Promise<T>): Promise<T> {
    let { months: dropped } = await this.find(tx);
    for (let looks = 1; ; looks++) {
      const found = await look(dropped);
      const { months: after } = await this.find(tx);
      // Whoever changes rows without end doesn't keep this from ending.
      if (looks === MAX_LOOKS || JSON.stringify(after) === JSON.stringify(dropped)) return found;
      dropped = after;
    }
  }

  /** The last statement of the transaction that drops: what is rolled back must not have left a sealed word behind. */
  async save(
    tx: Transaction,
    partition: string,
    { first, last, leaves }: Pick<PartitionLeaves, 'first' | 'last' | 'leaves'>,
  ): Promise<void> {
    const stored = await this.drops.find(tx, partition);
    const before = stored === null ? null : await this.open(partition, stored.sealedDrop);
    // A partition that somebody made anew for a month that was dropped is dropped again.
    const ranges = [first === null || last === null ? null : { from: first, to: last + 1 }, before].filter(
      (range) => range !== null && range.from < range.to,
    );
    const from = Math.min(...ranges.map((range) => range?.from ?? 0));
    const to = Math.max(0, ...ranges.map((range) => range?.to ?? 0));
    // Leaves stay when their month is dropped: what was counted now has those of before in it.
    const text = JSON.stringify({ from: to === 0 ? 0 : from, to, leaves: Math.max(leaves, before?.leaves ?? 0) });
    const sealedDrop = await this.keys.seal(Buffer.from(text, 'utf8'), DROP.place(partition));
    await this.drops.save(tx, { partition, sealedDrop });
  }

  private async open(partition: string, sealed: Buffer): Promise<DroppedMonth | null> {
    const known = this.opened.get(partition);
    if (known?.sealed.equals(sealed) === true) return known.month;
    const month = await this.openAnew(partition, sealed);
    this.opened.set(partition, { sealed, month });
    return month;
  }

  private async openAnew(partition: string, sealed: Buffer): Promise<DroppedMonth | null> {
    try {
      const bytes = await this.keys.open(sealed, DROP.place(partition));
      const { from, to, leaves } = JSON.parse(bytes.toString('utf8')) as Partial<Record<string, unknown>>;
      if (typeof from !== 'number' || typeof to !== 'number' || typeof leaves !== 'number') return null;
      return { partition, from, to, leaves };
    } catch (error) {
      if (error instanceof DomainError && error.code === 'keys.cannot_open') return null;
      throw error;
    }
  }
}
