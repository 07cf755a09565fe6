/** The lowest ids among many that come in any order, without keeping or sorting all of them. */
export class LowestIds {
  private ids = new Set<string>();
  /** What isn't lower than this is wanted no more. */
  private bound: string | null = null;

  /** @param after only ids that are greater */
  constructor(
    private readonly count: number,
    private readonly after: string,
  ) {}

  wants(id: string): boolean {
    return id > this.after && (this.bound === null || id < this.bound) && !this.ids.has(id);
  }

  add(id: string): void {
    this.ids.add(id);
    if (this.ids.size < this.count * 4) return;
    const kept = this.sorted();
    this.ids = new Set(kept);
    this.bound = kept.at(-1) ?? null;
  }

  sorted(): string[] {
    return [...this.ids].sort().slice(0, this.count);
  }
}
