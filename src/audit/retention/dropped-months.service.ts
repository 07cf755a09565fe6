import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import type { DroppedMonth } from '../log/month-stands.js';
import { openStates } from '../log/open-states.js';
import { DroppedMonthsRepository } from './dropped-months.repository.js';
import type { PartitionLeaves } from './retention.types.js';

const DROP = defineSealedColumn({
  table: 'audit_drops',
  column: 'sealed_drop',
  row: 'partition',
  tenant: null,
  rewrap: true,
});

/** Which months retention dropped. Whoever drops a partition by hand can't seal that it was retention. */
@Injectable()
export class DroppedMonths {
  constructor(
    private readonly keys: KeyRing,
    private readonly drops: DroppedMonthsRepository,
  ) {}

  /** What doesn't open isn't believed: its records then count as lost. */
  async find(tx: Transaction): Promise<DroppedMonth[]> {
    const months: DroppedMonth[] = [];
    for (const { partition, sealedDrop } of await this.drops.findAll(tx)) {
      const month = await this.open(partition, sealedDrop);
      if (month !== null) months.push(month);
    }
    return months;
  }

  /** What `look` finds while no month is dropped: one that goes while it looks isn't lost. */
  async undisturbed<T>(tx: Transaction, look: (dropped: readonly DroppedMonth[]) => Promise<T>): Promise<T> {
    for (let dropped = await this.find(tx); ; ) {
      const found = await look(dropped);
      const after = await this.find(tx);
      if (JSON.stringify(after) === JSON.stringify(dropped)) return found;
      dropped = after;
    }
  }

  /** The last statement of the transaction that drops: what is rolled back must not have left a sealed word behind. */
  async save(
    tx: Transaction,
    partition: string,
    { first, last }: Pick<PartitionLeaves, 'first' | 'last'>,
  ): Promise<void> {
    const stored = await this.drops.find(tx, partition);
    const before = stored === null ? null : await this.open(partition, stored.sealedDrop);
    // A partition that somebody made anew for a month that was dropped is dropped again.
    const ranges = [first === null || last === null ? null : { from: first, to: last + 1 }, before].filter(
      (range) => range !== null && range.from < range.to,
    );
    const from = Math.min(...ranges.map((range) => range?.from ?? 0));
    const to = Math.max(0, ...ranges.map((range) => range?.to ?? 0));
    const text = JSON.stringify({ from: to === 0 ? 0 : from, to });
    const sealedDrop = await this.keys.seal(Buffer.from(text, 'utf8'), DROP.place(partition));
    await this.drops.save(tx, { partition, sealedDrop });
  }

  /** Drops from before they were kept here: from the records of them, which only this service can have sealed. */
  async adopt(tx: Transaction): Promise<void> {
    for (const record of await this.drops.findRecords(tx)) {
      const { states } = await openStates(this.keys, record);
      const dropped = states === null ? null : droppedBy((JSON.parse(states) as { before: unknown }).before);
      if (dropped !== null && dropped.partition === record.targetId) await this.save(tx, dropped.partition, dropped);
    }
  }

  private async open(partition: string, sealed: Buffer): Promise<DroppedMonth | null> {
    try {
      const bytes = await this.keys.open(sealed, DROP.place(partition));
      const { from, to } = JSON.parse(bytes.toString('utf8')) as Partial<Record<string, unknown>>;
      return typeof from === 'number' && typeof to === 'number' ? { partition, from, to } : null;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'keys.cannot_open') return null;
      throw error;
    }
  }
}

function droppedBy(before: unknown): { partition: string; first: number | null; last: number | null } | null {
  if (typeof before !== 'object' || before === null) return null;
  const { class: name, month, firstLeafIndex: first, lastLeafIndex: last } = before as Partial<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof month !== 'string') return null;
  const isPlace = (index: unknown) => index === null || typeof index === 'number';
  if (!isPlace(first) || !isPlace(last)) return null;
  return { partition: `${name} ${month}`, first: first as number | null, last: last as number | null };
}
