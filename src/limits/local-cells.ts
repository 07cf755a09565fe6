import { BURST_MS, freeAtAfter, waitMs } from './gcra.js';

interface Cell {
  freeAtMs: number;
  /** Uses that the database doesn't know of yet, in milliseconds of refilling. */
  unsettledMs: number;
}

/** What one source has used since it was last settled. */
export interface Use {
  key: string;
  costMs: number;
}

/**
 * What this process knows of each source: what the database said last, and what was used here since. Bounded: beyond its limit
 * the source that was heard of longest ago is forgotten here, with what wasn't settled yet; what was is in the database.
 */
export class LocalCells {
  private readonly cells = new Map<string, Cell>();
  private readonly unsettled = new Set<string>();

  constructor(private readonly limit: number) {}

  /** Uses one if it fits. @returns milliseconds to wait when it doesn't, else 0 */
  take(key: string, nowMs: number, interval: number): number {
    const wait = this.waitMs(key, nowMs, interval);
    if (wait === 0) this.use(key, nowMs, interval);
    return wait;
  }

  /** Milliseconds until one more fits; uses nothing. */
  waitMs(key: string, nowMs: number, interval: number): number {
    const cell = this.cells.get(key);
    return cell === undefined ? 0 : waitMs(cell.freeAtMs, nowMs, interval);
  }

  /** Uses one, whether or not it fits; but never more than one that doesn't, so that waits stay short. */
  use(key: string, nowMs: number, interval: number): void {
    const cell = this.cells.get(key) ?? { freeAtMs: nowMs, unsettledMs: 0 };
    const from = Math.max(cell.freeAtMs, nowMs);
    const to = Math.max(from, Math.min(freeAtAfter(from, nowMs, interval), nowMs + BURST_MS + interval));
    cell.freeAtMs = to;
    cell.unsettledMs += to - from;
    this.unsettled.add(key);
    this.keep(key, cell);
  }

  /** Takes out what has to be settled. What has been refilled in the meantime needs no settling. */
  drain(nowMs: number): Use[] {
    const uses: Use[] = [];
    for (const key of this.unsettled) {
      const cell = this.cells.get(key);
      if (cell === undefined) continue;
      const costMs = Math.min(cell.unsettledMs, cell.freeAtMs - nowMs);
      cell.unsettledMs = 0;
      if (costMs > 0) uses.push({ key, costMs });
    }
    this.unsettled.clear();
    return uses;
  }

  /** The database said when the source is free; what was used since it was asked comes on top. */
  settled(key: string, freeAtMs: number): void {
    const cell = this.cells.get(key);
    if (cell !== undefined) cell.freeAtMs = freeAtMs + cell.unsettledMs;
  }

  /** What others have used of it, also where nobody has asked here yet. */
  learn(key: string, freeAtMs: number): void {
    const cell = this.cells.get(key) ?? { freeAtMs, unsettledMs: 0 };
    cell.freeAtMs = Math.max(cell.freeAtMs, freeAtMs + cell.unsettledMs);
    this.keep(key, cell);
  }

  /** The database could not be told. */
  putBack(uses: readonly Use[]): void {
    for (const { key, costMs } of uses) {
      const cell = this.cells.get(key);
      if (cell === undefined) continue;
      cell.unsettledMs += costMs;
      this.unsettled.add(key);
    }
  }

  get size(): number {
    return this.cells.size;
  }

  /** As the one heard of last. */
  private keep(key: string, cell: Cell): void {
    this.cells.delete(key);
    this.cells.set(key, cell);
    if (this.cells.size <= this.limit) return;
    const [oldest] = this.cells.keys();
    if (oldest === undefined) return;
    this.cells.delete(oldest);
    this.unsettled.delete(oldest);
  }
}
