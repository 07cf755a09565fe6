import type { JsonObject } from './json.types.js';

/**
 * An ordered set of Graph objects by `id`. Rows added as a series are built each time they are read, so that 100,000 users
 * cost their ids and not their properties; a row that was written is kept as it is.
 */
export class Collection {
  private order: string[] = [];
  private readonly kept = new Map<string, JsonObject>();
  private readonly built = new Map<string, () => JsonObject>();
  private readonly indexes = new Map<string, Map<string, Set<string>>>();

  /** `indexed`: members whose values are looked up often; only rows that are kept (not series) are indexed. */
  constructor(
    indexed: readonly string[] = [],
    /** Hears of every row that is written or deleted. */
    private readonly onWrite: (id: string, deleted: boolean) => void = () => undefined,
  ) {
    for (const member of indexed) this.indexes.set(member, new Map());
  }

  get size(): number {
    return this.order.length;
  }

  /** Adds rows that `build` makes from their position; `build` must give the same row every time. */
  addSeries(ids: readonly string[], build: (position: number) => JsonObject): void {
    ids.forEach((id, position) => {
      if (!this.has(id)) this.order.push(id);
      this.built.set(id, () => build(position));
    });
  }

  has(id: string): boolean {
    return this.kept.has(id) || this.built.has(id);
  }

  get(id: string): JsonObject | undefined {
    return this.kept.get(id) ?? this.built.get(id)?.();
  }

  set(object: JsonObject & { id: string }): void {
    const before = this.kept.get(object.id);
    if (!this.has(object.id)) this.order.push(object.id);
    if (before) this.unindex(before);
    this.kept.set(object.id, object);
    this.onWrite(object.id, false);
    for (const [member, index] of this.indexes) {
      const value = String(object[member]);
      const ids = index.get(value) ?? new Set();
      index.set(value, ids.add(object.id));
    }
  }

  delete(id: string): boolean {
    const before = this.kept.get(id);
    if (!this.has(id)) return false;
    if (before) this.unindex(before);
    this.kept.delete(id);
    this.built.delete(id);
    this.order.splice(this.order.indexOf(id), 1);
    this.onWrite(id, true);
    return true;
  }

  clear(): void {
    for (const id of this.order) this.onWrite(id, true);
    this.order = [];
    this.kept.clear();
    this.built.clear();
    for (const index of this.indexes.values()) index.clear();
  }

  ids(): readonly string[] {
    return this.order;
  }

  *values(): Generator<JsonObject> {
    for (const id of this.order) {
      const row = this.get(id);
      if (row) yield row;
    }
  }

  slice(from: number, to: number): JsonObject[] {
    return this.order.slice(from, to).flatMap((id): JsonObject[] => listed(this.get(id)));
  }

  /** Rows whose member has this value; by index where there is one. */
  where(member: string, value: string): JsonObject[] {
    const index = this.indexes.get(member);
    if (index) return [...(index.get(value) ?? [])].flatMap((id): JsonObject[] => listed(this.kept.get(id)));
    return [...this.values()].filter((row) => row[member] === value);
  }

  /** Gives the list another order: the one in which Graph happens to answer. */
  reorder(arrange: (ids: string[]) => string[]): void {
    const arranged = arrange([...this.order]);
    if (new Set(arranged).size !== this.order.length) throw new Error('A new order must hold every row once.');
    this.order = arranged;
  }

  private unindex(row: JsonObject): void {
    for (const [member, index] of this.indexes) index.get(String(row[member]))?.delete(String(row['id']));
  }
}

function listed(row: JsonObject | undefined): JsonObject[] {
  return row ? [row] : [];
}
